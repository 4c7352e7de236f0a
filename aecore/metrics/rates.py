"""The rate–distortion curve of one model that takes any β."""

from __future__ import annotations

from typing import cast

import numpy as np
import torch

from aecore.bundles.rates import RatePoint
from aecore.data import Dataset
from aecore.metrics.evaluation import evaluate
from aecore.model import Autoencoder

POINTS = 20
FIGURES = ("rate", "distortion", "kl_per_dimension", "active_units")


def rate_distortion(
    model: Autoencoder, dataset: Dataset, *, device: str | torch.device = "cpu", points: int = POINTS
) -> tuple[RatePoint, ...]:
    """A multi-rate model on the test split at log-spaced β over its range; none of any other model.

    Args:
        model: Trained; it is moved to ``device`` and stays there.
        dataset: As in ``evaluate``, whose figures these are.
        device: Where to compute.
        points: How many β, both ends included.
    """
    if model.condition is None or model.condition.range is None:
        return ()
    low, high = model.condition.range
    found = []
    for beta in np.geomspace(low, high, points).tolist():
        now = evaluate(model.at(min(max(beta, low), high)), dataset, device=device, only=FIGURES)
        rate, distortion, active = (cast(float, now[name]) for name in ("rate", "distortion", "active_units"))
        kl = tuple(cast(list[float], now["kl_per_dimension"]))
        found.append(RatePoint(float(f"{beta:.6g}"), rate, distortion, kl, int(active)))
    return tuple(found)
