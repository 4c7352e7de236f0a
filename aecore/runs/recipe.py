"""A training as a TOML file: flat keys, ``variant``, ``data``, any of their options, and a ``name``.

.. code:: toml

    variant = "beta-vae"
    data = "mnist"
    beta = 4.0
    hidden = [256]
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aecore.bundles import Bundle
from aecore.errors import UserError
from aecore.runs.config import chosen, complete

LARGEST = 100_000  # bytes: a recipe has a few hundred
DELETE = "\x7f"  # the one character that JSON writes as it is and TOML may not


def to_toml(config: Mapping[str, Any], name: str = "") -> str:
    """The recipe of a complete configuration, leaving out what is default; its bundle is called ``name``."""
    said = chosen(config) | ({"name": name} if name else {})
    return "".join(f"{key} = {_value(value)}\n" for key, value in said.items())


def _value(value: object) -> str:
    """As TOML writes it: true and false, numbers, lists and strings are JSON's."""
    return json.dumps(value, ensure_ascii=False).replace(DELETE, r"\u007f")


def read_toml(path: Path) -> dict[str, Any]:
    """What a recipe says, not yet checked.

    Raises:
        UserError: If there is no such file, or it is no flat TOML.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise UserError(f"{path} is no recipe: one is a few lines long.")
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not TOML: {error}.") from error
    for key, value in said.items():
        if isinstance(value, dict):
            raise UserError(f"{path}: {key} is a table; a recipe's keys stand by themselves, as in beta = 4.")
    return said


def from_toml(path: Path, over: Mapping[str, Any]) -> dict[str, Any]:
    """The complete configuration that a recipe describes.

    Args:
        path: Of the recipe.
        over: What is said beside it and counts more, by name.

    Raises:
        UserError: If the file cannot be read, or a key or a value does not fit.
    """
    said = read_toml(path) | {name: value for name, value in over.items() if value is not None}
    said.pop("name", None)  # of the bundle: see name_in
    for name, example in (("variant", "vae"), ("data", "digits")):
        if not said.get(name):
            raise UserError(
                f'{path} does not say {name}: add {name} = "{example}", or give --{name} {example}.'
            )
    try:
        return complete(said)
    except UserError as error:
        raise UserError(f"{path}: {error}") from error


def name_in(path: Path) -> str:
    """What the bundle of a recipe is to be called; empty if it does not say.

    Raises:
        UserError: If the file cannot be read, or the name is no text.
    """
    if not isinstance(name := read_toml(path).get("name", ""), str):
        raise UserError(f'{path}: name is a text, as in name = "mine", not {name!r}.')
    return name


def config_of(bundle: Bundle) -> dict[str, Any]:
    """The complete configuration of which a bundle was made.

    Raises:
        UserError: If no training from a configuration makes it again, or it has an option that is gone.
    """
    made = bundle.card.provenance.command
    if not made.startswith("aecore train "):
        hand = "by hand, in a live training" if bundle.card.job else "of data that were handed over in Python"
        how = f"by `{made}`" if made else hand
        raise UserError(f"{bundle.id} was made {how}: no recipe makes it again.")
    return complete({**bundle.card.config, "variant": bundle.card.variant})
