"""What a model makes of nothing: its prior beside the codes, samples from it beside the test split."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor

from aecore.data import Dataset, Split
from aecore.metrics.aggregate import AGGREGATE_CODES, aggregate_mmd
from aecore.metrics.judge import find_judge
from aecore.metrics.samples import sample_values
from aecore.metrics.subsets import Coder, coded, on_cpu, subset
from aecore.metrics.table_samples import SAMPLE_NEIGHBOURS, SAMPLES
from aecore.step import Step

_BATCH = 250
HELD_PRIORS = ("standard-normal", "function")  # an ``autoregressive`` one is learned from the codes


class Sampler(Coder, Protocol):
    """What is asked of a model whose samples are measured; it is in evaluation mode."""

    def latent_spec(self) -> Mapping[str, object]: ...
    def draw(self, n: int, temperature: float = 1.0) -> Tensor: ...
    def sample(self, n: int, temperature: float = 1.0, condition: Tensor | None = None) -> Tensor: ...


def sample_metrics(model: Sampler, dataset: Dataset, device: torch.device, seed: int) -> dict[str, float]:
    """Precision, recall, density, coverage and Fréchet distance of samples; nothing where no judge is.

    Args:
        model: On ``device``, where it is again afterwards.
        dataset: With pixels of the kind that the model was trained on.
        device: Where the model is.
        seed: Fixes samples, their classes and the examples they are held against.
    """
    judge = find_judge(dataset.spec) if dataset.spec.kind == "image" else None
    n = min(SAMPLES, len(dataset.test), len(dataset.train))
    if judge is None or n <= SAMPLE_NEIGHBOURS:
        return {}
    with on_cpu(model, device, seed):
        samples = prior_samples(model, dataset, n)
        test = dataset.test.take(subset(len(dataset.test), n, seed))
        train = dataset.train.take(subset(len(dataset.train), n, seed))
        return sample_values(judge.features, test, train, samples)


def prior_samples(model: Sampler, dataset: Dataset, n: int) -> Tensor:
    """Means of n decoded draws from the prior, shape (n, *shape), made 250 at a time.

    What the model is told beside is taken from training examples drawn at random, of known
    class where classes are known: so classes come as often as in training.
    """
    known = torch.arange(len(dataset.train))
    if dataset.train.label is not None and bool((dataset.train.label >= 0).any()):
        known = (dataset.train.label >= 0).nonzero().flatten()
    chosen = known[torch.randint(len(known), (n,))]
    parts = []
    for index in chosen.split(_BATCH):
        like = dataset.train.take(index)
        condition = model.told(Step(like.x, like.x, label=like.label))
        parts.append(model.sample(len(index), 1.0, condition))
    return torch.cat(parts)


def prior_metrics(model: Sampler, test: Split, device: torch.device, seed: int) -> dict[str, float]:
    """How far codes of the test split are from a prior that was there before them; nothing for another."""
    prior = model.latent_spec()["prior"]
    if not isinstance(prior, Mapping) or prior["kind"] not in HELD_PRIORS or len(test) < 2:
        return {}
    with on_cpu(model, device, seed):
        _, samples = coded(model, test.take(subset(len(test), AGGREGATE_CODES, seed)))
        return {"aggregate_mmd": aggregate_mmd(model, samples, seed)}
