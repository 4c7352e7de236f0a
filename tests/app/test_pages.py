"""Every page on every kind of bundle: what it shows, and that it never raises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.ui import address
from tests.app import make_bundle
from tests.app.conftest import VIEWS, OpenPage

PAGES = sorted(path.stem for path in VIEWS.glob("[a-z]*.py"))
BUNDLES = ("digits/pca-2d", "digits/pca-5d", "digits/pca-point-5d", "digits/pca-other-data")

MUST_SHOW = {
    "map": {"Key figures": 1, "PCA has": 1, "<h4>": 2},
    "reconstruct": {'alt="reconstruction"': 18, "Key figures": 1},
    "interpolate": {'alt="an end"': 2, "Linear in the code: ": 9, "Spherical in the code: ": 9},
    "sample": {'alt="a sample"': 80},
    "about": {"How it was made": 1, "<td>latent_dim</td>": 1, "<td>licence</td>": 1, "Key figures": 1},
}
"""What stands on a page, and how often, whatever the bundle."""


def html(page: AppTest) -> str:
    """All of our own HTML on a page."""
    return "\n".join(str(element.proto.body) for element in page.get("html"))


def said(page: AppTest) -> str:
    """All text of messages on a page."""
    return "\n".join(element.value for element in [*page.text, *page.markdown])


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("bundle", BUNDLES)
def test_a_page_shows_a_bundle(open_page: OpenPage, name: str, bundle: str) -> None:
    page = open_page(name, bundle=bundle)
    assert not page.exception
    assert page.query_params["bundle"] == bundle
    assert "That did not work" not in said(page)
    for text, times in MUST_SHOW[name].items():
        assert html(page).count(text) == times, text
    assert len(page.get("plotly_chart")) == (name == "map")


@pytest.mark.parametrize("name", PAGES)
def test_without_bundles_a_page_says_how_to_get_some(
    open_page: OpenPage, on_shelf: Callable[[Path], None], tmp_path: Path, name: str
) -> None:
    on_shelf(tmp_path)
    page = open_page(name)
    assert not page.exception
    assert "aecore train" in said(page)


@pytest.mark.parametrize("name", PAGES)
def test_an_unknown_bundle_in_the_address_is_named(open_page: OpenPage, name: str) -> None:
    page = open_page(name, bundle="digits/<b>nothing</b>")
    assert not page.exception
    assert "digits/<b>nothing</b>" in said(page)
    assert "<b>nothing" not in html(page)
    assert page.query_params["bundle"] != "digits/<b>nothing</b>"


@pytest.mark.parametrize("name", PAGES)
def test_codes_damaged_after_the_list_was_made_are_named(
    open_page: OpenPage, on_shelf: Callable[[Path], None], tmp_path: Path, name: str
) -> None:
    folder = make_bundle.write(tmp_path)
    (folder / "codes.npz").write_bytes(b"not these")
    (folder / "decoder.onnx").write_bytes(b"nor this")
    on_shelf(tmp_path)
    page = open_page(name)
    assert not page.exception
    assert "digits/pca-2d" in said(page) + html(page)
    if name != "about":  # which shows the card alone
        assert "cannot be read" in said(page)


def test_damaged_bundles_are_listed_and_the_rest_load(open_page: OpenPage) -> None:
    page = open_page("about")
    assert "pca-broken" in said(page)
    assert "digits/pca-broken" not in page.selectbox(key="pick-bundle").options


@pytest.mark.parametrize(
    "query",
    [
        {"point": "99999"},
        {"point": "-1"},
        {"point": "one"},
        {"rows": "%%%"},
        {"rows": "eNpjYGBgYGAA"},
        {"map": "nowhere"},
        {"colour": "taste"},
        {"map": "raw z", "right": "1", "up": "1", "bundle": "digits/pca-5d"},
        {"u": "1e9", "v": "nan"},
    ],
)
def test_nonsense_in_the_address_breaks_nothing(open_page: OpenPage, query: dict[str, str]) -> None:
    page = open_page("map", **query)
    assert not page.exception


def test_a_point_in_the_address_is_looked_at(open_page: OpenPage) -> None:
    page = open_page("map", bundle="digits/pca-2d", point="7")
    assert "Test example 7" in html(page)
    assert 'alt="the original"' in html(page)


def test_what_is_selected_can_be_let_go(open_page: OpenPage) -> None:
    rows = address.pack([1, 2], make_bundle.COUNT)
    page = open_page("map", bundle="digits/pca-2d", point="7", rows=rows)
    page.button(key="close-point").click().run()
    assert "point" not in page.query_params
    assert "Test example" not in html(page)
    page.button(key="close-rows").click().run()
    assert "rows" not in page.query_params
    assert "Key figures" in html(page)


def test_without_its_originals_a_page_says_why(open_page: OpenPage) -> None:
    page = open_page("reconstruct", bundle="digits/pca-other-data")
    assert "not the one that this bundle was made from" in said(page)
    assert 'alt="reconstruction"' in html(page)
    assert 'alt="original"' not in html(page)


@pytest.mark.parametrize("name", PAGES)
def test_offline_without_its_data_a_bundle_is_shown_and_says_how_to_get_it(
    open_page: OpenPage,
    on_shelf: Callable[[Path], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
) -> None:
    monkeypatch.setenv("AECORE_DATA", str(tmp_path / "empty"))
    make_bundle.write(tmp_path / "bundles", data_name="mnist")
    on_shelf(tmp_path / "bundles")
    page = open_page(name, bundle="mnist/pca-2d", **({"point": "7"} if name == "map" else {}))
    assert not page.exception
    assert page.query_params["bundle"] == "mnist/pca-2d"
    needed = name in ("map", "reconstruct", "interpolate")
    assert ("aecore data get mnist" in said(page) + html(page)) is needed
    assert 'alt="the original"' not in html(page)
    if name == "map":
        assert 'alt="the reconstruction"' in html(page)


def test_a_selection_in_the_address_is_summed_up(open_page: OpenPage) -> None:
    page = open_page("map", bundle="digits/pca-2d", rows=address.pack(range(20), make_bundle.COUNT))
    assert "20 codes" in html(page)
    assert "mean error" in html(page)


def test_another_data_set_or_model_goes_into_the_address(open_page: OpenPage) -> None:
    page = open_page("map", bundle="digits/pca-2d", point="7")
    page.selectbox(key="pick-bundle").set_value("digits/pca-5d").run()
    assert page.query_params["bundle"] == "digits/pca-5d"
    assert "point" not in page.query_params


def test_draw_again_changes_seed_and_samples(open_page: OpenPage) -> None:
    page = open_page("sample", bundle="digits/pca-2d")
    before = html(page)
    page.button[0].click().run()
    assert page.number_input(key="seed").value == 1
    assert html(page) != before


def test_a_model_without_a_prior_says_so(open_page: OpenPage) -> None:
    assert "This model has no prior" in html(open_page("sample", bundle="digits/pca-point-5d"))
    assert "This model has no prior" not in html(open_page("sample", bundle="digits/pca-5d"))


def test_worst_first_is_sorted_by_error(open_page: OpenPage) -> None:
    page = open_page("reconstruct", bundle="digits/pca-2d", order="worst first", count="6")
    body = html(page)
    codes = [
        float(part.split("</figcaption>")[0].split("<br>")[1]) for part in body.split("<figcaption>")[1:]
    ]
    assert len(codes) == 6
    assert codes == sorted(codes, reverse=True)


def test_the_next_example_is_of_the_same_class(open_page: OpenPage) -> None:
    page = open_page("interpolate", bundle="digits/pca-2d")
    before = page.selectbox(key="a-class").value
    page.button(key="a-next").click().run()
    assert page.number_input(key="a").value != 0
    assert page.selectbox(key="a-class").value == before
