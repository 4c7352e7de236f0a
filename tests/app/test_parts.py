"""What the pages are made of, one module at a time."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aecore.bundles import open_bundle
from aecore.metrics.layers import Layer
from aecore.runs.form import form
from app import server
from app.ui import facts, inside, mosaic, numbers, plots, theme

ROOT = Path(__file__).parents[2]


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_shown_digits_are_the_number_to_three_places(value: float) -> None:
    shown = float(numbers.digits(value).replace("−", "-").replace(",", ""))
    assert shown == pytest.approx(value, rel=0.051, abs=0)


def test_units_stand_beside_numbers() -> None:
    assert numbers.quantity(31.42, "nats") == "31.4 nats"
    assert numbers.quantity(0.953, "%") == "95.3 %"


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_is_readable_on_its_ground(mode: theme.Mode) -> None:
    colours = theme.tokens(mode)

    def luminance(colour: str) -> float:
        parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ [0.2126, 0.7152, 0.0722])

    for ground in (colours.background, colours.panel):
        for ink, least in ((colours.ink, 7.0), (colours.ink2, 4.5), (colours.accent, 4.5)):
            low, high = sorted((luminance(ink), luminance(ground)))
            assert (high + 0.05) / (low + 0.05) >= least, (ink, ground)


def test_the_history_is_drawn_as_it_was_and_nothing_in_it_is_read_as_html() -> None:
    epochs = [{"epoch": e, "train": {"loss": 3.0 - e}, "validation": {"loss": 4.0 - e}} for e in (1, 2)]
    figure = plots.term(epochs, "loss", "<b>nats</b>", "dark")
    assert [(trace["name"], trace["x"], trace["y"]) for trace in figure["data"]] == [
        ("train", [1, 2], [2.0, 1.0]),
        ("validation", [1, 2], [3.0, 2.0]),
    ]
    assert "<b>" not in str(figure)
    assert "shapes" not in figure["layout"]
    assert plots.term([{"epoch": 1}], "loss", "nats", "light")["data"] == []


@pytest.mark.parametrize(
    ("host", "origin", "names", "answer"),
    [
        ("localhost:8501", None, [], True),
        ("127.0.0.1:8501", "http://127.0.0.1:8501", [], True),
        ("192.168.1.7:8501", "http://192.168.1.7:8501", [], True),
        ("[::1]:8501", None, [], True),
        ("evil.example", None, [], False),
        ("loupe.example", None, ["loupe.example"], True),
        ("localhost:8501", "http://evil.example", [], False),
        ("localhost:8501", "http://localhost:9999", [], False),
        ("", None, [], False),
        ("[", None, [], False),
        ("localhost:8501", "http://[", [], False),
        ("localhost:8501", "", [], False),
    ],
)
def test_who_may_ask_our_routes(host: str, origin: str | None, names: list[str], answer: bool) -> None:
    assert server.allowed(host, origin, names) is answer


def test_the_first_document_is_streamlits_with_our_changes() -> None:
    html = server.document(server.INDEX.read_text("utf-8"))
    assert "<title>Loupe</title>" in html
    assert "SourceSans" not in html
    assert html.index("BACKEND_BASE_URL") < html.index("</head>")
    assert html.count("modulepreload") == server.INDEX.read_text("utf-8").count("modulepreload")


def test_the_first_page_asks_at_once_for_what_it_draws_with() -> None:
    before = server.INDEX.read_text("utf-8")
    links = r'modulepreload" crossorigin href="./(static/js/(\w+)[^"]+)"'
    files = set(re.findall(links, server.document(before, server.FIRST_PARTS))) - set(
        re.findall(links, before)
    )
    assert sorted(part for _, part in files) == sorted(server.FIRST_PARTS)
    assert all((server.INDEX.parent / file).is_file() for file, _ in files)


def test_the_first_screen_loads_no_torch(shelf: Path) -> None:
    code = f"""
import sys
from dataclasses import replace
from pathlib import Path
from streamlit.testing.v1 import AppTest
from aecore.bundles import store
store.shipped_root = lambda: Path({str(shelf)!r})
page = AppTest.from_string("from app.ui import canvas; canvas.show('map')", default_timeout=120).run()
assert not page.exception and len(page.get("bidi_component")) == 1
heavy = ("torch", "torchvision", "umap", "sklearn", "openTSNE")
print([name for name in heavy if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_stages_are_marked_where_they_begin_above_the_curves() -> None:
    names = ["one", "one", "<i>two", "three"]
    epochs = [{"epoch": k, "stage": name, "train": {"loss": 1.0}} for k, name in enumerate(names, start=1)]
    layout = plots.term(epochs, "loss", "nats", "light")["layout"]
    assert [each["x0"] for each in layout["shapes"]] == [2.5, 3.5]
    assert [each["text"] for each in layout["annotations"]] == ["one", "&lt;i&gt;two", "three"]
    assert {(each["y"], each["yanchor"]) for each in layout["annotations"]} == {(1, "bottom")}
    assert layout["xaxis"]["range"] == [0.5, 4.5]


def test_stages_without_room_for_their_names_have_numbers_that_the_caption_explains() -> None:
    names = ["layer 1", "layer 2", *18 * ["train"]]
    epochs = [{"epoch": k, "stage": name, "train": {"loss": 1.0}} for k, name in enumerate(names, start=1)]
    layout = plots.term(epochs, "loss", "nats", "light")["layout"]
    assert [each["text"] for each in layout["annotations"]] == ["1", "2", "3"]
    assert facts.training(epochs).endswith(
        "in stages: 1: layer 1 (epoch 1), 2: layer 2 (epoch 2), 3: train (epochs 3–20)"
    )
    assert "stages" not in facts.training(epochs[2:])


def test_a_term_of_some_epochs_only_is_drawn_where_it_was() -> None:
    epochs = [{"epoch": 1, "train": {"loss": 3.0}}, {"epoch": 2, "train": {"loss": 2.0, "rate": 5.0}}]
    (trace,) = plots.term(epochs, "rate", "nats", "light")["data"]
    assert (trace["x"], trace["y"], trace["mode"]) == ([2], [5.0], "markers")
    assert facts.terms(epochs) == ["loss", "rate"]


def test_gradients_are_drawn_in_the_order_of_the_network() -> None:
    layers = [
        Layer(f"{part}.blocks.0.0", "Linear", (4,), 20, 0.5, 0.0, 0.0, 1.0, f"{part} 1")
        for part in ("encoder", "decoder")
    ]
    given = {
        "decoder.blocks.0.0": 1.0, "encoder.blocks.0.1": 9.0, "encoder.blocks.0.0": 2.0, "critic.0": 3.0,
        "critic.2": 4.0, "bottleneck.prior.blocks.0.norm": 7.0,
    }  # fmt: skip
    found = inside.gradients([{"epoch": 1}, {"epoch": 2, "gradients": given}], layers)
    assert found == {
        "encoder 1": ([2], [2.0]),
        "decoder 1": ([2], [1.0]),
        "critic": ([2], [5.0]),
        "prior": ([2], [7.0]),
    }
    figure = plots.gradients(found, "dark")
    assert [trace["name"] for trace in figure["data"]] == list(found)
    assert len({trace["line"]["color"] for trace in figure["data"]}) == 4
    assert figure["layout"]["yaxis"]["type"] == "log"
    assert figure["layout"]["yaxis"]["tickvals"] == [1, 2, 5]
    wide = plots.gradients({"encoder 1": ([1, 2], [0.3, 20.0])}, "light")["layout"]["yaxis"]
    assert wide["tickvals"] == [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]
    assert plots.gradients({}, "light")["data"] == []


def test_why_there_are_no_gradients_is_said() -> None:
    assert "closed form" in inside.no_gradients([{"epoch": 1, "stage": "solve"}])
    assert "train it again" in inside.no_gradients([{"epoch": 1, "stage": "train"}])


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_mosaic_is_diverging_about_the_grounds_colour(mode: theme.Mode) -> None:
    images = np.array([[[0.0, 2.0]], [[-1.0, 0.5]], [[0.0, 0.0]]])
    picture = mosaic.mosaic(images, 2, mode)
    assert picture.shape == (2 * 2 - 1, 2 * 3 - 1, 3)

    def is_colour(at: tuple[int, int], colour: str) -> bool:
        return "#" + bytes(picture[at]).hex() == colour

    ground = theme.tokens(mode).panel
    assert is_colour((0, 0), ground)
    assert is_colour((0, 1), mosaic.ABOVE[mode])
    assert is_colour((0, 3), mosaic.BELOW[mode])
    assert all(is_colour(at, ground) for at in ((0, 2), (1, 0), (2, 0), (2, 1), (2, 4)))
    halfway = [(a + b) / 2 for a, b in zip(picture[0, 0].tolist(), picture[0, 1].tolist(), strict=True)]
    assert picture[0, 4].tolist() == pytest.approx(halfway, abs=0.51)


@pytest.mark.parametrize("name", ["style.css", "stage.css"])
def test_a_style_has_no_sign_at_which_streamlit_would_drop_it(name: str) -> None:
    """It goes through ``st.html``, whose sanitiser takes a whole style away that holds a ``<``."""
    assert "<" not in (theme.APP / "ui" / name).read_text("utf-8")


def test_what_each_dimension_carries_is_drawn_the_most_first_and_the_dead_in_grey() -> None:
    colours = theme.tokens("light")
    figure = plots.dimensions([0.5, 0.001, 2.0], 0.01, "light")
    (bars,) = figure["data"]
    assert bars["y"] == [2.0, 0.5, 0.001]
    assert bars["text"] == ["z<sub>3</sub>", "z<sub>1</sub>", "z<sub>2</sub>"]
    assert bars["marker"]["color"] == [colours.accent, colours.accent, colours.ink3]
    many = plots.dimensions([1.0] * 100, 0.01, "dark")["layout"]["xaxis"]
    assert len(many["tickvals"]) == len(many["ticktext"]) <= 32


def test_figures_of_a_card_have_their_units() -> None:
    shown = dict(facts.figures(open_bundle("digits/m2")))
    error = open_bundle("digits/m2").card.scalars["classification_error"]  # in per cent already
    assert shown["Classification error"] == f"{error:.2f} % of examples"
    assert dict(facts.figures(open_bundle("digits/vq-vae")))["Codes used"] == "64 of 64"
    levels = dict(facts.figures(open_bundle("digits/ladder-vae")))
    assert {"Rate of level 1", "Rate of level 2"} <= levels.keys()
    assert dict(facts.figures(open_bundle("digits/k-sparse")))["Zeros in a code"].endswith(" %")


def test_beta_is_given_for_errors_that_are_averaged_too() -> None:
    """PyTorch-VAE's weight of 2.5e-4 beside a mean squared error of 64×64×3 numbers is a β of about 1.5."""
    bundle = open_bundle("digits/beta-vae")
    options = {each.title: each.value for each in facts.options(bundle)}
    assert options["β"] == "4"
    assert float(options["β beside a mean of the error over 64 numbers"]) == pytest.approx(4 / 64)
    config = {**bundle.card.config, "likelihood": "mse", "beta": 1.536}
    data = replace(bundle.card.data, shape=(3, 64, 64))
    card = replace(bundle.card, config=config, data=data)
    said = {each.title: each.value for each in facts.options(replace(bundle, card=card))}
    assert float(said["β beside a mean squared error over 12,288 numbers"]) == pytest.approx(2.5e-4)
    assert not any("beside" in each.title for each in facts.options(open_bundle("digits/autoencoder")))


def test_options_are_called_and_explained_as_on_the_train_page() -> None:
    bundle = open_bundle("digits/vq-vae")
    asked = {each.name: each for each in form("vq-vae", "digits", bundle.card.config)}
    said = {each.flag: each for each in facts.options(bundle)}
    for name, value in bundle.card.config.items():
        if name in asked:
            of = said["--" + name.replace("_", "-")]
            assert (of.title, of.help) == (asked[name].title, asked[name].help)
            assert of.usual == (value == asked[name].default)
    assert said["--labelled"].usual
    words = bundle.card.provenance.command.split()
    changed = {word for word in words if word.startswith("--")} - {"--variant", "--data", "--name"}
    assert {each.flag for each in said.values() if not each.usual} <= changed
    lost = replace(bundle.card, config=bundle.card.config | {"data": "nowhere"})
    assert [each.title for each in facts.options(replace(bundle, card=lost))] == [
        each.title for each in said.values()
    ]


def test_times_are_those_of_people() -> None:
    seconds = (0.42, 9.5, 59.6, 440, 3599.7, 7200, 93_784)
    assert [numbers.duration(each) for each in seconds] == [
        "0.4 s", "9.5 s", "1 min", "7 min 20 s", "1 h", "2 h", "26 h 3 min",
    ]  # fmt: skip
    assert numbers.moment("2026-11-01T17:03:46+00:00") == "1 November 2026, 17:03 UTC"
    assert numbers.moment("yesterday") == "yesterday"
    told = dict(facts.card(open_bundle("mnist/vq-vae")))
    assert re.fullmatch(r"cpu, \d+ min( \d+ s)?, seed 0", told["trained on"])
