r"""Whether samples look like the data, and whether they show all of it.

Real examples and samples are compared as points of a feature space. With
:math:`B_k(x)` the ball around x that reaches to its k-th nearest neighbour of the same set
(itself not counted), R the real points and S the samples:

.. math:: \text{precision} = \frac{1}{|S|} \sum_{s \in S} 1[s \in \textstyle\bigcup_{r} B_k(r)], \quad
          \text{recall} = \frac{1}{|R|} \sum_{r \in R} 1[r \in \textstyle\bigcup_{s} B_k(s)]

.. math:: \text{density} = \frac{1}{k |S|} \sum_{s \in S} \sum_{r \in R} 1[s \in B_k(r)], \quad
          \text{coverage} = \frac{1}{|R|} \sum_{r \in R} 1[\exists s \in S: s \in B_k(r)]

Where a model draws the same few things again and again, precision stays high; recall and coverage fall.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from aecore.data import Split
from aecore.metrics.table_samples import SAMPLE_NEIGHBOURS


@dataclass(frozen=True)
class Resemblance:
    """How far samples are good, and how far they are varied.

    Attributes:
        precision, recall: Shares of samples and of real points, in [0, 1].
        density: About 1 for samples of the very distribution; over 1 where they crowd in its densest parts.
        coverage: Share of real points, in [0, 1].

    Source:
        Kynkäänniemi et al. (2019), https://arxiv.org/abs/1904.06991, eq. 1 and 2;
        Naeem et al. (2020), https://arxiv.org/abs/2002.09797, eq. 3 and 4.
    """

    precision: float
    recall: float
    density: float
    coverage: float


def resemblance(real: Tensor, samples: Tensor, k: int = SAMPLE_NEIGHBOURS) -> Resemblance:
    """The four shares, with Euclidean distances.

    Points of which several are equal have balls of their own size, 0 where k others are the same
    point; a point on the ball's edge is inside.

    Args:
        real: Features of real examples, shape (N, F), N > k.
        samples: Features of samples, shape (M, F), M > k.
        k: Neighbours to which a ball reaches.

    Raises:
        ValueError: If there are not more than k of each.
    """
    if min(len(real), len(samples)) <= k:
        raise ValueError(f"k = {k} needs more than {k} of each; got {len(real)} and {len(samples)}.")
    real, samples = real.double(), samples.double()
    distance = _distances(real, samples)  # (N, M)
    in_real = distance <= _radii(real, k)[:, None]
    in_samples = distance <= _radii(samples, k)[None]
    return Resemblance(
        precision=_share(in_real.any(0)),
        recall=_share(in_samples.any(1)),
        density=in_real.sum(0).double().mean().item() / k,
        coverage=_share(in_real.any(1)),
    )


def _distances(a: Tensor, b: Tensor) -> Tensor:
    """Euclidean distances, shape (N, M), exact: equal points are at 0."""
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")


def _radii(points: Tensor, k: int) -> Tensor:
    """Distance of each point to its k-th nearest other one, shape (N,)."""
    return _distances(points, points).kthvalue(k + 1).values  # the nearest is itself


def _share(which: Tensor) -> float:
    return which.double().mean().item()


def frechet_distance(real: Tensor, samples: Tensor) -> float:
    r"""The squared Fréchet (Wasserstein-2) distance of the Gaussians fitted to two sets of points.

    .. math:: d^2 = \lVert \mu_1 - \mu_2 \rVert^2
              + \mathrm{tr}\left(\Sigma_1 + \Sigma_2 - 2 (\Sigma_1^{1/2} \Sigma_2 \Sigma_1^{1/2})^{1/2}\right)

    Its estimate is too large by an amount that falls as the sets grow: compare only
    distances of sets of the same size in the same features.

    Args:
        real: Shape (N, F).
        samples: Shape (M, F).

    Source:
        Heusel et al. (2017), https://arxiv.org/abs/1706.08500, eq. 6.
    """
    real, samples = real.double(), samples.double()
    return gaussian_frechet(real.mean(0), torch.cov(real.T), samples.mean(0), torch.cov(samples.T))


def gaussian_frechet(mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor) -> float:
    """The same of two Gaussians by means, shape (F,), and covariances, shape (F, F)."""
    values, vectors = torch.linalg.eigh(cov1)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    # The eigenvalues of Σ₁^½ Σ₂ Σ₁^½; rounding leaves tiny negative ones.
    cross = torch.linalg.eigvalsh(root @ cov2 @ root).clamp(min=0).sqrt().sum()
    return max((mean1 - mean2).square().sum().add(cov1.trace() + cov2.trace() - 2 * cross).item(), 0.0)


def sample_values(
    features: Callable[[Tensor], Tensor], test: Split, train: Split, samples: Tensor
) -> dict[str, float]:
    """All that is said of a model's samples, by names of ``aecore.metrics.METRICS``.

    Args:
        features: From images, shape (B, C, H, W), to their features, shape (B, F).
        test: As many test examples as there are samples.
        train: As many training examples, to tell what perfect samples would score.
        samples: Shape (N, C, H, W).
    """
    real, drawn = features(test.x), features(samples)
    found = resemblance(real, drawn)
    return {
        "sample_precision": found.precision,
        "sample_recall": found.recall,
        "sample_density": found.density,
        "sample_coverage": found.coverage,
        "sample_frechet": frechet_distance(real, drawn),
        "train_frechet": frechet_distance(real, features(train.x)),
        "sample_count": len(samples),
    }
