"""Principal components: the plane that keeps most of some examples' variance, in closed form."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

_ROWS = 4096  # as many examples at a time, so that no centred copy of a whole split is made


class Principal(NamedTuple):
    """An affine plane.

    Attributes:
        mean: Shape (D,).
        components: Orthonormal rows, the one of most variance first, shape (K, D).
        variances: Of the examples along each, shape (K,), float64.
    """

    mean: Tensor
    components: Tensor
    variances: Tensor


def principal(x: Tensor, dims: int, *, exact_size: int = 4096, examples: int = 0) -> Principal:
    """The principal components of some examples.

    Up to ``exact_size`` numbers in an example they are the eigenvectors of the covariance of all
    examples, which are orthonormal however few examples there are. Larger examples take a
    randomised decomposition (Halko, Martinsson & Tropp 2011, https://arxiv.org/abs/0909.4061),
    which draws from torch's generator.

    Args:
        x: Examples, shape (N, …) with D numbers each.
        dims: How many components; no more than D are given, nor by the randomised way more than N.
        exact_size: D up to which all is exact.
        examples: How many equally spaced examples the randomised way looks at; 0 for all.

    Source:
        Pearson (1901); Baldi & Hornik (1989): a linear autoencoder has no other minimum.
        https://doi.org/10.1016/0893-6080(89)90014-2
    """
    flat = x.flatten(1)
    size = flat.shape[1]
    dims = min(dims, size)
    if size > exact_size:
        if examples:
            flat = flat[:: -(-len(flat) // examples)]
        mean = flat.mean(0)
        rank = min(dims + 10, *flat.shape)
        _, singular, right = torch.pca_lowrank(flat - mean, q=rank, center=False, niter=8)
        variances = singular[:dims].double() ** 2 / len(flat)
        return Principal(mean, right.T[:dims].contiguous(), variances)
    mean = flat.mean(0)
    scatter = torch.zeros(size, size, dtype=torch.float64, device=x.device)
    for rows in flat.split(_ROWS):
        centred = rows - mean
        scatter += centred.T @ centred
    values, vectors = torch.linalg.eigh(scatter)  # ascending
    variances = values.flip(0)[:dims].clamp(min=0) / len(flat)
    return Principal(mean, vectors.flip(1).T[:dims].to(x.dtype).contiguous(), variances)
