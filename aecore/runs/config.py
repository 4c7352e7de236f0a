"""A run's configuration: one flat dict, made of the signatures of everything it chooses."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from aecore import variants
from aecore.data import Dataset, dataset_options, kind_of, list_datasets, load_dataset, training_defaults
from aecore.errors import UserError
from aecore.options import Option, fill, merge, options_of
from aecore.training import Fit


def _storing(
    *,
    store: Annotated[
        Literal["full", "half"], "Precision of the stored weights; metrics are of what is stored."
    ] = "full",
) -> None:
    """What a bundle lets one choose; only the signature matters."""


def data_options(data: str) -> dict[str, Option]:
    """What can be chosen of a data set. Which examples are held out is not: cards must be comparable."""
    return {name: option for name, option in dataset_options(data).items() if name != "seed"}


def load_data(config: Mapping[str, Any]) -> Dataset:
    """The data set of a configuration, with the options it was given.

    Raises:
        DataMissing: If it is not on this machine.
    """
    options = {name: config[name] for name in data_options(config["data"]) if name in config}
    return load_dataset(config["data"], **options)


def schema(variant: str, data: str, chosen: Mapping[str, Any] | None = None) -> dict[str, Option]:
    """Every option of training ``variant`` on ``data``, given the parts that ``chosen`` names.

    Raises:
        UserError: If variant, data or a part is unknown.
    """
    own = variants.schema(variant, chosen, kind_of(data))
    fit = options_of(Fit)
    fit |= {name: replace(fit[name], default=value) for name, value in training_defaults(data).items()}
    return merge(own, data_options(data), fit, options_of(_storing))


def complete(given: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` checked, with the default of everything it leaves out.

    Args:
        given: ``variant``, ``data``, and any of their options.

    Raises:
        UserError: If a name is unknown, missing, or a value does not fit.
    """
    names = {key: str(given.get(key) or "").lower().replace("_", "-") for key in ("variant", "data")}
    options = {key: value for key, value in given.items() if key not in names}
    chosen = schema(names["variant"], names["data"], options)
    for name in options.keys() - chosen.keys():
        if why := misplaced(name, names["variant"], names["data"], chosen, given):
            raise UserError(why)
    filled = fill(chosen, options, f"{names['variant']} on {names['data']}")
    return names | {key: list(value) if isinstance(value, tuple) else value for key, value in filled.items()}


def misplaced(
    option: str, variant: str, data: str, chosen: Mapping[str, Option], given: Mapping[str, Any]
) -> str:
    """Where an option belongs that this training does not have, as a sentence; empty if nowhere.

    Args:
        option: Its name.
        variant: What is trained.
        data: On what.
        chosen: The schema it is not in.
        given: What was said of ``net`` and ``likelihood``; what it leaves out is as by default.
    """
    parts = [
        (each, part)
        for each in chosen.values()
        if each.slot
        for part, make in each.slot.choices.items()
        if option in options_of(make)
    ]
    homes = [f"{slot.flag} {part}" for slot, part in parts]
    homes += [f"--variant {row.name}" for row in variants.VARIANTS.values() if option in options_of(row.make)]
    homes += [f"--data {info.name}" for info in list_datasets() if option in data_options(info.name)]
    flag = "--" + option.replace("_", "-")
    if not homes:
        return ""
    used = {f"{slot.flag} {given.get(slot.name) or slot.default}" for slot, _ in parts}
    has = f"has {' and '.join(sorted(used))}" if used else "lacks it"
    return f"{flag} belongs to {' or '.join(homes)}; {variant} on {data} as chosen {has}."


def chosen(config: Mapping[str, Any]) -> dict[str, Any]:
    """``variant``, ``data``, and what of ``config`` is not what it would be by default."""
    parts = ("variant", "data", "net", "likelihood")
    default = complete({key: config[key] for key in parts if key in config})
    usual = complete({key: config[key] for key in parts[:2]})
    default |= {key: usual[key] for key in parts[2:] if key in usual}
    return {key: value for key, value in config.items() if key in parts[:2] or value != default[key]}


def command(config: Mapping[str, Any], name: str = "") -> str:
    """The command line that trains ``config``, leaving out what is default; its bundle is called ``name``."""
    words = ["aecore", "train"]
    for key, value in chosen(config).items():
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        words += [f"--{key.replace('_', '-')}", text]
    words += ["--name", name] if name else []
    return shlex.join(words)


variants.check_collisions(options_of(Fit), options_of(_storing))
