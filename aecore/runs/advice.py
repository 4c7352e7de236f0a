"""What is worth saying of a training that has ended. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LITTLE = 0.5
"""Nats below which a code cannot tell two examples apart: one bit takes 0.69."""


def unused(metrics: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """What to try where codes leave dimensions unused, or carry nothing; empty where all is well.

    Args:
        metrics: ``rate`` in nats and ``active_units``, of those that have them.
        config: Complete.
    """
    dims = config["latent_dim"]
    active, rate = metrics.get("active_units", dims), metrics.get("rate", LITTLE)
    if active and rate >= LITTLE:
        if active == dims:
            return ""
        return f"{active} of {dims} dimensions active: the others carry nothing about the example."
    told = f"0 of {dims} dimensions active" if not active else f"a code carries {rate:.2g} nats"
    helps = {
        "more --epochs": True,
        "a lower --beta": "beta" in config,
        "--annealing linear": "annealing" in config,
        "--free-bits 0.1": "free_bits" in config,
        "--variant beta-vae with a --beta below 1 or --free-bits 0.1": config.get("variant", "vae") == "vae",
        "another --likelihood": "likelihood" in config,
    }
    return (
        f"{told.capitalize()}: the posterior has collapsed, and every code decodes alike. "
        f"What helps: {', '.join(word for word, there in helps.items() if there)}."
    )
