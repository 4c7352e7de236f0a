"""Black and white from grey: what makes the Bernoulli likelihood of pixels a likelihood.

``threshold`` sets a pixel to 1 where it is above ½. ``dynamic`` reads a grey value as the
probability of a 1 and draws training pixels anew at every step, as Salakhutdinov & Murray
(2008) did for MNIST, https://doi.org/10.1145/1390156.1390266; numbers of the two, and of
a fixed draw, are not comparable with each other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from aecore.data.dataset import Dataset, Split
from aecore.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

Binarise = Literal["none", "threshold", "dynamic"]

# Seeds of the one draw of each split where it is looked at; training draws its own.
TRAIN_DRAW, VALIDATION_DRAW, TEST_DRAW = 3, 1, 2


def binarised(dataset: Dataset, how: Binarise) -> Dataset:
    """``dataset`` with pixels in {0, 1}.

    Dynamic: training examples stay grey and ``dynamic`` is set, for training to draw from
    them; validation and test are drawn here, once.

    Raises:
        UserError: If the examples are no images, the values are binary already, so that the choice
            would be a second name for the same data, or no probabilities, so that ½ means nothing.
    """
    if how == "none":
        return dataset
    name, values = dataset.spec.name, dataset.spec.values
    if dataset.spec.kind != "image":
        raise UserError(
            f"{name} holds no images, whose grey pixels are made black or white: leave binarise out."
        )
    if values == "binary":
        raise UserError(f"{name} is binary already: leave binarise at none.")
    if values == "real":
        raise UserError(f"{name} has real values, not pixels in [0, 1]: leave binarise at none.")
    spec = replace(dataset.spec, values="binary")
    if how == "threshold":
        return replace(
            dataset,
            spec=spec,
            train=_with(dataset.train, _above_half(dataset.train.x)),
            validation=_with(dataset.validation, _above_half(dataset.validation.x)),
            test=_with(dataset.test, _above_half(dataset.test.x)),
        )
    return replace(
        dataset,
        spec=spec,
        validation=_with(dataset.validation, _draw(dataset.validation.x, VALIDATION_DRAW)),
        test=_with(dataset.test, _draw(dataset.test.x, TEST_DRAW)),
        dynamic=True,
    )


def drawn_once(train: Split) -> Split:
    """Training examples that are drawn anew at each step, drawn once: with a seed of their own."""
    return _with(train, _draw(train.x, TRAIN_DRAW))


def _with(split: Split, x: Tensor) -> Split:
    return replace(split, x=x)


def _above_half(x: Tensor) -> Tensor:
    return (x > 0.5).float()


def _draw(x: Tensor, seed: int) -> Tensor:
    """One Bernoulli draw a pixel, from a stream that NumPy has frozen (see ``splits``)."""
    import torch

    uniform = np.random.RandomState(seed).random_sample(
        tuple(x.shape)
    )  # in [0, 1): 1 is always drawn, 0 never
    return (torch.from_numpy(uniform) < x).float()
