"""A training as a form: what its options are called, which come first, and which matter beside others.

Options themselves, their ranges and their help are those of :func:`aecore.runs.schema`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal

from aecore import variants
from aecore.data import spec_of
from aecore.data.dataset import Values
from aecore.errors import UserError
from aecore.options import Option, options_of
from aecore.runs.config import data_options, schema
from aecore.runs.estimate import shapes
from aecore.training import Fit

Group = Literal["model", "network", "likelihood", "training", "data", "bundle"]

TITLES = {
    "alpha": "α",
    "beta": "β",
    "beta_high": "Highest β",
    "beta_low": "Lowest β",
    "binarise": "Black and white",
    "capacity": "Capacity C",
    "cd_steps": "CD steps",
    "clip": "Longest gradient",
    "dip": "DIP-VAE",
    "gamma": "γ",
    "hidden": "Hidden layers",
    "huber_delta": "Huber δ",
    "init": "Initial weights",
    "k": "k",
    "keep": "Weights kept",
    "l1": "L1 of the weights",
    "labelled": "Labelled examples",
    "lambda_adv": "λ",
    "lambda_d": "λ of the variances",
    "lambda_mmd": "λ",
    "lambda_od": "λ of the covariances",
    "latent_dim": "Latent dimensions",
    "likelihood": "Likelihood",
    "lr": "Learning rate",
    "lr_schedule": "Learning-rate schedule",
    "lr_warmup": "Warm-up",
    "m1_dim": "Dimensions of z₁",
    "m1_share": "Share of M1",
    "m2_hidden": "Hidden layers of M2",
    "net": "Network",
    "start_k": "k at first",
    "store": "Stored precision",
    "validation": "Validation examples",
}
"""Where the name with spaces would not do."""

LATER = frozenset(
    {
        "annealing_share", "batch_norm", "betas_per_example", "bidirectional", "capacity", "clip",
        "code", "code_dropout", "code_weight", "codebook_decay", "critic_hidden", "critic_penalty",
        "cycles", "decoder_activation", "dense", "dropout", "embedding", "exact_up_to", "flow_steps",
        "init", "jacobian_samples", "keep", "kernel", "kl_warmup", "l1", "labelled", "lr_schedule",
        "lr_warmup", "m1_share", "output_weight", "patience", "precision", "prior_layers",
        "prior_share", "prior_width", "restart", "seed", "shrink", "start_k", "start_level", "store",
        "tell_encoder", "test_examples", "train_examples", "upsample", "validation", "wave_noise",
        "weight_decay", "word_dropout",
    }
)  # fmt: skip
"""Options that most trainings leave as they are."""

IDLE: dict[str, tuple[str, tuple[object, ...]]] = {
    "annealing_share": ("annealing", ("constant",)),
    "binarise": ("antialias", (False,)),
    "by_class": ("prior", ("gaussian",)),
    "cd_steps": ("pretraining", ("autoencoders", "none")),
    "codebook_decay": ("codebook_update", ("gradient",)),
    "cycles": ("annealing", ("constant", "linear")),
    "flow_steps": ("posterior", ("gaussian",)),
    "noise": ("pretraining", ("rbm", "none")),
    "pretraining_share": ("pretraining", ("none",)),
    "pseudo_inputs": ("prior", ("normal",)),
    "shrink": ("depth", (0,)),
    "sparsity": ("penalty", ("none",)),
    "start_level": ("levels", ("constant",)),
    "target": ("penalty", ("l1", "none")),
}
"""Options that do nothing while another, if there is one, has one of some values."""

ABOVE = {"jacobian_samples": ("latent_dim", "exact_up_to")}
"""Options that do nothing unless the first of two others is the larger one."""

SOLVING = ("seed", "device")
"""Options of a training that act where nothing descends."""

PIXELS: tuple[Values, ...] = ("unit", "binary")
"""An option of some data makes the one of the other."""


@dataclass(frozen=True)
class Field:
    """An option as a form asks for it.

    Attributes:
        name: The option's.
        title: For people.
        help: One line on what it does to the model.
        kind: How it is written; ``list`` is whole numbers with commas between them.
        default: Its value when nothing is said.
        low, high: Its range, where it has one, ends included.
        choices: Its values, for names.
        group: What it belongs to.
        later: Whether most trainings leave it as it is.
        idle: The option beside which it does nothing, and while that has which values; or None.
        above: Two options of which the first must be the larger one for it to do anything; or None.
    """

    name: str
    title: str
    help: str
    kind: Literal["int", "float", "bool", "choice", "list", "text"]
    default: Any
    low: float | None
    high: float | None
    choices: tuple[str, ...]
    group: Group
    later: bool
    idle: tuple[str, tuple[object, ...]] | None
    above: tuple[str, str] | None


def form(variant: str, data: str, chosen: Mapping[str, Any] | None = None) -> list[Field]:
    """What is asked of who trains ``variant`` on ``data``, parts chosen as ``chosen`` names them.

    What changes no weight whatever else is chosen is not asked, nor are parts offered that the data never
    fit; one that is named all the same counts as not chosen.

    Raises:
        UserError: If variant, data or a part is unknown.
    """
    row, named, offered = variants.find(variant), {}, {}
    for slot in (each for each in schema(variant, data, chosen).values() if each.slot):
        fitting = tuple(choice for choice in slot.choices if _fits(row.name, data, slot.name, choice))
        offered[slot.name] = fitting if slot.default in fitting else slot.choices
        given = (chosen or {}).get(slot.name)
        if given is not None and (choice := slot.read(given)) in offered[slot.name]:
            named[slot.name] = choice
    options = schema(variant, data, named)
    parts = {each.name: _part(each, named) for each in options.values() if each.slot}
    groups: dict[Group, Iterable[str]] = {
        "network": ("net", *parts.get("net", ())),
        "likelihood": ("likelihood", *parts.get("likelihood", ())),
        "model": options_of(row.make),
        "data": data_options(data),
        "training": options_of(Fit),
        "bundle": options,
    }
    idle = set() if row.labels else {"labelled"}  # which counts when codes are scored, and moves no weight
    idle |= options_of(Fit).keys() - set(SOLVING) if row.solved else set()
    return [
        _field(each, next(group for group, names in groups.items() if each.name in names), options)
        for each in (replace(each, choices=offered.get(each.name, each.choices)) for each in options.values())
        if each.name not in idle and len(each.choices) != 1
    ]


def title(option: str) -> str:
    """What an option is called."""
    return TITLES.get(option, option.replace("_", " ").capitalize())


def _part(slot: Option, named: Mapping[str, str]) -> dict[str, Option]:
    assert slot.slot
    return options_of(slot.slot.choices[named.get(slot.name, slot.default)])


@lru_cache(maxsize=1024)
def _fits(variant: str, data: str, slot: str, part: str) -> bool:
    """Whether a variant can have a part on a data set, be it once its pixels are black and white, or grey."""
    of = spec_of(data)
    for values in PIXELS if of.values in PIXELS else (of.values,):
        with suppress(UserError):
            shapes({"variant": variant, slot: part}, replace(of, values=values))
            return True
    return False


def _field(option: Option, group: Group, options: Mapping[str, Option]) -> Field:
    idle = IDLE.get(option.name)
    later = option.name in LATER
    if option.name == "depth":  # of a perceptron it stands for --hidden, of a transformer for itself
        later = "shrink" in options
    if option.name == "labelled":  # it is what a semi-supervised model is about
        later = "labelled_weight" not in options
    kinds: dict[type, Literal["int", "float", "bool", "list", "text"]] = {
        int: "int", float: "float", bool: "bool", tuple: "list", str: "text",
    }  # fmt: skip
    return Field(
        name=option.name,
        title=title(option.name),
        help=option.help,
        kind="choice" if option.choices else kinds[option.type],
        default=list(option.default) if isinstance(option.default, tuple) else option.default,
        low=option.range.low if option.range else None,
        high=option.range.high if option.range else None,
        choices=option.choices,
        group=group,
        later=later,
        idle=idle if idle and idle[0] in options else None,
        above=ABOVE.get(option.name),
    )
