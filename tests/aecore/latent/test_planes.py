"""Traversals, grids and neighbours: what stays, what moves, and in which order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from aecore.errors import UserError
from aecore.latent import grids, nearest, order_dimensions, projections, sweep, traverse

NORMAL: dict[str, Any] = {"dim": 4, "prior": {"kind": "standard-normal"}}
FITTED: dict[str, Any] = {
    "dim": 2,
    "prior": {"kind": "fitted-gaussian", "mean": [1.0, 2.0], "cholesky": [[2.0, 0.0], [3.0, 4.0]]},
}
RNG = np.random.default_rng(0)


@given(st.integers(0, 4), st.lists(st.floats(-5, 5), min_size=1, max_size=7))
def test_a_traversal_moves_one_dimension_and_nothing_else(dim: int, values: list[float]) -> None:
    z = np.arange(5.0)
    codes = traverse(z, dim, values)
    np.testing.assert_array_equal(codes[:, dim], values)
    np.testing.assert_array_equal(np.delete(codes, dim, axis=1), np.tile(np.delete(z, dim), (len(values), 1)))
    np.testing.assert_array_equal(z, np.arange(5.0))


def test_a_sweep_reaches_three_deviations_of_the_prior_either_way() -> None:
    np.testing.assert_allclose(sweep(NORMAL, 0, steps=7), [-3, -2, -1, 0, 1, 2, 3])
    np.testing.assert_allclose(sweep(FITTED, 1, steps=3, extent=2.0), [2 - 10, 2, 2 + 10])


def test_a_dimension_that_is_not_there_is_refused() -> None:
    for request in (lambda: traverse(np.zeros(3), 3, [0.0]), lambda: sweep({**NORMAL, "dim": 3}, 3)):
        with pytest.raises(UserError, match="0 to 2; there is no dimension 3"):
            request()


def test_dimensions_come_by_what_they_carry() -> None:
    mu = RNG.normal(size=(500, 3)) * [0.0, 3.0, 1.0]
    logvar = np.tile(np.log([1.0, 0.1, 0.5]), (500, 1))
    np.testing.assert_array_equal(order_dimensions(mu, logvar), [1, 2, 0])
    np.testing.assert_array_equal(order_dimensions(mu), [1, 2, 0])
    # A constant mean carries nothing as a point, but a Gaussian there has a price.
    np.testing.assert_array_equal(order_dimensions(mu + np.array([9, 0, 0]), logvar), [0, 1, 2])
    np.testing.assert_array_equal(order_dimensions(np.zeros((4, 3))), [0, 1, 2])


def test_a_plane_of_two_dimensions_grows_right_and_up() -> None:
    base = np.array([9, 8, 7, 6], np.float32)
    grid = grids.of_dimensions(base, (2, 0), x=np.array([1.0, 2.0, 3.0]), y=np.array([-1.0, 1.0]))
    assert grid.z.shape == (2, 3, 4)
    np.testing.assert_array_equal(grid.y, [1, -1])
    np.testing.assert_array_equal(grid.z[:, :, 2], [[1, 2, 3], [1, 2, 3]])
    np.testing.assert_array_equal(grid.z[:, :, 0], [[1, 1, 1], [-1, -1, -1]])
    np.testing.assert_array_equal(grid.z[:, :, [1, 3]], np.tile([8, 6], (2, 3, 1)))


@pytest.mark.parametrize("dims", [(1, 1), (0, 4), (-1, 0)])
def test_a_plane_needs_two_dimensions(dims: tuple[int, int]) -> None:
    with pytest.raises(UserError, match="two different dimensions from 0 to 3"):
        grids.of_dimensions(np.zeros(4), dims, np.zeros(2), np.zeros(2))


def test_a_pca_plane_projects_back_onto_its_coordinates() -> None:
    plane = projections.pca(RNG.normal(size=(50, 5)) * [5, 3, 1, 1, 1])
    grid = grids.of_pca(plane, x=np.array([-2.0, 0.0, 2.0]), y=np.array([-1.0, 1.0]))
    back = (grid.z - plane.mean) @ plane.components.T
    np.testing.assert_allclose(back[..., 0], [[-2, 0, 2], [-2, 0, 2]], atol=1e-5)
    np.testing.assert_allclose(back[..., 1], [[1, 1, 1], [-1, -1, -1]], atol=1e-5)


def test_neighbours_agree_with_scikit_learn() -> None:
    codes = RNG.normal(size=(200, 3)).astype(np.float32)
    index, distance = nearest(codes, codes[:20], 4)
    theirs = NearestNeighbors(n_neighbors=4, algorithm="brute").fit(codes).kneighbors(codes[:20])
    np.testing.assert_array_equal(index, theirs[1])
    np.testing.assert_allclose(distance, theirs[0], atol=1e-3)
    np.testing.assert_array_equal(index[:, 0], np.arange(20))
    np.testing.assert_array_equal(distance[:, 0], 0)


def test_of_equal_neighbours_the_first_comes_first() -> None:
    np.testing.assert_array_equal(nearest(np.ones((4, 2)), np.zeros((1, 2)), 3)[0], [[0, 1, 2]])


@pytest.mark.parametrize("k", [0, 5])
def test_k_is_bounded_by_the_codes(k: int) -> None:
    with pytest.raises(UserError, match=f"from 1 to 4; got {k}"):
        nearest(np.ones((4, 2)), np.zeros((1, 2)), k)
