"""DIP's covariances, by NumPy and by sampling."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
import torch

from aecore.bottlenecks import GaussianPosterior, PointPosterior
from aecore.objectives import Diagonal, OffDiagonal
from aecore.objectives.dip import covariance
from aecore.step import Pass
from tests.aecore.objectives.given import Given, nothing

MU, LOGVAR = torch.from_numpy(np.random.default_rng(0).standard_normal((2, 40, 3)))
POSTERIOR = GaussianPosterior(MU, LOGVAR)
PASSED = Pass(POSTERIOR, MU, MU)


@pytest.mark.parametrize("kind", ["i", "ii"])
def test_terms_are_those_of_numpy(kind: Literal["i", "ii"]) -> None:
    cov = np.cov(MU.numpy().T, bias=True)
    if kind == "ii":
        cov = cov + np.diag(np.exp(LOGVAR.numpy()).mean(0))
    off = sum(cov[i, j] ** 2 for i in range(3) for j in range(3) if i != j)
    on = sum((cov[i, i] - 1) ** 2 for i in range(3))
    model, step = Given(POSTERIOR), nothing(40, 3)
    assert float(OffDiagonal(kind)(model, step, PASSED)) == pytest.approx(off)
    assert float(Diagonal(kind)(model, step, PASSED)) == pytest.approx(on)


def test_the_second_is_the_covariance_of_the_codes() -> None:
    torch.manual_seed(0)
    codes = torch.cat([POSTERIOR.sample() for _ in range(5000)])
    torch.testing.assert_close(covariance(PASSED, "ii"), torch.cov(codes.T), atol=0.02, rtol=0)


def test_white_codes_cost_nothing() -> None:
    mu = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]).double()
    passed = Pass(GaussianPosterior(mu, torch.zeros(4, 2).double()), mu, mu)
    model, step = Given(POSTERIOR), nothing(4, 2)
    assert OffDiagonal("i")(model, step, passed) == Diagonal("i")(model, step, passed) == 0
    assert Diagonal("ii")(model, step, passed) == 2.0  # each variance is 1 + 1


def test_points_have_no_variances() -> None:
    with pytest.raises(TypeError, match="not of PointPosterior"):
        covariance(Pass(PointPosterior(MU), MU, MU), "i")
