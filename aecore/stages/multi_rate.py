"""A model that is asked for another β with every example."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from aecore.bottlenecks import Variational
from aecore.data import DataSpec
from aecore.model import Autoencoder
from aecore.step import Losses, Step


class MultiRate(Autoencoder):
    """An autoencoder that draws a β for every example it is trained on, and is told it.

    Args:
        spec: The data it is for.
        prices: Draws log β of n examples on a device.
        betas_per_example: How many β each example of a training batch is passed with.
        parts: As of ``Autoencoder``; the condition is a ``ByLogBeta``.

    Source:
        Bae et al. (2023). https://arxiv.org/abs/2212.03905
    """

    def __init__(
        self,
        spec: DataSpec,
        *,
        prices: Callable[[int, torch.device], Tensor],
        betas_per_example: int = 1,
        **parts: Any,
    ) -> None:
        super().__init__(spec, **parts)
        self.prices, self.betas_per_example = prices, betas_per_example

    def prepare(self, step: Step) -> Step:
        step = _times(super().prepare(step), self.betas_per_example if self.training else 1)
        return replace(step, log_beta=self.prices(len(step.input), step.input.device))

    def losses(self, step: Step) -> Losses:
        """The objective at the prices of the step; −ELBO is that of the model at β = 1.

        While it trains there is none: a step would pass its examples once more for that number alone.
        """
        losses = super().losses(step)
        if "negative_elbo" in losses.report:
            del losses.report["negative_elbo"]  # at the prices of the step it bounds nothing
            if not self.training:
                losses.report["negative_elbo"] = self._negative_elbo(step)
        return losses

    @torch.no_grad()
    def _negative_elbo(self, step: Step) -> Tensor:
        """At β = 1, shape ()."""
        passed = self(replace(step, log_beta=torch.zeros(len(step.input), device=step.input.device)))
        assert isinstance(passed.posterior, Variational)
        return self.likelihood.nll(passed.raw, step.target).mean() + passed.posterior.kl().sum(1).mean()


def _times(step: Step, k: int) -> Step:
    """A step with every example k times over."""
    if k == 1:
        return step

    def times(x: Tensor) -> Tensor:
        return torch.cat([x] * k)

    label = None if step.label is None else times(step.label)
    return replace(step, input=times(step.input), target=times(step.target), label=label)
