"""PyTorch to safetensors and ONNX, each weight stored once. This module loads torch; no other here does.

An initialiser of the ONNX graph whose *bytes* are those of a tensor in
``model.safetensors`` becomes external data that points into that file. Names prove
nothing: exporters fold and reorder weights and keep their names. In half precision the
stored float16 is followed by a Cast, and the graph computes in float32 as PyTorch does.
"""

from __future__ import annotations

import copy
import json
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import onnx
import safetensors.torch
import torch
from numpy.typing import NDArray
from torch import nn

from aecore.bundles.card import Card
from aecore.bundles.parts import OnnxFunction
from aecore.bundles.runtime import load_function
from aecore.errors import UserError
from aecore.functions import Function

TOLERANCE = 1e-4  # absolute up to 1, relative beyond
WEIGHTS = "model.safetensors"


class Exportable(Protocol):
    """What an export asks of a model, beside being a torch module."""

    def functions(self) -> dict[str, Function]: ...


@torch.no_grad()
def round_to_half(model: nn.Module) -> None:
    """Round every float of the model to the nearest half-precision number, in place.

    Do it before the metrics are measured, so that they are those of what is stored.

    Raises:
        UserError: If a number is beyond half precision; the model is unchanged then.
    """
    floats = {name: t for name, t in model.state_dict().items() if t.is_floating_point()}
    for name, tensor in floats.items():
        if not torch.isfinite(tensor.half()).all():
            raise UserError(
                f"{name} reaches {tensor.abs().max().item():.4g}, more than half precision holds (65,504): "
                "store this bundle in full precision."
            )
    for tensor in floats.values():
        tensor.copy_(tensor.half())


@dataclass(frozen=True)
class Export:
    """A model as files.

    Attributes:
        files: Content of ``model.safetensors`` and of one ``.onnx`` file a function.
        card: The card with ``onnx`` and ``parameters`` filled in.
        model: The model that was exported: on the CPU, evaluating.
    """

    files: dict[str, bytes]
    card: Card
    model: nn.Module

    def check(self, folder: Path) -> None:
        """Hold the ONNX files in ``folder`` against PyTorch, on batches of 1 and 3 random inputs.

        A trained model's BatchNorm statistics are away from 0 and 1, so a graph that
        lost or misread them differs.

        Raises:
            RuntimeError: If an output has another shape or differs by more than 1e-4.
        """
        random = torch.Generator().manual_seed(0)
        for name, function in _functions(self.model).items():
            file = self.card.onnx[name].file
            run = load_function(folder / file)
            for batch in (1, 3):
                given = {each.name: each.example(batch, random) for each in function.inputs}
                with torch.no_grad():
                    wanted = [each.numpy() for each in function.module(*given.values())]
                got = run({each: value.numpy() for each, value in given.items()})
                for output, want in zip(function.outputs, wanted, strict=True):
                    _agree(f"{file}, output {output}, batch of {batch}", got[output], want)


def export(model: nn.Module, card: Card) -> Export:
    """Turn a model into the files of a bundle.

    Args:
        model: An ``Autoencoder``; it is not changed. With ``card.precision`` "half" its
            numbers must be rounded already, see :func:`round_to_half`.
        card: What it is.
    """
    frozen = copy.deepcopy(model).cpu().eval().requires_grad_(False)
    weights = _pack(frozen, card.precision)
    places = _places(weights)
    files, functions = {WEIGHTS: weights}, {}
    for name, function in _functions(frozen).items():
        inputs = tuple(each.name for each in function.inputs)
        functions[name] = OnnxFunction(f"{name}.onnx", inputs, function.outputs)
        graph = _graph(function)
        _share(graph, places, card.precision)
        files[f"{name}.onnx"] = graph.SerializeToString(deterministic=True)
    parameters = sum(each.numel() for each in model.parameters())
    return Export(files, replace(card, onnx=functions, parameters=parameters), frozen)


def _functions(model: nn.Module) -> dict[str, Function]:
    exported = cast(Exportable, model).functions()
    for function in exported.values():
        function.module.eval()
    return exported


def _agree(what: str, got: NDArray[np.float32], want: NDArray[np.float32]) -> None:
    if got.shape != want.shape:
        raise RuntimeError(f"{what}: ONNX gives shape {got.shape}, PyTorch {want.shape}.")
    off = np.abs(got - want) / np.maximum(1, np.abs(want))
    if not (off <= TOLERANCE).all():  # written so that NaN fails
        raise RuntimeError(
            f"{what}: ONNX differs from PyTorch by {off.max():.2g}; at most {TOLERANCE} is right."
        )


def _pack(model: nn.Module, precision: str) -> bytes:
    tensors = {name: tensor.clone().contiguous() for name, tensor in model.state_dict().items()}
    if precision == "half":
        for name, tensor in tensors.items():
            if tensor.is_floating_point():
                tensors[name] = tensor.half()
                if not torch.equal(tensors[name].to(tensor.dtype), tensor):
                    raise ValueError(f"{name} is not in half precision: call round_to_half before measuring.")
    return safetensors.torch.save(tensors)


def _places(weights: bytes) -> dict[tuple[str, bytes], tuple[int, int]]:
    """Where in the safetensors file each float tensor's bytes stand: (dtype, bytes) to (offset, length).

    Source:
        https://github.com/huggingface/safetensors#format
    """
    start = 8 + int.from_bytes(weights[:8], "little")
    header: dict[str, Any] = json.loads(weights[8:start])
    header.pop("__metadata__", None)
    places: dict[tuple[str, bytes], tuple[int, int]] = {}
    for _, entry in sorted(header.items()):
        begin, end = (start + offset for offset in entry["data_offsets"])
        if entry["dtype"] in ("F16", "F32") and end > begin:
            places.setdefault((entry["dtype"], weights[begin:end]), (begin, end - begin))
    return places


def _graph(function: Function) -> Any:
    """The ONNX model of a function, any batch size, without what differs from run to run."""
    random, batch = torch.Generator().manual_seed(0), torch.export.Dim("batch")
    with warnings.catch_warnings():
        # A recurrent module holds a list of its weights, which torch.export takes for a changed attribute.
        warnings.filterwarnings("ignore", r"The tensor attributes? .*_flat_weights")
        # Several inputs share one batch, which is what is meant.
        warnings.filterwarnings("ignore", r"# The axis name: batch will not be used")
        program = torch.onnx.export(
            function.module,
            tuple(each.example(2, random) for each in function.inputs),
            dynamo=True,
            input_names=[each.name for each in function.inputs],
            output_names=list(function.outputs),
            dynamic_shapes=tuple({0: batch} for _ in function.inputs),
            optimize=False,  # folding BatchNorm into weights would store them a second time
            verbose=False,
        )
    assert program is not None  # it is None only where a file is named
    return stripped(program.model_proto)


def stripped(model: Any) -> Any:
    """An ONNX model as the exporter made it, without what tells of the machine and the day."""
    graph = model.graph
    model.producer_name, model.producer_version = "aecore", ""  # the card has the versions
    for each in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        each.ClearField("doc_string")
        each.ClearField("metadata_props")  # stack traces with this machine's paths
    graph.ClearField("value_info")
    return model


def _share(model: Any, places: dict[tuple[str, bytes], tuple[int, int]], precision: str) -> None:
    """Replace each initialiser that the safetensors file has, byte for byte, by a pointer into it."""
    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        stored = np.ascontiguousarray(onnx.numpy_helper.to_array(tensor))
        kind = "F32"
        if precision == "half":
            with np.errstate(over="ignore"):
                half = stored.astype(np.float16)
            if half.astype(np.float32).tobytes() != stored.tobytes():
                continue
            stored, kind = half, "F16"
        place = places.get((kind, stored.tobytes()))
        if place is None:
            continue
        if kind == "F16":
            name = tensor.name
            tensor.name, tensor.data_type = f"{name}.half", onnx.TensorProto.FLOAT16
            casts.append(onnx.helper.make_node("Cast", [tensor.name], [name], to=onnx.TensorProto.FLOAT))
        _point(tensor, *place)
    nodes = [*casts, *model.graph.node]
    model.graph.ClearField("node")
    model.graph.node.extend(nodes)


def _point(tensor: Any, offset: int, length: int) -> None:
    tensor.ClearField("raw_data")
    tensor.ClearField("float_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", WEIGHTS), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=str(value))
