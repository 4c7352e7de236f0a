"""Data that hardly are any: a whole run, from the first step to the bundle, on what is odd about them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from aecore.bundles import open_bundle
from aecore.data import Dataset, Split
from aecore.runs import Run
from tests.aecore.conftest import TINY
from tests.aecore.small import digits, head


def few(train: int, validation: int, test: int) -> Dataset:
    data = digits()
    return replace(
        data,
        train=head(data.train, train),
        validation=head(data.validation, validation),
        test=head(data.test, test),
    )


def constant(count: int = 200) -> Dataset:
    """Images of one grey, of one class."""

    def split(n: int) -> Split:
        return Split(torch.full((n, 1, 8, 8), 0.5), label=torch.zeros(n, dtype=torch.long))

    return replace(digits(), train=split(count), validation=split(50), test=split(60))


ODD: dict[str, Any] = {
    "constant": constant(),
    "one example": few(1, 0, 1),
    "one of each": few(1, 1, 1),
    "a batch larger than the data": few(50, 10, 40),
}


@pytest.mark.usefixtures("own_home", "quick_maps")
@pytest.mark.parametrize(
    ("variant", "odd"), [*(("vae", odd) for odd in ODD), ("vq-vae", "constant"), ("linear", "one example")]
)
def test_a_bundle_is_made_and_all_its_numbers_are_numbers(variant: str, odd: str) -> None:
    given = {**TINY, "variant": variant, "batch_size": 4096, "latent_dim": 8}
    made = Run.begin(given, "odd", data=ODD[odd]).train()
    bundle = open_bundle(made.id)
    assert bundle.card.parameters > 0
    scalars = bundle.card.scalars
    assert {"mse", "rmse"} <= scalars.keys()
    assert np.isfinite(list(scalars.values())).all()
    codes = bundle.codes
    assert len(codes.mu) == len(ODD[odd].test)
    for name in ("mu", "error", "pca", "umap", "tsne"):
        assert np.isfinite(getattr(codes, name)).all(), name
    wanted = 1 if variant == "linear" else TINY["epochs"]
    assert len(bundle.history) == wanted
    losses = [value for epoch in bundle.history for value in epoch["train"].values()]
    assert np.isfinite(losses).all()
    for file in bundle.card.files:
        assert bundle.read(file)
