"""Handwritten digits that come with scikit-learn: real, small and always offline."""

from __future__ import annotations

import numpy as np

from aecore.data.dataset import DataSpec, Split
from aecore.data.registry import Loaded, dataset
from aecore.data.splits import complement, stratified

TEST = 297


@dataset(
    title="Digits",
    shape=(1, 8, 8),
    values="unit",
    classes=tuple("0123456789"),
    examples=1_797,
    validation=300,
    training={"epochs": 100, "batch_size": 64, "lr": 2e-3},
    licence="CC BY 4.0",
    source="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
)
def digits(spec: DataSpec) -> Loaded:
    """1,797 handwritten digits of 8×8 pixels with 17 levels of grey, by 13 people.

    The test part of the UCI set, as scikit-learn ships it, divided by 16; 297 of them,
    every class in proportion, are for testing here.
    """
    import torch
    from sklearn.datasets import load_digits

    bunch = load_digits()
    whole = Split(
        torch.from_numpy(bunch.images.astype(np.float32) / 16).unsqueeze(1),
        torch.from_numpy(bunch.target.astype(np.int64)),
    )
    test = stratified(bunch.target, TEST, seed=0)
    pool = complement(test, len(whole))
    return Loaded(spec, whole.take(torch.from_numpy(pool)), whole.take(torch.from_numpy(test)))
