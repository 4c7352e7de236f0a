"""aecore: trains autoencoders, and opens what it trained.

::

    import aecore

    bundle = aecore.train(variant="vae", data="digits", latent_dim=8, epochs=60, lr=3e-3)
    model = aecore.load(bundle)
    data = aecore.load_dataset("digits")
    codes = model.encode(data.test.x)
    images = model.decode(codes)
    new = model.sample(16)

Nothing large is imported before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from aecore.version import __version__ as __version__

if TYPE_CHECKING:
    from aecore.api import list_bundles, list_datasets, list_variants, load, train
    from aecore.data import load_dataset

__all__ = ["list_bundles", "list_datasets", "list_variants", "load", "load_dataset", "train"]


def __getattr__(name: str) -> Any:
    """The public functions, each loaded when it is first asked for."""
    if name in __all__:
        return getattr(import_module("aecore.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
