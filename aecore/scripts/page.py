"""The page a script is written on, and who writes what: a room of snippets for each kind of part."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pprint import pformat
from types import ModuleType
from typing import Any, TypeVar

import numpy as np
from torch import nn

from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.model import Autoencoder
from aecore.scripts.sources import assignment, import_of, is_ours, needs, source_of

Writer = Callable[..., Any]  # (a part, the page, …)
W = TypeVar("W", bound=Writer)
Made = nn.Module | nn.Parameter
WRITERS: dict[type, Writer] = {}
ARGUMENTS = "<arguments>"  # in a method: those of every loss, known when all of them are written
LAST = 1_000_000  # the place of a layer without weights: behind all that draw some


def writes(*kinds: type) -> Callable[[W], W]:
    """Registers a snippet as that of a class; what inherits from it and says more is not meant.

    Raises:
        TypeError: If the class has one already.
    """

    def register(writer: W) -> W:
        for kind in kinds:
            if kind in WRITERS:
                raise TypeError(f"{kind.__name__} is written twice.")
            WRITERS[kind] = writer
        return writer

    return register


@dataclass
class Network:
    """How a network is called in the script.

    Attributes:
        encode: An expression: features of ``{x}``, told ``y`` where the model is.
        decode: An expression: what the likelihood reads, from ``{z}``; of causal ones ``{x}`` is given.
        up, down: Attributes that hold their layers.
        causal: Whether the decoder writes step by step.
    """

    encode: str
    decode: str
    up: tuple[str, ...]
    down: tuple[str, ...]
    causal: bool = False


@dataclass
class Posterior:
    """How q(z|x) is called in the script.

    Attributes:
        names: What the method ``posterior`` returns.
        sample: Lines that make ``z`` of these names.
        rate: Lines and an expression for the KL of each example, shape (B,); empty where there is none.
        mean: An expression for the code that stands for x.
    """

    names: tuple[str, ...]
    sample: list[str]
    mean: str
    rate: str = ""


@dataclass
class Page:
    """What is written so far.

    Attributes:
        model: What the script is to make again.
        spec: The data it is for.
        config: Complete.
        born: When each parameter was made: layers are written in this order, so that a seed gives
            the same weights.
        imports, helpers, layers, methods: The script's parts, in the order in which they are written.
        taken: Our own functions and classes among the helpers, and what they are called there.
        sources: Of the terms, as comments cite them.
        critics: Attributes that a player of its own descends.
        equation: What is minimised.
        written: The parameters that its layers make.
        labels: Whether the training reads classes beside the losses.
        arguments: Of every loss.
    """

    model: Autoencoder
    spec: DataSpec
    config: Mapping[str, Any]
    born: Mapping[nn.Parameter, int]
    imports: dict[str, None] = field(default_factory=dict)
    helpers: dict[str, str] = field(default_factory=dict)
    layers: list[tuple[int, str]] = field(default_factory=list)
    methods: dict[str, str] = field(default_factory=dict)
    taken: dict[Any, str] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    critics: list[str] = field(default_factory=list)
    equation: str = ""
    written: set[nn.Parameter] = field(default_factory=set)
    labels: bool = False
    arguments: list[str] = field(default_factory=lambda: ["x"])

    def write(self, part: object, **more: Any) -> Any:
        """What the snippet of a part's class returns, which may ask for more than the part.

        Raises:
            UserError: If its class has none.
        """
        if type(part) not in WRITERS:
            raise no_code(type(part).__name__)
        return WRITERS[type(part)](part, self, **more)

    def imported(self, *lines: str) -> None:
        """Adds imports."""
        self.imports.update(dict.fromkeys(lines))

    def layer(self, made: Made | Iterable[Made], *lines: str) -> None:
        """Adds lines of ``__init__`` that make these modules or parameters."""
        every = [made] if isinstance(made, nn.Module | nn.Parameter) else list(made)
        parameters = [
            p for each in every for p in ([each] if isinstance(each, nn.Parameter) else each.parameters())
        ]
        place = min((self.born.get(parameter, LAST) for parameter in parameters), default=LAST)
        self.layers.append((place, "\n".join(lines)))
        self.written.update(parameters)

    def check_all_drawn(self) -> None:
        """Makes sure that the script draws whatever Loupe draws: a weight left out would shift all behind it.

        Raises:
            UserError: If it does not.
        """
        for parameter in self.born.keys() - self.written:
            if bool((parameter != parameter.flatten()[0]).any()):  # the others were set, not drawn
                raise no_code("weights that are drawn and then thrown away, as with --tell-encoder no")

    def method(self, text: str) -> None:
        """Adds a method; of one name there is one."""
        text = textwrap.dedent(text).strip("\n")
        self.methods[text.partition("(")[0].removeprefix("def ")] = text

    def helper(self, text: str) -> None:
        """Adds a function, a class or a constant before the model."""
        text = textwrap.dedent(text).strip("\n")
        words = text.replace("(", " ").replace(":", " ").split()
        name = words[1] if words[0] in ("def", "class") else words[0]
        self.helpers.setdefault(name, text)

    def take(self, *parts: Any) -> None:
        """Adds our own functions or classes as they are, behind all that they need."""
        for part in parts:
            if part in self.taken:
                continue
            count = sum(name.rstrip("0123456789") == part.__name__ for name in self.taken.values())
            self.taken[part] = f"{part.__name__}{count + 1 if count else ''}"
            text = source_of(part).strip("\n")
            self.take_needs(part)
            for name, value in [(part.__name__, part), *needs(part).items()]:
                if is_ours(value) and self.taken[value] != name:  # another of that name was there first
                    text = re.sub(rf"\b{name}\b", self.taken[value], text)
            self.helpers[self.taken[part]] = text

    def take_methods(self, name: str, text: str, methods: Iterable[Any]) -> None:
        """Adds a class that begins with ``text`` and goes on with methods of ours as they are."""
        bodies = []
        for method in methods:
            self.take_needs(method)
            bodies.append(textwrap.indent(source_of(method).rstrip(), "    "))
        self.helpers.setdefault(name, "\n\n".join([text.rstrip(), *bodies]))

    def take_needs(self, part: Any) -> None:
        """Adds what our own function or class needs, without itself."""
        for name, value in needs(part).items():
            if is_ours(value):
                self.take(value)
            elif isinstance(value, int | float | str) or _is_plain(value):
                self.helpers.setdefault(name, f"{name} = {pformat(value, width=100, compact=True)}")
            elif isinstance(value, np.ndarray | re.Pattern | dict):
                self._assigned(name, sys.modules[part.__module__])
            else:
                self.imported(import_of(name, value))

    def all_methods(self) -> list[str]:
        """The methods, each a text."""
        said = ", ".join("progress=1.0" if name == "progress" else name for name in self.arguments)
        return [text.replace(ARGUMENTS, said) for text in self.methods.values()]

    def without_chance(self, where: str) -> None:
        """Refuses layers that do something else while training, where a part of the model must not.

        Raises:
            UserError: If there are any.
        """
        for name in ("dropout", "batch_norm", "word_dropout"):
            if self.config.get(name):
                raise no_code(f"--{name.replace('_', '-')} in {where}")

    def _assigned(self, name: str, module: ModuleType) -> None:
        """Adds a constant of a module as it stands there, behind what it names."""
        text, named = assignment(name, module)
        for other, value in named.items():
            if isinstance(value, ModuleType):
                self.imported(import_of(other, value))
            elif is_ours(value):
                raise no_code(f"{name}, which names {other}")
            elif isinstance(value, dict):
                self._assigned(other, module)
            else:
                self.helpers.setdefault(other, f"{other} = {value!r}")
        self.helpers.setdefault(name, text)

    def asks(self, name: str) -> None:
        """Lets every loss have an argument more: ``y``, the class, or ``progress``."""
        if name not in self.arguments:
            self.arguments.append(name)
            self.arguments.sort(key=("x", "y", "progress").index)

    @property
    def told(self) -> bool:
        """Whether encoder and decoder are told y."""
        return self.model.condition is not None

    @property
    def passed(self) -> str:
        """What is handed on beside x or z: ``, y`` where the model is told it."""
        return ", y" if self.told else ""


def _is_plain(value: object) -> bool:
    """Whether it is a tuple of numbers and names."""
    return isinstance(value, tuple) and all(isinstance(each, int | float | str) for each in value)


def no_code(what: str) -> UserError:
    """The refusal of what no snippet writes, by name."""
    return UserError(f"There is no code for {what} yet: Loupe shows that of models without it.")


def number(value: float) -> str:
    """As a script writes it: 4 for 4.0, 0.001 as it is."""
    return f"{value:g}" if float(f"{value:g}") == value else repr(value)


def shape(of: Iterable[int]) -> str:
    """As Python writes a tuple."""
    return repr(tuple(of))
