"""Signatures as schemas: what a variant, a net, a likelihood and a fit let one choose.

A keyword-only parameter is an option. Its annotation says everything else::

    beta: Annotated[float, Range(0, 32), "What a nat of code costs."] = 4.0

From it come the command line's flags, the app's controls, the check of a bundle's
config, and the error for a value that does not fit. There is no other config class.
"""

from __future__ import annotations

import builtins
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from aecore.errors import UserError, unknown

Component = Callable[..., Any]


@dataclass(frozen=True)
class Range:
    """The values that make sense, both ends included."""

    low: float
    high: float


@dataclass(frozen=True)
class Slot:
    """Marks an option whose value is a part with options of its own, as ``net`` is."""

    choices: Mapping[str, Component]


@dataclass(frozen=True)
class Option:
    """One thing that can be chosen.

    Attributes:
        name: The parameter's name; ``_`` is ``-`` on the command line.
        type: ``int``, ``float``, ``bool``, ``str`` or ``tuple`` (of whole numbers).
        default: The value when nothing is said.
        help: One line on what it does to the model.
        range: Its limits, for numbers.
        choices: Its values, for names.
        slot: The parts it chooses among, where it chooses a part.
    """

    name: str
    type: type
    default: Any
    help: str
    range: Range | None = None
    choices: tuple[str, ...] = ()
    slot: Slot | None = None

    @property
    def flag(self) -> str:
        """As the command line spells it."""
        return "--" + self.name.replace("_", "-")

    def read(self, value: object) -> Any:
        """``value`` (text or JSON) as this option's type.

        Raises:
            UserError: If it is of another type, out of range, or none of the choices.
        """
        if self.choices:
            name = str(value).lower().replace("_", "-")
            if name not in self.choices:
                raise unknown(self.name.replace("_", " "), str(value), self.choices)
            return name
        if self.type is tuple:
            parts = value.strip(" ()[]").split(",") if isinstance(value, str) else value
            if not isinstance(parts, Iterable):
                parts = [parts]
            return tuple(self._number(part, int) for part in parts if str(part).strip())
        if self.type is bool:
            truth = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
            if (said := str(value).lower()) not in truth:
                raise UserError(f"{self.flag} is yes or no, not {value!r}.")
            return truth[said]
        return str(value) if self.type is str else self._number(value, self.type)

    def _number(self, value: object, kind: builtins.type) -> int | float:
        wanted = "a whole number" if kind is int else "a number"
        if self.range:
            wanted += f" from {self.range.low:.10g} to {self.range.high:.10g}"
        try:
            number = float(str(value))
        except ValueError:
            raise UserError(f"{self.flag} is {wanted}, not {value!r}.") from None
        whole = kind is not int or number == int(number) if abs(number) < 1e15 else False
        inside = self.range is None or self.range.low <= number <= self.range.high
        if not whole or not inside:
            raise UserError(f"{self.flag} is {wanted}; {value} is not.")
        return int(number) if kind is int else number


def options_of(function: Component) -> dict[str, Option]:
    """The options of a function or class: its keyword-only parameters, in order.

    Raises:
        TypeError: If a parameter lacks a default, a type or its line of help.
    """
    return {name: _option(name, *said) for name, said in _signature(function).items()}


@cache  # annotations are text that is compiled, and a schema is asked for all the time
def _signature(function: Component) -> Mapping[str, tuple[Any, Any]]:
    """Annotation and default of each option."""
    call = function.__init__ if inspect.isclass(function) else function
    hints = get_type_hints(call, include_extras=True)
    found = {}
    for name, parameter in inspect.signature(call).parameters.items():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            continue
        if parameter.default is parameter.empty or get_origin(hints.get(name)) is not Annotated:
            raise TypeError(
                f"{function.__name__}'s option {name!r} wants a default and Annotated[type, help]."
            )
        found[name] = (hints[name], parameter.default)
    return found


def _option(name: str, annotation: Any, default: Any) -> Option:
    kind, *notes = get_args(annotation)
    note = {type(n): n for n in notes}
    if not note.get(str):
        raise TypeError(f"Option {name!r} has no line of help.")
    slot, choices = note.get(Slot), ()
    if slot:
        choices = tuple(sorted(slot.choices))
        default = next(key for key, part in slot.choices.items() if part is default)
        kind = str
    elif get_origin(kind) is Literal:
        choices, kind = get_args(kind), str
    elif get_origin(kind) is tuple:
        kind = tuple
    return Option(name, kind, default, note[str], note.get(Range), choices, slot)


def merge(*groups: Mapping[str, Option]) -> dict[str, Option]:
    """Several signatures as one schema.

    Raises:
        TypeError: If two of them use one name: a flag would mean two things.
    """
    merged: dict[str, Option] = {}
    for group in groups:
        if twice := merged.keys() & group.keys():
            raise TypeError(f"Option {sorted(twice)[0]!r} is declared by two parts of one schema.")
        merged |= group
    return merged


def with_slots(options: Mapping[str, Option], chosen: Mapping[str, Any]) -> dict[str, Option]:
    """``options`` and, for each slot among them, the options of the part that ``chosen`` names."""
    parts = []
    for option in options.values():
        if option.slot:
            given = chosen.get(option.name)
            name = option.default if given is None else option.read(given)
            parts.append(options_of(option.slot.choices[name]))
    return merge(options, *parts)


def fill(options: Mapping[str, Option], given: Mapping[str, Any], whose: str) -> dict[str, Any]:
    """Every option's value: what was given, checked, or its default.

    Raises:
        UserError: If ``given`` holds a name that is no option, or a value that does not fit.
    """
    for name in given:
        if name not in options:
            raise unknown(f"option of {whose}", name, options)
    return {
        name: option.read(given[name]) if given.get(name) is not None else option.default
        for name, option in options.items()
    }
