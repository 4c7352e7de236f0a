r"""Disentangled inferred prior: the covariance of the codes, held to the identity."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from aecore.bottlenecks import GaussianPosterior
from aecore.objectives.objective import Model, Term
from aecore.step import Pass, Step

Kind = Literal["i", "ii"]


def covariance(passed: Pass, kind: Kind) -> Tensor:
    """Covariance over a batch, shape (D, D), of the posterior's means (I) or of the codes (II).

    By the law of total covariance that of the codes is Cov[μ] + E[diag σ²]. Averages divide by B.

    Source:
        Kumar et al. (2018), eqs. 5 to 7. https://arxiv.org/abs/1711.00848
    """
    q = passed.posterior
    if not isinstance(q, GaussianPosterior):
        raise TypeError(f"DIP-VAE reads the variances of Gaussian posteriors, not of {type(q).__name__}.")
    centred = q.mu - q.mu.mean(0)
    of_means = centred.T @ centred / len(centred)
    return of_means + torch.diag(q.logvar.exp().mean(0)) if kind == "ii" else of_means


class _OfCovariance(Term):
    per = "batch"
    unit = "squared covariance"

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind = kind


class OffDiagonal(_OfCovariance):
    """How much any two dimensions vary together."""

    name = "off_diagonal"
    latex = r"\textstyle\sum_{i \ne j} \mathrm{Cov}_{ij}^2"

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        cov = covariance(passed, self.kind)
        return cov.square().sum() - cov.diagonal().square().sum()  # ()


class Diagonal(_OfCovariance):
    """How far each dimension's variance is from 1."""

    name = "diagonal"
    latex = r"\textstyle\sum_i (\mathrm{Cov}_{ii} - 1)^2"

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        return (covariance(passed, self.kind).diagonal() - 1).square().sum()  # ()
