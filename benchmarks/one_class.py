"""One-class detection: trained on one class, how well does a model tell the others apart?

For each class a fresh model sees that class's training images alone; test images of all classes get
a score of strangeness. AUROC by class, and its mean: Deep SVDD's on MNIST is .948 (Ruff et al. 2018).
With --results each training's figures are kept in that file at once, and a later run on this machine goes on
from there.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from statistics import fmean
from typing import Any

import torch

import aecore
from aecore import variants
from aecore.data import Dataset
from aecore.metrics.anomaly import SCORES, one_class_auroc
from aecore.training import Fit
from benchmarks import kept, report


def run(
    data: Dataset,
    usual: int,
    model: Mapping[str, Any],
    fit: Mapping[str, Any],
    scores: list[str],
    seed: int,
) -> dict[str, float]:
    """AUROC by score of one class, and the seconds that it took.

    Args:
        data: With every class.
        usual: The class that is trained on.
        model: The variant, and its options.
        fit: Options of the training.
        scores: Names of ``SCORES``.
        seed: Of weights, training and scores.
    """
    assert data.train.label is not None
    started = time.perf_counter()
    train = data.train.take((data.train.label == usual).nonzero().flatten())
    torch.manual_seed(seed)
    autoencoder = variants.build(dict(model), data.spec)
    for _ in Fit(autoencoder, replace(data, train=train), seed=seed, device="cpu", keep="last", **fit):
        pass
    found = {name: one_class_auroc(autoencoder, train, data.test, usual, name, seed) for name in scores}
    return found | {"seconds": time.perf_counter() - started}


def pair(text: str) -> tuple[str, Any]:
    """``key=value``, the value as JSON where it is, else as text."""
    key, _, value = text.partition("=")
    try:
        return key.replace("-", "_"), json.loads(value)
    except ValueError:
        return key.replace("-", "_"), value


def main() -> None:
    """Train, score and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.one_class", description=__doc__)
    parser.add_argument("--data", default="mnist", help="labelled images (default: mnist)")
    parser.add_argument("--variant", default="vae", help="default: vae")
    parser.add_argument("--score", nargs="+", choices=SCORES, default=["negative-elbo"])
    parser.add_argument("--binarise", default="none", help="none (the default), threshold or dynamic")
    parser.add_argument("--latent-dim", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--classes", type=int, nargs="*", help="which; all by default")
    parser.add_argument(
        "--with", dest="options", nargs="*", type=pair, default=[], metavar="OPTION=VALUE",
        help="options of variant, net and likelihood, as net=conv",
    )  # fmt: skip
    kept.option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args()
    data = aecore.load_dataset(chosen.data, validation=0, binarise=chosen.binarise)
    model = {"variant": chosen.variant, "latent_dim": chosen.latent_dim, **dict(chosen.options)}
    fit = {
        "epochs": chosen.epochs,
        "lr": chosen.lr,
        "lr_schedule": "cosine",
        "batch_size": chosen.batch_size,
    }
    once = kept.Kept(chosen.results)
    settings = f"{chosen.data} {chosen.binarise} {model} {fit} {chosen.score}"
    seconds: list[float] = []
    aurocs: dict[str, dict[str, float]] = {}  # by class, by score
    for usual in chosen.classes or range(len(data.spec.classes)):
        found = []
        for seed in range(chosen.seeds):
            make = partial(run, data, usual, model, fit, chosen.score, seed)
            found.append(dict(once(f"{settings} class={usual} seed={seed}", make)))
        seconds += [each.pop("seconds") for each in found]
        aurocs[data.spec.classes[usual]] = _means(found)
        print(data.spec.classes[usual], aurocs[data.spec.classes[usual]], file=sys.stderr)
    mean = _means(list(aurocs.values()))
    if chosen.json:
        report.as_json(
            {
                "data": chosen.data,
                "binarise": chosen.binarise,
                "model": model,
                "fit": fit,
                "seeds": chosen.seeds,
                "classes": [{"class": name, **each} for name, each in aurocs.items()],
                "mean": mean,
                "seconds": round(sum(seconds), 1),
            }
        )
    else:
        title = f"One-class AUROC on {chosen.data}, {chosen.variant}, seeds: {chosen.seeds}"
        rows: list[dict[str, report.Value]] = [
            {"class": name, **each} for name, each in [*aurocs.items(), ("mean", mean)]
        ]
        report.as_table(title, rows)


def _means(found: list[dict[str, float]]) -> dict[str, float]:
    return {name: fmean(each[name] for each in found) for name in found[0]}


if __name__ == "__main__":
    main()
