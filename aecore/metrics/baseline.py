"""PCA, the linear autoencoder that has its optimum in closed form: what every model is held against."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from aecore.metrics.table import PCA_EXACT_SIZE, PCA_EXAMPLES

_ROWS = 4096  # as many examples at a time, so that no centred copy of a whole split is made


@dataclass(frozen=True)
class PCA:
    """The affine plane nearest to some examples.

    Attributes:
        mean: Shape (D,).
        components: Orthonormal rows, shape (K, D).
    """

    mean: Tensor
    components: Tensor

    def reconstruct(self, x: Tensor) -> Tensor:
        """The nearest points on the plane to ``x``, shape (B, …), in that shape; not clipped to a range."""
        centred = x.flatten(1) - self.mean
        return (self.mean + centred @ self.components.T @ self.components).view_as(x)


def fit_pca(x: Tensor, dims: int) -> PCA:
    """The ``dims`` principal components of some examples.

    Up to 1,024 numbers in an example they come from the eigenvectors of the covariance of all
    examples. Larger examples take a randomised decomposition of at most 10,000 of them, equally
    spaced (Halko, Martinsson & Tropp 2011, https://arxiv.org/abs/0909.4061), which draws from
    torch's generator.

    Args:
        x: Examples, shape (N, …) with D numbers each.
        dims: How many components; no more than D are given.
    """
    flat = x.flatten(1)
    size = flat.shape[1]
    dims = min(dims, size)
    if size > PCA_EXACT_SIZE:
        flat = flat[:: -(-len(flat) // PCA_EXAMPLES)]
        mean = flat.mean(0)
        rank = min(dims + 10, *flat.shape)
        _, _, right = torch.pca_lowrank(flat - mean, q=rank, center=False, niter=8)
        return PCA(mean, right.T[:dims].contiguous())
    mean = flat.mean(0)
    scatter = torch.zeros(size, size, dtype=torch.float64, device=x.device)
    for rows in flat.split(_ROWS):
        centred = rows - mean
        scatter += centred.T @ centred
    _, vectors = torch.linalg.eigh(scatter)  # ascending
    return PCA(mean, vectors.flip(1).T[:dims].to(x.dtype).contiguous())
