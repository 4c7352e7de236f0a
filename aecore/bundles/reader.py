"""Reading one JSON object strictly: every entry by its type, nothing missing, nothing left over."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any, TypeGuard, TypeVar

from aecore.errors import BundleError

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,79}")
"""What a bundle, a data set or a file in a bundle may be called: no separators, nothing hidden."""

T = TypeVar("T")
Choice = TypeVar("Choice", bound=str)


class Reader:
    """The entries of one JSON object, taken out one at a time.

    A subclass may name another file, of something else than a bundle.

    Args:
        raw: What the JSON parser made of it.
        bundle: Which bundle an error names.
        path: Where in ``card.json`` the object stands, as in ``"latent.prior"``.

    Raises:
        BundleError: If it is no object; every method raises it for a missing or wrong entry.
    """

    what, file = "Bundle", "card.json"

    def __init__(self, raw: object, bundle: str, path: str = "") -> None:
        self._bundle = bundle
        self._path = path
        if not isinstance(raw, dict):
            raise BundleError(f"{self._where} holds no JSON object at {path or 'the top'}.")
        self._left: dict[str, Any] = dict(raw)

    @property
    def _where(self) -> str:
        return f"{self.what} {self._bundle}: {self.file}"

    def _named(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def wrong(self, key: str, value: object, expected: str) -> BundleError:
        """The error for an entry that is not what it must be."""
        shown = repr(value)
        shown = shown if len(shown) <= 60 else shown[:59] + "…"
        return BundleError(f"{self._where} says {self._named(key)} = {shown}; it must be {expected}.")

    def take(self, key: str) -> Any:
        """The entry called ``key``, whatever it is."""
        if key not in self._left:
            raise BundleError(f"{self._where} has no entry {self._named(key)}.")
        return self._left.pop(key)

    def has(self, key: str) -> bool:
        """Whether there is an entry called ``key`` that has not been taken."""
        return key in self._left

    def text(self, key: str) -> str:
        """A string."""
        value = self.take(key)
        if not isinstance(value, str):
            raise self.wrong(key, value, "a text")
        return value

    def choice(self, key: str, among: tuple[Choice, ...]) -> Choice:
        """One of ``among``."""
        value = self.take(key)
        for each in among:
            if value == each:
                return each
        raise self.wrong(key, value, f"one of {', '.join(among)}")

    def name(self, key: str) -> str:
        """A string that is safe as a file name."""
        value = self.text(key)
        if not NAME.fullmatch(value):
            raise self.wrong(key, value, "lower-case letters, digits, dots, dashes or underscores")
        return value

    def integer(self, key: str, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        value = self.take(key)
        if not is_integer(value) or not low <= value <= high:
            raise self.wrong(key, value, f"a whole number from {low} to {high}")
        return value

    def number(self, key: str) -> float:
        """A finite number."""
        value = self.take(key)
        if not is_number(value):
            raise self.wrong(key, value, "a number")
        return value

    def items(self, key: str, fits: Callable[[object], TypeGuard[T]], what: str, limit: int) -> tuple[T, ...]:
        """A list of at most ``limit`` things that fit."""
        value = self.take(key)
        if not isinstance(value, list) or len(value) > limit:
            raise self.wrong(key, value, f"a list of at most {limit} {what}")
        for item in value:
            if not fits(item):
                raise self.wrong(key, item, f"a list of {what}")
        return tuple(value)

    def texts(self, key: str, limit: int = 10_000) -> tuple[str, ...]:
        """A list of strings."""
        return self.items(key, is_text, "texts", limit)

    def names(self, key: str, limit: int) -> tuple[str, ...]:
        """A list of strings that are safe as file names."""
        return self.items(key, is_name, "names", limit)

    def numbers(self, key: str, limit: int) -> tuple[float, ...]:
        """A list of finite numbers."""
        return self.items(key, is_number, "numbers", limit)

    def plain(self, key: str, depth: int) -> dict[str, Any]:
        """An object of JSON values, nested at most ``depth`` deep, every number finite."""
        value = self.take(key)
        if not isinstance(value, dict) or not is_plain(value, depth):
            raise self.wrong(key, value, f"an object of finite JSON values at most {depth} deep")
        return value

    def measures(self, key: str) -> dict[str, float | list[float]]:
        """An object of finite numbers and lists of such."""
        value = self.take(key)
        if not isinstance(value, dict) or not all(map(is_text, value)):
            raise self.wrong(key, value, "an object")
        for each, measure in value.items():
            numbers = measure if isinstance(measure, list) else [measure]
            if not all(map(is_number, numbers)):
                raise self.wrong(f"{key}.{each}", measure, "a finite number or a list of such")
        return value

    def child(self, key: str) -> Reader:
        """The object called ``key``, to be read in turn."""
        return type(self)(self.take(key), self._bundle, self._named(key))

    def every(self, key: str, read: Callable[[Reader], T]) -> dict[str, T]:
        """The object called ``key``, whose entries are objects that ``read`` understands."""
        child = self.child(key)
        return {each: read(child.child(each)) for each in list(child._left)}

    def each(self, key: str, read: Callable[[Reader], T], limit: int) -> tuple[T, ...]:
        """The list called ``key``, whose items are objects that ``read`` understands."""
        found = self.items(key, is_object, "objects", limit)
        return tuple(
            read(type(self)(v, self._bundle, f"{self._named(key)}[{i}]")) for i, v in enumerate(found)
        )

    def pairs(self, key: str) -> dict[str, str]:
        """An object of strings."""
        child = self.child(key)
        return {each: child.text(each) for each in list(child._left)}

    def done(self) -> None:
        """Refuse what nobody asked for: a misspelt entry must not pass as an absent one."""
        for key in self._left:
            raise BundleError(f"{self._where} has an unknown entry {self._named(key)!r}.")


def is_text(value: object) -> TypeGuard[str]:
    """Whether it is a string."""
    return isinstance(value, str)


def is_name(value: object) -> TypeGuard[str]:
    """Whether it is a string that is safe as a file name."""
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether it is a JSON object."""
    return isinstance(value, dict)


def is_integer(value: object) -> TypeGuard[int]:
    """Whether it is a whole number, and no bool."""
    return type(value) is int


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a finite int or float, and no bool."""
    return is_integer(value) or (type(value) is float and math.isfinite(value))


def is_plain(value: object, depth: int) -> bool:
    """Whether it is a JSON value nested at most ``depth`` deep whose numbers are finite."""
    if isinstance(value, dict):
        return all(map(is_text, value)) and is_plain(list(value.values()), depth)
    if isinstance(value, list):
        return depth > 0 and all(is_plain(item, depth - 1) for item in value)
    return value is None or isinstance(value, (str, bool)) or is_number(value)
