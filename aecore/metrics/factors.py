"""What codes know of ground-truth factors, by every score, for a card."""

from __future__ import annotations

from typing import Protocol

import torch

from aecore.data import Dataset
from aecore.metrics.disentanglement import (
    Codes,
    Factors,
    dci,
    factor_entropy,
    modularity,
    mutual_information,
    mutual_information_gaps,
    sap,
)
from aecore.metrics.interventions import beta_vae_score, factor_vae_score
from aecore.metrics.subsets import Coder, coded, on_cpu, subset
from aecore.metrics.table_factors import CATEGORICAL, FACTOR_EXAMPLES, MOST_DIMENSIONS


class FactorCoder(Coder, Protocol):
    """What is asked of a model whose codes are measured; it is in evaluation mode."""

    @property
    def latent_dim(self) -> int: ...


def factor_metrics(
    model: FactorCoder, dataset: Dataset, device: torch.device, seed: int
) -> dict[str, float | list[float]]:
    """Every score of disentanglement; nothing without factors, or for codes of over 64 dimensions.

    Args:
        model: On ``device``, where it is again afterwards.
        dataset: Its test examples are what is measured.
        device: Where the model is.
        seed: Fixes which examples, and what is drawn.
    """
    names = [factor.name for factor in dataset.spec.factors]
    if dataset.test.factors is None or len(names) < 2 or model.latent_dim > MOST_DIMENSIONS:
        return {}
    examples = dataset.test.take(subset(len(dataset.test), FACTOR_EXAMPLES, seed))
    with on_cpu(model, device, seed):
        means, samples = coded(model, examples)
    assert examples.factors is not None
    return scores(means.numpy(), samples.numpy(), examples.factors.numpy(), names, seed=seed)


def scores(
    means: Codes, samples: Codes, factors: Factors, names: list[str], *, seed: int = 0
) -> dict[str, float | list[float]]:
    """Every score by its name in ``aecore.metrics.METRICS``.

    Args:
        means: Means of q(z|x), shape (N, D).
        samples: One sample of q(z|x) each, shape (N, D).
        factors: Indices of the factors' values, shape (N, F), F ≥ 2.
        names: Of the factors.
        seed: Fixes what is drawn.
    """
    information, entropy = mutual_information(samples, factors), factor_entropy(factors)
    gaps = mutual_information_gaps(information, entropy)
    values: dict[str, float | list[float]] = {"mig": float(gaps.mean())}
    if "shape" in names:
        others = [gap for gap, name in zip(gaps, names, strict=True) if name != "shape"]
        values["mig_without_shape"] = float(sum(others) / len(others))
    categorical = [k for k, name in enumerate(names) if name in CATEGORICAL]
    forest = dci(means, factors, categorical, seed=seed)
    return values | {
        "mig_per_factor": gaps.tolist(),
        "dci_disentanglement": forest.disentanglement,
        "dci_completeness": forest.completeness,
        "dci_informativeness": forest.informativeness,
        "sap": sap(means, factors, categorical),
        "factor_vae_score": factor_vae_score(means, factors, seed=seed),
        "beta_vae_score": beta_vae_score(means, factors, seed=seed),
        "modularity": modularity(information),
    }
