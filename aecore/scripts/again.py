"""How to make a model again: as a command, as a recipe, and as a script without Loupe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.runs import command
from aecore.runs.recipe import to_toml
from aecore.scripts.script import script


@dataclass(frozen=True)
class Again:
    """A training, written down.

    Attributes:
        command: For a terminal.
        toml: The recipe, for ``aecore train run.toml``.
        code: A standalone script of PyTorch; empty where there is none.
        no_code: Why there is none, as a sentence.
    """

    command: str
    toml: str
    code: str
    no_code: str


def again(config: Mapping[str, Any], spec: DataSpec, name: str = "") -> Again:
    """A complete configuration, written down.

    Args:
        config: What was trained.
        spec: The data, as the configuration has them.
        name: What the bundle is called, where that is to be said.
    """
    code, no_code = "", ""
    try:
        code = script(config, spec)
    except UserError as error:
        no_code = str(error)
    return Again(command(config, name), to_toml(config, name), code, no_code)
