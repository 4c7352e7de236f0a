"""Results of studies that were never trained, for whatever only reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from aecore.studies import Study, store

Figures = Callable[[str, str, int], dict[str, float]]
"""Of a data set, a setting and a seed."""


def rows(study: Study, figures: Figures) -> list[dict[str, Any]]:
    """A row for each training of a study."""
    return [
        {
            "data": data,
            "setting": setting.label,
            "seed": seed,
            "config": study.config(data, setting, seed),
            "figures": figures(data, setting.label, seed),
        }
        for data in study.common
        for setting in study.settings
        for seed in range(study.seeds)
    ]


def plain(study: Study) -> Figures:
    """The k-th figure of a study is k + seed / 10, and whatever is kept beside."""

    def figures(data: str, setting: str, seed: int) -> dict[str, float]:
        values = {name: k + seed / 10 for k, name in enumerate(study.metrics, start=1)}
        return {**values, "parameters": 1000}

    return figures


def write(study: Study, folder: Path, figures: Figures | None = None, **about: Any) -> None:
    """A file of results, as ``aecore study run`` leaves one."""
    store(study, rows(study, figures or plain(study)), folder, {"command": "made up", **about})
