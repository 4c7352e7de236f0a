r"""How many dimensions data have of their own, whatever the space that they lie in.

Both estimates read distances to nearest neighbours: with :math:`r_j` the distance of a point to
its j-th neighbour, the number of points within r grows as :math:`r^d`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating[Any]]


def two_nn(points: Points, discard: float = 0.1) -> float:
    r"""Dimension from the ratio of each point's second to its first neighbour's distance.

    :math:`\mu = r_2 / r_1` is distributed by :math:`F(\mu) = 1 - \mu^{-d}`: d is the slope through the
    origin of :math:`-\log(1 - F)` over :math:`\log \mu`, the largest ratios left out.

    Args:
        points: Shape (N, D), N ≥ 4. Of equal points all but one are left out.
        discard: Share of the largest ratios that is left out.

    Raises:
        ValueError: If fewer than four points differ.

    Source:
        Facco, d'Errico, Rodriguez & Laio (2017). https://doi.org/10.1038/s41598-017-11873-y
    """
    near = _neighbours(points, 2)
    log_mu = np.sort(np.log(near[:, 1] / near[:, 0]))
    n = len(log_mu)
    keep = min(int(n * (1 - discard)), n - 1)  # at the last ratio F is 1
    x, y = log_mu[:keep], -np.log1p(-np.arange(1, keep + 1) / n)
    return float(x @ y / (x @ x))


def levina_bickel(points: Points, k: int = 20) -> float:
    r"""Maximum-likelihood dimension from the distances to k neighbours.

    .. math:: \hat d = \left[\frac{1}{N (k - 1)} \sum_{i=1}^{N} \sum_{j=1}^{k-1}
              \log \frac{r_k(x_i)}{r_j(x_i)}\right]^{-1}

    The paper averages one estimate a point; averaging their inverses, as MacKay & Ghahramani
    (2005) correct it, is the maximum of the likelihood of all points and has no bias at small k.

    Args:
        points: Shape (N, D), N > k. Of equal points all but one are left out.
        k: Neighbours, at least 2.

    Raises:
        ValueError: If not more than k points differ.

    Source:
        Levina & Bickel (2004), eq. 8 and 9. https://papers.nips.cc/paper/2577;
        MacKay & Ghahramani (2005). https://www.inference.org.uk/mackay/dimension/
    """
    if k < 2:
        raise ValueError(f"k is 2 or more, not {k}.")
    near = _neighbours(points, k)
    logs = np.log(near[:, -1:] / near[:, :-1]).mean(1)
    return float(1 / logs.mean())


def _neighbours(points: Points, k: int) -> NDArray[np.float64]:
    """Distances of each distinct point to its k nearest others, ascending, shape (N, k)."""
    from sklearn.neighbors import NearestNeighbors

    flat = np.unique(np.asarray(points, np.float64).reshape(len(points), -1), axis=0)
    if len(flat) <= max(k, 3):
        raise ValueError(f"{k} neighbours need more than {max(k, 3)} different points; got {len(flat)}.")
    distance, _ = NearestNeighbors(n_neighbors=k + 1).fit(flat).kneighbors(flat)
    found: NDArray[np.float64] = distance[:, 1:]  # the first is the point itself
    return found
