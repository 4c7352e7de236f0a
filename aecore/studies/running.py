"""Running a study: train, measure, store, one training after the other."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Collection, Mapping
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import torch

from aecore import variants
from aecore.data import Dataset
from aecore.metrics import evaluate, intrinsic
from aecore.options import options_of
from aecore.runs import complete
from aecore.runs.config import data_options, load_data
from aecore.studies.results import estimates, is_of, store, stored
from aecore.studies.study import ESTIMATED, Setting, Study
from aecore.training import Diverged, Fit

Listener = Callable[[int, int, str], None]
"""Is told how many trainings of how many are done, and what the next one is."""


def run(study: Study, folder: Path, *, data: tuple[str, ...] = (), listen: Listener) -> None:
    """Trains whatever of a study has no result yet, and keeps each result at once.

    Interrupted, the next call goes on with the training it was in.

    Args:
        study: Which.
        folder: Where the results are kept.
        data: On which of its data sets; all of them by default.
        listen: Is told how far it is.

    Raises:
        UserError: If a data set is missing, or the results cannot be written.
    """
    rows, known = stored(study, folder), estimates(study, folder)
    wanted = [
        (name, setting, seed)
        for name, setting, seed in product(data or tuple(study.common), study.settings, range(study.seeds))
        if not any(is_of(row, study, name, setting.label, seed) for row in rows)
    ]
    loaded: dict[str, Dataset] = {}
    for name in data or tuple(study.common):
        if study.of_data and name not in known:
            listen(0, len(wanted), f"{name}, dimensions of its own")
            known[name] = estimated(study, _load(complete(study.config(name, study.settings[0], 0)), loaded))
            store(study, rows, folder, _about(study, known))
    for done, (name, setting, seed) in enumerate(wanted):
        listen(done, len(wanted), f"{name}, {study.varies} {setting.label}, seed {seed}")
        rows = [row for row in rows if not _same_place(row, name, setting, seed)]
        config = study.config(name, setting, seed)
        try:
            figures = measured(config, study.metrics, loaded)
            del figures["seconds"]  # of a machine that had other things to do as well, perhaps
        except Diverged:
            figures = {}
        rows.append(
            {"data": name, "setting": setting.label, "seed": seed, "config": config, "figures": figures}
        )
        store(study, rows, folder, _about(study, known))
    listen(len(wanted), len(wanted), "")


def _same_place(row: Mapping[str, Any], data: str, setting: Setting, seed: int) -> bool:
    return (row["data"], row["setting"], row["seed"]) == (data, setting.label, seed)


def measured(
    given: Mapping[str, Any], metrics: Collection[str], loaded: dict[str, Dataset]
) -> dict[str, float]:
    """One training, and what came of it.

    Args:
        given: Its configuration.
        metrics: What to measure, beside the model's size and the seconds that its training took.
        loaded: Data sets that are loaded already.

    Raises:
        Diverged: If it does.
    """
    config = complete(given)
    data = _load(config, loaded)
    torch.manual_seed(config["seed"])
    model = variants.build(config, data.spec)
    fit = Fit(model, data, **{name: config[name] for name in options_of(Fit)})
    started = time.perf_counter()
    for _ in fit:
        pass
    seconds = time.perf_counter() - started
    figures: dict[str, Any] = evaluate(model, data, only=metrics)
    parameters = sum(each.numel() for each in model.parameters())
    return {
        **{name: figures[name] for name in metrics},
        "parameters": parameters,
        "seconds": round(seconds, 2),
    }


def estimated(study: Study, data: Dataset) -> dict[str, float]:
    """What the study measures of its data themselves, by name."""
    examples = data.train.x[:ESTIMATED].flatten(1).numpy()
    return {name: getattr(intrinsic, name)(examples) for name in study.of_data}


def _load(config: Mapping[str, Any], loaded: dict[str, Dataset]) -> Dataset:
    key = repr([config["data"], *(config.get(name) for name in sorted(data_options(config["data"])))])
    if key not in loaded:
        loaded[key] = load_data(config)
    return loaded[key]


def _about(study: Study, known: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    return {
        "command": f"aecore study run {study.name}",
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("numpy", "torch")},
        "device": "cpu" if not torch.cuda.is_available() else torch.cuda.get_device_name(),
        **({"estimates": known} if known else {}),
    }
