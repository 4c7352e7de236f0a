"""Intrinsic dimension on sets whose dimension is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.datasets import make_swiss_roll

from aecore.metrics.intrinsic import levina_bickel, two_nn


def cube(dims: int, n: int = 2000, width: int = 30) -> NDArray[np.float64]:
    """Uniform points of a cube of ``dims`` dimensions, turned into a space of ``width``."""
    rng = np.random.RandomState(dims)
    basis = np.linalg.qr(rng.randn(width, width))[0][:dims]
    points: NDArray[np.float64] = rng.random_sample((n, dims)) @ basis
    return points


@pytest.mark.parametrize(("dims", "tolerance"), [(1, 0.06), (2, 0.06), (5, 0.12), (10, 0.22)])
def test_a_cube_in_a_wide_space(dims: int, tolerance: float) -> None:
    """Edges of a cube make both estimates fall short, the more the wider it is."""
    for estimate in (two_nn(cube(dims)), levina_bickel(cube(dims))):
        assert (1 - tolerance) * dims < estimate < (1 + 0.06) * dims


def test_a_swiss_roll_has_two_dimensions() -> None:
    roll = make_swiss_roll(3000, random_state=0)[0]
    assert two_nn(roll) == pytest.approx(2, abs=0.1)
    assert levina_bickel(roll) == pytest.approx(2, abs=0.1)


def test_neither_scale_nor_copies_of_points_matter() -> None:
    points = cube(3, n=500)
    for estimate in (two_nn, levina_bickel):
        assert estimate(7 * points) == pytest.approx(estimate(points))
        assert estimate(np.vstack([points, points[:100]])) == pytest.approx(estimate(points))


def test_levina_bickel_by_hand() -> None:
    points = cube(4, n=60)
    near = np.sort(cdist(points, points), axis=1)[:, 1:6]  # k = 5
    logs: Any = [np.log(row[-1] / row[j]) for row in near for j in range(4)]
    assert levina_bickel(points, k=5) == pytest.approx(1 / np.mean(logs))


def test_two_nn_is_the_slope_through_the_origin() -> None:
    points = cube(4, n=60)
    near = np.sort(cdist(points, points), axis=1)[:, 1:3]
    ratio = np.sort(near[:, 1] / near[:, 0])[:54]
    y = [-np.log(1 - (i + 1) / 60) for i in range(54)]
    slope = np.linalg.lstsq(np.log(ratio)[:, None], np.array(y), rcond=None)[0][0]
    assert two_nn(points) == pytest.approx(slope)


def test_too_few_points_are_refused() -> None:
    with pytest.raises(ValueError, match="more than 20 different points; got 12"):
        levina_bickel(cube(2, n=12))
    with pytest.raises(ValueError, match="2 neighbours need more than 3 different points; got 1"):
        two_nn(np.zeros((50, 3)))
    with pytest.raises(ValueError, match="k is 2 or more"):
        levina_bickel(cube(2), k=1)
