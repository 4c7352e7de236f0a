"""UMAP and t-SNE of many codes: time and quality beside the defaults of umap-learn and scikit-learn.

Codes are the mean codes of a bundle's data set, as it was trained on, both splits together; 70,000 are all of
MNIST. Ours are the maps that a bundle gets; the peers are ``umap.UMAP()`` and ``sklearn.manifold.TSNE()`` as
they come, on the same codes. They take turns, after a map each that compiles what is compiled: of just over
5,000 codes, up to which ours and umap-learn take another way to neighbours, or of all if they are fewer.

- trustworthiness: 1 less a penalty for every neighbour on the map that is none among the codes, by its rank
  there (Venna & Kaski 2001, https://doi.org/10.1007/3-540-44668-0_68);
- knn_preservation: share of a code's nearest codes that are among its nearest on the map.

Both are means over the same codes, 2,000 by default, each against all others, with 15 neighbours. With
--results each result is kept in that file at once, and a later run on this machine goes on from there.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from aecore.bundles import open_bundle
from aecore.data import Split
from aecore.errors import UserError
from aecore.latent import projections
from aecore.runs.config import load_data
from benchmarks import kept, report

NEIGHBOURS = 15
QUERIES = 2000
AT_ONCE = 100  # queries whose distances are held at a time
WARM = 5001  # codes of the maps that only compile
PEERS = {"umap": "umap-learn", "tsne": "scikit-learn"}
LIBRARIES = ("umap-learn", "pynndescent", "scikit-learn", "openTSNE")

Codes = NDArray[np.float32]
Map = Callable[[Codes, int], NDArray[Any]]


def umap_learn(codes: Codes, seed: int) -> NDArray[Any]:
    """umap-learn's default, whose seed is its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportWarning)
        from umap import UMAP

    return np.asarray(UMAP().fit_transform(codes))


def scikit_learn(codes: Codes, seed: int) -> NDArray[Any]:
    """scikit-learn's default."""
    from sklearn.manifold import TSNE

    return np.asarray(TSNE(random_state=seed).fit_transform(codes))


MAPS: dict[str, dict[str, Map]] = {
    "umap": {"aecore": projections.umap, "umap-learn": umap_learn},
    "tsne": {"aecore": projections.tsne, "scikit-learn": scikit_learn},
}


def kept_neighbours(
    codes: NDArray[Any], points: NDArray[Any], queries: NDArray[np.int64], k: int = NEIGHBOURS
) -> dict[str, float]:
    """How well a map keeps neighbourhoods.

    Args:
        codes: Shape (N, D).
        points: Where they lie on the map, shape (N, 2).
        queries: Rows over which the means are taken, shape (M,).
        k: Neighbours, less than N / 2.

    Returns:
        ``trustworthiness`` and ``knn_preservation``, both 1 at best.
    """
    n, penalty, shared = len(codes), 0.0, 0
    for rows in np.array_split(queries, -(-len(queries) // AT_ONCE)):
        apart, far = cdist(codes[rows], codes), cdist(points[rows], points)
        for distances, q, on_map in zip(apart, rows, far, strict=True):
            distances[q] = on_map[q] = np.inf
            near = np.argpartition(on_map, k)[:k]
            # rank 1 is the nearest code
            ranks = 1 + np.searchsorted(np.sort(distances), distances[near])
            penalty += np.maximum(ranks - k, 0).sum()
            shared += int((ranks <= k).sum())
    scale = 2 / (len(queries) * k * (2 * n - 3 * k - 1))
    return {
        "trustworthiness": float(1 - scale * penalty),
        "knn_preservation": shared / (len(queries) * k),
    }


def codes_of(name: str, most: int) -> Codes:
    """Mean codes of a bundle's data set, in an order that is the same each time, shape (N, D).

    Raises:
        UserError: If the bundle is not there, or its data are not at hand, or there are fewer.
    """
    bundle = open_bundle(name)
    data = load_data({**bundle.card.config, "data": bundle.card.data.name, "validation": 0})
    x = torch.cat([data.train.x, data.test.x])
    if most > len(x):
        raise UserError(f"{data.title} has {len(x):,} examples; a map of {most:,} is more than that.")
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))[:most]
    return bundle.model().eval().codes(Split(x[order])).numpy()


def once(make: Map, codes: Codes, seed: int, queries: int) -> dict[str, float]:
    """One map: seconds, and how well it keeps neighbourhoods."""
    started = time.perf_counter()
    points = make(codes, seed)
    seconds = time.perf_counter() - started
    rows = np.random.default_rng(0).permutation(len(codes))[:queries]
    return {"seconds": seconds, **kept_neighbours(codes, points, rows)}


def measured(
    codes: Codes, name: str, sizes: list[int], maps: list[str], repeats: int, queries: int, keep: kept.Kept
) -> list[dict[str, Any]]:
    """Every map of every size: what has been kept, and the rest now."""
    warm: set[Map] = set()

    def made(make: Map, size: int, seed: int) -> dict[str, Any]:
        if make not in warm:
            make(codes[:WARM], seed)
            warm.add(make)
        return once(make, codes[:size], seed, queries)

    cases = []
    for size in sizes:
        for of in maps:
            runs: dict[str, list[dict[str, float]]] = {library: [] for library in MAPS[of]}
            for seed in range(repeats):
                for library, make in MAPS[of].items():
                    key = f"{name} {of} {library} codes={size} queries={queries} seed={seed}"
                    runs[library].append(keep(key, partial(made, make, size, seed)))
            cases.append({"map": of, "codes": size, **row(runs["aecore"], runs[PEERS[of]], PEERS[of])})
    return cases


def row(ours: list[dict[str, float]], theirs: list[dict[str, float]], peer: str) -> dict[str, Any]:
    """Medians over repeats, ours and the peer's."""
    we, they = ({key: median(each[key] for each in of) for key in of[0]} for of in (ours, theirs))
    digits = {"seconds": 2, "trustworthiness": 4, "knn_preservation": 4}
    return {
        **{key: round(we[key], places) for key, places in digits.items()},
        "peer": peer,
        **{f"peer_{key}": round(they[key], places) for key, places in digits.items()},
        "times_as_fast": round(they["seconds"] / we["seconds"], 2),
    }


def main() -> None:
    """Map, measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.maps",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--bundle", default="mnist/vae", help="whose codes (default: mnist/vae)")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[10_000, 70_000], help="codes of a map: 10000 70000"
    )
    parser.add_argument("--maps", nargs="+", choices=MAPS, default=list(MAPS), help="both by default")
    parser.add_argument("--repeats", type=int, default=3, help="behind each median (default: 3)")
    parser.add_argument("--queries", type=int, default=QUERIES, help=f"default: {QUERIES}")
    kept.option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    if min(options.sizes) <= 2 * NEIGHBOURS:
        parser.error(f"a map of {2 * NEIGHBOURS} codes or fewer has no neighbourhoods to keep")
    try:
        codes = codes_of(options.bundle, max(options.sizes))
    except UserError as error:
        sys.exit(str(error))
    keep = kept.Kept(options.results, *LIBRARIES)
    asked = (options.bundle, options.sizes, options.maps, options.repeats, options.queries)
    cases = measured(codes, *asked, keep)
    versions = {name: version(name) for name in LIBRARIES}
    if options.json:
        report.as_json(
            {
                "bundle": options.bundle,
                "dimensions": codes.shape[1],
                "neighbours": NEIGHBOURS,
                "queries": options.queries,
                "repeats": options.repeats,
                "versions": versions,
                "cases": cases,
            }
        )
    else:
        report.as_table(f"Maps of codes of {options.bundle}, medians of {options.repeats}, seconds", cases)


if __name__ == "__main__":
    main()
