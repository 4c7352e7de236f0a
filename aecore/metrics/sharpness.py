"""How sharp pictures are: what a Laplacian finds at their edges."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn.functional import conv2d

LAPLACIAN = ((0.0, 1.0, 0.0), (1.0, -4.0, 1.0), (0.0, 1.0, 0.0))


def edge_energy(x: Tensor) -> Tensor:
    """Variance of the Laplacian over an image's inner pixels, averaged over channels, (B, C, H, W) to (B,).

    It is 0 for what is flat or a slope, and large where neighbours differ.

    Source:
        Pech-Pacheco et al. (2000), focus by variance of the Laplacian.
        https://doi.org/10.1109/ICPR.2000.903548
    """
    kernel = torch.tensor(LAPLACIAN, dtype=x.dtype, device=x.device)[None, None]
    edges = conv2d(x.flatten(0, 1)[:, None], kernel)  # (B·C, 1, H − 2, W − 2)
    return edges.flatten(1).var(1, correction=0).unflatten(0, x.shape[:2]).mean(1)


def sharpness(pairs: Iterable[tuple[Tensor, Tensor]]) -> float | None:
    """Edge energy of reconstructions relative to that of their originals, each averaged over all of them.

    Args:
        pairs: Batches of reconstructions and originals, shape (B, C, H, W) each, sides of 3 pixels or more.

    Returns:
        1 if they are as sharp as the originals, less if blurred, more if noisy; None if no original
        has an edge.
    """
    made = torch.zeros((), dtype=torch.float64)
    wanted = torch.zeros((), dtype=torch.float64)
    for reconstruction, original in pairs:
        made += edge_energy(reconstruction).double().sum().cpu()
        wanted += edge_energy(original).double().sum().cpu()
    return float(made / wanted) if wanted > 0 else None
