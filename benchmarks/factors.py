"""How well β-TCVAE keeps the factors of shapes apart: the best training of the study ``factors``, for longer.

The study has trained twelve seeds at each β for one epoch; here the best seed and the mean of each β are
shown, and the best of all is trained once more from its beginning, four times as long. MIG is that of
``aecore.metrics``, on the test split; without shape, it is the mean over scale, orientation and both
positions. With --results the training's figures are kept in that file, and a later run on this machine
trains nothing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from functools import partial
from statistics import fmean
from typing import Any

from aecore import variants
from aecore.metrics import evaluate
from aecore.options import options_of
from aecore.runs import complete
from aecore.runs.config import load_data
from aecore.studies import STUDIES, stored
from aecore.training import Fit
from benchmarks import kept, report

STUDY = STUDIES["factors"]
LONGER = 4  # times as many epochs

Row = dict[str, Any]


def longer(config: Mapping[str, Any]) -> Row:
    """A configuration of the study, but for longer, warmed up for as many steps."""
    return dict(config) | {
        "epochs": config["epochs"] * LONGER, "lr_warmup": config["lr_warmup"] / LONGER, "device": "cpu",
    }  # fmt: skip


def run(config: Mapping[str, Any]) -> Row:
    """A training's figures on the test split, and the processor's seconds that it took."""
    import torch

    whole = complete(config)
    data, started = load_data(whole), time.process_time()
    torch.manual_seed(whole["seed"])
    model = variants.build(whole, data.spec)
    for _ in Fit(model, data, **{name: whole[name] for name in options_of(Fit)}):
        pass
    seconds = time.process_time() - started
    found = evaluate(model, data, only=STUDY.metrics)
    return {name: found[name] for name in STUDY.metrics} | {"seconds": seconds}


def row(rows: Sequence[Mapping[str, Any]]) -> Row:
    """A β: the seed with the highest MIG without shape, and the mean of all."""
    best = max(rows, key=lambda each: each["figures"]["mig_without_shape"])
    return {
        "epochs": best["config"]["epochs"],
        "beta": best["config"]["beta"],
        **{name: best["figures"][name] for name in STUDY.metrics},
        "seed": best["seed"],
        "mean": fmean(each["figures"]["mig_without_shape"] for each in rows),
    }


def main() -> None:
    """Train, measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.factors", description=__doc__)
    kept.option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args()
    there = stored(STUDY)
    rows = [row([each for each in there if each["setting"] == at.label]) for at in STUDY.settings]
    best = max(rows, key=lambda each: each["mig_without_shape"])
    config = longer(
        next(
            each["config"]
            for each in there
            if (each["config"]["beta"], each["seed"]) == (best["beta"], best["seed"])
        )
    )
    again = kept.Kept(chosen.results)(str(config), partial(run, config))
    rows.append({"epochs": config["epochs"], "beta": best["beta"], "seed": best["seed"], **again})
    if chosen.json:
        report.as_json({"config": config, "seeds": STUDY.seeds, "rows": rows})
        return
    report.as_table(f"shapes, β-TCVAE, the best of {STUDY.seeds} seeds; of all, for longer", rows)


if __name__ == "__main__":
    main()
