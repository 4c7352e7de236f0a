"""Maps: PCA against scikit-learn, UMAP and t-SNE by what they must keep, and none may crash."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from aecore.errors import UserError
from aecore.latent import projections

Array = NDArray[Any]
Map = Callable[..., Array]
MAPS = [projections.umap, projections.tsne]
RNG = np.random.default_rng(0)

ODD: dict[str, Array] = {
    "one code": RNG.normal(size=(1, 3)),
    "two codes": RNG.normal(size=(2, 3)),
    "five codes": RNG.normal(size=(5, 4)),
    "fewer than three perplexities": RNG.normal(size=(40, 3)),
    "one dimension": RNG.normal(size=(60, 1)),
    "two dimensions": RNG.normal(size=(60, 2)),
    "collapsed": np.full((50, 4), 0.3),
    "collapsed up to rounding": (0.3 + 1e-8 * RNG.normal(size=(50, 4))),
    "tiny": 1e-6 * RNG.normal(size=(50, 4)),
    "huge": 1e6 * RNG.normal(size=(50, 4)),
    "duplicates": np.repeat(RNG.normal(size=(3, 4)), 20, axis=0),
    "one far away": np.vstack([np.zeros((59, 3)), np.ones((1, 3))]),
    "half precision": RNG.normal(size=(50, 4)).astype(np.float16),
}


@pytest.fixture(scope="module")
def digits() -> Array:
    """Three hundred real digits as codes of 64 dimensions."""
    return np.asarray(load_digits().data[:300], np.float32)


@pytest.mark.parametrize("dims", [2, 3])
def test_pca_agrees_with_scikit_learn(digits: Array, dims: int) -> None:
    ours, theirs = projections.pca(digits, dims), PCA(dims, svd_solver="full").fit(digits)
    signs = np.sign((ours.components * theirs.components_).sum(1))
    np.testing.assert_allclose(ours.components, signs[:, None] * theirs.components_, atol=1e-4)
    np.testing.assert_allclose(ours.points, signs * theirs.transform(digits), atol=2e-3)
    np.testing.assert_allclose(ours.mean, theirs.mean_, rtol=1e-5)


@pytest.mark.parametrize("seed", range(8))
def test_pca_has_one_sign(seed: int) -> None:
    codes = np.random.default_rng(seed).normal(size=(30, 4))
    # Turned by half a circle, the codes have the same axes, and their map turns with them.
    ours, turned = projections.pca(codes), projections.pca(-codes)
    np.testing.assert_allclose(turned.components, ours.components, atol=1e-6)
    np.testing.assert_allclose(turned.points, -ours.points, atol=1e-6)
    largest = np.abs(ours.components).argmax(axis=1)
    assert (ours.components[[0, 1], largest] > 0).all()


def test_pca_inverts_exactly_what_lies_on_its_plane() -> None:
    flat = RNG.normal(size=(30, 2)) @ RNG.normal(size=(2, 5)) + 7
    plane = projections.pca(flat)
    np.testing.assert_allclose(plane.inverse(plane.points), flat, atol=1e-4)
    np.testing.assert_allclose(plane.components @ plane.components.T, np.eye(2), atol=1e-6)


def test_pca_of_one_dimension_has_a_zero_second_axis() -> None:
    codes = np.array([[1.0], [2.0], [6.0]])
    plane = projections.pca(codes)
    np.testing.assert_allclose(plane.points, [[-2, 0], [-1, 0], [3, 0]], atol=1e-6)
    np.testing.assert_allclose(plane.inverse(plane.points), codes, atol=1e-6)


def test_pca_of_a_collapsed_code_still_has_a_plane() -> None:
    plane = projections.pca(np.full((9, 3), 2.0))
    np.testing.assert_array_equal(plane.points, np.zeros((9, 2)))
    np.testing.assert_allclose(plane.components @ plane.components.T, np.eye(2), atol=1e-6)


@pytest.mark.parametrize("make", MAPS)
def test_maps_keep_neighbours_and_repeat_for_a_seed(make: Map, digits: Array) -> None:
    first = make(digits, seed=3)
    assert first.shape == (300, 2)
    assert first.dtype == np.float32
    # The plane of PCA, which is where both start, scores 0.87.
    assert trustworthiness(digits, first, n_neighbors=10) > 0.95
    np.testing.assert_array_equal(first, make(digits, seed=3))
    assert not np.array_equal(first, make(digits, seed=4))


def test_a_third_dimension_keeps_more(digits: Array) -> None:
    flat, deep = projections.umap(digits), projections.umap(digits, dims=3)
    assert deep.shape == (300, 3)
    kept = [trustworthiness(digits, points, n_neighbors=10) for points in (flat, deep)]
    assert kept[1] > kept[0]
    odd = projections.umap(ODD["two dimensions"], dims=3)
    assert odd.shape == (60, 3)
    assert np.isfinite(odd).all()


@pytest.mark.parametrize("make", MAPS)
def test_a_map_does_not_depend_on_the_unit_of_the_codes(make: Map, digits: Array) -> None:
    np.testing.assert_array_equal(make(digits[:80]), make(digits[:80] * 1024))


@pytest.mark.parametrize(
    "make", [lambda codes: projections.pca(codes).points, *MAPS], ids=["pca", "umap", "tsne"]
)
@pytest.mark.parametrize("case", ODD)
def test_odd_codes_give_a_finite_map(make: Map, case: str, caplog: pytest.LogCaptureFixture) -> None:
    points = make(ODD[case])
    assert points.shape == (len(ODD[case]), 2)
    assert points.dtype == np.float32
    assert np.isfinite(points).all()
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


@pytest.mark.parametrize("make", MAPS)
def test_groups_far_apart_stay_apart(make: Map) -> None:
    # Three collapsed groups: what a clustered code looks like in half precision.
    codes = np.repeat(10 * np.eye(3), 30, axis=0) + 0.1 * RNG.normal(size=(90, 3))
    points = make(codes).reshape(3, 30, 2)
    centres = points.mean(axis=1)
    spread = np.linalg.norm(points - centres[:, None], axis=2).mean()
    apart = np.linalg.norm(centres - np.roll(centres, 1, axis=0), axis=1).min()
    assert apart > 2 * spread


def test_pytorch_keeps_the_one_thread_that_tests_have() -> None:
    """Numba sets OpenMP's threads once a process: whichever test drew a map first is held to it."""
    projections.umap(RNG.normal(size=(40, 3)))
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize("make", [projections.pca, *MAPS])
def test_no_codes_and_infinite_codes_are_refused(make: Map) -> None:
    with pytest.raises(UserError, match=r"at least one code.*\(0, 3\)"):
        make(np.zeros((0, 3)))
    with pytest.raises(UserError, match="not a number"):
        make(np.array([[0.0, np.nan]]))
