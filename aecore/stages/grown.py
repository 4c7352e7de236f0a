"""Progressive growing of depth: begin shallow, fade each further layer in."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from aecore.bottlenecks import Posterior, in_full
from aecore.data import DataSpec, Split
from aecore.stages.layers import Layered, parameters
from aecore.step import Losses, Player, Stage, Step


def resized(h: Tensor, width: int) -> Tensor:
    """Features, shape (B, W), as (B, width): means of neighbours, or each several times; no weights."""
    return h if h.shape[1] == width else F.adaptive_avg_pool1d(h[None], width)[0]


class Grown(Layered):
    """A perceptron that begins with its outermost hidden layer each way and ends with all of them.

    With ``depth`` layers grown, features of level ``depth`` go to the code through :func:`resized`, which
    has no weights, and come back likewise. While layer k fades in, what passes beside it and what passes
    through it are mixed, a from 0 to 1: at a = 0 the network does what it did before.

    Args:
        fade: Part of a stage over which its new layer fades in.
        parts: As :class:`~aecore.model.Autoencoder` has them.

    Source:
        Karras et al. (2018), section 2: fading in, there for resolutions. https://arxiv.org/abs/1710.10196
    """

    def __init__(self, spec: DataSpec, fade: float, **parts: Any) -> None:
        super().__init__(spec, **parts)
        self.fade = fade
        self.grown, self.mixed = self.depth, 1.0

    def get_extra_state(self) -> Tensor:
        """How many layers are grown: a model that was stopped while it was shallow stays shallow."""
        return torch.tensor(self.grown)

    def set_extra_state(self, state: Tensor) -> None:
        self.grown, self.mixed = int(state), 1.0

    def posterior(self, x: Tensor, condition: Tensor | None = None) -> Posterior:
        h, top = x.flatten(1), self.encoder.widths[-1]
        for k in range(self.grown):
            below, h = h, self.up(k)(h)
        h = resized(h, top)
        if self.mixed < 1 and self.grown > 1:
            h = self.mixed * h + (1 - self.mixed) * resized(below, top)
        posterior: Posterior = self.bottleneck([h])
        return posterior

    def decode_raw(self, z: Tensor, condition: Tensor | None = None, given: Tensor | None = None) -> Tensor:
        widths = self.encoder.widths
        h = self.decoder.blocks[0](z) if self.depth else z
        for k in range(self.grown - 1, 0, -1):
            through = self.down(k)(resized(h, widths[k]))
            if k == self.grown - 1 and self.mixed < 1:
                through = self.mixed * through + (1 - self.mixed) * resized(h, widths[k - 1])
            h = through
        h = resized(h, widths[0]) if self.depth else h
        return in_full(self.decoder.output(h).unflatten(1, self.spec.shape))

    def losses_with(self, grown: int, step: Step) -> Losses:
        """The objective with so many layers grown, the last of them as far as the step's progress says."""
        self.grown = grown
        self.mixed = min(1.0, step.progress / self.fade) if grown > 1 else 1.0
        losses = self.losses(step)
        if not self.training:
            self.mixed = 1.0
        return losses

    def active(self, grown: int) -> Player:
        """All that is in use with so many layers grown."""
        ups = [self.up(k) for k in range(grown)]
        downs = [self.down(k) for k in range(max(grown, 1))]
        first = [self.decoder.blocks[0]] if self.depth else []
        used = list(dict.fromkeys([*ups, self.bottleneck, *first, *downs, self.likelihood]))
        return Player("autoencoder", parameters(*used), partial(self.losses_with, grown), scheduled=grown > 1)

    def stages(self) -> tuple[Stage, ...]:
        _, *closed = super().stages()
        depths = range(1, self.depth + 1) or range(1)
        growing = (Stage(f"depth {grown}", (self.active(grown),)) for grown in depths)
        return *growing, Stage("grown", solve=self.settle), *closed

    def settle(self, train: Split) -> None:
        """A layer that was only fading in when training was stopped is there from now on."""
        self.mixed = 1.0
