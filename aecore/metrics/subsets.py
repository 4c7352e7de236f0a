"""Which examples are measured, and where: the same ones whatever the device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor

from aecore.bottlenecks import Posterior
from aecore.data import Split
from aecore.step import Step

_BATCH = 250


class Movable(Protocol):
    """A module that can be moved."""

    def to(self, device: torch.device) -> Any: ...


class Coder(Movable, Protocol):
    """A model that encodes."""

    def told(self, step: Step) -> Tensor | None: ...
    def posterior(self, x: Tensor, condition: Tensor | None = None) -> Posterior: ...


def subset(n: int, most: int, seed: int) -> Tensor:
    """Positions of at most ``most`` of ``n`` examples, increasing; the first ones may be unlike the rest."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randperm(n, generator=generator)[:most].sort().values


@contextmanager
def on_cpu(model: Movable, device: torch.device, seed: int) -> Iterator[None]:
    """Within it the model and its random numbers are the CPU's, from ``seed``: no device draws others."""
    model.to(torch.device("cpu"))
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.default_generator.manual_seed(seed)
            yield
    finally:
        model.to(device)


def coded(model: Coder, split: Split) -> tuple[Tensor, Tensor]:
    """Means of q(z|x) and one sample each, shape (N, D) both; the sample of a point is the point."""
    means, samples = [], []
    for batch in split.batches(_BATCH):
        q = model.posterior(batch.x, model.told(Step(batch.x, batch.x, label=batch.label)))
        means.append(q.mean)
        samples.append(q.sample())
    return torch.cat(means), torch.cat(samples)
