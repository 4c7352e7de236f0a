"""The public functions: load data, train, open what was trained, list what there is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aecore import bundles
from aecore.bundles import Bundle, list_bundles
from aecore.data import Dataset, list_datasets, load_dataset
from aecore.errors import UserError

if TYPE_CHECKING:
    from aecore.model import Autoencoder
    from aecore.training import Event
    from aecore.variants import Variant

__all__ = ["list_bundles", "list_datasets", "list_variants", "load", "load_dataset", "train"]


def train(
    variant: str,
    data: str | Dataset,
    *,
    name: str = "",
    replace: bool = False,
    listen: Callable[[Event], None] = lambda _: None,
    **options: Any,
) -> Bundle:
    """Trains a variant on a data set and keeps the result as a bundle.

    Args:
        variant: One of ``list_variants()``.
        data: One of ``list_datasets()``, or a data set that was loaded (and perhaps changed):
            then its own options were chosen when it was loaded.
        name: What to call the bundle; made of variant and dimension if empty.
        replace: Whether a bundle of that name may be replaced.
        listen: Is told every event of the training.
        options: Any option of the variant, its net, its likelihood, the data and the fit,
            as ``aecore train --variant … --help`` lists them.

    Raises:
        UserError: If anything given does not fit; nothing is written then.
    """
    from aecore.runs import Run, data_options

    given = {"variant": variant, **options}
    if isinstance(data, str):
        return Run.begin({**given, "data": data}, name, replace=replace).train(listen)
    said = data.spec.options
    chosen = {key: said[key] for key in data_options(data.spec.name) if key in said}
    if late := sorted(chosen.keys() & options.keys()):
        raise UserError(f"{late[0]} is chosen when {data.title} is loaded: give it to load_dataset.")
    return Run.begin({**chosen, **given, "data": data.spec.name}, name, data, replace).train(listen)


def load(bundle: str | Path | Bundle) -> Autoencoder:
    """The model in a bundle: ``encode``, ``decode``, ``reconstruct``, ``sample``.

    Tensors are in the data's own units, shape (B, C, H, W); codes have shape (B, D).

    Args:
        bundle: An id as in ``"mnist/vae-2d"``, a folder, or a bundle.

    Raises:
        UserError: If there is no such bundle.
        BundleError: If it is damaged.
    """
    found = bundle if isinstance(bundle, Bundle) else bundles.open_bundle(bundle)
    return found.model()


def list_variants() -> list[Variant]:
    """Every variant, by name."""
    from aecore.variants import VARIANTS

    return [VARIANTS[name] for name in sorted(VARIANTS)]
