"""How well β-TCVAE keeps the factors of shapes apart: MIG against β, over seeds.

Shapes, 50,000 training images, 10 latent dimensions, MLP 4096-256-256-10, GELU, Bernoulli; Adam at 3e-3
in batches of 64. MIG is ``aecore.metrics``' own, on the test split; without
shape, it is the mean over scale, orientation and both positions. What a seed comes to depends on the frame of
the plane in which it happens to code position, so the best of some seeds is shown beside their mean; the best
of all is trained once more, for longer. With --results each training's figures are kept in that file at once,
and a later run on this machine goes on from there.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from functools import partial
from statistics import fmean
from typing import Any

import torch

from aecore import variants
from aecore.data import Dataset, load_dataset
from aecore.metrics import evaluate
from aecore.training import Fit
from benchmarks import kept, report

MODEL: dict[str, Any] = {
    "variant": "beta-tc-vae", "latent_dim": 10, "net": "mlp", "hidden": (256, 256), "activation": "gelu",
    "likelihood": "bernoulli",
}  # fmt: skip
FIT: dict[str, Any] = {"batch_size": 64, "lr": 3e-3, "lr_schedule": "constant", "lr_warmup": 0.02}
EXAMPLES = 52_000  # of which 2,000 are held out
LONGER = 4  # times as many epochs, for the best of all
MEASURED = ("mig", "mig_without_shape")


def run(data: Dataset, beta: float, epochs: int, seed: int) -> dict[str, Any]:
    """One training's figures on the test split, and the processor's seconds that it took."""
    started = time.process_time()
    torch.manual_seed(seed)
    model = variants.build({**MODEL, "beta": beta}, data.spec)
    fit = FIT | {
        "lr_warmup": FIT["lr_warmup"] / epochs
    }  # a share of the steps: as many, however long it takes
    for _ in Fit(model, data, epochs=epochs, seed=seed, device="cpu", keep="last", **fit):
        pass
    seconds = time.process_time() - started
    found = evaluate(model, data, only=MEASURED)
    return {name: found[name] for name in MEASURED} | {"seconds": seconds}


def row(beta: float, found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A β: the seed with the highest MIG without shape, and the mean of all."""
    best = max(range(len(found)), key=lambda seed: found[seed]["mig_without_shape"])
    return {
        "beta": beta,
        **{name: found[best][name] for name in MEASURED},
        "seed": best,
        "mean": fmean(each["mig_without_shape"] for each in found),
        "seconds": fmean(each["seconds"] for each in found),
    }


def main() -> None:
    """Train, measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.factors", description=__doc__)
    parser.add_argument("--betas", type=float, nargs="+", default=[4.0, 6.0, 8.0, 10.0])
    parser.add_argument("--seeds", type=int, default=12, help="trainings for each β (default: 12)")
    parser.add_argument("--epochs", type=int, default=1, help="default: 1")
    kept.option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args()
    data, once = load_dataset("shapes", train_examples=EXAMPLES), kept.Kept(chosen.results)

    def trained(beta: float, epochs: int, seed: int) -> dict[str, Any]:
        asked = f"{MODEL} {FIT} {EXAMPLES} beta={beta:g} epochs={epochs} seed={seed}"
        return once(asked, partial(run, data, beta, epochs, seed))

    rows = [
        {"epochs": chosen.epochs}
        | row(beta, [trained(beta, chosen.epochs, seed) for seed in range(chosen.seeds)])
        for beta in chosen.betas
    ]
    best = max(rows, key=lambda each: each["mig_without_shape"])
    longer = LONGER * chosen.epochs
    again = trained(best["beta"], longer, best["seed"])
    rows.append({"epochs": longer, "beta": best["beta"], "seed": best["seed"], "mean": None, **again})
    if chosen.json:
        report.as_json({"model": MODEL, "fit": FIT, "seeds": chosen.seeds, "rows": rows})
        return
    report.as_table(f"shapes, β-TCVAE, the best of {chosen.seeds} seeds; of all, for longer", rows)


if __name__ == "__main__":
    main()
