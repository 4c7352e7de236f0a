"""A training as a form: what its options are called, which come first, and which matter beside others.

Options themselves, their ranges and their help are those of :func:`aecore.runs.schema`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aecore import variants
from aecore.options import Option, options_of
from aecore.runs.config import data_options, schema
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
        "curriculum", "cycles", "decoder_activation", "dense", "dropout", "embedding", "exact_up_to",
        "flow_steps", "init", "jacobian_samples", "keep", "kernel", "l1", "labelled", "lr_schedule",
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


def form(variant: str, data: str, chosen: Mapping[str, Any] | None = None) -> list[Field]:
    """What is asked of who trains ``variant`` on ``data``, parts chosen as ``chosen`` names them.

    Raises:
        UserError: If variant, data or a part is unknown.
    """
    options = schema(variant, data, chosen)
    slots = [each for each in options.values() if each.slot]
    parts: dict[str, dict[str, Option]] = {each.name: _part(each, chosen) for each in slots}
    groups: dict[Group, Iterable[str]] = {
        "network": ("net", *parts.get("net", ())),
        "likelihood": ("likelihood", *parts.get("likelihood", ())),
        "model": options_of(variants.find(variant).make),
        "data": data_options(data),
        "training": options_of(Fit),
        "bundle": options,
    }
    return [
        _field(each, next(group for group, names in groups.items() if each.name in names), options)
        for each in options.values()
    ]


def title(option: str) -> str:
    """What an option is called."""
    return TITLES.get(option, option.replace("_", " ").capitalize())


def _part(slot: Option, chosen: Mapping[str, Any] | None) -> dict[str, Option]:
    given = (chosen or {}).get(slot.name)
    assert slot.slot
    return options_of(slot.slot.choices[slot.default if given is None else slot.read(given)])


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
    )
