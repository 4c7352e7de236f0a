"""Studies: curves with intervals, two figures against each other, and nothing yet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aecore import studies
from aecore.studies import STUDIES, Estimate, user_folder
from app.ui import facts, plots
from tests.aecore.studies import made
from tests.app.conftest import OpenPage
from tests.app.test_pages import html, said


@pytest.fixture(autouse=True)
def no_shipped_results(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("aecore.studies.results.SHIPPED", tmp_path / "nothing")
    monkeypatch.setenv("AECORE_HOME", str(tmp_path / "home"))


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_shows_its_question_its_figures_and_intervals(open_page: OpenPage, name: str) -> None:
    study = STUDIES[name]
    made.write(study, user_folder(), estimates={"digits": {"two_nn": 9.25}} if study.of_data else {})
    page = open_page("studies", study=name)
    assert not page.exception
    assert study.title in html(page)
    assert study.text.partition("\n")[2].strip().split("\n")[0] in said(page)
    assert len(page.get("plotly_chart")) == len(study.common)
    assert html(page).count("± 0.2") >= len(study.common) * len(study.settings)
    assert ("9.2 by TwoNN" in "".join(each.value for each in page.caption)) is bool(study.of_data)
    shown = page.get("button_group")[0].options  # type: ignore[union-attr]
    assert len(shown) == len(study.metrics) + bool(study.plane) - len(study.beside)


def test_without_results_it_says_how_to_get_them(open_page: OpenPage) -> None:
    page = open_page("studies", study="noise")
    assert not page.exception
    assert "aecore study run noise" in said(page)
    assert not page.get("plotly_chart")


def test_an_unknown_study_lists_those_there_are(open_page: OpenPage) -> None:
    page = open_page("studies", study="deep")
    assert not page.exception
    assert "There is no study called 'deep'. Did you mean depth" in said(page)


def test_an_unknown_figure_is_the_first(open_page: OpenPage) -> None:
    made.write(STUDIES["depth"], user_folder())
    page = open_page("studies", study="depth", metric="beauty")
    assert not page.exception
    assert page.get("plotly_chart")


def lines_of(name: str, data: str = "mnist") -> list[studies.Line]:
    made.write(STUDIES[name], user_folder())
    return [line for line in studies.table(STUDIES[name], studies.stored(STUDIES[name])) if line.data == data]


def test_a_curve_has_its_intervals_and_pca_beside_it() -> None:
    lines = lines_of("latent")
    figure = plots.study(lines, STUDIES["latent"], "mse", "light")
    model, pca = figure["data"]
    assert (model["x"], pca["name"]) == ([2, 4, 8, 16, 32, 64], "PCA")
    assert pca["y"] == [line.figures["pca_mse"].mean for line in lines]
    estimate = lines[0].figures["mse"]
    assert model["error_y"]["array"][0] == pytest.approx(estimate.high - estimate.mean)
    assert figure["layout"]["xaxis"]["type"] == "log"
    json.dumps(figure)


def test_names_are_dots_below_each_other() -> None:
    lines = lines_of("optimisers")
    (trace,) = plots.study(lines, STUDIES["optimisers"], "mse", "dark")["data"]
    assert trace["y"] == [line.label for line in lines]
    assert trace["mode"] == "markers"


def test_rate_against_distortion() -> None:
    lines = lines_of("beta")
    figure = plots.plane(lines, STUDIES["beta"], "light")
    (trace,) = figure["data"]
    assert trace["x"] == [line.figures["rate"].mean for line in lines]
    assert trace["y"] == [line.figures["distortion"].mean for line in lines]
    assert trace["text"][0] == "0.1"
    assert figure["layout"]["xaxis"]["title"] == "Rate (nats)"
    assert facts.study_head(STUDIES["beta"], "plane")[1] == "Rate (nats)"


def test_families_are_curves_of_their_own() -> None:
    lines, study = lines_of("blur", "digits"), STUDIES["blur"]
    traces = plots.plane(lines[1:], study, "dark")["data"]
    assert [trace["name"] for trace in traces] == ["VAE", "MS-SSIM", "features", "VAE-GAN"]
    assert [trace["text"] for trace in traces[:2]] == [["β 1", "β 3"], ["β 0.3", "β 1", "β 3"]]
    assert traces[3]["y"] == [line.figures["sharpness"].mean for line in lines[9:]]
    assert len({trace["line"]["color"] for trace in traces}) == 4


def test_points_at_one_place_share_a_label() -> None:
    def at(*means: float) -> list[Estimate]:
        return [Estimate(mean, mean, mean, 3) for mean in means]

    said = plots._apart(["1", "4", "8", "16"], at(20, 0.1, 0.05, 0.0), at(5, 24.9, 25, 25))
    assert said == ["1", "4, 8, 16", "", ""]
    assert plots._apart(["1", "2"], at(0, 0), at(1, 3)) == ["1", "2"]


def test_a_small_interval_has_no_power_of_ten() -> None:
    assert facts.interval(Estimate(0.0122, 0.01213, 0.01227, 3)) == "0.0122 ± 0.00007"
