"""Every cell of every tile is its example, as another reader of PNG sees it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from aecore.data.dataset import Values
from aecore.errors import UserError
from aecore.scenes import Atlas, Originals

rng = np.random.default_rng(0)


def opened(tile: bytes) -> NDArray[np.uint8]:
    """The pixels of a PNG."""
    with Image.open(io.BytesIO(tile)) as image:
        assert image.format == "PNG"
        assert image.mode in ("L", "RGB")
        return np.asarray(image)


def cells(atlas: Atlas) -> list[NDArray[np.uint8]]:
    """The cells that belong to examples, found by what ``originals.json`` says, one by one."""
    said = atlas.describe()
    height, width = atlas.pixels.shape[1:3]
    tiles = [opened(atlas.tile(number)) for number in range(len(said["tiles"]))]
    found = []
    for row in range(len(atlas.pixels)):
        tile, cell = divmod(row, said["per_tile"])
        down, right = divmod(cell, said["columns"])
        found.append(tiles[tile][down * height : (down + 1) * height, right * width : (right + 1) * width])
    return found


@given(
    count=st.integers(1, 60),
    channels=st.sampled_from([1, 3]),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    side=st.integers(9, 40),
)
def test_each_cell_is_its_example(count: int, channels: int, height: int, width: int, side: int) -> None:
    pixels = np.random.default_rng(count).integers(0, 256, (count, height, width, channels), np.uint8)
    atlas = Atlas(pixels[..., 0] if channels == 1 else pixels, side)
    for number in range(len(atlas)):
        assert max(opened(atlas.tile(number)).shape[:2]) <= side
    for found, example in zip(cells(atlas), atlas.pixels, strict=True):
        np.testing.assert_array_equal(found, example)
    assert atlas.describe()["tiles"] == [f"originals-{number}.png" for number in range(len(atlas))]


@pytest.mark.parametrize("values", ["binary", "unit"])
def test_pixels_from_0_to_1_are_black_to_white(values: Values) -> None:
    x = np.array([[[[0.0, 1.0], [0.5, 7 / 255]]]], np.float32)
    np.testing.assert_array_equal(cells(Atlas.of(x, values))[0], [[0, 255], [128, 7]])
    np.testing.assert_array_equal(cells(Atlas.of(np.array([[[[-0.2, 1.3]]]]), values))[0], [[0, 255]])


def test_real_values_reach_from_their_least_to_their_largest() -> None:
    x = np.array([[[[-3.0, 1.0]]], [[[-1.0, 0.0]]]], np.float32)
    first, second = cells(Atlas.of(x, "real"))
    np.testing.assert_array_equal(first, [[0, 255]])
    np.testing.assert_array_equal(second, [[128, 191]])
    assert not Atlas.of(np.full((2, 1, 2, 2), 7.0), "real").pixels.any()


def test_colours_stay_in_their_order() -> None:
    x = np.zeros((1, 3, 2, 2), np.float32)
    x[0, 0], x[0, 1] = 1, 0.2
    np.testing.assert_array_equal(cells(Atlas.of(x, "unit"))[0][0, 0], [255, 51, 0])


def test_70_000_digits_take_four_tiles_of_at_most_4096() -> None:
    pixels = np.zeros((70_000, 28, 28), np.uint8)
    pixels[:, 3, 4] = np.arange(70_000) % 251
    atlas = Atlas(pixels)
    assert atlas.describe() == {
        "tiles": [f"originals-{number}.png" for number in range(4)], "columns": 146, "per_tile": 146 * 146,
    }  # fmt: skip
    last = opened(atlas.tile(3))
    assert max(last.shape) <= 4096
    start = 3 * 146 * 146
    for row in (start, start + 147, 69_999):
        down, right = divmod(row - start, 146)
        assert last[down * 28 + 3, right * 28 + 4] == row % 251


def test_a_tile_that_is_not_there() -> None:
    atlas = Atlas(np.zeros((5, 2, 2), np.uint8))
    for number in (-1, 1):
        with pytest.raises(IndexError, match=str(number)):
            atlas.tile(number)


@pytest.mark.parametrize("shape", [(2, 2, 4, 4), (2, 4), (1, 1, 4097, 1)])
def test_what_is_no_image_is_said_to_be_none(shape: Any) -> None:
    with pytest.raises(UserError, match="not shown as images"):
        Atlas.of(np.zeros(shape, np.float32), "unit")


def test_missing_originals_say_why() -> None:
    with pytest.raises(UserError, match="because"):
        Atlas.behind(Originals(missing="because"), "unit")
