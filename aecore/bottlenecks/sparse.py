"""Codes of which few numbers are in use at a time, and how few."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from aecore.bottlenecks.point import Bend, Point
from aecore.bottlenecks.posteriors import PointPosterior

WIDE = 512  # numbers in a code, beyond which the Gaussian that is fitted to it is a diagonal one
NEAR_ZERO = 0.01  # of the largest number in any code


class SparsePoint(Point):
    """A point whose card says how sparse it is.

    Args:
        latent_dim: D.
        code: What bends it.
        dropout: Share of its numbers that are 0 at each training step; the others grow to make up for it.
    """

    def __init__(self, latent_dim: int, code: Bend = "linear", dropout: float = 0.0) -> None:
        super().__init__(latent_dim, code, diagonal=latent_dim > WIDE)
        self.dropout = dropout

    def forward(self, features: list[Tensor]) -> PointPosterior:
        return PointPosterior(F.dropout(super().forward(features).z, self.dropout, self.training))

    def diagnostics(self, codes: Tensor) -> dict[str, float | list[float]]:
        size = codes.double().cpu().abs()
        silent = size <= NEAR_ZERO * size.max()  # (N, D)
        alive = ~silent.all(0)
        return {
            "zero_share": silent.double().mean().item(),
            "mean_activation": size.mean().item(),
            "lifetime_sparsity": _mean(selectivity(size[:, alive].T)),
            "population_sparsity": _mean(selectivity(size)),
            "dead_units": float((~alive).sum()),
        }


class TopK(SparsePoint):
    r"""The k largest numbers of a code stay, the others are 0, and only the k hear of the loss.

    Ties go to the unit that ``torch.topk`` takes first, so that never more than k are left. The
    numbers themselves are linear: choosing is the only bend.

    Args:
        latent_dim: D.
        k: How many stay while training, at most D.
        alpha: Afterwards αk stay, as in the paper, rounded, at most D.
        start: How many stay at the very beginning of training; it falls to k over the first half,
            so that units have learned something before most of them are out. At least k, or 0 for k
            throughout.

    Attributes:
        progress: Share of the training that is behind us; whoever trains it sets it.

    Source:
        Makhzani & Frey (2013), who let k fall against dead units too. https://arxiv.org/abs/1312.5663
    """

    def __init__(self, latent_dim: int, k: int, alpha: float = 1.0, start: int = 0) -> None:
        super().__init__(latent_dim)
        self.k, self.k_after, self.start = k, min(round(alpha * k), latent_dim), start or k
        self.progress = 1.0

    @property
    def kept(self) -> int:
        """How many stay now."""
        if not self.training:
            return self.k_after
        return round(self.start + (self.k - self.start) * min(1.0, 2 * self.progress))

    def forward(self, features: list[Tensor]) -> PointPosterior:
        z = super().forward(features).z
        chosen = z.topk(self.kept, dim=1)
        return PointPosterior(torch.zeros_like(z).scatter(1, chosen.indices, chosen.values))


def selectivity(size: Tensor) -> Tensor:
    r"""How far from evenly the last axis is used: 0 where all are equal, 1 where one is alone.

    .. math:: S = \frac{1 - \bar r^2 / \overline{r^2}}{1 - 1/n}

    Args:
        size: r ≥ 0, shape (…, n); a row of zeros has no sparsity and is NaN.

    Returns:
        Shape (…,). With n = 1 there is nothing to choose from: 0.

    Source:
        Treves & Rolls (1991) as rescaled by Vinje & Gallant (2000).
        https://doi.org/10.1126/science.287.5456.1273
    """
    n = size.shape[-1]
    if n == 1:
        return torch.zeros_like(size[..., 0])
    return (1 - size.mean(-1) ** 2 / size.square().mean(-1)) / (1 - 1 / n)


def _mean(values: Tensor) -> float:
    """Of those that exist; 0 where none does."""
    values = values[~values.isnan()]
    return values.mean().item() if len(values) else 0.0
