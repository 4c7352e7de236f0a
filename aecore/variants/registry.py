"""The field's table: every variant by name, with its lesson and its options."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

from aecore.data import DataSpec
from aecore.errors import unknown
from aecore.model import Autoencoder
from aecore.options import Option, fill, merge, options_of, with_slots


@dataclass(frozen=True)
class Variant:
    """One row of the table.

    Attributes:
        name: The key, as in ``beta-vae``.
        title: For people, as in β-VAE.
        source: URL of the paper.
        make: The function whose return is the equation.
    """

    name: str
    title: str
    source: str
    make: Callable[..., Autoencoder]

    @property
    def lesson(self) -> str:
        """The module docstring as Markdown, its equations between ``$$``."""
        text = inspect.cleandoc(sys.modules[self.make.__module__].__doc__ or "")
        text = re.sub(r"\.\. math:: (.+(?:\n   +.+)*)", r"$$\n\1\n$$", text)
        text = re.sub(r":math:`([^`]+)`", r"$\1$", text)
        return text.replace("``", "`")

    @property
    def summary(self) -> str:
        """The lesson's first line."""
        return self.lesson.partition("\n")[0]


VARIANTS: dict[str, Variant] = {}


def variant(*, title: str, source: str) -> Callable[[Callable[..., Autoencoder]], Callable[..., Autoencoder]]:
    """Registers the function under its own name.

    Raises:
        TypeError: If the name is taken, an option is not described, or two options collide.
    """

    def register(make: Callable[..., Autoencoder]) -> Callable[..., Autoencoder]:
        name = make.__name__.replace("_", "-")
        if name in VARIANTS:
            raise TypeError(f"Two variants are called {name!r}.")
        row = Variant(name, title, source, make)
        every_option(row)  # fails here and now, if it does
        VARIANTS[name] = row
        return make

    return register


def find(name: str) -> Variant:
    """The variant of that name, ``-`` or ``_``.

    Raises:
        UserError: If there is none; the nearest names are listed.
    """
    key = str(name).lower().replace("_", "-")
    if key not in VARIANTS:
        raise unknown("variant", name, VARIANTS)
    return VARIANTS[key]


def schema(name: str, chosen: Mapping[str, Any] | None = None) -> dict[str, Option]:
    """The options of a variant and of the parts that ``chosen`` names for it (its net, its likelihood)."""
    return with_slots(options_of(find(name).make), chosen or {})


def every_option(of: Variant) -> list[dict[str, Option]]:
    """The schemas of a variant, one for each way to fill its slots."""
    own = options_of(of.make)
    slots = {option.name: option.choices for option in own.values() if option.slot}
    return [with_slots(own, dict(zip(slots, pick, strict=True))) for pick in product(*slots.values())]


def build(config: Mapping[str, Any], spec: DataSpec) -> Autoencoder:
    """A fresh model; its weights are drawn from torch's global generator.

    Args:
        config: ``variant`` and, flat, the options of it and its parts; what is missing takes
            its default, and what belongs to others (the fit's options) is passed over.
        spec: The data it is for.

    Raises:
        UserError: If the variant is unknown or a value does not fit.
    """
    chosen = find(config["variant"])
    own = options_of(chosen.make)
    options = with_slots(own, config)
    values = fill(options, {key: config[key] for key in options if key in config}, chosen.name)
    arguments = {}
    for option in own.values():
        value = values[option.name]
        if option.slot:
            part = option.slot.choices[value]
            value = partial(part, **{key: values[key] for key in options_of(part)})
        arguments[option.name] = value
    return chosen.make(spec, **arguments)


def check_collisions(*others: Mapping[str, Option]) -> None:
    """Fails if any variant, made of any parts, shares an option's name with ``others``."""
    for row in VARIANTS.values():
        for options in every_option(row):
            merge(options, *others)
