"""Our variants beside pythae's, where both have them, at the setting of ``benchmarks.peer``.

MNIST, all 60,000 training images, figures on the test split; latent 16, MLP 784-512-16, MSE, batch
128, Adam 1e-3, the last of 10 epochs. Both get the same β and γ. For WAE, InfoVAE and AAE, whose
defaults in pythae hardly hold the codes to the prior, each library takes its own weights, and the
pair counts: pixel MSE and MMD² between q(z) and p(z), both of which should be no higher than theirs. Ours of
InfoVAE has a learning rate that falls: with a constant one the mean and the spread of its codes wander.

MMD² is that of ``aecore.metrics.aggregate`` for both: of one sample of q(z|x) of each of 5,000 test
images from as many draws of N(0, I), unbiased, so noise may take it below 0; the kernel is the sum of
seven inverse multiquadratics, and 7 at most. It takes hours; each result is kept in a file at once,
and a later run goes on from there.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

import aecore
from aecore.data.dataset import Dataset
from aecore.metrics.aggregate import AGGREGATE_CODES, sample_mmd
from benchmarks import report
from benchmarks.peer import LATENT_DIM, Trained, fit_pythae, pythae_version, score, train_ours

KEPT = Path(__file__).parent / "results" / "kept" / "variants.json"
MSE_WITHIN, KNN_WITHIN = 1.01, 0.003


@dataclass(frozen=True)
class Case:
    """One model in both libraries.

    Attributes:
        ours: Variant of aecore, with ``options``.
        theirs: Class of ``pythae.models``, with ``settings``; its config's name is in ``config``.
        adversarial: Whether pythae trains it with a critic.
        pair: Whether MSE and MMD² are compared together.
    """

    ours: str
    theirs: str
    config: str
    options: dict[str, float | str] = field(default_factory=dict)
    settings: dict[str, float | str] = field(default_factory=dict)
    adversarial: bool = False
    pair: bool = False


CASES = {
    "ae": Case("autoencoder", "AE", "AEConfig"),
    "vae": Case("vae", "VAE", "VAEConfig"),
    "beta-vae": Case("beta-vae", "BetaVAE", "BetaVAEConfig", {"beta": 4.0}, {"beta": 4.0}),
    "beta-half": Case("beta-vae", "BetaVAE", "BetaVAEConfig", {"beta": 0.5}, {"beta": 0.5}),
    "beta-tc": Case("beta-tc-vae", "BetaTCVAE", "BetaTCVAEConfig", {"beta": 4.0}, {"beta": 4.0}),
    "factor": Case(
        "factor-vae", "FactorVAE", "FactorVAEConfig", {"gamma": 2.0}, {"gamma": 2.0}, adversarial=True
    ),
    "info": Case(
        "info-vae", "INFOVAE_MMD", "INFOVAE_MMD_Config",
        {"alpha": 0.4, "lambda_mmd": 15.0, "lr_schedule": "cosine"}, pair=True,
    ),
    "wae": Case("wae-mmd", "WAE_MMD", "WAE_MMD_Config", {"lambda_mmd": 3.0}, pair=True),
    "aae": Case(
        "adversarial", "Adversarial_AE", "Adversarial_AE_Config", {"lambda_adv": 0.6, "critic_penalty": 0.1},
        adversarial=True, pair=True,
    ),
}  # fmt: skip


def ours(case: Case, data: Dataset, epochs: int, seed: int) -> Trained:
    """aecore's model of a case."""
    return train_ours(case.ours, data, epochs, seed, **case.options)


def theirs(case: Case, data: Dataset, epochs: int, seed: int) -> Trained:
    """pythae's model of a case."""
    models = importlib.import_module("pythae.models")
    torch.manual_seed(seed)
    sizes = {"input_dim": data.spec.shape, "latent_dim": LATENT_DIM}
    model = getattr(models, case.theirs)(getattr(models, case.config)(**sizes, **case.settings))
    return fit_pythae(model, data, epochs, seed, case.adversarial)


LIBRARIES: dict[str, Callable[[Case, Dataset, int, int], Trained]] = {"aecore": ours, "pythae": theirs}


@torch.no_grad()
def figures(trained: Trained, data: Dataset, seed: int) -> dict[str, Any]:
    """What ``benchmarks.peer`` scores, and MMD² between q(z) and N(0, I)."""
    random = torch.Generator().manual_seed(seed)
    mean, logvar = trained.encode(data.test.x[torch.randperm(len(data.test), generator=random)])
    mean = mean[:AGGREGATE_CODES]
    noise, draws = torch.randn(2, *mean.shape, generator=random)
    z = mean if logvar is None else mean + noise * torch.exp(0.5 * logvar[:AGGREGATE_CODES])
    return asdict(score(trained, data, seed)) | {"mmd": sample_mmd(z, draws)}


def measured(names: list[str], epochs: int, seeds: int, kept: Path) -> dict[str, dict[str, Any]]:
    """Every result that ``kept`` lacks, seed by seed and the libraries in turn; all that are asked for."""
    found: dict[str, dict[str, Any]] = json.loads(kept.read_text()) if kept.exists() else {}
    data = aecore.load_dataset("mnist", validation=0)
    for seed in range(seeds):
        for name in names:
            for library, train in LIBRARIES.items():
                key = key_of(name, library, epochs, seed)
                print(key, "kept" if key in found else "…", file=sys.stderr, flush=True)
                if key not in found:
                    found[key] = figures(train(CASES[name], data, epochs, seed), data, seed)
                    kept.write_text(json.dumps(found, indent=1))
    return found


def key_of(name: str, library: str, epochs: int, seed: int) -> str:
    """One training, with all that sets it apart from others."""
    case = CASES[name]
    chosen, version = (
        (case.options, aecore.__version__) if library == "aecore" else (case.settings, pythae_version())
    )
    settings = json.dumps(chosen, sort_keys=True)
    return f"{name} {library} {version} torch {torch.__version__} {settings} epochs={epochs} seed={seed}"


def row(name: str, found: dict[str, dict[str, Any]], epochs: int, seeds: int) -> dict[str, Any]:
    """A model's means over seeds in both libraries, and whether ours are where they should be."""
    case = CASES[name]
    means: dict[str, dict[str, Any]] = {}
    for library in LIBRARIES:
        each = [found[key_of(name, library, epochs, seed)] for seed in range(seeds)]
        columns = {figure: [one[figure] for one in each] for figure in each[0]}
        means[library] = {key: None if None in c else fmean(c) for key, c in columns.items()}
    we, they = means["aecore"], means["pythae"]
    verdict = {
        "mse_within_1_percent": we["test_mse"] <= MSE_WITHIN * they["test_mse"],
        "knn5_within_0.003": we["knn5_accuracy"] >= they["knn5_accuracy"] - KNN_WITHIN,
    }
    if case.pair:
        verdict["pair_on_or_below"] = we["test_mse"] <= they["test_mse"] and we["mmd"] <= they["mmd"]
    chosen = {"options": case.options, "pythae_settings": case.settings}
    return {"name": name, **chosen, **means, **verdict, "seeds": seeds}


def main() -> None:
    """Train, score and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.variants", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3, help="seeds behind each mean (default: 3)")
    parser.add_argument("--epochs", type=int, default=10, help="epochs of training (default: 10)")
    parser.add_argument("--only", default=",".join(CASES), help=f"some of {','.join(CASES)}, with commas")
    parser.add_argument("--results", type=Path, default=KEPT, help=f"where results are kept ({KEPT})")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    names = options.only.split(",")
    if wrong := set(names) - set(CASES):
        parser.error(f"{', '.join(sorted(wrong))}: not among {', '.join(CASES)}")
    peer = pythae_version()
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as home:
        os.environ["AECORE_HOME"] = home  # our bundles are not for the user's shelf
        found = measured(names, options.epochs, options.repeats, options.results)
    models = [row(name, found, options.epochs, options.repeats) for name in names]
    if options.json:
        settings = " ".join((__doc__ or "").split("\n\n")[1].split())
        report.as_json({"pythae_version": peer, "settings": settings, "models": models})
        return
    title = f"MNIST, means over {options.repeats} seeds, {options.epochs} epochs, beside pythae {peer}"
    flat = [{"model": m["name"], "library": of, **m[of]} for m in models for of in LIBRARIES]
    report.as_table(title, flat)
    for model in models:
        said = {key: value for key, value in model.items() if isinstance(value, bool)}
        print(f"{model['name']}: {model['options']} beside {model['pythae_settings'] or 'defaults'}: {said}")


if __name__ == "__main__":
    main()
