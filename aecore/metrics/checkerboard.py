r"""Checkerboard artefacts: how much of a picture repeats itself every few pixels.

A decoder that doubles by transposed convolutions writes neighbouring pixels with different
weights, and what they disagree about comes back every ``period`` pixels. The share of it is

.. math:: c = \frac{\mathrm{Var}(\bar x)}{\mathrm{Var}(x)}, \quad
          \bar x_{ij} = \operatorname{mean}_{a,b}\, x_{i + ap,\, j + bp}, \quad 0 \le i, j < p,

the energy of the spectrum at the frequencies k/p other than 0: of the tile that repeats itself,
in relation to everything but the mean. It is 1 for a checkerboard, near 0 for a smooth picture, and
(p² − 1) / (H·W − 1) for white noise, by chance.
"""

from __future__ import annotations

from torch import Tensor

from aecore.errors import UserError


def checkerboard(images: Tensor, period: int = 2) -> Tensor:
    """The share of each picture's variance that repeats itself every ``period`` pixels.

    Args:
        images: Shape (N, C, H, W), any units; rows and columns beyond a multiple of the period
            are left out.
        period: p, the decoder's stride; two of stride 2 leave patterns of 2 and of 4.

    Returns:
        Shape (N,), 0 to 1, the channels' variances added up; 0 where a picture is all one colour.

    Raises:
        UserError: If they are no pictures of at least two periods, or the period is below 2.

    Source:
        Odena et al. (2016), https://distill.pub/2016/deconv-checkerboard/
    """
    if images.ndim != 4 or period < 2 or min(images.shape[2:]) < 2 * period:
        raise UserError(
            "Checkerboards are looked for in pictures, shape (N, C, H, W), of at least two periods of 2 "
            f"pixels or more; not in shape {tuple(images.shape)} with a period of {period}."
        )
    rows, columns = (side // period for side in images.shape[2:])
    x = images[..., : rows * period, : columns * period].double()
    tile = x.unflatten(3, (columns, period)).unflatten(2, (rows, period)).mean((2, 4))  # (N, C, p, p)
    repeated, whole = (each.var((2, 3), correction=0).sum(1) for each in (tile, x))
    return (repeated / whole.clamp(min=1e-12)).float()
