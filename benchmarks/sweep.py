"""A sweep over β whose members descend as one, beside one training: how much longer does an epoch take?

MNIST, all 60,000 training images; β-VAEs of 16 latent dimensions, an MLP 784-512 or the convolutional net for
28 pixels, batch 128, Adam 1e-3: one of them, and eight of β from 0.05 to 16, stacked as ``aecore sweep
--order apart --stacked yes`` stacks them. On the CPU, and on each CUDA device. They take turns; seconds are
medians over repeats of an epoch's, the first left out, without start and export.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from statistics import median
from typing import Any

import torch

import aecore
from aecore.data import Dataset
from aecore.options import options_of
from aecore.sweeps.plan import Plan, make_plan
from aecore.sweeps.training import Training, build_member
from aecore.training import EpochEnd, Event, Fit, available
from benchmarks import report
from benchmarks.plain import now

CASES: dict[str, dict[str, Any]] = {"mlp": {"net": "mlp", "hidden": [512]}, "conv": {"net": "conv"}}
BETAS = 8


def plan_of(case: str, data: str, device: str, epochs: int, seed: int) -> Plan:
    """The sweep of a case."""
    return make_plan(
        {
            "variant": "beta-vae", "data": data, "beta": f"0.05:16:log{BETAS}", "order": "apart",
            "stacked": "yes", "latent_dim": 16, "batch_size": 128, "lr": 1e-3, "epochs": epochs,
            "device": device, "seed": seed, **CASES[case],
        }
    )  # fmt: skip


def all_of(plan: Plan, data: Dataset) -> Iterable[Event]:
    """What the training of the whole sweep tells."""
    return (moment.event for moment in Training(plan, data))


def one_of(plan: Plan, data: Dataset) -> Iterable[Event]:
    """What the training of one of its members tells, β = 1 or near it, as it would be trained alone."""
    config = plan.config_at(min(plan.betas, key=lambda beta: abs(beta - 1)))
    model = build_member(plan, data.spec, config["beta"])
    return Fit(model, data, **{name: config[name] for name in options_of(Fit)})


def epoch_of(events: Iterable[Event], device: str) -> float:
    """Seconds of an epoch, the first left out."""
    ends = [now(device) for event in events if isinstance(event, EpochEnd)]
    return (ends[-1] - ends[0]) / (len(ends) - 1)


def measured(
    cases: list[str], devices: list[str], repeats: int, epochs: int, data: Dataset
) -> list[dict[str, Any]]:
    """Every case on every device."""
    rows = []
    for device in devices:
        called = torch.cuda.get_device_name(device) if device.startswith("cuda") else device
        for case in cases:
            one, all_ = [], []
            for seed in range(repeats):
                print(f"{case} on {called}, seed {seed} …", file=sys.stderr, flush=True)
                plan = plan_of(case, data.spec.name, device, epochs + 1, seed)
                one.append(epoch_of(one_of(plan, data), device))
                all_.append(epoch_of(all_of(plan, data), device))
            rows.append(
                {
                    "name": case,
                    "device": called,
                    "betas": BETAS,
                    "epoch_of_one_s": round(median(one), 3),
                    "epoch_of_all_s": round(median(all_), 3),
                    "times": round(median(a / b for a, b in zip(all_, one, strict=True)), 2),
                }
            )
    return rows


def main() -> None:
    """Train, measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.sweep",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES), help="both by default")
    parser.add_argument("--devices", nargs="+", help="cpu cuda:0 …; the CPU and every CUDA device by default")
    parser.add_argument("--repeats", type=int, default=3, help="behind each median (default: 3)")
    parser.add_argument("--epochs", type=int, default=2, help="that are timed of each (default: 2)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    devices = options.devices or ["cpu", *(each for each in available() if each.startswith("cuda"))]
    data = aecore.load_dataset("mnist", validation=0)
    cases = measured(options.cases, devices, options.repeats, options.epochs, data)
    if options.json:
        settings = " ".join((__doc__ or "").split("\n\n")[1].split())
        report.as_json({"settings": settings, "repeats": options.repeats, "cases": cases})
    else:
        report.as_table(f"{BETAS} β as one, beside one, medians of {options.repeats}", cases)


if __name__ == "__main__":
    main()
