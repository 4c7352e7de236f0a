"""Our shipped recipes held against figures from the literature, on MNIST's test split.

Each is trained as its recipe in ``checkpoints/mnist`` says, or with the network given here where no recipe
has it, on the CPU, once a seed, and measured as ``aecore evaluate`` does; ``--shipped`` trains no recipe, but
reads the cards of the bundles that are there. With --results each training's figures are kept in that file at
once, and a later run on this machine goes on from there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from statistics import fmean
from typing import Any

from aecore.bundles import Bundle
from aecore.data import Dataset
from aecore.errors import UserError
from aecore.places import shipped_root
from aecore.studies.running import measured
from aecore.zoo import recipes
from benchmarks import kept, report

PIXELS = 28 * 28


@dataclass(frozen=True)
class Goal:
    """A figure that somebody published, or that was set here.

    Attributes:
        recipe: What is held against it, by its recipe's name.
        figure: What it is, in words.
        metric: Its name in a card, of which it is ``times`` as much.
        goal: The figure.
        source: Whose it is.
        beside: Another metric that is worth seeing, or "".
        config: What is trained where it is no recipe's.
    """

    recipe: str
    figure: str
    metric: str
    goal: float
    source: str
    times: float = 1.0
    higher: bool = False
    beside: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)

    def met(self, value: float) -> bool:
        """Whether a figure is as good as the goal."""
        return value >= self.goal if self.higher else value <= self.goal


M2 = "Kingma et al. (2014), table 1"
DEEP_OF_2006 = {
    "variant": "autoencoder", "data": "mnist", "latent_dim": 30, "hidden": (1000, 500, 250), "init": "he",
    "activation": "gelu", "epochs": 60, "lr": 1e-3, "lr_schedule": "cosine", "optimiser": "adamw",
    "weight_decay": 0.1, "validation": 0,
}  # fmt: skip
M2_SMALL = {
    "variant": "m2", "data": "mnist", "labelled": 100, "latent_dim": 3, "hidden": (256,), "alpha": 10,
    "labels_first": 0.3, "labelled_weight": 0.1, "binarise": "threshold", "activation": "gelu", "epochs": 20,
    "lr": 2e-3, "lr_schedule": "cosine", "keep": "last",
}  # fmt: skip
M1_M2_LONG = {
    "variant": "m1-m2", "data": "mnist", "labelled": 100, "latent_dim": 16, "m1_dim": 16, "m2_hidden": (256,),
    "alpha": 1, "labelled_weight": 0.02, "net": "conv", "channels": (16, 32), "binarise": "threshold",
    "activation": "gelu", "epochs": 60, "lr": 2e-3, "lr_schedule": "cosine", "keep": "last",
}  # fmt: skip
GOALS = (
    Goal("mnist/m2", "test error with 100 labels, %", "classification_error", 11.97, M2),
    Goal(
        "m2, 3 numbers", "test error with 100 labels, %", "classification_error", 11.97, M2, config=M2_SMALL
    ),
    Goal("mnist/m1-m2", "test error with 100 labels, %", "classification_error", 3.33, M2),
    Goal(
        "m1-m2, 60 epochs",
        "test error with 100 labels, %",
        "classification_error",
        3.33,
        M2,
        config=M1_M2_LONG,
    ),
    Goal(
        "784-1000-500-250-30",
        "squared error of an image",
        "mse",
        3.0,
        "Hinton & Salakhutdinov (2006)",
        times=PIXELS,
        beside="pca_mse",
        config=DEEP_OF_2006,
    ),
    Goal("mnist/vq-vae", "codebook perplexity", "codebook_perplexity", 128, "half of 256", higher=True),
)


def trained(
    goal: Goal, config: Mapping[str, Any], seeds: int, loaded: dict[str, Dataset], once: kept.Kept
) -> dict[str, float]:
    """Metrics and seconds of a recipe, means over its seeds."""
    names = [name for name in (goal.metric, goal.beside) if name]
    runs = []
    for seed in range(seeds):
        given = {**config, "seed": seed, "device": "cpu"}
        runs.append(once(f"{names} of {given}", partial(measured, given, names, loaded)))
    return {name: fmean(run[name] for run in runs) for name in (*names, "seconds")}


def shipped(recipe: str) -> dict[str, float]:
    """Metrics and seconds on the card of a bundle.

    Raises:
        BundleError: If it is missing or damaged.
    """
    card = Bundle.open(shipped_root() / recipe, shipped=True).card
    return {**card.scalars, "seconds": card.provenance.seconds}


def row(goal: Goal, config: Mapping[str, Any], found: Mapping[str, float]) -> dict[str, report.Value]:
    """A line of the table."""
    value = goal.times * found[goal.metric]
    return {
        "recipe": goal.recipe,
        "figure": goal.figure,
        "ours": value,
        "goal": f"{'≥' if goal.higher else '≤'} {goal.goal:g}",
        "met": "yes" if goal.met(value) else "no",
        "PCA": goal.times * found[goal.beside] if goal.beside else None,
        "epochs": config["epochs"],
        "s": found["seconds"],
        "source": goal.source,
    }


def main() -> None:
    """Train or look up, and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.literature", description=__doc__)
    names = [goal.recipe for goal in GOALS]
    parser.add_argument(
        "--only", nargs="+", choices=names, default=names, help="which recipes; all by default"
    )
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, help="other than the recipe says")
    parser.add_argument("--shipped", action="store_true", help="read the cards of shipped bundles")
    kept.option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args()
    if chosen.shipped and (chosen.epochs or chosen.seeds > 1):
        parser.error("--epochs and --seeds are for trainings alone; --shipped reads what was trained.")
    loaded: dict[str, Dataset] = {}
    once = kept.Kept(chosen.results)
    rows, settings = [], {}
    for goal in GOALS:
        if goal.recipe not in chosen.only:
            continue
        config = dict(goal.config) or recipes(shipped_root(), [goal.recipe])[0].config
        config |= {"epochs": chosen.epochs} if chosen.epochs else {}
        try:
            found = (
                shipped(goal.recipe)
                if chosen.shipped and not goal.config
                else trained(goal, config, chosen.seeds, loaded, once)
            )
        except UserError as error:
            sys.exit(str(error))
        rows.append(row(goal, config, found))
        settings[goal.recipe] = config
        print(goal.recipe, rows[-1]["ours"], file=sys.stderr)
    if chosen.json:
        said = {"rows": rows, "settings": settings, "seeds": chosen.seeds, "shipped": chosen.shipped}
        report.as_json(said)
    else:
        report.as_table("MNIST beside the literature", rows)


if __name__ == "__main__":
    main()
