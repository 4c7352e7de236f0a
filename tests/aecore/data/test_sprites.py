"""The renderer against geometry: areas, symmetries, translations, the frame."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from aecore.data import sprites
from aecore.data.sprites import COLOUR_SIZES, COUNT, RADIUS, SCALES, SIZES, factors_of, index_of, render

SQUARE, ELLIPSE, HEART = range(3)
CENTRE = 15  # a position in the middle


def picture(
    *factors: int, side: int = 64, antialias: bool = False, sizes: tuple[int, ...] = SIZES
) -> NDArray[np.float32]:
    """One picture, shape (side, side)."""
    pixels: NDArray[np.float32] = render(index_of(np.array([factors]), sizes), side=side, antialias=antialias)
    return np.squeeze(pixels, (0, 1))


@given(st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=20))
def test_index_and_factors_are_inverse(indices: list[int]) -> None:
    index = np.array(indices)
    factors = factors_of(index)
    assert (factors >= 0).all()
    assert (factors < SIZES).all()
    assert (index_of(factors) == index).all()


@given(st.tuples(*(st.integers(0, size - 1) for size in COLOUR_SIZES)))
def test_factors_and_index_are_inverse_in_colour(factors: tuple[int, ...]) -> None:
    index = index_of(np.array([factors]), COLOUR_SIZES)
    assert tuple(factors_of(index, COLOUR_SIZES)[0]) == factors


def test_the_last_factor_counts_fastest_as_in_dsprites() -> None:
    assert COUNT == 737_280
    assert (np.diff(factors_of(np.arange(32)), axis=0) == [0, 0, 0, 0, 1]).all()
    assert factors_of(np.array([COUNT - 1])).tolist() == [[2, 5, 39, 31, 31]]


@pytest.mark.parametrize("index", [-1, COUNT])
def test_an_index_out_of_range_is_refused(index: int) -> None:
    with pytest.raises(ValueError, match="out of bounds"):
        render(np.array([index]))


def test_a_side_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="side is 32 or 64 pixels, not 28"):
        render(np.array([0]), side=28)


@pytest.mark.parametrize("scale", range(6))
@pytest.mark.parametrize("orientation", [3, 7, 17])
def test_areas_equal_the_closed_forms(scale: int, orientation: int) -> None:
    radius = RADIUS * SCALES[scale]
    square = picture(SQUARE, scale, orientation, CENTRE, CENTRE, antialias=True)
    ellipse = picture(ELLIPSE, scale, orientation, CENTRE, CENTRE, antialias=True)
    assert square.sum() == pytest.approx((math.sqrt(2) * radius) ** 2, rel=0.015)
    assert ellipse.sum() == pytest.approx(math.pi * radius * sprites.FLATTENING * radius, rel=0.015)


@pytest.mark.parametrize("scale", range(6))
@pytest.mark.parametrize("antialias", [False, True])
def test_an_upright_square_is_a_square_of_its_side(scale: int, antialias: bool) -> None:
    # Probes at both edges of a row: its length goes wrong by at most one distance between probes.
    rows = picture(SQUARE, scale, 0, CENTRE, CENTRE, antialias=antialias).max(0)
    side = math.sqrt(2) * RADIUS * SCALES[scale]
    assert rows.sum() == pytest.approx(side, abs=0.25 if antialias else 1)


@pytest.mark.parametrize("scale", range(6))
def test_the_area_of_the_heart_is_that_of_its_curve_in_polar_coordinates(scale: int) -> None:
    # On a ray, (r² − 1)³ = r⁵ cos²θ sin³θ: bisect for r, then ½ ∮ r² dθ. Another route than rows and columns.
    theta = np.linspace(0, 2 * math.pi, 4001)
    right = np.cos(theta) ** 2 * np.sin(theta) ** 3
    low, high = np.full_like(theta, 0.5), np.full_like(theta, 2.0)
    for _ in range(60):
        middle = (low + high) / 2
        outside = (middle**2 - 1) ** 3 > middle**5 * right
        low, high = np.where(outside, low, middle), np.where(outside, middle, high)
    area = np.trapezoid(low**2, theta) / 2 * (RADIUS * SCALES[scale] / 1.25) ** 2
    assert picture(HEART, scale, 5, CENTRE, CENTRE, antialias=True).sum() == pytest.approx(area, rel=0.015)


def test_black_and_white_areas_are_right_on_average_over_orientations() -> None:
    factors = np.array([[ELLIPSE, 5, o, CENTRE, CENTRE] for o in range(39)])
    areas = render(index_of(factors)).sum((1, 2, 3))
    assert areas.mean() == pytest.approx(math.pi * 15 * 9, rel=0.01)


@pytest.mark.parametrize("shape", range(3))
@pytest.mark.parametrize("antialias", [False, True])
def test_both_ends_of_the_orientations_are_one_picture(shape: int, antialias: bool) -> None:
    ends = [picture(shape, 2, o, 4, 29, antialias=antialias) for o in (0, 39)]
    assert (ends[0] == ends[1]).all()


@pytest.mark.parametrize(("shape", "period"), [(SQUARE, math.pi / 2), (ELLIPSE, math.pi)])
def test_a_symmetric_figure_turned_by_its_period_looks_the_same(
    shape: int, period: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without the reduction by PERIODS, so that the geometry alone must show the symmetry.
    monkeypatch.setattr(sprites, "PERIODS", (10.0, 10.0, 10.0))
    turns = 0.3 + period * np.arange(3)
    monkeypatch.setattr(sprites, "ORIENTATIONS", np.resize(turns, 40))
    first, *others = (picture(shape, 4, o, CENTRE, CENTRE, antialias=True) for o in range(3))
    assert all((first == other).all() for other in others)
    half = np.resize(0.3 + period / 2 * np.arange(2), 40)
    monkeypatch.setattr(sprites, "ORIENTATIONS", half)
    assert (picture(shape, 4, 1, CENTRE, CENTRE) != first.round()).any()


def test_orientations_turn_anticlockwise() -> None:
    # The ellipse lies flat at first; a little later its right half has moved upwards, to smaller rows.
    row, column = np.nonzero(picture(ELLIPSE, 5, 4, CENTRE, CENTRE))
    assert np.cov(row, column)[0, 1] < -1


def test_the_heart_stands_on_its_tip() -> None:
    rows = picture(HEART, 5, 0, CENTRE, CENTRE).sum(1)
    widths = rows[rows > 0]
    assert widths[-1] <= 2
    assert widths[len(widths) // 4] > 20


@given(
    st.integers(0, 2),
    st.integers(0, 5),
    st.integers(0, 39),
    st.integers(0, 30),
    st.integers(0, 30),
    st.booleans(),
)
def test_a_step_is_a_translation_by_a_pixel(
    shape: int, scale: int, orientation: int, x: int, y: int, antialias: bool
) -> None:
    here = picture(shape, scale, orientation, x, y, antialias=antialias)
    right = picture(shape, scale, orientation, x + 1, y, antialias=antialias)
    below = picture(shape, scale, orientation, x, y + 1, antialias=antialias)
    assert (right == np.roll(here, 1, axis=1)).all()
    assert (below == np.roll(here, 1, axis=0)).all()


def test_two_steps_are_a_pixel_at_half_the_size() -> None:
    here, there = (picture(HEART, 3, 11, x, 8, side=32, antialias=True) for x in (7, 9))
    assert (there == np.roll(here, 1, axis=1)).all()


@pytest.mark.parametrize("side", [32, 64])
def test_every_figure_stays_within_the_frame(side: int) -> None:
    # The largest scale, every orientation, the four corners: a clipped figure would have less area.
    corners = [(x, y) for x in (0, 31) for y in (0, 31)]
    for shape in range(3):
        factors = np.array([[shape, 5, o, x, y] for o in range(40) for x, y in [*corners, (16, 16)]])
        pictures = render(index_of(factors), side=side, antialias=True)
        areas = pictures.sum((1, 2, 3)).reshape(40, 5)
        assert (np.abs(areas - areas[:, -1:]) <= 0.02 * areas[:, -1:]).all()
        assert pictures[:, 0, [0, -1]].sum() == 0 or side < 64  # a margin of one pixel
        # A sprite in a corner touches its own half of the frame only: nothing wrapped round.
        top_left = pictures.reshape(40, 5, side, side)[:, 0]
        assert top_left[:, side // 2 :].sum() == top_left[:, :, side // 2 :].sum() == 0


def test_the_centre_of_mass_of_a_square_is_its_position() -> None:
    for x, y in [(0, 0), (31, 5), (12, 31)]:
        mass = picture(SQUARE, 2, 6, x, y, antialias=True)
        ticks = np.arange(64) + 0.5
        assert (mass.sum(0) @ ticks / mass.sum(), mass.sum(1) @ ticks / mass.sum()) == pytest.approx(
            (16.5 + x, 16.5 + y), abs=0.02
        )


def test_antialiased_pixels_are_sixteenths_and_average_to_the_half_sized_picture() -> None:
    fine = picture(HEART, 4, 9, 6, 6, antialias=True)
    assert (fine * 16 == (fine * 16).round()).all()
    assert len(np.unique(fine)) > 8
    coarse = picture(HEART, 4, 9, 6, 6, side=32, antialias=True)
    blocks = fine.reshape(32, 2, 32, 2).mean((1, 3))
    assert np.abs(blocks - coarse).max() < 0.2
    assert blocks.sum() == pytest.approx(coarse.sum(), rel=0.01)


def test_the_documented_number_of_figures_differs() -> None:
    factors = np.array([[s, c, o, 16, 16] for s in range(3) for c in range(6) for o in range(39)])
    assert len(np.unique(render(index_of(factors)).reshape(702, -1), axis=0)) == 664
    assert len(np.unique(render(index_of(factors), antialias=True).reshape(702, -1), axis=0)) == 702


def test_rendering_a_thousand_holds_little_more_than_a_thousand() -> None:
    index = np.random.RandomState(0).choice(COUNT, 1_000, replace=False)
    tracemalloc.start()
    pictures = render(index)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert pictures.shape == (1_000, 1, 64, 64)
    assert pictures.dtype == np.float32
    assert peak < 5 * pictures.nbytes  # all of them would be 737 times as much


def test_order_and_company_do_not_matter() -> None:
    index = np.array([700_000, 3, 412_345, 3])
    together = render(index, side=32, antialias=True)
    assert all((render(index[i : i + 1], side=32, antialias=True)[0] == together[i]).all() for i in range(4))


def test_nothing_asked_for_is_an_empty_batch() -> None:
    assert render(np.array([], np.int64)).shape == (0, 1, 64, 64)


def test_hue_leaves_the_mask_alone() -> None:
    white = index_of(np.array([[HEART, 5, 7, 3, 20]]))
    pictures = sprites.render_colour(white + COUNT * np.arange(6), antialias=True)
    mask = render(white, side=32, antialias=True)[0, 0]
    assert pictures.shape == (6, 3, 32, 32)
    assert (pictures.max(1) == mask).all()
    colours = (pictures * (mask == 1)).max((2, 3))
    assert colours.tolist() == [[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1]]
