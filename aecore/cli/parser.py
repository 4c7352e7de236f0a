"""Words on the command line: what does not fit is said in one sentence."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NoReturn

from aecore.errors import UserError, unknown


class Parser(argparse.ArgumentParser):
    """Raises a ``UserError`` for a word it cannot use; of an unknown flag it names the nearest.

    Attributes:
        explain: Why a flag that this command does not have might have been meant, as a
            sentence; empty if it has no idea.
    """

    explain: Callable[[str], str] = staticmethod(lambda flag: "")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        """Says it without the usage, which is longer than most screens."""
        raise UserError(
            f"{message.removeprefix('argument ')}; `{self.prog} --help` says what would be right."
        )

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Knows all words or fails."""
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            flag = rest[0].partition("=")[0]
            if not flag.startswith("-"):
                self.error(f"there is no use for {flag!r}")
            if why := self.explain(flag):
                raise UserError(why)
            flags = [
                each for action in self._actions for each in action.option_strings if each.startswith("--")
            ]
            raise unknown(f"option of {self.prog}", flag, flags)
        return found, rest


def choice_of(what: str, value: str, known: tuple[str, ...]) -> str:
    """``value``, if it is one of the words that are known.

    Raises:
        UserError: If it is none; the nearest are named.
    """
    if value not in known:
        raise unknown(what, value, known)
    return value
