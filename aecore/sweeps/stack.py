r"""K models of one architecture, trained as one: every step is one step of each.

Their parameters are stacked, shape (K, …), and a pass is mapped over the first axis. Each step sees one
batch and draws one noise, the same for all, as K trainings one after the other from one seed do; Adam and
its kin treat every number by itself. So the result is theirs, to the rounding of a batched product.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap

from aecore.model import Autoencoder
from aecore.objectives import Objective, Schedule
from aecore.step import Losses, Player, Stage, Step


@dataclass
class Affine(Schedule):
    """A weight that is affine in β: what it is at 0 and at 1 says what it is anywhere."""

    at_0: Schedule
    at_1: Schedule
    beta: float | Tensor = 1.0

    def __call__(self, step: Step) -> float | Tensor:
        low = self.at_0(step)
        return low + self.beta * (self.at_1(step) - low)

    def __str__(self) -> str:
        return f"{self.beta}"


class Stack(nn.Module):
    """Models that differ in their weights and in β.

    Args:
        models: Two or more of one architecture, without buffers.
        betas: The β of each.
        ends: Objectives of β = 0 and of β = 1, whose weights say how β enters.
    """

    def __init__(
        self, models: Sequence[Autoencoder], betas: Sequence[float], ends: tuple[Objective, Objective]
    ) -> None:
        super().__init__()
        weights, _ = stack_module_state(list(models))
        self.names = list(weights)
        self.weights = nn.ParameterList(weights.values())
        self.betas: Tensor
        self.register_buffer("betas", torch.tensor(betas, dtype=torch.float32), persistent=False)
        one = copy.deepcopy(models[0]).requires_grad_(False)
        self.prices = [Affine(low, high) for low, high in zip(ends[0].weights, ends[1].weights, strict=True)]
        one.objective.weights = list(self.prices)
        self.scheduled = ends[1].scheduled
        self.pass_of = (_Losses(one),)  # in a tuple: its weights are none of ours

    def train(self, mode: bool = True) -> Stack:
        """As of any module; the model whose pass is mapped goes along."""
        self.pass_of[0].train(mode)
        return super().train(mode)

    def prepare(self, step: Step) -> Step:
        """The step as the encoders get it."""
        return step

    def losses(self, step: Step) -> Losses:
        """The sum of all losses, so that each gets its own gradient; terms are means over the models.

        Beside them the report has ``loss_0``, ``loss_1``, …: the loss of each.
        """

        def one(weights: dict[str, Tensor], beta: Tensor) -> dict[str, Tensor]:
            for price in self.prices:
                price.beta = beta
            found: dict[str, Tensor] = functional_call(self.pass_of[0], weights, (step,))
            return found

        named = {f"model.{name}": weight for name, weight in zip(self.names, self.weights, strict=True)}
        found = vmap(one, randomness="same")(named, self.betas)
        each = found.pop("loss")  # (K,)
        report = {name: values.detach().mean() for name, values in found.items()}
        return Losses(each.sum(), report | {f"loss_{k}": loss for k, loss in enumerate(each.detach())})

    def players(self) -> tuple[Player, ...]:
        """One: all of them."""
        return (Player("stack", tuple(self.weights), self.losses, self.scheduled),)

    def stages(self) -> tuple[Stage, ...]:
        """One: everything at once."""
        return (Stage("train", self.players()),)

    def unstacked(self) -> list[dict[str, Tensor]]:
        """The weights of each model by name, on the CPU."""
        return [
            {
                name: weight[k].detach().cpu().clone()
                for name, weight in zip(self.names, self.weights, strict=True)
            }
            for k in range(len(self.betas))
        ]


class _Losses(nn.Module):
    """A model's losses as its forward pass, which is what ``functional_call`` calls."""

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, step: Step) -> dict[str, Tensor]:
        found = self.model.losses(step)
        return {"loss": found.loss, **found.report}
