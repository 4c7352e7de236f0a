"""A bundle's network laid open: its layers on the data that it was measured on, and its first filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aecore.bundles import Bundle
from aecore.errors import UserError
from aecore.metrics.layers import Layer, activations, filters, layers

MOST_FILTERS, MOST_MAPS = 96, 16


@dataclass(frozen=True)
class Anatomy:
    """What there is to see in a network.

    Attributes:
        layers: In the order in which an example goes through them.
        filters: Weights of the first layer as images, shape (N, C, H, W), 96 at most; or None.
        count: How many filters the layer has.
        activations: What each layer gives for the first test example, by its plain name, 16 maps at most:
            shape (N, 1, H, W).
    """

    layers: tuple[Layer, ...]
    filters: NDArray[np.float32] | None
    count: int
    activations: Mapping[str, NDArray[np.float32]]


def anatomy(bundle: Bundle) -> Anatomy:
    """The layers of a bundle's model, on the data at hand. Takes seconds.

    Raises:
        UserError: If the data are missing, or are not those the bundle was measured on.
        BundleError: If the bundle is damaged.
    """
    card = bundle.card.data
    data = card.load()
    if data.fingerprint != card.fingerprint:
        raise UserError(f"{data.title} on this machine differs from what {bundle.id} was trained on.")
    model = bundle.model()
    images = filters(model, card.shape) if card.kind == "image" else None
    return Anatomy(
        tuple(layers(model, data.train, data.test)),
        None if images is None else images[:MOST_FILTERS].numpy(),
        0 if images is None else len(images),
        {name: of[:MOST_MAPS].numpy() for name, of in activations(model, data.test).items()},
    )
