"""Multilayer perceptrons layer by layer: what greedy pretraining and growing have in common."""

from __future__ import annotations

from functools import wraps
from inspect import signature
from typing import Annotated, Any, cast

from torch import nn

from aecore.model import Autoencoder
from aecore.nets import mlp
from aecore.nets.mlp import MlpDecoder, MlpEncoder
from aecore.options import Component, Slot


def with_defaults(part: Component, **defaults: Any) -> Component:
    """The same part, whose options start elsewhere."""

    @wraps(part)
    def made(*args: Any, **options: Any) -> Any:
        return part(*args, **defaults | options)

    known = signature(part)
    changed = [p.replace(default=defaults.get(name, p.default)) for name, p in known.parameters.items()]
    cast(Any, made).__signature__ = known.replace(parameters=changed)
    return made


deep_mlp = with_defaults(mlp, hidden=(512, 256, 128))

LayeredNet = Annotated[
    Component, Slot({"mlp": deep_mlp}), "The network whose layers are trained one after the other."
]


class Layered(Autoencoder):
    """An autoencoder of a multilayer perceptron, with names for its layers.

    Layer k, counted from 0, maps level k to level k + 1: level 0 is the example, the last the code.
    """

    encoder: MlpEncoder
    decoder: MlpDecoder

    @property
    def depth(self) -> int:
        """Hidden layers of the encoder, and of the decoder."""
        return len(self.encoder.blocks)

    def up(self, k: int) -> nn.Module:
        """Hidden layer k of the encoder, k < depth."""
        return self.encoder.blocks[k]

    def down(self, k: int) -> nn.Module:
        """The decoder's layer that mirrors layer k: from level k + 1 to level k, raw where k is 0."""
        return self.decoder.blocks[self.depth - k] if k else self.decoder.output


def linear(layer: nn.Module) -> nn.Linear:
    """The linear map in a layer."""
    return next(module for module in layer.modules() if isinstance(module, nn.Linear))


def parameters(*modules: nn.Module) -> tuple[nn.Parameter, ...]:
    """Of all of them, in order."""
    return tuple(p for module in modules for p in module.parameters())
