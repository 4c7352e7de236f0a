"""The losses of a training, step by step: ours, and those that a script printed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from aecore import variants
from aecore.data import Dataset
from aecore.options import options_of
from aecore.step import Losses, Player, Step
from aecore.training import EpochEnd, Fit, Randomness

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def ours(config: Mapping[str, Any], data: Dataset) -> tuple[list[float], list[float]]:
    """Losses of every player at every step, in order, and the validation losses at the ends of epochs."""
    with Randomness(config["seed"], "cpu")():
        model = variants.build(config, data.spec)
    fit = Fit(model, data, **{name: config[name] for name in options_of(Fit)})
    seen: list[float] = []

    def noting(player: Player) -> Player:
        def noted(step: Step) -> Losses:
            losses = player.loss(step)
            if torch.is_grad_enabled():  # validation switches gradients off
                seen.append(losses.loss.item())
            return losses

        return replace(player, loss=noted)

    for descents in fit.descents:
        for descent in descents:
            descent.player = noting(descent.player)
    with torch.enable_grad():
        ends = [event for event in fit if isinstance(event, EpochEnd)]
    return seen, [end.validation["loss"] for end in ends if end.validation]


def printed(said: str) -> tuple[list[float], list[float]]:
    """The same of what a script printed."""
    steps = re.findall(r"^step \d+:(.+)$", said, re.MULTILINE)
    ends = re.findall(r"^epoch \d+: validation loss (\S+)$", said, re.MULTILINE)
    return [float(number) for step in steps for number in NUMBER.findall(step)], list(map(float, ends))
