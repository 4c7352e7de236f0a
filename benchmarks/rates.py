"""One multi-rate VAE beside β-VAEs that are each trained for one β: rate, distortion, and both at that price.

MNIST binarised at .5, MLP 784-512-256-32, or shapes, MLP 4096-256-128-10; GELU, Bernoulli, batch 128. A
dedicated model is the better on the validation split, at the first seed, of a constant learning rate of 1e-3
and one of 2e-3 that falls as a cosine, each with and without KL warm-up over the first 30 % of the training.
Figures are of the test split, at one sample of q(z|x), means over seeds; the objective is distortion + β ·
rate, in nats. The multi-rate model is trained once for all β with the settings of
``MULTI_RATE``, and once more for as many steps as a dedicated one. Beside them stand dedicated models that
are trained as it is, ``ALIKE``, which are none of the four. Seconds are of the processor, validation
included. Each training is kept in a file at once, and a later run goes on from there.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

from aecore.data import Dataset, load_dataset
from aecore.metrics import evaluate
from aecore.model import Autoencoder
from aecore.training import EpochEnd, Fit
from aecore.variants import build
from aecore.version import __version__
from benchmarks import report

KEPT = Path(tempfile.gettempdir()) / "loupe-benchmark-rates.json"
BETAS = (0.01, 0.1, 1.0, 4.0, 10.0)
BATCH_SIZE = 128
LIKELIHOOD = "bernoulli"
VERSIONS = {"aecore": __version__, "torch": torch.__version__}

Options = dict[str, Any]

NETS: dict[str, Options] = {
    "mnist": {"hidden": (512, 256), "latent_dim": 32, "activation": "gelu"},
    "shapes": {"hidden": (256, 128), "latent_dim": 10, "activation": "gelu"},
}
DATA: dict[str, Options] = {"mnist": {"binarise": "threshold"}, "shapes": {}}

PLAIN = {"lr": 1e-3}
COSINE = {"lr": 2e-3, "lr_schedule": "cosine", "lr_warmup": 0.04}
COOLDOWN = {"lr": 5e-3, "lr_schedule": "cooldown", "lr_warmup": 0.04}
KL_WARMUP = {"annealing": "linear", "annealing_share": 0.3}
DEDICATED: dict[str, Options] = {
    "plain": PLAIN,
    "cosine": COSINE,
    "plain, KL warm-up": PLAIN | KL_WARMUP,
    "cosine, KL warm-up": COSINE | KL_WARMUP,
}
MULTI_RATE: Options = COOLDOWN | {"kl_warmup": 0.3}
ALIKE: Options = COOLDOWN | KL_WARMUP
TIMES = 1.8  # how many steps it takes for each one of a dedicated model
FIT = ("lr", "lr_schedule", "lr_warmup")


def train(
    variant: str, data: Dataset, steps: int, seed: int, options: Options
) -> tuple[Autoencoder, Options]:
    """A model after the epochs that come nearest to ``steps``, and what it took."""
    torch.manual_seed(seed)
    net = NETS[data.spec.name]
    own = {key: value for key, value in options.items() if key not in FIT}
    model = build({"variant": variant, "likelihood": LIKELIHOOD, **net, **own}, data.spec)
    chosen = {key: value for key, value in options.items() if key in FIT}
    epochs = max(1, round(steps / math.ceil(len(data.train) / BATCH_SIZE)))
    started = time.process_time()
    fit = Fit(model, data, epochs=epochs, batch_size=BATCH_SIZE, seed=seed, device="cpu", **chosen)
    for event in fit:
        if isinstance(event, EpochEnd):
            print(f"  epoch {event.epoch}/{epochs}: {event.seconds:.0f} s", file=sys.stderr, flush=True)
    return model, {"seconds": time.process_time() - started, "steps": fit.step}


def figures(model: Autoencoder, data: Dataset, beta: float) -> dict[str, dict[str, float]]:
    """Rate, distortion and objective on the validation and the test split."""
    found = {}
    for split in ("validation", "test"):
        of = replace(data, test=getattr(data, split))
        now = evaluate(model, of, only=("rate", "distortion"))
        rate, distortion = float(now["rate"]), float(now["distortion"])  # type: ignore[arg-type]
        found[split] = {"rate": rate, "distortion": distortion, "objective": distortion + beta * rate}
    return found


class Results:
    """Every training so far, by all that sets it apart; each is written down at once."""

    def __init__(self, kept: Path, data: Dataset) -> None:
        self.kept, self.data = kept, data
        self.found: dict[str, Any] = json.loads(kept.read_text("utf-8")) if kept.exists() else {}

    def of(
        self, variant: str, steps: int, seed: int, options: Options, betas: Sequence[float]
    ) -> dict[str, Any]:
        """What a training gave, from the file or now."""
        name = self.data.spec.name
        told = {
            "net": NETS.get(name), "data": DATA.get(name), "batch_size": BATCH_SIZE,
            "likelihood": LIKELIHOOD, "versions": VERSIONS, **options,
        }  # fmt: skip
        key = f"{name} {variant} {json.dumps(told, sort_keys=True)} steps={steps} seed={seed}"
        print(key, "kept" if key in self.found else "…", file=sys.stderr, flush=True)
        if key not in self.found:
            model, took = train(variant, self.data, steps, seed, options)
            asked = [model.at(beta) if variant == "multi-rate-vae" else model for beta in betas]
            at = {f"{beta:g}": figures(one, self.data, beta) for one, beta in zip(asked, betas, strict=True)}
            self.found[key] = took | {"at": at}
            self.kept.write_text(json.dumps(self.found, indent=1), "utf-8")
        result: dict[str, Any] = self.found[key]
        return result

    def multi_rate(self, steps: int, seed: int) -> dict[str, Any]:
        """The one model of a seed, its figures at every β."""
        return self.of("multi-rate-vae", steps, seed, MULTI_RATE, BETAS)

    def dedicated(self, beta: float, steps: int, seed: int, setting: Options) -> dict[str, Any]:
        """A model that is trained for one β."""
        return self.of("beta-vae", steps, seed, setting | {"beta": beta}, [beta])

    def setting(self, beta: float, steps: int) -> str:
        """The setting of the dedicated model that is best on the validation split, at the first seed."""

        def objective(setting: str) -> float:
            return _at(self.dedicated(beta, steps, 0, DEDICATED[setting]), beta, "validation")["objective"]

        return min(DEDICATED, key=objective)


def _at(result: Mapping[str, Any], beta: float, split: str = "test") -> dict[str, float]:
    """The figures of a training at one β."""
    of: dict[str, float] = result["at"][f"{beta:g}"][split]
    return of


def _mean(results: Sequence[Mapping[str, Any]], beta: float) -> dict[str, float]:
    """Means over seeds at one β."""
    each = [_at(result, beta) for result in results]
    return {name: fmean(one[name] for one in each) for name in each[0]}


def compared(
    results: Results, betas: Sequence[float], steps: int, times: float, seeds: int
) -> dict[str, Any]:
    """The table: one multi-rate training of ``times`` the steps beside one training for each β."""
    many = [results.multi_rate(round(times * steps), seed) for seed in range(seeds)]
    settings = {beta: results.setting(beta, steps) for beta in betas}
    single = {
        beta: [results.dedicated(beta, steps, seed, DEDICATED[settings[beta]]) for seed in range(seeds)]
        for beta in betas
    }
    table = []
    for beta in betas:
        ours, theirs = _mean(many, beta), _mean(single[beta], beta)
        alike = [results.dedicated(beta, steps, seed, ALIKE) for seed in range(seeds)]
        table.append(
            {
                "beta": beta,
                "multi_rate": ours,
                "dedicated": theirs | {"setting": settings[beta]},
                "alike": _mean(alike, beta),
                "gap": ours["objective"] - theirs["objective"],
            }
        )
    return {
        "steps": steps,
        "multi_rate_steps": many[0]["steps"],
        "table": table,
        "multi_rate_train_s": fmean(one["seconds"] for one in many),
        "dedicated_train_s": sum(fmean(one["seconds"] for one in of) for of in single.values()),
    }


def show(title: str, result: Mapping[str, Any]) -> None:
    """One table for people."""
    sources, names = ("multi_rate", "dedicated", "alike"), ("rate", "distortion", "objective")
    columns = [(of, name) for of in sources for name in names]
    rows = [
        {"β": row["beta"]} | {f"{of} {name}": row[of][name] for of, name in columns} | {"gap": row["gap"]}
        for row in result["table"]
    ]
    report.as_table(title, rows)
    one, five = result["multi_rate_train_s"], result["dedicated_train_s"]
    print(f"Training: multi-rate {one:.0f} s, the dedicated ones together {five:.0f} s ({one / five:.0%}).")


def main() -> None:
    """Train, measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rates", description=__doc__)
    parser.add_argument("--data", choices=sorted(NETS), default="mnist", help="what on (default: mnist)")
    parser.add_argument("--steps", type=int, default=4300, help="of a dedicated training (default: 4300)")
    parser.add_argument("--seeds", type=int, default=3, help="trainings behind each mean (default: 3)")
    parser.add_argument("--betas", default=",".join(f"{b:g}" for b in BETAS), help="where they are compared")
    parser.add_argument("--results", type=Path, default=KEPT, help=f"where results are kept ({KEPT})")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    betas = [float(each) for each in options.betas.split(",")]
    if wrong := set(betas) - set(BETAS):
        parser.error(f"{', '.join(map(str, sorted(wrong)))}: not among {', '.join(f'{b:g}' for b in BETAS)}")
    results = Results(options.results, load_dataset(options.data, **DATA[options.data]))
    best = compared(results, betas, options.steps, TIMES, options.seeds)
    equal = compared(results, betas, options.steps, 1, options.seeds)
    if options.json:
        settings = {"multi_rate": MULTI_RATE, "dedicated": DEDICATED, "alike": ALIKE, **NETS[options.data]}
        seeds = {"data": options.data, "seeds": options.seeds, "settings": settings}
        report.as_json({**seeds, **best, "equal_steps": equal})
        return
    show(
        f"{options.data}, {TIMES} steps for each one of a dedicated model, means over {options.seeds} seeds",
        best,
    )
    show(f"{options.data}, equal steps", equal)


if __name__ == "__main__":
    main()
