"""Columns of a table on one scale: mean 0 and σ 1 over the examples that are trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from aecore.data.dataset import Dataset, Split


def standardised(dataset: Dataset) -> Dataset:
    """``dataset`` with (x − mean) / σ in place of x, and mean and σ of each column in its spec.

    Both come from the training split alone, after the validation examples have been held out:
    whoever is tested must not have helped to choose the scale. So the test split's numbers, and
    their fingerprint, depend on ``validation`` and ``seed``. A column that does not vary in
    training keeps its unit: σ is taken to be 1.

    Mean and σ are rounded to single precision before they are used, so that a library that adds
    in another order gives the same examples to the last bit.

    Args:
        dataset: A table: x of shape (N, F), float64 or float32, in its own units.
    """
    import torch

    rows = dataset.train.x.double().numpy()
    centre = rows.mean(axis=0).astype(np.float32).astype(np.float64)
    scale = rows.std(axis=0).astype(np.float32).astype(np.float64)
    scale[rows.min(axis=0) == rows.max(axis=0)] = 1.0

    def of(split: Split) -> Split:
        x = (split.x.double().numpy() - centre) / scale
        return replace(split, x=torch.from_numpy(x.astype(np.float32)))

    return replace(
        dataset,
        spec=replace(dataset.spec, centre=tuple(centre.tolist()), scale=tuple(scale.tolist())),
        train=of(dataset.train),
        validation=of(dataset.validation),
        test=of(dataset.test),
    )
