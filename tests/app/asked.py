"""What the Train page asks on digits, and small models of what it is told."""

from __future__ import annotations

from typing import Any

from aecore.runs import complete, schema
from aecore.runs.form import Field, form

SMALL: dict[str, Any] = {"hidden": [8, 8], "latent_dim": 4, "k": 2, "slot_width": 2, "depth": 0}


def asked(variant: str, **chosen: str) -> dict[str, Field]:
    return {field.name: field for field in form(variant, "digits", chosen)}


def small(variant: str, **options: Any) -> dict[str, Any]:
    """A complete configuration of a small model on digits."""
    known = schema(variant, "digits", options)
    said = {name: value for name, value in SMALL.items() if name in known}
    return complete({"variant": variant, "data": "digits", **said, **options})
