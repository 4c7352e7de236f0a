"""What travels through a model: a step going in, a pass coming out, the losses of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from aecore.bottlenecks import Posterior
    from aecore.data import Split


@dataclass(frozen=True)
class Step:
    """One batch on its way through a model.

    Input and target are apart, because a denoising model reads one and is held to the other.

    Attributes:
        input: What the encoder reads, shape (B, *shape).
        target: What the reconstruction is held against, shape (B, *shape).
        label: Class indices, shape (B,), or None.
        log_beta: The price a multi-rate model is asked for, shape (B,), or None.
        progress: Share of the training that is behind us, 0 to 1; schedules read it.
    """

    input: Tensor
    target: Tensor
    label: Tensor | None = None
    log_beta: Tensor | None = None
    progress: float = 1.0


@dataclass(frozen=True)
class Pass:
    """What one pass of a step through an autoencoder leaves for the terms of its objective.

    Attributes:
        posterior: q(z|x).
        z: A sample of it (or the point), shape (B, D).
        raw: The decoder's output before its activation, shape (B, *shape).
        condition: What encoder and decoder were told beside x and z, shape (B, K), or None; a
            term that decodes more codes passes it on.
        shared: What a term has computed and other terms of the same pass need too, by name.
    """

    posterior: Posterior
    z: Tensor
    raw: Tensor
    condition: Tensor | None = None
    shared: dict[str, object] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Losses:
    """What one player minimises, and what is worth reporting beside it.

    Attributes:
        loss: The scalar that is differentiated, shape ().
        report: Named batch means, shape () each: the terms without their weights.
    """

    loss: Tensor
    report: dict[str, Tensor]


@dataclass(frozen=True)
class Player:
    """Parameters that minimise one loss. A plain autoencoder is one; an adversary is another.

    Attributes:
        name: Unique in its stage.
        parameters: What its optimiser steps; no two players share any.
        loss: The loss of a step, differentiable in the parameters.
        scheduled: Whether the loss also depends on the step's progress.
        relative: Whether the loss is measured by another player, who changes: those of two epochs
            cannot be compared then, and none of them is the best.
    """

    name: str
    parameters: tuple[nn.Parameter, ...]
    loss: Callable[[Step], Losses]
    scheduled: bool = False
    relative: bool = False


@dataclass(frozen=True)
class Stage:
    """A part of a training: players that descend together, or one closed form.

    Attributes:
        name: Shown while it runs.
        players: Who descends, in turn, on every step; none for a closed form. The first is the
            one whose loss on the validation split tells the best epoch.
        solve: The closed form, called once with the training split, or None.
        share: Part of the epochs it takes, relative to the other stages with players.
        again: Whether a training that was interrupted later must do the closed form once more: it
            left something that no stored state holds.
    """

    name: str
    players: tuple[Player, ...] = ()
    solve: Callable[[Split], None] | None = None
    share: float = 1.0
    again: bool = False
