"""What is compared in each kind of data: pixels, columns, the steps of a series that are there, letters."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from aecore.data import DataSpec
from aecore.likelihoods import most_probable, up_to_the_end
from aecore.metrics.reconstruction import compare


def numbers(spec: DataSpec, x: Tensor) -> Tensor:
    """How many numbers each example has, shape (B,), float64.

    Of a series its values while it lasts, of a word its letters and its end: what is stored after
    the end says nothing.
    """
    if spec.kind == "series":
        return x[..., -1].double().sum(1) * (x.shape[-1] - 1)
    if spec.kind == "tokens":
        return up_to_the_end((x != 0).double()).sum(1)
    return torch.full((len(x),), spec.size, dtype=torch.float64, device=x.device)


def plain(spec: DataSpec, x: Tensor) -> Tensor:
    """Examples as a linear model reads them, shape (B, …), float.

    A series without its presence channel, shape (B, T, C); of each token V numbers, one of them 1,
    shape (B, T, V); anything else as it is.
    """
    if spec.kind == "tokens":
        return one_hot(x, len(spec.vocabulary)).float()
    return x[..., :-1] if spec.kind == "series" else x


def compared(spec: DataSpec, output: Tensor, x: Tensor) -> dict[str, Tensor]:
    """Every comparison of each example with what a model or PCA makes of it, shape (B,).

    Args:
        spec: The data's.
        output: Of a decoder, shape (B, *shape), of tokens their probabilities, shape (B, T, V); or
            of a linear model, as ``plain`` has it.
        x: What it should be, shape (B, *shape).
    """
    if spec.kind == "tokens":
        return _tokens(output, x)
    if spec.kind != "series":
        return compare(output, x, bounded=spec.kind == "image" and spec.values != "real")
    channels, lasts = x.shape[-1] - 1, x[..., -1:]
    error = (output[..., :channels] - x[..., :channels]) * lasts
    count = (lasts.sum((1, 2)) * channels).clamp(min=1)
    found = {"mae": error.abs().sum((1, 2)) / count, "mse": error.square().sum((1, 2)) / count}
    if output.shape[-1] > channels:
        decoded = (output[..., -1] >= 0.5).to(lasts.dtype).cumprod(1).sum(1)
        found["length_mae"] = (decoded - lasts.sum((1, 2))).abs()
    return found


def _tokens(scores: Tensor, x: Tensor) -> dict[str, Tensor]:
    """Share of right tokens up to and including the end, and whether the whole word is right."""
    counted = up_to_the_end((x != 0).to(scores.dtype))
    right = (most_probable(scores) == x).to(scores.dtype)
    return {"token_accuracy": (right * counted).sum(1) / counted.sum(1), "word_accuracy": right.amin(1)}
