"""A study: one question, the settings that answer it, and what is measured of each."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Any

from aecore.errors import unknown


@dataclass(frozen=True)
class Setting:
    """One thing that is tried.

    Attributes:
        label: As tables and axes name it.
        config: What it changes of the study's common configuration.
        x: Where it stands on the axis, where the settings are numbers; None for names.
        family: Settings of one family are one curve in the plane, and their labels begin with it.
    """

    label: str
    config: Mapping[str, Any]
    x: float | None = None
    family: str = ""


@dataclass(frozen=True)
class Study:
    """One question put to several settings, on several data sets, with several seeds.

    Attributes:
        name: The key, as in ``depth``.
        title: The question, for people.
        varies: What the settings differ in: the title of the axis.
        metric: The figure that answers it; its title and unit stand in ``aecore.metrics.METRICS``.
        common: Configuration that all settings share, by data set.
        settings: What is tried.
        also: Further figures that are measured.
        log: Whether the settings' axis is logarithmic.
        seeds: How often each setting is trained, with seeds 0, 1, …
        beside: A figure that belongs into the picture of another, with its name there, as PCA's error.
        plane: Two of its figures that are best seen against each other, the first across, or ().
        of_data: What is measured of each data set itself: keys of ``ESTIMATES``.
    """

    name: str
    title: str
    varies: str
    metric: str
    common: Mapping[str, Mapping[str, Any]]
    settings: tuple[Setting, ...]
    also: tuple[str, ...] = ()
    log: bool = False
    seeds: int = 3
    beside: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    plane: tuple[str, ...] = ()
    of_data: tuple[str, ...] = ()
    module: str = field(default="", compare=False)

    @property
    def text(self) -> str:
        """What was asked and how to read the answer, in Markdown: the docstring of the study's file."""
        return cleandoc(sys.modules[self.module].__doc__ or "").replace("``", "`")

    @property
    def families(self) -> dict[str, tuple[Setting, ...]]:
        """The settings by family, in order."""
        found: dict[str, tuple[Setting, ...]] = {}
        for setting in self.settings:
            found[setting.family] = (*found.get(setting.family, ()), setting)
        return found

    @property
    def metrics(self) -> tuple[str, ...]:
        """Every figure that is measured, the one that answers the question first."""
        return (self.metric, *self.also)

    def config(self, data: str, setting: Setting, seed: int) -> dict[str, Any]:
        """The configuration of one training."""
        return {"data": data, **self.common[data], **setting.config, "seed": seed}


ESTIMATES: Mapping[str, str] = {
    "two_nn": "TwoNN (Facco et al. 2017)",
    "levina_bickel": "maximum likelihood, 20 neighbours (Levina & Bickel 2004)",
}
"""Estimates of how many dimensions data have of their own: functions of ``aecore.metrics.intrinsic``."""

ESTIMATED = 10_000
"""Of how many training examples they are made at most, the first ones."""


def find(name: str, studies: Mapping[str, Study]) -> Study:
    """The study of that name.

    Raises:
        UserError: If there is none; the nearest are named.
    """
    if name not in studies:
        raise unknown("study", name, studies)
    return studies[name]


DIGITS: Mapping[str, Any] = {"epochs": 100, "batch_size": 64, "lr": 2e-3, "lr_schedule": "cosine"}
"""How long a study trains on digits: 2,000 steps of 64 of the 1,200 examples."""

MNIST: Mapping[str, Any] = {"epochs": 5, "batch_size": 128, "lr": 2e-3, "lr_schedule": "cosine"}
"""How long a study trains on MNIST: 2,150 steps of 128 of the 55,000 examples."""


def on_both(**shared: Any) -> dict[str, dict[str, Any]]:
    """The same configuration on digits and on MNIST, each as long as above."""
    return {"digits": {**DIGITS, **shared}, "mnist": {**MNIST, **shared}}
