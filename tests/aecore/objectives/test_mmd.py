"""MMD² by hand, in closed form, and without bias."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from aecore.objectives import IMQ, MMD, RBF, Kernel, mmd, mmd2
from tests.aecore.objectives.given import Given, gaussian, nothing

SCALES = (0.1, 0.2, 0.5, 1, 2, 5, 10)


def by_hand(x: Any, y: Any, k: Any) -> float:
    """Double sums over pairs, a code never beside itself."""
    xx = [k(x[i], x[j]) for i, j in product(range(len(x)), repeat=2) if i != j]
    yy = [k(y[i], y[j]) for i, j in product(range(len(y)), repeat=2) if i != j]
    xy = [k(a, b) for a, b in product(x, y)]
    return float(np.mean(xx) + np.mean(yy) - 2 * np.mean(xy))


@pytest.mark.parametrize("name", ["imq", "rbf"])
def test_a_few_points_by_hand(name: str) -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 4, 3))
    y = y[:3]

    def k(a: Any, b: Any) -> float:
        squared = float(np.sum((a - b) ** 2))
        if name == "rbf":
            return math.exp(-squared / 6)
        return sum(6 * s / (6 * s + squared) for s in SCALES)

    kernel: Kernel = RBF(6.0) if name == "rbf" else IMQ(6.0)
    found = mmd2(torch.from_numpy(x), torch.from_numpy(y), kernel)
    assert float(found) == pytest.approx(by_hand(x, y, k), rel=1e-9)


def test_two_gaussians_in_closed_form() -> None:
    """z − y ~ N(Δ, v I) has E exp(−‖z − y‖²/C) = (1 + 2v/C)^(−D/2) exp(−‖Δ‖²/(C + 2v))."""
    torch.manual_seed(0)
    shift, s, c, n, dim = 0.5, 0.7, 6.0, 2000, 3

    def expected(delta: float, v: float) -> float:
        return float((1 + 2 * v / c) ** (-dim / 2) * math.exp(-dim * delta**2 / (c + 2 * v)))

    exact = expected(0, 2 * s**2) + expected(0, 2) - 2 * expected(shift, s**2 + 1)
    x, y = shift + s * torch.randn(n, dim).double(), torch.randn(n, dim).double()
    assert exact > 0.02
    assert float(mmd2(x, y, RBF(c))) == pytest.approx(exact, rel=0.12)


def test_without_a_difference_the_mean_is_nought() -> None:
    torch.manual_seed(0)
    pairs = torch.randn(500, 2, 10, 4).double()
    values = torch.stack([mmd2(x, y, IMQ(8.0)) for x, y in pairs])
    assert (values < 0).any()
    assert abs(float(values.mean())) < 4 * float(values.std()) / math.sqrt(500)


@given(st.integers(2, 9), st.integers(2, 9), st.floats(-3, 3), st.integers(0, 10**6))
def test_it_is_symmetric_and_knows_no_origin(n: int, m: int, shift: float, seed: int) -> None:
    random = torch.Generator().manual_seed(seed)
    x, y = (torch.randn(k, 2, generator=random).double() for k in (n, m))
    value = mmd2(x, y, IMQ(4.0))
    torch.testing.assert_close(value, mmd2(y, x, IMQ(4.0)))
    torch.testing.assert_close(value, mmd2(x + shift, y + shift, IMQ(4.0)))
    assert float(mmd2(x, y + 20, IMQ(4.0))) > float(value)


def test_pieces_make_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = torch.randn(2, 25, 3).double()
    whole = mmd2(x, y, IMQ(6.0))
    monkeypatch.setattr(mmd, "ROWS", 7)
    torch.testing.assert_close(mmd2(x, y, IMQ(6.0)), whole)


def test_a_single_code_has_no_distribution() -> None:
    assert mmd2(torch.ones(1, 2), torch.ones(1, 2), IMQ(4.0)) == 0


def test_the_term_compares_with_the_prior_and_pulls_codes_to_it() -> None:
    torch.manual_seed(0)
    mu = (3 + torch.randn(200, 2).double()).requires_grad_()
    model, step, term = Given(gaussian(mu, 0.01)), nothing(200, 2), MMD(IMQ(4.0))
    passed = model(step)
    torch.manual_seed(1)
    value = term(model, step, passed)
    torch.manual_seed(1)
    assert value == mmd2(passed.z, torch.randn_like(passed.z), IMQ(4.0))
    value.backward()
    assert mu.grad is not None
    assert (mu.grad.mean(0) > 0).all()  # down the gradient is towards the origin
