"""What a member is worth on the test split, and what lies between two of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.bottlenecks import Variational
from aecore.data import Dataset, Split
from aecore.latent import aligned
from aecore.metrics import evaluate
from aecore.metrics.table_factors import FACTOR_METRICS
from aecore.model import Autoencoder
from aecore.step import Step
from aecore.sweeps.betas import between
from aecore.sweeps.card import Between
from aecore.training import Randomness

GENERAL = (
    "rate", "distortion", "kl_per_dimension", "negative_elbo", "active_units", "mse", "knn5_accuracy",
    "aggregate_mmd",
)  # fmt: skip
BATCH = 1000
DRAWS = 4000  # codes that an objective is averaged over, at least
SEED = 0

Build = Callable[[float], Autoencoder]
"""A fresh model of the sweep at a β, on the CPU."""

Weights = Mapping[str, Tensor]


def metrics_of(model: Autoencoder, data: Dataset, device: str) -> dict[str, float | list[float]]:
    """The metrics of a member by the names of a bundle's card; disentanglement where there are factors."""
    names = {*GENERAL, *(FACTOR_METRICS if data.spec.factors else ())}
    found = evaluate(model, data, device=device, only=names)
    model.to("cpu").eval()
    return {name: found[name] for name in (*GENERAL, *FACTOR_METRICS) if name in found}


@dataclass(frozen=True)
class Terms:
    """Means over a split, at sampled codes, nats per example."""

    objective: float
    rate: float
    distortion: float


@torch.no_grad()
def terms_of(model: Autoencoder, test: Split) -> Terms:
    """What a model minimises at its β, on some examples, the same noise for every model.

    Args:
        model: On the CPU, evaluating.
        test: The examples; few are seen several times.
    """
    sums = {"loss": 0.0, "rate": 0.0, "distortion": 0.0}
    rounds = -(-DRAWS // len(test))
    with Randomness(SEED, "cpu")():
        for _ in range(rounds):
            for batch in test.batches(BATCH):
                found = model.losses(Step(batch.x, batch.x, label=batch.label))
                named = {"loss": found.loss, **found.report}
                for name in sums:
                    sums[name] += named[name].item() * len(batch)
    count = rounds * len(test)
    return Terms(sums["loss"] / count, sums["rate"] / count, sums["distortion"] / count)


def half_way(
    build: Build, betas: Sequence[float], weights: Sequence[Weights], mu: NDArray[np.float32], test: Split
) -> list[Between]:
    """What lies half way between each two neighbours.

    Args:
        build: Makes a model.
        betas: Of the members, K.
        weights: As they are stored, K times.
        mu: Codes of the same examples, shape (K, N, D).
        test: On which objectives are measured.
    """
    found = []
    for k, (low, high) in enumerate(pairwise(weights)):
        beta = between(betas[k], betas[k + 1])
        model = build(beta).eval()
        measured = []
        for each in (low, {name: (low[name] + high[name]) / 2 for name in low}, high):
            model.load_state_dict(dict(each))
            measured.append(terms_of(model, test))
        below, middle, above = measured
        turned = aligned.rotation(mu[k + 1], mu[k])
        found.append(
            Between(
                beta,
                middle.objective,
                below.objective,
                above.objective,
                middle.rate,
                middle.distortion,
                turned,
            )
        )
    return found


@torch.no_grad()
def codes_of(model: Autoencoder, chosen: Split) -> dict[str, NDArray[np.float32]]:
    """``mu``, ``logvar``, ``error`` and ``kl`` of some examples, shapes (N, D) and (N,)."""
    parts: list[dict[str, Tensor]] = []
    for batch in chosen.batches(BATCH):
        posterior = model.posterior(batch.x)
        assert isinstance(posterior, Variational)
        raw = model.decode_raw(posterior.mean, None, batch.x)
        parts.append(
            posterior.tensors()
            | {"error": model.likelihood.distortion(raw, batch.x), "kl": posterior.kl().sum(1)}
        )
    return {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}
