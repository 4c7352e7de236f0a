"""A sweep on disk: its card at once, everything else when it is first used, and only if intact."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from aecore.bundles.described import Described
from aecore.bundles.parts import OnnxFunction
from aecore.bundles.runtime import cached_function
from aecore.errors import BundleError, UserError
from aecore.sweeps.betas import between, locate
from aecore.sweeps.card import CARD, CODES, MAX_CARD, WEIGHTS, SweepCard
from aecore.sweeps.codes import SweepCodes

if TYPE_CHECKING:
    from aecore.model import Autoencoder

Weights = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Sweep(Described[SweepCard]):
    """VAEs along β whose weights can be tweened: between two members lies a model, not a picture of two."""

    noun = "sweep"

    @classmethod
    def open(cls, folder: Path, shipped: bool = False) -> Sweep:
        """The sweep in a folder ``<data set>/<name>`` (or ``<data set>/sweeps/<name>``).

        Raises:
            BundleError: If its card cannot be read or a file that the card lists is missing.
        """
        parts = [part for part in folder.absolute().parts[-3:] if part != SHIPPED]
        name = "/".join(parts[-2:])
        return cls._opened(folder, name, shipped, CARD, MAX_CARD, SweepCard.from_bytes)

    @cached_property
    def codes(self) -> SweepCodes:
        """Codes of its test examples by every member, and maps of them."""
        codes, card = SweepCodes.from_bytes(self.read(CODES), self.id), self.card
        wrong = {
            "other members or dimensions": codes.mu.shape[::2] != (len(card.members), card.dim),
            "other maps": set(card.maps) - {"plane"} != {"pca", "umap"} & codes.arrays().keys()
            or ("plane" in card.maps) != (card.dim == 2),
            "other labels": codes.label is not None and _beyond(codes.label, len(card.data.classes)),
            "other factors": codes.factors is not None
            and _beyond(codes.factors, *(len(factor.values) for factor in card.data.factors)),
        }
        for what, holds in wrong.items():
            if holds:
                raise BundleError(f"Sweep {self.id}: {CODES} holds {what} than its card describes.")
        return codes

    @cached_property
    def weights(self) -> dict[str, NDArray[np.float16]]:
        """Every parameter of every member, shape (K, …) each."""
        try:
            found = safetensors.numpy.load(self.read(WEIGHTS))
        except (TypeError, safetensors.SafetensorError) as error:
            raise BundleError(f"Sweep {self.id}: {WEIGHTS} cannot be read ({error}).") from error
        asked = {*self.card.encoder.inputs[1:], *self.card.decoder.inputs[1:]}
        count = len(self.card.members)
        fits = all(each.dtype == np.float16 and each.shape[:1] == (count,) for each in found.values())
        if not fits or not asked <= found.keys():
            raise BundleError(f"Sweep {self.id}: {WEIGHTS} holds other weights than its card describes.")
        return found

    def weights_at(self, beta: float) -> Weights:
        """The weights at a β: those of a member, or between two of them the tween of theirs.

        Args:
            beta: From that of the first member to that of the last.

        Raises:
            UserError: If β is beyond the members.
        """
        k, t = locate(self.card.betas, beta)
        return {
            name: np.asarray(
                (1 - t) * each[k].astype(np.float32) + t * each[k + 1].astype(np.float32), np.float32
            )
            for name, each in self.weights.items()
        }

    def is_tweened(self, beta: float) -> bool:
        """Whether the model at β lies between two trained ones.

        Raises:
            UserError: If β is beyond the members.
        """
        return locate(self.card.betas, beta)[1] not in (0.0, 1.0)

    def half_way(self, k: int) -> float:
        """The β half way from member k to the next."""
        return between(*self.card.betas[k : k + 2])

    def encode(self, x: NDArray[Any], beta: float) -> dict[str, NDArray[np.float32]]:
        """``mu`` and ``logvar`` of some examples at β, shape (B, D) each; x has shape (B, *shape).

        Raises:
            UserError: If x has another shape, or β is beyond the members.
            BundleError: If the encoder is not what the card describes.
        """
        return self._run(self.card.encoder, x, self.card.data.shape, beta)

    def decode(self, z: NDArray[Any], beta: float) -> NDArray[np.float32]:
        """The mean examples of some codes at β, shape (B, *shape); z has shape (B, D).

        Raises:
            UserError: If z has another shape, or β is beyond the members.
            BundleError: If the decoder is not what the card describes.
        """
        return self._run(self.card.decoder, z, (self.card.dim,), beta)["x"]

    def _run(
        self, function: OnnxFunction, given: NDArray[Any], shape: tuple[int, ...], beta: float
    ) -> dict[str, NDArray[np.float32]]:
        array = np.ascontiguousarray(given, np.float32)
        if array.shape != (len(array), *shape) or not len(array):
            wanted = ", ".join(map(str, ("B", *shape)))
            raise UserError(f"{function.file} of sweep {self.id} reads shape ({wanted}), not {array.shape}.")
        run = cached_function(self.file(function.file), self.card.files[function.file])
        weights = self.weights_at(beta)
        fed = {name: weights[name] for name in function.inputs[1:]}
        return run({function.inputs[0]: array, **fed})

    def model(self, beta: float) -> Autoencoder:
        """The model at β, on the CPU and evaluating; this loads PyTorch.

        Raises:
            UserError: If β is beyond the members.
            BundleError: If the weights are not those of the variant that the card names.
        """
        import torch

        from aecore.sweeps.plan import Plan
        from aecore.variants import build

        weights = self.weights_at(beta)
        try:
            config = Plan.from_json(self.card.plan).config_at(beta)
            model = build(config, self.card.data.spec)
            model.load_state_dict({name: torch.from_numpy(each) for name, each in weights.items()})
        except (RuntimeError, KeyError, TypeError, UserError) as error:
            raise BundleError(f"Sweep {self.id}: the model cannot be rebuilt ({error}).") from error
        return model.eval()


SHIPPED = "sweeps"
"""The folder, beside the bundles of a data set, that holds the shipped sweeps and their recipes."""


def _beyond(indices: NDArray[Any], *counts: int) -> bool:
    """Whether an index, shape (N,) or (N, F), is not below the count of its column."""
    columns = indices.reshape(len(indices), -1)
    return columns.shape[1] != len(counts) or bool(((columns < 0) | (columns >= counts)).any())
