"""Greedy layer-wise pretraining: one layer at a time, then all of them together."""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor, nn

from aecore.bottlenecks import Point
from aecore.corruptions import masking
from aecore.data import DataSpec, Split
from aecore.errors import UserError
from aecore.stages.boltzmann import Boltzmann
from aecore.stages.layers import Layered, linear, parameters
from aecore.step import Losses, Player, Stage, Step

Pretraining = Literal["autoencoders", "rbm", "none"]


class Stacked(Layered):
    """A perceptron whose layers are first trained alone, from the example to the code.

    Args:
        pretraining: As what a layer is trained alone; the layers below stand still.
        share: Part of the epochs that pretraining takes, equally much for each layer.
        noise: Share of its inputs that a layer is denied while it is an autoencoder.
        cd_steps: k of CD-k, while it is a Boltzmann machine.
        parts: As :class:`~aecore.model.Autoencoder` has them.

    Raises:
        UserError: If the layers cannot be Boltzmann machines.
    """

    bottleneck: Point

    def __init__(
        self,
        spec: DataSpec,
        pretraining: Pretraining,
        share: float,
        noise: float,
        cd_steps: int,
        **parts: Any,
    ) -> None:
        super().__init__(spec, **parts)
        self.pretraining, self.share, self.noise, self.cd_steps = pretraining, share, noise, cd_steps
        hidden = [*self.encoder.blocks, *self.decoder.blocks]
        if pretraining == "rbm" and any(
            [type(layer) for layer in block][1:] != [nn.Sigmoid] for block in hidden
        ):
            raise UserError(
                "A restricted Boltzmann machine's layer is linear, then a sigmoid: --pretraining rbm wants "
                "--activation sigmoid, no --dropout and no --batch-norm."
            )
        if pretraining == "rbm" and not hidden:
            raise UserError("--pretraining rbm wants --hidden layers: the code alone is no stack.")

    def stages(self) -> tuple[Stage, ...]:
        train, *closed = super().stages()
        if self.pretraining == "none":
            return train, *closed
        alone = self.autoencoder if self.pretraining == "autoencoders" else self.boltzmann
        layers = range(self.depth + 1)
        first = [Stage(f"layer {k + 1}", (alone(k),), share=self.share / len(layers)) for k in layers]
        unroll = [Stage("unroll", solve=self.unroll)] if self.pretraining == "rbm" else []
        return *first, *unroll, Stage("train", train.players, share=1 - self.share), *closed

    @torch.no_grad()
    def level(self, x: Tensor, k: int) -> Tensor:
        """What layer k reads, shape (B, width): the example, flat, or features of the layers below."""
        h = x.flatten(1)
        for block in list(self.encoder.blocks)[:k]:
            h = block.eval()(h)
        return h

    def layer(self, k: int) -> nn.Module:
        """Layer k of the encoder; the last is the code's."""
        return self.up(k) if k < self.depth else self.bottleneck.z

    def autoencoder(self, k: int) -> Player:
        """Layer k and its mirror, between what is below and what will be above."""
        mine = parameters(self.layer(k), self.down(k), *([] if k else [self.likelihood]))
        return Player(f"layer {k + 1}", mine, partial(self.rebuild, k))

    def rebuild(self, k: int, step: Step) -> Losses:
        """How far the mirror of layer k is from giving back what the layer reads.

        Source:
            Bengio et al. (2007), section 3.1; Vincent et al. (2010), section 3.5, with noise.
        """
        h = self.level(step.input, k)
        back = self.down(k)(self.layer(k)(masking(h, self.noise) if self.noise else h))
        if k:
            missed = 0.5 * (back - h).square().sum(1).mean()
            return Losses(missed, {"feature_distortion": missed.detach()})
        missed = self.likelihood.distortion(back.unflatten(1, self.spec.shape), step.target).mean()
        return Losses(missed, {"distortion": missed.detach()})

    def machine(self, k: int) -> Boltzmann:
        """Layer k as a Boltzmann machine: its weights, its bias, and the bias of its mirror."""
        up, down = linear(self.layer(k)), linear(self.down(k))
        return Boltzmann(
            up.weight,
            down.bias,
            up.bias,
            visible="bernoulli" if k or self.spec.values in ("binary", "unit") else "gaussian",
            hidden="bernoulli" if k < self.depth else "gaussian",
        )

    def boltzmann(self, k: int) -> Player:
        up, down = linear(self.layer(k)), linear(self.down(k))
        mine = (*up.parameters(), down.bias)
        return Player(
            f"layer {k + 1}",
            mine,
            lambda step: self.machine(k).losses(self.level(step.input, k), self.cd_steps),
        )

    @torch.no_grad()
    def unroll(self, train: Split) -> None:
        """Gives each mirror the weights of its layer, transposed: from here on they go their own ways.

        Source:
            Hinton & Salakhutdinov (2006), fig. 1.
        """
        for k in range(self.depth + 1):
            linear(self.down(k)).weight.copy_(linear(self.layer(k)).weight.T)
