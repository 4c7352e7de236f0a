"""Parts of a model that a loss runs through and must not move."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def frozen(*modules: nn.Module) -> Iterator[None]:
    """Within it the modules evaluate, and their parameters ask for no gradient.

    What is computed from them stays differentiable in their input: a gradient runs through to who
    made it, and leaves nothing behind. Modes and parameters are put back as they were. A recurrent cell
    keeps its mode, which changes nothing but rounding: cuDNN differentiates it in training alone.
    """
    parts = [part for module in modules for part in module.modules()]
    modes = [(part, part.training) for part in parts if not isinstance(part, nn.RNNBase)]
    asking = [p for module in modules for p in module.parameters() if p.requires_grad]
    for part, _ in modes:
        part.training = False
    for parameter in asking:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for part, mode in modes:
            part.training = mode
        for parameter in asking:
            parameter.requires_grad_(True)
