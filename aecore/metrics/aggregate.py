r"""How far all codes together are from the prior they were meant to have.

:math:`\mathrm{MMD}^2(q(z), p(z))` as :mod:`aecore.objectives.mmd` defines it: without bias, so that
two samples of one distribution give 0 in the mean and a little less or more in fact; with the inverse
multiquadratic kernel of seven scales :math:`s \in \{.1, .2, .5, 1, 2, 5, 10\}`,

.. math:: k(z, z') = \sum_s \frac{sC}{sC + \lVert z - z' \rVert^2},

C being the mean squared distance of two draws of the prior (2D for N(0, I) in D dimensions).
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from aecore.objectives import IMQ, mmd2

AGGREGATE_CODES = 5000


class Drawable(Protocol):
    """A model with a prior of its own."""

    def draw(self, n: int, temperature: float = 1.0) -> Tensor: ...


def sample_mmd(codes: Tensor, draws: Tensor) -> float:
    """Unbiased MMD² between codes, shape (N, D), and draws of a prior, shape (M, D), in float64.

    Raises:
        ValueError: If either has fewer than two rows.
    """
    if min(len(codes), len(draws)) < 2:
        raise ValueError(f"MMD² compares samples of two or more; got {len(codes)} and {len(draws)}.")
    codes, draws = codes.cpu().double(), draws.cpu().double()  # MPS knows no float64
    return mmd2(codes, draws, IMQ(2 * float(draws.var(0).sum()))).item()


@torch.no_grad()
def aggregate_mmd(model: Drawable, codes: Tensor, seed: int) -> float:
    """MMD² between codes of the test split and as many draws of the model's prior.

    Only for a prior that was there before the codes: one that was fitted to them (``fitted-gaussian``)
    says nothing of the training.

    Args:
        model: Gives the draws.
        codes: One *sample* of q(z|x) of each test example, shape (N, D): the aggregate posterior is
            made of samples, and of means only where a code is a point.
        seed: Fixes the draws, and which 5,000 of more codes are taken; the caller's generators
            stay where they were.
    """
    chosen = torch.randperm(len(codes), generator=torch.Generator().manual_seed(seed))[:AGGREGATE_CODES]
    codes = codes[chosen.to(codes.device)]
    gpus = [codes.device] if codes.is_cuda else []
    with torch.random.fork_rng(devices=gpus):
        # Codes were sampled with ``seed``: the same noise would bring them nearer.
        torch.manual_seed(seed + 1)
        draws = model.draw(len(codes))
    return sample_mmd(codes, draws)
