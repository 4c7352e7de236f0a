"""A bundle on disk: its card at once, everything else when it is first used, and only if intact."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aecore.bundles.card import MAX_CARD, Card
from aecore.bundles.codes import Codes
from aecore.bundles.described import Described
from aecore.bundles.runtime import cached_function
from aecore.errors import BundleError, UserError

if TYPE_CHECKING:
    from aecore.model import Autoencoder


@dataclass(frozen=True)
class Bundle(Described[Card]):
    """A trained model with its codes, its history and the card that describes it."""

    noun = "bundle"

    @classmethod
    def open(cls, folder: Path, shipped: bool = False) -> Bundle:
        """The bundle in a folder.

        Raises:
            BundleError: If its card cannot be read or a file that the card lists is missing.
        """
        name = "/".join(folder.absolute().parts[-2:])
        return cls._opened(folder, name, shipped, "card.json", MAX_CARD, Card.from_bytes)

    @cached_property
    def codes(self) -> Codes:
        """Codes of its test examples, and maps of them."""
        codes = Codes.from_bytes(self.read("codes.npz"), self.id)
        latent, data = self.card.latent, self.card.data
        wrong = {
            f"codes of {codes.mu.shape[1]} dimensions": codes.mu.shape[1] != latent.dim,
            "codes at other knots": (codes.knots is None) != (codes.mu_knots is None)
            or (codes.knots is not None and not (latent.condition and latent.condition.range)),
            "other posteriors": (codes.logvar is not None) != (latent.kind == "gaussian"),
            "other labels": codes.label is not None and _beyond(codes.label, len(data.classes), least=-1),
            "other factors": codes.factors is not None
            and _beyond(codes.factors, *(len(factor.values) for factor in data.factors)),
        }
        for what, holds in wrong.items():
            if holds:
                raise BundleError(f"Bundle {self.id}: codes.npz holds {what} than its card describes.")
        return codes

    @cached_property
    def history(self) -> list[dict[str, Any]]:
        """What was reported after each epoch, in order."""
        data = self.read("history.jsonl")
        try:
            lines = [json.loads(line) for line in data.splitlines()]
        except (ValueError, RecursionError) as error:
            raise BundleError(f"Bundle {self.id}: history.jsonl cannot be read ({error}).") from error
        if not all(isinstance(line, dict) for line in lines):
            raise BundleError(f"Bundle {self.id}: history.jsonl holds a line that is no JSON object.")
        return lines

    def encode(
        self, x: NDArray[Any], condition: NDArray[Any] | None = None
    ) -> dict[str, NDArray[np.float32]]:
        """The posterior of some examples.

        Args:
            x: Examples in the data's own units, shape (B, *shape).
            condition: Where the card's latent has one: what is told of each, shape (B, K); a class is
                one 1 among zeros. A multi-rate model is told log β, as :meth:`priced` has it, or takes β = 1.

        Returns:
            ``mu`` and ``logvar``, or ``z``, shape (B, D) each.

        Raises:
            UserError: If x or condition has another shape, or a condition is missing or not asked for.
            BundleError: If the encoder is not what the card describes.
        """
        return self._run("encoder", x, condition, self.card.data.shape, (self.card.latent.dim,))

    def decode(self, z: NDArray[Any], condition: NDArray[Any] | None = None) -> NDArray[np.float32]:
        """The mean examples of some codes.

        Args:
            z: Codes, shape (B, D).
            condition: As :meth:`encode` has it; another class gives the same code in another class.

        Returns:
            Examples in the data's own units, shape (B, *shape); of tokens, the probability of each at
            each place, shape (B, T, V). A decoder that writes step by step reads its own mean, or the
            most probable token.

        Raises:
            UserError: If z or condition has another shape, or a condition is missing or not asked for.
            BundleError: If the decoder is not what the card describes.
        """
        data, dim, tokens = self.card.data, (self.card.latent.dim,), self.card.data.kind == "tokens"
        mean = (*data.shape, len(data.vocabulary)) if tokens else data.shape
        if "prefix" not in self.card.onnx["decoder"].inputs:
            return self._run("decoder", z, condition, dim, mean)["x"]
        axis = data.spec.step_axis
        step = tuple(side for at, side in enumerate(mean, start=1) if at != axis)
        n = len(np.atleast_1d(z))
        prefix = np.zeros((n, *data.shape), np.int64 if tokens else np.float32)
        out = np.zeros((n, *mean), np.float32)
        known, written = np.moveaxis(prefix, axis, 1), np.moveaxis(out, axis, 1)  # views of them
        for t in range(known.shape[1]):
            x = self._run("decoder", z, condition, dim, step, prefix, np.full(n, t))["x"]
            written[:, t] = x
            known[:, t] = x.argmax(-1) * (known[:, :t] != 0).all(1) if tokens else x
        return out

    def priced(self, beta: float, n: int) -> NDArray[np.float32]:
        """The condition of n examples or codes for which a nat costs β, shape (n, 1): log β.

        Raises:
            UserError: If the model is not told β, or was not trained for this one.
        """
        told = self.card.latent.condition
        if told is None or not told.range:
            raise UserError(
                f"Bundle {self.id} has the one β it was trained with; a multi-rate-vae is told any."
            )
        low, high = told.range
        if not low <= beta <= high:
            raise UserError(
                f"Bundle {self.id} was trained for β from {low:g} to {high:g}; β = {beta:g} is beyond."
            )
        return np.full((n, 1), np.log(beta), np.float32)

    def _told(self, name: str, n: int, condition: NDArray[Any] | None) -> list[NDArray[np.float32]]:
        """The condition as a function's further input, where the model is told one."""
        asked = self.card.latent.condition
        if asked is None:
            if condition is not None:
                raise UserError(
                    f"The {name} of bundle {self.id} is told nothing beside: leave condition out."
                )
            return []
        if condition is None and asked.kind == "log-beta":
            return [np.zeros((n, 1), np.float32)]  # β = 1
        got = None if condition is None else np.ascontiguousarray(condition, dtype=np.float32)
        if got is None or got.shape != (n, asked.size):
            raise UserError(
                f"The {name} of bundle {self.id} is told the {asked.kind} beside: condition of shape "
                f"({n}, {asked.size}), not {'nothing' if got is None else got.shape}."
            )
        return [got]

    def _run(
        self,
        name: str,
        given: NDArray[Any],
        condition: NDArray[Any] | None,
        shape: tuple[int, ...],
        to: tuple[int, ...],
        *before: NDArray[Any],
    ) -> dict[str, NDArray[np.float32]]:
        """An exported function from (B, *shape), and inputs ``before`` the condition, to (B, *to) each."""
        tokens = name == "encoder" and self.card.data.kind == "tokens"
        array = np.ascontiguousarray(given, dtype=np.int64 if tokens else np.float32)
        if array.shape != (len(array), *shape) or not len(array):
            wanted = ", ".join(map(str, ("B", *shape)))
            raise UserError(f"The {name} of bundle {self.id} reads shape ({wanted}), not {array.shape}.")
        function = self.card.onnx[name]
        weights = self.file("model.safetensors")
        path = self.file(function.file)
        run = cached_function(path, *(self.card.files[each.name] for each in (path, weights)))
        inputs = [array, *before, *self._told(name, len(array), condition)]
        outputs = run(dict(zip(function.inputs, inputs, strict=True)))
        for each in function.outputs:
            found = outputs.get(each)
            if found is None or found.dtype != np.float32 or found.shape != (len(array), *to):
                raise BundleError(
                    f"Bundle {self.id}: {function.file} does not give {each} as its card describes it: "
                    f"floats of shape ({', '.join(map(str, ('B', *to)))})."
                )
        return {each: outputs[each] for each in function.outputs}

    def model(self) -> Autoencoder:
        """The model itself, on the CPU and evaluating; this loads PyTorch.

        Raises:
            BundleError: If the weights are not those of the variant that the card names.
        """
        import safetensors.torch

        from aecore import variants

        data = self.read("model.safetensors")
        try:
            model = variants.build({**self.card.config, "variant": self.card.variant}, self.card.data.spec)
            model.load_state_dict(safetensors.torch.load(data), strict=True)
        except (RuntimeError, safetensors.SafetensorError, UserError) as error:
            raise BundleError(f"Bundle {self.id}: the model cannot be rebuilt ({error}).") from error
        return model.eval()


def _beyond(indices: NDArray[np.int64], *counts: int, least: int = 0) -> bool:
    """Whether an index, shape (N,) or (N, F), is below the least or not below the count of its column."""
    columns = indices.reshape(len(indices), -1)
    return columns.shape[1] != len(counts) or bool(((columns < least) | (columns >= counts)).any())
