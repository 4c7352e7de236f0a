"""What the pages are made of, one module at a time."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from aecore import bundles
from aecore.errors import UserError
from app import server
from app.ui import address, facts, images, numbers, plane, plots, theme

ROOT = Path(__file__).parents[2]


@given(st.integers(1, 300).flatmap(lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1)))))
def test_a_selection_comes_back_from_the_address(case: tuple[int, set[int]]) -> None:
    size, rows = case
    packed = address.pack(rows, size)
    assert address.unpack(packed, size) == sorted(rows)
    assert packed.replace("-", "").replace("_", "").isalnum()


@given(st.text(max_size=40), st.integers(1, 100))
def test_any_other_text_is_refused(text: str, size: int) -> None:
    try:
        rows = address.unpack(text, size)
    except UserError:
        return
    assert address.unpack(address.pack(rows, size), size) == rows


def test_a_selection_of_another_bundle_is_refused() -> None:
    with pytest.raises(UserError, match="select again"):
        address.unpack(address.pack([1], 9), 2000)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_shown_digits_are_the_number_to_three_places(value: float) -> None:
    shown = float(numbers.digits(value).replace("−", "-").replace(",", ""))
    assert shown == pytest.approx(value, rel=0.051, abs=0)


def test_units_stand_beside_numbers() -> None:
    assert numbers.quantity(31.42, "nats") == "31.4 nats"
    assert numbers.quantity(0.953, "%") == "95.3 %"
    assert numbers.code([0.6, -0.9]) == "(0.60, −0.90)"
    assert numbers.distortion_unit("pseudo-bernoulli") == "pseudo-nats"


def shown(uri: str) -> NDArray[np.uint8]:
    """What a ``data:`` URI shows: red, green, blue and opacity, shape (H, W, 4)."""
    picture = Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))
    return np.asarray(picture.convert("RGBA"))


def test_pixels_are_exact_and_come_back_from_the_page() -> None:
    x = np.random.default_rng(0).random((3, 5, 7)).astype(np.float32)
    uri = images.png(images.pixels(x))
    back = shown(uri)
    assert back.shape == (5, 7, 4)
    assert (back[..., 3] == 255).all()
    assert np.abs(back[..., :3] / 255 - np.moveaxis(x, 0, -1)).max() <= 0.5 / 255 + 1e-6


def test_a_difference_is_black_where_there_is_none_and_signed_elsewhere() -> None:
    x = np.array([[[0.0, 0.0, 1.0]]])
    x_hat = np.array([[[0.0, 1.0, 0.0]]])
    assert images.difference(x_hat, x).tolist() == [[[0, 0, 0], [*images.POSITIVE], [*images.NEGATIVE]]]


def test_a_mosaic_keeps_every_image_in_its_place() -> None:
    grid = np.random.default_rng(0).random((2, 3, 1, 4, 5)).astype(np.float32)
    whole = images.mosaic(grid)
    assert whole.shape == (1, 8, 15)
    np.testing.assert_array_equal(whole[:, 4:8, 5:10], grid[1, 1])


def test_ink_is_nothing_where_the_image_is_black() -> None:
    painted = shown(images.ink(np.array([[[0.0, 1.0]]]), "#102030", strength=0.5))
    assert painted.tolist() == [[[16, 32, 48, 0], [16, 32, 48, 128]]]


def test_a_coloured_image_keeps_its_colour_on_nothing() -> None:
    x = np.array([0.2, 0.0, 1.0]).reshape(3, 1, 1)
    assert shown(images.ink(x, "#102030", strength=0.5)).tolist() == [[[51, 0, 255, 128]]]


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


def test_there_are_ten_class_colours_and_none_twice() -> None:
    assert len(set(theme.CLASSES)) == len(theme.CLASSES) == 10


def test_a_place_on_the_map_and_its_code_agree(shelf: Path) -> None:
    bundle = bundles.open_bundle(shelf / "digits" / "pca-5d")
    codes = bundle.codes
    pca = plane.view(bundle, plane.PCA)
    assert pca.code is not None
    assert codes.pca_components is not None
    assert codes.pca_mean is not None
    z = pca.code(pca.points[3])
    np.testing.assert_allclose((z - codes.pca_mean) @ codes.pca_components.T, pca.points[3], atol=1e-4)
    raw = plane.view(bundle, plane.RAW, (4, 1))
    assert raw.code is not None
    z = raw.code(raw.points[3])
    assert (z[4], z[1]) == (codes.mu[3, 4], codes.mu[3, 1])
    with pytest.raises(UserError, match="two different dimensions"):
        plane.view(bundle, plane.RAW, (2, 2))


def test_every_point_is_on_the_map_once_under_every_colouring(shelf: Path) -> None:
    bundle = bundles.open_bundle(shelf / "digits" / "pca-2d")
    view = plane.view(bundle, plane.RAW)
    for colouring in facts.colourings(bundle).values():
        figure = plots.latent_map(view, colouring, facts.lines(bundle), "light", rows=[1, 5])
        rows = np.concatenate([trace["customdata"] for trace in figure["data"] if "customdata" in trace])
        assert sorted(rows.tolist()) == list(range(len(bundle.codes)))
        lit = [trace["customdata"][trace["selectedpoints"]] for trace in figure["data"]]
        assert sorted(np.concatenate(lit).tolist()) == [1, 5]


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
from pathlib import Path
from streamlit.testing.v1 import AppTest
from aecore.bundles import store
store.shipped_root = lambda: Path({str(shelf)!r})
page = AppTest.from_file("app/views/map.py", default_timeout=120).run()
assert not page.exception and len(page.get("plotly_chart")) == 1
print([name for name in ("torch", "torchvision", "umap", "sklearn", "openTSNE") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
