"""The field's table: every variant by name, with its lesson and its options."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

from aecore.data import DataSpec
from aecore.data.dataset import Kind
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
        warn: What is legal and unwise about a complete configuration on some data, as a sentence, or "".
        labels: Whether it reads labels, or may be told to.
        solved: Whether its weights have a closed form: of a training's options seed and device alone act.
    """

    name: str
    title: str
    source: str
    make: Callable[..., Autoencoder]
    warn: Callable[[DataSpec, Mapping[str, Any]], str] = lambda data, config: ""
    labels: bool = False
    solved: bool = False

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

USUAL: dict[Kind, dict[str, dict[str, str]]] = {
    "image": {},
    "table": {},
    "series": {"net": {"mlp": "recurrent", "conv": "recurrent"}},
    "tokens": {"net": {"mlp": "recurrent", "conv": "recurrent"}, "likelihood": {"mse": "natural"}},
}
"""What takes the place of a variant's default where the data are no images, by kind and option."""


def variant(
    *, title: str, source: str, **more: Any
) -> Callable[[Callable[..., Autoencoder]], Callable[..., Autoencoder]]:
    """Registers the function under its own name.

    Args:
        title, source: As in ``Variant``.
        more: ``warn``, ``labels``, ``solved``, as there. A variant function sees its own options; ``warn``
            also sees those of its parts and of the training.

    Raises:
        TypeError: If the name is taken, an option is not described, or two options collide.
    """

    def register(make: Callable[..., Autoencoder]) -> Callable[..., Autoencoder]:
        name = make.__name__.replace("_", "-")
        if name in VARIANTS:
            raise TypeError(f"Two variants are called {name!r}.")
        row = Variant(name, title, source, make, **more)
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


def schema(name: str, chosen: Mapping[str, Any] | None = None, kind: Kind = "image") -> dict[str, Option]:
    """The options of a variant and of its parts (its net, its likelihood).

    Args:
        name: The variant's.
        chosen: Names parts; those it leaves out are the usual ones.
        kind: Of the data, on which some defaults depend.
    """
    return with_slots(_own_options(find(name), kind), chosen or {})


def _own_options(of: Variant, kind: Kind) -> dict[str, Option]:
    """The options of a variant alone, with the defaults that are usual for the kind of data."""
    usual = USUAL[kind]
    options = options_of(of.make)
    for name, option in options.items():
        other = usual.get(name, {}).get(option.default)
        if option.slot and other in option.slot.choices:
            options[name] = replace(option, default=other)
    return options


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
    own = _own_options(chosen, spec.kind)
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
