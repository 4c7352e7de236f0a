"""Data on which linear autoencoders have answers in closed form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from aecore.data import Dataset, DataSpec, Split
from aecore.model import Autoencoder
from aecore.variants import build
from tests.aecore.small import digits, fit

N = 512


def normal(*variances: float) -> Dataset:
    """Examples whose mean is exactly 0 and whose covariance is exactly diagonal with these variances."""
    x = torch.randn(N, len(variances), dtype=torch.float64)
    x = x - x.mean(0)
    white = torch.linalg.solve_triangular(torch.linalg.cholesky(x.T @ x / N), x.T, upper=False).T
    split = Split((white * torch.tensor(variances).double().sqrt()).float()[:, None, None, :])
    spec = DataSpec("normal", "image", (1, 1, len(variances)), "real")
    return replace(digits(), spec=spec, train=split, validation=split, test=split)


def solved(data: Dataset, epochs: int = 400, **config: Any) -> Autoencoder:
    """A linear autoencoder descended to its optimum, or close to it."""
    made = build({"hidden": (), "likelihood": "mse", **config}, data.spec)
    fit(made, data, epochs=epochs, batch_size=N, lr=0.03, lr_schedule="cosine", keep="last")
    return made
