"""Nearest neighbours among codes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.errors import UserError


def nearest(
    codes: NDArray[Any], query: NDArray[Any], k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The codes nearest to each query by Euclidean distance, found exactly.

    Args:
        codes: Codes to search, shape (N, D).
        query: Codes to start from, shape (M, D).
        k: How many neighbours, 1 … N. A query that is itself among ``codes`` finds itself.

    Returns:
        Positions in ``codes`` and distances, both of shape (M, k), nearest first; of equal
        distances the earlier position comes first.

    Raises:
        UserError: If ``k`` is not between 1 and N.
    """
    if not 1 <= k <= len(codes):
        raise UserError(f"There are {len(codes)} codes, so k must be from 1 to {len(codes)}; got {k}.")
    index = np.empty((len(query), k), np.int64)
    distance = np.empty((len(query), k), np.float32)
    for row, z in enumerate(np.asarray(query, np.float64)):
        # Differences, not the expanded square: that would lose the digits that tell near codes apart.
        apart = np.linalg.norm(codes - z, axis=1)
        index[row] = np.argsort(apart, kind="stable")[:k]
        distance[row] = apart[index[row]]
    return index, distance
