"""Which examples are held out, the same ones on every machine and with every version.

NumPy freezes the streams of ``RandomState`` for good, those of ``default_rng`` only within
a version (NEP 19); a split that moved would turn training examples into test examples.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from aecore.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from aecore.data.dataset import Split


def stratified(label: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """Positions of ``count`` random examples, with every class in proportion.

    A systematic sample of the shuffled examples in the order of their labels: each class
    comes to within one example of its share.

    Args:
        label: Class of each example, shape (N,).
        count: How many to draw, at most N.
        seed: Which ones.

    Returns:
        Distinct positions in ascending order, shape (count,).
    """
    shuffled = np.random.RandomState(seed).permutation(len(label))
    by_class = shuffled[np.argsort(label[shuffled], kind="stable")]
    every = (2 * np.arange(count) + 1) * len(label) // (2 * max(count, 1))
    return np.sort(by_class[every])


def balanced(label: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """Positions of ``count`` random examples, equally many of every class.

    The first of each class in a random order, then the second of each: fewer are always
    among more, and a class that runs out leaves its turn to the others.

    Args:
        label: Class of each example, shape (N,).
        count: How many to draw, at most N.
        seed: Which ones.

    Returns:
        Distinct positions in ascending order, shape (count,).
    """
    shuffled = np.random.RandomState(seed).permutation(len(label))
    by_class = shuffled[np.argsort(label[shuffled], kind="stable")]
    ordered = label[by_class]
    turn = np.arange(len(label)) - np.searchsorted(ordered, ordered)
    return np.sort(by_class[np.argsort(turn, kind="stable")[:count]])


def complement(held_out: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """The positions below ``n`` that are not in ``held_out``, in ascending order."""
    return np.setdiff1d(np.arange(n), held_out, assume_unique=True)


def hold_out(pool: Split, count: int, seed: int, name: str) -> tuple[Split, Split]:
    """Split ``pool`` into what is trained on and ``count`` examples for validation.

    Args:
        pool: Everything that is not for testing.
        count: Examples to hold out; 0 leaves all of them for training.
        seed: Which ones.
        name: The data set's, for the error.

    Raises:
        UserError: If ``count`` is negative or leaves nothing to train on.
    """
    import torch

    n = len(pool)
    if not 0 <= count < n:
        raise UserError(
            f"validation is a whole number from 0 to {n - 1:,}: it is held out of the {n:,} training "
            f"examples of {name}; {count:,} is not."
        )
    if count == 0:
        return pool, pool.take(torch.arange(0))
    label = np.zeros(n, np.int64) if pool.label is None else pool.label.numpy()
    held_out = stratified(label, count, seed)
    train = pool.take(torch.from_numpy(complement(held_out, n)))
    return train, pool.take(torch.from_numpy(held_out))


def unlabel(train: Split, count: int, name: str) -> Split:
    """``train`` with the labels of ``count`` examples, equally many of every class; −1 for all others.

    Args:
        train: What is trained on.
        count: How many keep their label; 0 for all of them.
        name: The data set's, for the error.

    Raises:
        UserError: If there are no labels, or fewer examples than that.
    """
    import torch

    if count == 0:
        return train
    if train.label is None:
        raise UserError(f"--labelled says how many labels are known; {name} has no labels.")
    if count > len(train):
        raise UserError(
            f"--labelled is a whole number from 0 to {len(train):,}, the training examples of {name}; "
            f"{count:,} is not."
        )
    known = torch.from_numpy(balanced(train.label.numpy(), count, seed=0))
    label = torch.full_like(train.label, -1).index_copy(0, known, train.label[known])
    return replace(train, label=label)
