"""PCA, the linear autoencoder that has its optimum in closed form: what every model is held against."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from aecore.bottlenecks.principal import principal
from aecore.metrics.table import PCA_EXACT_SIZE, PCA_EXAMPLES


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

    Up to 1,024 numbers in an example they are exact and of all examples; larger examples take a
    randomised decomposition of at most 10,000 of them, equally spaced, which draws from torch's generator.

    Args:
        x: Examples, shape (N, …) with D numbers each.
        dims: How many components; no more than D are given.
    """
    mean, components, _ = principal(x, dims, exact_size=PCA_EXACT_SIZE, examples=PCA_EXAMPLES)
    return PCA(mean, components)
