"""Encoder and decoder as ONNX graphs whose weights are inputs: whoever runs them may tween."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

from aecore.bundles.export import TOLERANCE, stripped
from aecore.bundles.parts import OnnxFunction
from aecore.bundles.runtime import load_function
from aecore.functions import Function
from aecore.model import Autoencoder

Weights = Mapping[str, NDArray[np.float32]]


class Fed(nn.Module):
    """(x, weights) → what a function makes of x with those weights in place of its own."""

    def __init__(self, function: Function, names: tuple[str, ...]) -> None:
        super().__init__()
        self.whose = (function.module,)  # in a tuple: none of its weights is a constant of the graph
        self.names = names

    def forward(self, x: Tensor, *weights: Tensor) -> tuple[Tensor, ...]:
        fed = {f"model.{name}": weight for name, weight in zip(self.names, weights, strict=True)}
        outputs: tuple[Tensor, ...] = functional_call(self.whose[0], fed, (x,))
        return outputs


@dataclass(frozen=True)
class Graphs:
    """The exported functions of a model.

    Attributes:
        files: Content of ``encoder.onnx`` and ``decoder.onnx``.
        functions: Names of their inputs, x or z first, and outputs.
        model: Whose they are; its weights do not matter.
    """

    files: dict[str, bytes]
    functions: dict[str, OnnxFunction]
    model: Autoencoder

    def check(self, folder: Path, weights: Weights) -> None:
        """Holds the files in ``folder``, fed with weights, against PyTorch with the same weights.

        Raises:
            RuntimeError: If an output has another shape or differs by more than 1e-4, relative beyond 1.
        """
        self.model.load_state_dict({name: torch.from_numpy(each) for name, each in weights.items()})
        random = torch.Generator().manual_seed(0)
        for name, function in _functions(self.model).items():
            graph = self.functions[name]
            run = load_function(folder / graph.file)
            for batch in (1, 3):
                given = function.inputs[0].example(batch, random)
                with torch.no_grad():
                    wanted = function.module(given)
                got = run(
                    {graph.inputs[0]: given.numpy(), **{each: weights[each] for each in graph.inputs[1:]}}
                )
                for output, want in zip(graph.outputs, wanted, strict=True):
                    off = np.abs(got[output] - want.numpy()) / np.maximum(1, np.abs(want.numpy()))
                    if got[output].shape != want.shape or not (off <= TOLERANCE).all():  # so that NaN fails
                        raise RuntimeError(f"{graph.file}, output {output}: ONNX differs from PyTorch.")


def export(model: Autoencoder) -> Graphs:
    """The graphs of a model that is on the CPU and evaluating."""
    files, functions = {}, {}
    for name, function in _functions(model).items():
        names = _used(function)
        inputs = (function.inputs[0].name, *names)
        functions[name] = OnnxFunction(f"{name}.onnx", inputs, function.outputs)
        files[f"{name}.onnx"] = _graph(function, names, inputs)
    return Graphs(files, functions, model)


def _functions(model: Autoencoder) -> dict[str, Function]:
    return {name: each for name, each in model.functions().items() if name in ("encoder", "decoder")}


def _used(function: Function) -> tuple[str, ...]:
    """Names of the parameters that a function's outputs depend on, in the model's order."""
    named = dict(function.module.named_parameters())
    given = function.inputs[0].example(2, torch.Generator().manual_seed(0))
    with torch.enable_grad():
        total = torch.stack([output.sum() for output in function.module(given)]).sum()
        slopes = torch.autograd.grad(total, list(named.values()), allow_unused=True)
    return tuple(
        name.removeprefix("model.") for name, slope in zip(named, slopes, strict=True) if slope is not None
    )


def _graph(function: Function, names: tuple[str, ...], inputs: tuple[str, ...]) -> bytes:
    weights = dict(function.module.named_parameters())
    program = torch.onnx.export(
        Fed(function, names).eval(),
        (
            function.inputs[0].example(2, torch.Generator().manual_seed(0)),
            *(weights[f"model.{name}"].detach() for name in names),
        ),
        dynamo=True,
        input_names=list(inputs),
        output_names=list(function.outputs),
        dynamic_shapes={"x": {0: torch.export.Dim("batch")}, "weights": tuple({} for _ in names)},
        optimize=False,
        verbose=False,
    )
    assert program is not None  # it is None only where a file is named
    model = stripped(program.model_proto)
    if tuple(each.name for each in model.graph.input) != inputs:
        raise RuntimeError(f"The exporter renamed inputs: {[each.name for each in model.graph.input]}.")
    content: bytes = model.SerializeToString(deterministic=True)
    return content
