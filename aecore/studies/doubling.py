"""The checkerboard that a convolutional decoder leaves where it doubles, before and after training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
import torch
from numpy.typing import NDArray

from aecore.bundles import Bundle
from aecore.data import Split
from aecore.metrics.checkerboard import checkerboard
from aecore.model import Autoencoder
from aecore.nets.blocks import Upsample
from aecore.step import Step
from aecore.variants import build

EXAMPLES = 256  # that shares of the trained decoder are means of
FRESH, EACH = 12, 16  # fresh decoders of each kind, and the examples that each is given
PERIODS = (2, 4)  # pixels; of one and of two doublings


@dataclass(frozen=True)
class Doubling:
    """Checkerboards of a bundle's network.

    Attributes:
        how: The bundle's own way to double: ``transposed`` or ``resize``.
        periods: Pixels after which a pattern repeats itself, as many as the pictures are large enough for.
        originals: Share of the variance that repeats itself in examples of the test split, by period.
        trained: The same of their reconstructions.
        fresh: The same of what decoders with fresh weights make of them, by how these double.
        pictures: One of each fresh decoder, less its mean, shape (12, C, H, W).
    """

    how: str
    periods: tuple[int, ...]
    originals: tuple[float, ...]
    trained: tuple[float, ...]
    fresh: Mapping[str, tuple[float, ...]]
    pictures: Mapping[str, NDArray[np.float32]]


def doubling(bundle: Bundle) -> Doubling | None:
    """The checkerboards of a bundle's decoder; None where it has none of convolutions. Takes a second.

    Raises:
        UserError: If the data are missing.
        BundleError: If the bundle is damaged.
    """
    card = bundle.card
    if card.config.get("net") != "conv":
        return None
    how = str(card.config.get("upsample", "transposed"))  # older cards do not say
    data = card.data.load()
    test = data.test.take(torch.arange(min(EXAMPLES, len(data.test))))
    periods = tuple(each for each in PERIODS if min(test.x.shape[2:]) >= 4 * each)

    def shares(pictures: torch.Tensor) -> tuple[float, ...]:
        return tuple(float(checkerboard(pictures, each).mean()) for each in periods)

    fresh: dict[str, tuple[float, ...]] = {}
    pictures: dict[str, NDArray[np.float32]] = {}
    for each in get_args(Upsample):
        with torch.random.fork_rng(devices=[]):
            drawn = []
            for seed in range(FRESH):
                torch.manual_seed(seed)
                model = build({**card.config, "upsample": each}, card.data.spec)
                drawn.append(_drawn(model, test.take(torch.arange(EACH))))
        fresh[each] = shares(torch.cat(drawn))
        firsts = torch.stack([of[0] for of in drawn])
        pictures[each] = (firsts - firsts.mean((1, 2, 3), keepdim=True)).numpy()
    trained = shares(_drawn(bundle.model(), test))
    return Doubling(how, periods, shares(test.x), trained, fresh, pictures)


@torch.no_grad()
def _drawn(model: Autoencoder, examples: Split) -> torch.Tensor:
    """Reconstructions, shape (N, C, H, W)."""
    model.eval()
    told = model.told(Step(examples.x, examples.x, label=examples.label))
    return model.reconstruct(examples.x, told).float()
