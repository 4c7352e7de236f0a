"""What can be done with codes: paths, sweeps, draws, planes, maps and neighbours.

``order_dimensions`` says which dimensions carry most, ``sweep`` gives values for one of them
and ``traverse`` the codes along it; ``interpolate`` has the paths between two codes, ``prior``
draws, ``grids`` the planes behind a picture of the manifold, ``projections`` the maps, and
``nearest`` the neighbours.

NumPy in, NumPy out. Nothing here imports torch, and umap, openTSNE and scikit-learn are
imported inside the functions that need them, so that the app's first screen waits for none.
"""

from aecore.latent import grids, interpolate, neighbours, prior, projections, traversal
from aecore.latent.grids import Grid
from aecore.latent.neighbours import nearest
from aecore.latent.projections import Plane
from aecore.latent.traversal import order_dimensions, sweep, traverse

__all__ = [
    "Grid",
    "Plane",
    "grids",
    "interpolate",
    "nearest",
    "neighbours",
    "order_dimensions",
    "prior",
    "projections",
    "sweep",
    "traversal",
    "traverse",
]
