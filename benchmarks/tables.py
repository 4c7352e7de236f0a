"""README's tables of benchmarks, made from what they printed: ``benchmarks/results/NAME.json``.

``python -m benchmarks.training --json > benchmarks/results/training.json`` keeps a result, and
``python -m benchmarks.tables`` puts all that are kept between their marks in README.md.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "results"
DIGITS = 4  # of a number that is not whole
MEASURED = ("rate", "distortion", "objective")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Columns:
    """How a result becomes a table.

    Attributes:
        heads: What a column is called in README, by the key of a row.
        rows: The rows of a result.
    """

    heads: Mapping[str, str]
    rows: Callable[[Mapping[str, Any]], Sequence[Row]] = lambda result: result["cases"]


def both(result: Mapping[str, Any]) -> list[Row]:
    """A row a library of each model that two have."""
    return [
        {"model": model["name"], "library": of, **model[of]}
        for model in result["models"]
        for of in ("aecore", "pythae")
    ]


def beside(result: Mapping[str, Any]) -> list[Row]:
    """A row a β: the multi-rate model, the dedicated ones, and how far apart they are; at equal steps too."""
    equal = {row["beta"]: row["gap"] for row in result["equal_steps"]["table"]}
    return [
        {
            "beta": row["beta"],
            **{f"{of}_{name}": row[of][name] for of in ("multi_rate", "dedicated") for name in MEASURED},
            "gap": row["gap"],
            "equal_gap": equal[row["beta"]],
            "alike_objective": row["alike"]["objective"],
        }
        for row in result["table"]
    ]


RATES = Columns(
    {
        "beta": "β",
        "multi_rate_rate": "one model: rate",
        "multi_rate_distortion": "distortion",
        "multi_rate_objective": "distortion + β · rate",
        "dedicated_rate": "one for this β: rate",
        "dedicated_distortion": "distortion",
        "dedicated_objective": "distortion + β · rate",
        "gap": "one − dedicated",
        "equal_gap": "the same, at equal steps",
        "alike_objective": "one for this β, trained as the one model: distortion + β · rate",
    },
    beside,
)
TABLES: Mapping[str, Columns] = {
    "variants": Columns(
        {
            "model": "",
            "library": "",
            "test_mse": "squared error of a pixel",
            "half_sse": "½ squared error (nats)",
            "kl": "KL (nats)",
            "knn5_accuracy": "5-NN accuracy",
            "mmd": "MMD² of q(z) and p(z)",
        },
        both,
    ),
    "literature": Columns(
        {
            "recipe": "",
            "figure": "figure",
            "ours": "Loupe",
            "goal": "to meet",
            "PCA": "PCA",
            "epochs": "epochs",
            "s": "s",
            "source": "whose",
        },
        lambda result: result["rows"],
    ),
    "one_class": Columns(
        {
            "class": "trained on",
            "negative-elbo": "−ELBO",
            "nll": "NLL",
            "joint": "with the code's own density",
        },
        lambda result: [*result["classes"], {"class": "mean", **result["mean"]}],
    ),
    "factors": Columns(
        {
            "beta": "β",
            "epochs": "epochs",
            "mig_without_shape": "MIG without shape, best seed",
            "mean": "mean of the seeds",
            "mig": "MIG of that seed",
            "seconds": "processor seconds of a training",
        },
        lambda result: result["rows"],
    ),
    "rates": RATES,
    "rates_shapes": RATES,
    "training": Columns(
        {
            "name": "network",
            "device": "on",
            "examples_per_s": "Loupe (examples/s)",
            "pythae_examples_per_s": "pythae (examples/s)",
            "plain_examples_per_s": "DataLoader loop (examples/s)",
            "gemm_fraction": "Loupe, share of the rate of matrix products",
            "seconds_to_pythae_loss": "Loupe to pythae's loss (s)",
            "pythae_seconds": "pythae's 10 epochs (s)",
        }
    ),
    "beta": Columns(
        {
            "way": "",
            "family": "of",
            "painted_p50_ms": "changed, p50 (ms)",
            "painted_p95_ms": "changed, p95 (ms)",
            "screen_p95_ms": "on screen, p95 (ms)",
            "changes": "changes",
            "torn_frames": "frames of two β",
            "requests": "requests",
        },
        lambda result: result["sliders"],
    ),
    "beta_live": Columns(
        {
            "data": "",
            "frames_per_s": "frames a second",
            "first_frame_s": "first frame (s)",
            "clusters_s": "classes have formed (s)",
            "plain_clusters_s": "in a bare loop (s)",
            "steps_ratio": "steps, share of that loop's",
        },
        lambda result: result["live"],
    ),
    "crowded": Columns(
        {
            "name": "data",
            "busy": "busy programs beside it",
            "examples_per_s": "as a worker waits (examples/s)",
            "default_examples_per_s": "as OpenMP waits (examples/s)",
            "times": "times",
        }
    ),
    "maps": Columns(
        {
            "map": "map",
            "codes": "codes",
            "seconds": "Loupe (s)",
            "peer_seconds": "peer (s)",
            "peer": "peer",
            "trustworthiness": "trustworthiness",
            "peer_trustworthiness": "of the peer",
            "knn_preservation": "neighbours kept",
            "peer_knn_preservation": "by the peer",
        }
    ),
    "startup": Columns(
        {
            "name": "",
            "first_screen_s": "command to first screen (s)",
            "import_aecore_s": "`import aecore` (s)",
        }
    ),
    "concurrency": Columns(
        {
            "name": "",
            "errors": "errors",
            "page_switches": "pages seen",
            "page_switch_p50_ms": "a page, p50 (ms)",
            "page_switch_p95_ms": "a page, p95 (ms)",
            "memory_per_session_mb": "memory of a session (MB)",
        }
    ),
    "memory": Columns(
        {
            "name": "",
            "first_screen_mb": "first screen (MB)",
            "bundles": "bundles opened",
            "opened_mb": "then (MB)",
            "minutes": "minutes of use",
            "pages": "pages seen",
            "used_mb": "then (MB)",
            "errors": "errors",
            "streamlit_first_screen_mb": "a bare Streamlit's first screen (MB)",
        }
    ),
    "sweep": Columns(
        {
            "name": "network",
            "device": "on",
            "betas": "β trained at once",
            "epoch_of_one_s": "an epoch of one (s)",
            "epoch_of_all_s": "of all (s)",
            "times": "times as long",
        }
    ),
    "faults": Columns(
        {
            "rounds": "rounds",
            "corrupt_bundles": "corrupt bundles",
            "lost_runs": "lost runs",
            "orphans": "orphans",
            "failed_runs": "failed runs",
            "finished_runs": "finished runs",
            "resumed": "resumed",
        },
        lambda result: [result],
    ),
}
"""By the name of the benchmark."""


def markdown(name: str) -> str:
    """The table of a kept result.

    Raises:
        FileNotFoundError: If none is kept.
    """
    columns = TABLES[name]
    rows = columns.rows(json.loads((RESULTS / f"{name}.json").read_text("utf-8")))
    shown = [key for key in columns.heads if any(row.get(key) is not None for row in rows)]
    left = {key for key in shown if any(isinstance(row.get(key), str) for row in rows)}
    lines = [
        [columns.heads[key] for key in shown],
        ["---" if key in left else "--:" for key in shown],
        *([cell(row.get(key)) for key in shown] for row in rows),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cell(value: Any) -> str:
    """A value as it is read: thousands apart, four digits of what is not whole, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    whole = isinstance(value, int) or abs(value) >= 10**DIGITS
    return (f"{value:,.0f}" if whole else f"{value:,.{DIGITS}g}").replace("-", "−")


def filled(text: str) -> str:
    """README with every table made anew that stands between ``<!-- benchmark NAME -->`` and its end."""
    between = re.compile(r"(<!-- benchmark (\w+) -->\n).*?(<!-- end of benchmark -->)", re.DOTALL)
    return between.sub(lambda found: found[1] + markdown(found[2]) + found[3], text)


def main() -> None:
    """Fill README."""
    argparse.ArgumentParser(prog="python -m benchmarks.tables", description=__doc__).parse_args()
    old = README.read_text("utf-8")
    new = filled(old)
    README.write_text(new, "utf-8")
    print("README.md is as it was." if new == old else "README.md has been changed.", file=sys.stderr)


if __name__ == "__main__":
    main()
