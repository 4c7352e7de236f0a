r"""The terms of the variational family.

Sums over elements and latents are taken here, averages over the batch in ``Objective``.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor

from aecore.bottlenecks import Variational
from aecore.objectives.objective import Coded, Model, Term
from aecore.objectives.schedules import Schedule
from aecore.step import Pass, Step


class Reconstruction(Term):
    """What the decoder misses: the likelihood's distortion of the target."""

    name = "distortion"
    latex = r"\mathbb{E}_{q_\phi(z|x)}[-\log p_\theta(x|z)]"

    def symbol(self, model: Coded) -> str:
        if model.probabilistic:
            return self.latex
        seen = r"\tilde x" if model.corruption else "x"
        return rf"-\log p_\theta(x|f_\phi({seen}))"

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        return model.likelihood.distortion(passed.raw, step.target)  # (B,)


def kl_of(passed: Pass) -> Tensor:
    """KL by example and dimension, shape (B, D), nats; the terms of one pass share it."""
    if not isinstance(passed.posterior, Variational):
        raise TypeError(f"KL needs a posterior with a width; {type(passed.posterior).__name__} has none.")
    if "kl" not in passed.shared:
        passed.shared["kl"] = passed.posterior.kl()
    return cast(Tensor, passed.shared["kl"])


class KL(Term):
    """The rate: nats that q(z|x) carries about x, summed over the latent dimensions.

    Source:
        Kingma & Welling (2014), eq. 10. https://arxiv.org/abs/1312.6114
    """

    name = "rate"
    latex = r"\mathrm{KL}(q_\phi(z|x) \parallel p(z))"

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        return kl_of(passed).sum(1)  # (B,)


class FreeBits(Term):
    """The rate, of which the first λ nats of every dimension cost nothing.

    Source:
        Kingma et al. (2016), eq. 15: the batch mean is compared, not each example.
        https://arxiv.org/abs/1606.04934
    """

    name = "free_bits_rate"
    per = "batch"
    latex = r"\sum_d \max(\lambda, \mathbb{E}\,\mathrm{KL}_d)"

    def __init__(self, nats: float) -> None:
        super().__init__()
        self.nats = nats

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        return kl_of(passed).mean(0).clamp(min=self.nats).sum()  # ()


class CapacityGap(Term):
    """How far the mean rate is from the capacity C that a schedule grants it.

    |mean KL − C|, not the mean of |KL_i − C|: the batch has a budget, no example has.

    Source:
        Burgess et al. (2018), eq. 8. https://arxiv.org/abs/1804.03599
    """

    name = "capacity_gap"
    per = "batch"
    latex = r"\left|\mathbb{E}\,\mathrm{KL}(q_\phi(z|x) \parallel p(z)) - C\right|"

    def __init__(self, capacity: Schedule) -> None:
        super().__init__()
        self.capacity = capacity
        self.schedules = (capacity,)

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        return torch.abs(kl_of(passed).sum(1).mean() - self.capacity(step))  # ()
