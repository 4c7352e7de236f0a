"""The random numbers of one run, kept apart from everybody else's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


class Randomness:
    """A run's own random state, in place while the run computes and put back while it waits.

    So a listener that draws numbers between two events changes nothing, two runs do not
    disturb each other, and the state can be stored and restored.

    Args:
        seed: Where the numbers start.
        device: The device whose generator is kept beside the CPU's.
    """

    def __init__(self, seed: int, device: str) -> None:
        self.device = torch.device(device)
        kinds = {"cpu": torch.device("cpu"), self.device.type: self.device}
        self.state = {kind: torch.Generator(at).manual_seed(seed).get_state() for kind, at in kinds.items()}

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Within it, torch's global generators are this run's."""
        outside = self._read()
        self._write(self.state)
        try:
            yield
        finally:
            self.state = self._read()
            self._write(outside)

    def restore(self, state: dict[str, Tensor]) -> None:
        """Goes on from a stored state; a generator that another kind of device left unstored starts anew."""
        self.state = {kind: state.get(kind, fresh) for kind, fresh in self.state.items()}

    def _read(self) -> dict[str, Tensor]:
        state = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            state["cuda"] = torch.cuda.get_rng_state(self.device)
        elif self.device.type == "mps":
            state["mps"] = torch.mps.get_rng_state()
        return state

    def _write(self, state: dict[str, Tensor]) -> None:
        torch.set_rng_state(state["cpu"])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(state["cuda"], self.device)
        elif self.device.type == "mps":
            torch.mps.set_rng_state(state["mps"])
