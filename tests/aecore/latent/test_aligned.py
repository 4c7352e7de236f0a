"""Codes of several models made comparable: against SciPy, and against what was shuffled and turned."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes

from aecore.errors import UserError
from aecore.latent import aligned, projections


def codes(n: int = 60, dim: int = 4, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, dim)) * (1 + np.arange(dim))


@given(st.integers(0, 1000), st.integers(1, 6))
def test_procrustes_is_scipys(seed: int, dim: int) -> None:
    a, b = codes(20, dim, seed), codes(20, dim, seed + 1)
    wanted, _ = orthogonal_procrustes(a, b)
    found = aligned.procrustes(a, b)
    assert np.allclose(found, wanted)
    assert np.allclose(found @ found.T, np.eye(dim))


@given(st.floats(-180, 180))
def test_in_two_dimensions_the_rotation_is_the_angle(angle: float) -> None:
    c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    a = codes(50, 2)
    turned = a @ np.array([[c, s], [-s, c]])
    assert aligned.rotation(turned, a) == pytest.approx(abs(angle), abs=1e-4)
    assert aligned.rotation(3 * a, a) == pytest.approx(0, abs=1e-4)


def test_collapsed_dimensions_do_not_count_as_turned() -> None:
    a = np.concatenate([codes(50, 2), np.zeros((50, 3))], 1)
    noise = 1e-6 * np.random.default_rng(1).normal(size=a.shape)
    assert aligned.rotation(a + noise, a) < 0.1
    assert aligned.rotation(np.zeros((5, 2)), np.zeros((5, 2))) == 0


@given(st.integers(0, 1000))
def test_order_and_signs_are_found_again(seed: int) -> None:
    random = np.random.default_rng(seed)
    a = codes(200, 5, seed)
    order, signs = random.permutation(5), random.choice([-1.0, 1.0], 5)
    shuffled = np.empty_like(a)
    shuffled[:, order] = a * signs
    noisy = shuffled + 0.1 * random.normal(size=a.shape)
    found, sign = aligned.signed_permutation(noisy, a)
    assert np.array_equal(found, order)
    assert np.array_equal(sign, signs)
    assert np.allclose(noisy[:, found] * sign, a, atol=0.6)


def test_dimensions_that_do_not_vary_take_what_is_left() -> None:
    a = codes(100, 3)
    still = a.copy()
    still[:, 1] = 0.5
    order, signs = aligned.signed_permutation(still[:, [1, 2, 0]], a)
    assert list(order) == [2, 0, 1]
    assert list(signs) == [1, 1, 1]


def test_pca_maps_are_turned_and_never_stretched() -> None:
    a = codes(80, 4)
    family = [a, -0.5 * a[:, ::-1], a[:, [2, 3, 0, 1]] + 0.01 * codes(80, 4, 1)]
    maps = aligned.pca(family)
    assert maps.shape == (3, 80, 2)
    assert np.allclose(maps[0], projections.pca(a).points)
    assert np.allclose(maps[1], 0.5 * maps[0], atol=1e-5)
    assert np.allclose(maps[2], maps[0], atol=0.2)
    for each, points in zip(family, maps, strict=True):
        own = projections.pca(each).points
        assert np.allclose(np.linalg.norm(points, axis=1), np.linalg.norm(own, axis=1), atol=1e-5)


def test_few_codes_have_the_pca_map() -> None:
    family = [codes(10, 3), codes(10, 3, 1)]
    assert np.array_equal(aligned.umap(family), aligned.pca(family))


def test_other_shapes_are_refused() -> None:
    with pytest.raises(UserError, match=r"shapes \(5, 2\) and \(5, 3\)"):
        aligned.procrustes(np.zeros((5, 2)), np.zeros((5, 3)))


@pytest.mark.slow  # umap-learn compiles for a while
def test_aligned_umaps_keep_neighbours_and_places() -> None:
    random = np.random.default_rng(0)
    group = np.arange(120) % 3
    first = random.normal(size=(120, 4)) + 8 * np.eye(3, 4)[group]
    family = [first, first @ np.linalg.qr(random.normal(size=(4, 4)))[0], np.zeros((120, 4))]
    maps = aligned.umap(family)
    assert maps.shape == (3, 120, 2)
    assert np.isfinite(maps).all()
    for points in maps[:2]:
        centres = np.stack([points[group == k].mean(0) for k in range(3)])
        nearest = np.linalg.norm(points[:, None] - centres, axis=-1).argmin(1)
        assert np.mean(nearest == group) > 0.95
    travelled = np.linalg.norm(maps[1] - maps[0], axis=1).mean()
    assert travelled < 0.2 * np.linalg.norm(maps[0] - maps[0].mean(0), axis=1).mean()
    assert np.array_equal(aligned.umap(family[:2]), aligned.umap(family[:2]))
