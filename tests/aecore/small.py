"""Small real data and short trainings, for every test that needs some."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, Literal

import torch
from torch import nn

from aecore.data import Dataset, Split, load_dataset
from aecore.model import Autoencoder
from aecore.training import EpochEnd, Event, Finished, Fit
from aecore.variants import build

Binarise = Literal["none", "threshold", "dynamic"]
SIZES: dict[str, dict[str, Any]] = {
    "mlp": {"hidden": (32,)},
    "conv": {"channels": (8,), "dense": 32},
    "recurrent": {"units": 16},
    "transformer": {"units": 16, "heads": 2, "depth": 1},
}


@cache
def _digits(binarise: Binarise) -> Dataset:
    return load_dataset("digits", binarise=binarise)


def digits(train: int = 256, validation: int = 64, binarise: Binarise = "none") -> Dataset:
    """The first examples of scikit-learn's digits: shape (1, 8, 8), in [0, 1]."""
    whole = _digits(binarise)
    return replace(
        whole,
        train=head(whole.train, train),
        validation=head(whole.validation, validation),
        test=head(whole.test, 64),
    )


def head(split: Split, n: int) -> Split:
    """The first n examples."""
    return split.take(torch.arange(n))


def model(variant: str = "vae", seed: int = 0, data: Dataset | None = None, **options: Any) -> Autoencoder:
    """A small fresh model of a variant for digits: one hidden layer of 32, 4 latent dimensions."""
    torch.manual_seed(seed)
    size = SIZES[options.get("net", "mlp")]
    return build({"variant": variant, "latent_dim": 4, "k": 2, **size, **options}, (data or digits()).spec)


def fit(trained: Autoencoder, data: Dataset | None = None, **options: Any) -> list[Event]:
    """The events of a training on the CPU, progress left out."""
    chosen: dict[str, Any] = {"epochs": 2, "batch_size": 64, "device": "cpu", **options}
    events = Fit(trained, data or digits(), **chosen)
    with torch.enable_grad():  # a test that only reads may train what it reads
        return [event for event in events if isinstance(event, EpochEnd | Finished)]


def epochs(events: list[Event]) -> list[EpochEnd]:
    """The ends of epochs among events."""
    return [event for event in events if isinstance(event, EpochEnd)]


def weights(of: nn.Module) -> dict[str, torch.Tensor]:
    """A copy of every parameter and buffer."""
    return {name: value.detach().clone() for name, value in of.state_dict().items()}


def equal(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    """Whether two sets of weights are the same bit for bit."""
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)
