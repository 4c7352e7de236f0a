"""A network layer by layer: its sizes, what it switches off, and how much of the input is still in it.

A layer is a module with weights and what follows it without any: norm, activation, dropout.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from aecore.data import Split
from aecore.step import Step

RIDGE = 0.03  # of the mean variance of a feature, an example
PROBED, LARGE = 3000, 1000  # examples a probe is fitted to, and as many to test it on; of large ones fewer
LARGE_SIZE = 1024  # numbers in an example from which it counts as large
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm)


class Layered(Protocol):
    """What is asked of a model, beside being a torch module."""

    @property
    def encoder(self) -> nn.Module: ...
    @property
    def bottleneck(self) -> nn.Module: ...
    def eval(self) -> object: ...
    def told(self, step: Step) -> Tensor | None: ...
    def posterior(self, x: Tensor, condition: Tensor | None = None) -> Any: ...
    def decode_raw(
        self, z: Tensor, condition: Tensor | None = None, given: Tensor | None = None
    ) -> Tensor: ...
    def named_modules(self) -> Iterator[tuple[str, nn.Module]]: ...


@dataclass(frozen=True)
class Layer:
    """What one layer is, and what it does to examples of the test split.

    Attributes:
        name: Of the module with the weights, as the model names it.
        kind: Its class, and those of what follows it.
        shape: Of what it gives for one example.
        parameters: Numbers that are trained in it.
        recovered: R² of a linear probe from what it gives back to the input, on test examples, at
            most 1; below 0 where the probe does worse than the mean example.
        zeros: Share of what it gives that is exactly 0.
        dead: Share of its units that are 0 for every example.
        norm: Mean absolute value of what it gives.
        said: Its name in plain words, as in ``encoder 2``.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    recovered: float
    zeros: float
    dead: float
    norm: float
    said: str = ""


def layers(model: Layered, train: Split, test: Split) -> list[Layer]:
    """Every layer in the order in which an example goes through it, encoder first.

    Args:
        model: On the CPU; put into evaluation mode.
        train: The probes are fitted to its first 3,000 examples (1,000 of more than 1,024 numbers).
        test: And tested on as many of these.
    """
    fitted, fitted_x = _seen(model, _head(train))
    tested, tested_x = _seen(model, _head(test))
    found, said = [], plain_names(list(tested))
    for name, (modules, after) in tested.items():
        features = after.flatten(1)
        found.append(
            Layer(
                name=name,
                kind=" + ".join(type(module).__name__ for module in modules),
                shape=tuple(after.shape[1:]),
                parameters=sum(each.numel() for module in modules for each in module.parameters()),
                recovered=recovered(fitted[name][1].flatten(1), fitted_x, features, tested_x),
                zeros=float((features == 0).float().mean()),
                dead=float((features == 0).all(0).float().mean()),
                norm=float(features.abs().mean()),
                said=said[name],
            )
        )
    return found


PARTS = {"encoder": "encoder", "decoder": "decoder", "bottleneck": "code"}
CODES = {"bottleneck.mu": "code, mean", "bottleneck.logvar": "code, log variance", "bottleneck.z": "code"}


def plain_names(names: list[str]) -> dict[str, str]:
    """What people call layers: numbered within encoder, code and decoder, in the order given.

    >>> plain_names(["encoder.blocks.0.0", "bottleneck.mu", "decoder.output"])
    {'encoder.blocks.0.0': 'encoder 1', 'bottleneck.mu': 'code, mean', 'decoder.output': 'decoder 1'}
    """
    found: dict[str, str] = {}
    count: Counter[str] = Counter()
    for name in names:
        part = name.partition(".")[0]
        if name not in CODES:
            count[part] += 1
        found[name] = CODES.get(name) or f"{PARTS.get(part, part)} {count[part]}"
    return found


def filters(model: Layered, shape: tuple[int, ...]) -> Tensor | None:
    """Weights of the first layer as images, those with the longest weights first.

    An encoder without layers, as that of PCA, leaves the code as the first: its numbers in their order.

    Args:
        model: Of images.
        shape: Of an example, (C, H, W).

    Returns:
        Shape (N, C, H, W): what each unit of a dense layer looks for in the whole image, or the kernels of
        a convolution; None where the first layer is neither, or its weights are no images.
    """
    bare = next(model.encoder.parameters(), None) is None
    part = model.bottleneck if bare else model.encoder
    first = next((m for m in part.modules() if isinstance(m, nn.Linear | nn.Conv2d)), None)
    if first is None or len(shape) != 3:
        return None
    weight = first.weight.detach().float().cpu()
    if isinstance(first, nn.Linear) and first.in_features == math.prod(shape):
        weight = weight.unflatten(1, shape)
    if weight.dim() != 4 or weight.shape[1] != shape[0]:
        return None
    if bare:
        return weight
    return weight[weight.flatten(1).norm(dim=1).argsort(descending=True, stable=True)]


def activations(model: Layered, example: Split) -> dict[str, Tensor]:
    """What each layer gives for an example, as pictures, in the order in which it goes through them.

    Args:
        model: On the CPU; put into evaluation mode.
        example: Of which the first is taken.

    Returns:
        By the plain names of layers, shape (N, 1, H, W): the maps of a convolution, or one picture, of a
        sequence a step a row, of a vector its numbers row by row, in as many columns as rows or one more.
    """
    seen, _ = _seen(model, example.take(torch.arange(1)))
    said = plain_names(list(seen))
    return {said[name]: _pictures(after[0]) for name, (_, after) in seen.items()}


def _pictures(given: Tensor) -> Tensor:
    """Of a layer's output for one example, shape (N, 1, H, W)."""
    if given.ndim > 1:
        return given[:, None] if given.ndim == 3 else given[None, None]
    columns = math.isqrt(len(given) - 1) + 1
    rows = -(-len(given) // columns)
    return pad(given, (0, rows * columns - len(given))).view(1, 1, rows, columns)


def recovered(features: Tensor, x: Tensor, test_features: Tensor, test_x: Tensor) -> float:
    r"""How much of the variance of x a linear map of the features gives back on other examples.

    .. math:: R^2 = 1 - \frac{\sum \lVert x - \hat x \rVert^2}{\sum \lVert x - \bar x \rVert^2}

    Ridge regression with a penalty of 3 % of the features' mean variance an example.

    Args:
        features, x: What the map is fitted to, shape (N, F) and (N, D).
        test_features, test_x: What it is tested on, shape (M, F) and (M, D).
    """
    mean, target = features.mean(0), x.mean(0)
    a, b = features - mean, (x - target).double()
    penalty = RIDGE * float(a.square().mean()) * len(a) + 1e-12
    if a.shape[1] <= len(a):
        weights = torch.linalg.solve((a.T @ a).double() + penalty * _eye(a.shape[1]), a.T.double() @ b)
        guess = (test_features - mean).double() @ weights
    else:  # the same by the N × N matrix, which is the smaller one
        weights = torch.linalg.solve((a @ a.T).double() + penalty * _eye(len(a)), b)
        guess = ((test_features - mean) @ a.T).double() @ weights
    missed = test_x - target - guess
    return float(1 - missed.square().sum() / (test_x - test_x.mean(0)).square().sum())


def _eye(n: int) -> Tensor:
    return torch.eye(n, dtype=torch.float64)


Seen = dict[str, tuple[list[nn.Module], Tensor]]


@torch.no_grad()
def _seen(model: Layered, examples: Split) -> tuple[Seen, Tensor]:
    """What each layer gives for some examples, and the examples, shape (N, D)."""
    model.eval()
    x = examples.x
    with _watching(model) as seen:
        condition = model.told(Step(x, x, label=examples.label))
        model.decode_raw(model.posterior(x, condition).mean, condition, x)
    return seen, x.float().flatten(1)


@contextmanager
def _watching(model: Layered) -> Iterator[Seen]:
    """Collects what layers give while examples go through the model inside."""
    seen: Seen = {}
    order: list[str] = []

    def listen(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def hear(module: nn.Module, _: Any, output: Any) -> None:
            after = output[0] if isinstance(output, tuple) else output
            if not isinstance(after, Tensor):
                return
            weighs = any(True for _ in module.parameters()) and not isinstance(module, NORMS)
            if weighs and name not in seen:
                seen[name] = ([module], after)
                order.append(name)
            elif not weighs and order and after.shape == seen[order[-1]][1].shape:
                modules, _before = seen[order[-1]]
                seen[order[-1]] = ([*modules, module], after)

        return hear

    leaves = [(n, m) for n, m in model.named_modules() if not any(True for _ in m.children())]
    handles = [module.register_forward_hook(listen(name)) for name, module in leaves]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _head(split: Split) -> Split:
    most = PROBED if split.x[0].numel() <= LARGE_SIZE else LARGE
    return split.take(torch.arange(min(len(split), most), device=split.x.device))
