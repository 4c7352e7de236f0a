"""What a sweep trains: a base configuration, its β, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Annotated, Any, Literal

from aecore.errors import UserError
from aecore.options import Option, Range, fill, merge, options_of
from aecore.runs import complete as complete_run
from aecore.runs import schema as schema_of_run
from aecore.sweeps import betas

VARIANTS = ("beta-vae", "vae")
"""What is swept; the members of both are β-VAEs."""

USUAL = {"lr_schedule": "cosine", "keep": "last", "store": "half"}
"""Where a sweep's defaults differ from those of one training: each member ends at its learning rate's
lowest, where neighbours are nearest to each other, and weights are stored in half precision."""

SHARE = 0.4
"""Of a first member's epochs, what each further one takes."""

STACKABLE = {"clip": 0.0, "weight_decay": 0.0, "l1": 0.0, "patience": 0, "keep": "last", "precision": "full"}
"""What couples the numbers of one model, and must be off where all of them descend as one."""


def _sweeping(
    *,
    beta: Annotated[
        str, "Numbers and ranges with commas between: 0.1:16:log12 at equal ratios, 1:4:lin7 at equal steps."
    ] = "0.05:16:log13",
    with_zero: Annotated[bool, "Whether β = 0 is one more."] = False,
    order: Annotated[
        Literal["auto", "up", "down", "branch", "apart"],
        "Each member from the weights of the one before, β rising or falling; each from the one at the "
        "lowest β above 0; or each from fresh weights. auto: up, or apart where members are stacked.",
    ] = "auto",
    further_epochs: Annotated[
        int,
        Range(0, 100_000),
        "Epochs of each member that starts from another's weights; 0: 2/5 of --epochs.",
    ] = 0,
    further_lr: Annotated[float, Range(0, 10), "Learning rate of those members; 0: that of --lr."] = 0.0,
    stacked: Annotated[
        Literal["auto", "yes", "no"],
        "Whether members that need not wait for each other descend as one; auto: on a GPU, where they can.",
    ] = "auto",
) -> None:
    """What a sweep lets one choose; only the signature matters."""


@dataclass(frozen=True)
class Leg:
    """Members that are trained at once.

    Attributes:
        members: Their indices.
        after: The member whose weights they start from, or None for fresh ones.
    """

    members: tuple[int, ...]
    after: int | None = None


@dataclass(frozen=True)
class Plan:
    """Everything that decides a sweep's weights.

    Attributes:
        config: Of a training of the variant, complete, without β.
        betas: Of the members, rising.
        order: ``up``, ``down``, ``branch`` or ``apart``.
        further_epochs, further_lr: Of members that start from another's weights.
        stacked: Whether members of one leg descend as one.
    """

    config: dict[str, Any]
    betas: tuple[float, ...]
    order: str
    further_epochs: int
    further_lr: float
    stacked: bool

    @property
    def legs(self) -> list[Leg]:
        """What is trained, in order: together every member once.

        β = 0 comes after its neighbour in any case: nothing holds its rate, which grows for as long as it
        is trained, so that whatever started from it would start far away.
        """
        every = list(range(len(self.betas)))
        first = 1 if self.betas[0] == 0 else 0
        zero, line = every[:first], every[first:]
        if self.order == "apart":
            fresh = [Leg(tuple(line))] if self.stacked else [Leg((k,)) for k in line]
            return [*fresh, *_each(zero, line[0])]
        if self.order == "branch":
            others = [*zero, *line[1:]]
            return [
                Leg((line[0],)),
                *([Leg(tuple(others), line[0])] if self.stacked else _each(others, line[0])),
            ]
        chain = line if self.order == "up" else line[::-1]
        return [
            Leg((chain[0],)),
            *(Leg((k,), before) for before, k in pairwise(chain)),
            *_each(zero, line[0]),
        ]

    def config_at(self, beta: float) -> dict[str, Any]:
        """The complete configuration of a β-VAE of this sweep."""
        return complete_run({**self.config, "variant": "beta-vae", "beta": beta})

    def fit(self, leg: Leg) -> dict[str, Any]:
        """Epochs and learning rate of a leg."""
        if leg.after is None:
            return {"epochs": self.config["epochs"], "lr": self.config["lr"]}
        return {"epochs": self.further_epochs, "lr": self.further_lr}

    def to_json(self) -> dict[str, Any]:
        """As a dict of JSON values; ``Plan.from_json`` reads it."""
        return asdict(self) | {"betas": list(self.betas)}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Plan:
        """The plan that ``to_json`` wrote, its configuration completed with today's options.

        Raises:
            UserError: If an option of it is no longer one.
            KeyError, TypeError: If it is no such dict.
        """
        plan = cls(**{**said, "betas": tuple(said["betas"])})
        return replace(plan, config=_complete(plan.config))


def schema(variant: str, data: str, chosen: Mapping[str, Any] | None = None) -> dict[str, Option]:
    """Every option of a sweep of ``variant`` over ``data``, given the parts that ``chosen`` names.

    Raises:
        UserError: If variant, data or a part is unknown, or the variant is not swept.
    """
    name = variant.lower().replace("_", "-")
    if name not in VARIANTS:
        raise UserError(f"A sweep is of vae or beta-vae, not of {variant}.")
    parts = {key: value for key, value in (chosen or {}).items() if key != "beta"}
    options = schema_of_run(name, data, parts)
    options.pop("beta", None)
    changed = {key: replace(options[key], default=value) for key, value in USUAL.items()}
    return merge(options_of(_sweeping), options | changed)


def make_plan(given: Mapping[str, Any]) -> Plan:
    """The plan of ``given``, checked, with the default of everything it leaves out.

    Args:
        given: ``variant``, ``data``, and any options of ``schema``.

    Raises:
        UserError: If a name is unknown, missing, or a value does not fit; if something would keep
            weights or codes from being tweened; or if members cannot be stacked that are to be.
    """
    variant, data = (str(given.get(key) or "") for key in ("variant", "data"))
    rest = {key: value for key, value in given.items() if key not in ("variant", "data")}
    options = schema(variant, data, rest)
    values = fill(options, rest, f"a sweep of {variant} over {data}")
    own = {name: values.pop(name) for name in options_of(_sweeping)}
    config = _complete({"variant": variant, "data": data, **values})
    for key, only, why in (
        ("posterior", "gaussian", "codes of another posterior are not compared"),
        ("prior", "normal", "a learned prior is not tweened"),
        ("net", ("mlp", "conv"), "weights of another net are not tweened"),
        ("batch_norm", False, "statistics of batches are not tweened"),
        ("block", ("plain", "separable"), "its normalisation counts statistics of batches"),
        ("store", "half", "that is how its weights are stored"),
    ):
        allowed = only if isinstance(only, tuple) else (only,)
        if config.get(key, allowed[0]) not in allowed:
            flag, right = key.replace("_", "-"), "no" if only is False else allowed[0]
            raise UserError(f"A sweep needs --{flag} {right}: {why}.")
    stacked, order = _stacking(own["stacked"], own["order"], config)
    return Plan(
        config=config,
        betas=betas.parse(own["beta"], own["with_zero"]),
        order=order,
        further_epochs=own["further_epochs"] or max(1, round(SHARE * config["epochs"])),
        further_lr=own["further_lr"] or config["lr"],
        stacked=stacked,
    )


def _complete(config: Mapping[str, Any]) -> dict[str, Any]:
    completed = complete_run(config)
    completed.pop("beta", None)
    return completed


def _each(members: list[int], after: int) -> list[Leg]:
    return [Leg((k,), after) for k in members]


def _stacking(asked: str, order: str, config: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether members are stacked, and in which order they are trained."""
    reasons = [f"--order {order}, in which each waits for another"] if order in ("up", "down") else []
    reasons += [
        f"--{key.replace('_', '-')} {config[key]}" for key, value in STACKABLE.items() if config[key] != value
    ]
    if config["net"] != "mlp":
        reasons.append(f"--net {config['net']}")
    if asked == "yes" and reasons:
        raise UserError(f"Members are not stacked with {reasons[0]}: leave it out, or say --stacked no.")
    stacked = asked == "yes"
    if asked == "auto" and not reasons:
        from aecore.training import resolve

        stacked = resolve(config["device"]).startswith("cuda")
    if order == "auto":
        order = "apart" if stacked else "up"
    return stacked, order
