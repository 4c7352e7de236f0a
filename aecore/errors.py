"""What goes wrong because of what a user gave, said in one sentence.

Every error here names what was wrong and what would be right. The command line prints
it and exits with status 2; the app shows it in place of the panel. Anything else that
is raised is a bug of ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher

MANY = 20  # choices, beyond which only the nearest are named


class UserError(ValueError):
    """Something the user can put right; its text says how."""


class DataMissing(UserError):
    """A data set is known, but its files are not on this machine."""


class BundleError(UserError):
    """A bundle cannot be read, or is not what its card says it is."""


def unknown(what: str, name: str, known: Iterable[str]) -> UserError:
    """The error for a name nobody registered: the nearest ones first, then the choices.

    Args:
        what: The kind of thing, singular, as in ``"variant"``.
        name: What was asked for.
        known: Every name that would have been right.
    """
    choices = sorted(known)
    likeness = {choice: SequenceMatcher(None, _plain(name), _plain(choice)).ratio() for choice in choices}
    enough = max(0.5, max(likeness.values(), default=0) - 0.15)
    near = sorted((c for c in choices if likeness[c] >= enough), key=lambda c: -likeness[c])[:3]
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    if len(choices) > MANY and near:
        return UserError(f"There is no {what} called {name!r}.{hint}")
    return UserError(f"There is no {what} called {name!r}.{hint} Known: {', '.join(choices) or 'none'}.")


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").lstrip("-")
