"""How one player descends."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping

from torch import Tensor, nn, optim

from aecore.step import Player

OPTIMISERS: dict[str, Callable[..., optim.Optimizer]] = {
    "adam": optim.Adam,
    "adamw": optim.AdamW,
    "sgd": optim.SGD,
    "rmsprop": optim.RMSprop,
}
FUSED = {"adam", "adamw", "sgd"}
FLOOR = 0.01  # of the learning rate, at the end of a schedule that falls
COOLDOWN = 0.25  # of the training after the warm-up


def weights_of(player: Player) -> list[nn.Parameter]:
    """What decay and L1 act on: matrices and kernels, not biases, normalisations or a learned σ."""
    return [parameter for parameter in player.parameters if parameter.ndim > 1]


def layers_of(model: nn.Module) -> dict[nn.Parameter, str]:
    """The layer of each parameter: the name of the module that holds it."""
    return {
        parameter: name or type(model).__name__
        for name, module in reversed(list(model.named_modules()))
        for parameter in module.parameters(recurse=False)
    }


class Descent:
    """One player's optimiser and its learning rate over the training.

    Args:
        player: Whose parameters are stepped.
        optimiser: A key of ``OPTIMISERS``.
        lr: The highest learning rate.
        weight_decay: L2, of the weights alone.
        clip: Longest gradient, 0 for any.
        schedule: ``constant``, ``linear``, ``cosine`` or ``cooldown``, a straight line over the last quarter
            (Hägele et al. 2024, https://arxiv.org/abs/2405.18392), after the warm-up.
        warmup: Part of the training over which the rate rises from 0.
    """

    def __init__(
        self,
        player: Player,
        optimiser: str,
        lr: float,
        weight_decay: float,
        clip: float,
        schedule: str,
        warmup: float,
    ) -> None:
        self.player, self.peak, self.clip, self.schedule, self.warmup = player, lr, clip, schedule, warmup
        fused = {"fused": True} if optimiser in FUSED else {}
        weights = weights_of(player)
        known = {id(weight) for weight in weights}
        others = [p for p in player.parameters if id(p) not in known]
        groups = [{"params": weights, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
        self.optimiser = OPTIMISERS[optimiser]([group for group in groups if group["params"]], lr=lr, **fused)

    @property
    def lr(self) -> float:
        """The learning rate of the last step."""
        return float(self.optimiser.param_groups[0]["lr"])

    def lr_at(self, progress: float) -> float:
        """The learning rate when a share ``progress`` of the training is done."""
        if progress < self.warmup:
            return self.peak * progress / self.warmup
        left = (1 - progress) / max(1 - self.warmup, 1e-9)
        shapes = {
            "constant": 1.0,
            "linear": left,
            "cosine": 0.5 - 0.5 * math.cos(math.pi * left),
            "cooldown": min(1.0, left / COOLDOWN),
        }
        return self.peak * (FLOOR + (1 - FLOOR) * shapes[self.schedule])

    def __call__(self, loss: Tensor, progress: float) -> None:
        """One step down ``loss``, shape ()."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.lr_at(progress)
        self.optimiser.zero_grad()
        loss.backward()
        if self.clip:
            nn.utils.clip_grad_norm_(self.player.parameters, self.clip)
        self.optimiser.step()

    def gradients(self, layers: Mapping[nn.Parameter, str]) -> dict[str, float]:
        """Length of the gradient that the last step followed, by layer; left out where it is not finite.

        Args:
            layers: The layer of each parameter.
        """
        by_layer: dict[str, list[Tensor]] = defaultdict(list)
        for parameter in self.player.parameters:
            if parameter.grad is not None:
                by_layer[layers.get(parameter, self.player.name)].append(parameter.grad)
        found = {name: float(nn.utils.get_total_norm(grads)) for name, grads in by_layer.items()}
        return {name: float(f"{norm:.4g}") for name, norm in found.items() if math.isfinite(norm)}

    def tensors(self) -> dict[str, Tensor]:
        """The optimiser's state by parameter and name, to be stored."""
        state = self.optimiser.state_dict()["state"]
        return {
            f"{k}.{name}": value
            for k, entry in state.items()
            for name, value in entry.items()
            if value is not None
        }

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Puts stored state back."""
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            index, _, name = key.partition(".")
            state.setdefault(int(index), {})[name] = value
        self.optimiser.load_state_dict({**self.optimiser.state_dict(), "state": state})
