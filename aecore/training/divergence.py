"""A loss that is no number any more, caught with the step and the likely cause."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from aecore.errors import UserError


class Diverged(UserError):
    """The loss became infinite or undefined."""


class Watch:
    """Remembers the first step whose loss was not finite, without waiting for the device.

    Args:
        precision: Named in the message where half precision may be to blame.
    """

    def __init__(self, precision: str) -> None:
        self.precision = precision
        self.first_bad: Tensor | None = None
        self.lowest = self.latest = math.inf

    def __call__(self, loss: Tensor, step: int) -> None:
        """Looks at the loss of one step, shape (); steps count from 1."""
        bad = torch.where(torch.isfinite(loss.detach()), math.inf, float(step))
        self.first_bad = bad if self.first_bad is None else torch.minimum(self.first_bad, bad)

    def check(self, mean_loss: float) -> None:
        """Asks the device; to be called now and then, with the epoch's mean loss so far.

        Raises:
            Diverged: If any loss since the start was not finite.
        """
        if self.first_bad is not None and math.isfinite(step := float(self.first_bad)):
            raise Diverged(f"The loss is no number any more at step {int(step)}: {self._cause()}")
        self.lowest, self.latest = min(self.lowest, mean_loss), mean_loss

    def check_end(self, model: nn.Module, loss: float, step: int) -> None:
        """Asks whether the last steps of an epoch, whose effect no training loss has shown, left numbers.

        Args:
            model: Whose parameters must be finite.
            loss: On the validation split.
            step: The last.

        Raises:
            Diverged: If they did not.
        """
        if not (math.isfinite(loss) and all(bool(p.isfinite().all()) for p in model.parameters())):
            raise Diverged(f"The model gives no numbers any more after step {step}: {self._cause()}")

    def _cause(self) -> str:
        if math.isinf(self.lowest):
            return (
                "it never was one for long. The learning rate is probably too high (lower --lr), "
                "or the data hold values that are not finite."
            )
        if self.latest > 2 * self.lowest:
            grown = f"it had grown from {self.lowest:.4g} to {self.latest:.4g}"
            return f"{grown}. Lower --lr, or bound steps with --clip 1."
        if self.precision == "bf16":
            return "it was fine until then, so half precision probably overflowed. Use --precision full."
        was = f"it was {self.latest:.4g} until then"
        return f"{was}. One step was too long: lower --lr, or bound steps with --clip 1."
