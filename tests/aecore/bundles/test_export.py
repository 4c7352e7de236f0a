"""ONNX equals PyTorch, stores each weight once, and is the same bytes each time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from aecore.bundles import Bundle, round_to_half, write_bundle
from aecore.bundles.export import export
from aecore.errors import UserError
from tests.aecore.bundles import standin

ROOT = Path(__file__).parents[3]


def write(folder: Path, net: str, kind: str, precision: str) -> tuple[standin.StandIn, Bundle]:
    model = standin.StandIn(net, kind)
    if precision == "half":
        round_to_half(model)
    card = standin.card(folder.name, kind, precision, config={"net": net})
    bundle = write_bundle(folder, model=model, card=card, codes=standin.codes(kind=kind), history=[])
    return model.eval(), bundle


@pytest.mark.parametrize("precision", ["half", "full"])
@pytest.mark.parametrize(("net", "kind"), [("mlp", "point"), ("conv", "gaussian")])
def test_onnx_runtime_gives_what_pytorch_gives(tmp_path: Path, net: str, kind: str, precision: str) -> None:
    model, bundle = write(tmp_path / "toy", net, kind, precision)
    x, z = torch.rand(5, 1, 28, 28), 2 * torch.randn(7, standin.DIM)
    with torch.no_grad():
        wanted = model.posterior(x).tensors()
        decoded = model.decode(z)
    got = bundle.encode(x.numpy())
    assert tuple(got) == model.names == bundle.card.onnx["encoder"].outputs
    for name, tensor in wanted.items():
        np.testing.assert_allclose(got[name], tensor.numpy(), atol=1e-4)
    np.testing.assert_allclose(bundle.decode(z.numpy()), decoded.numpy(), atol=1e-4)
    assert bundle.card.parameters == sum(each.numel() for each in model.parameters())


@pytest.mark.parametrize("precision", ["half", "full"])
@pytest.mark.parametrize("net", ["mlp", "conv"])
def test_weights_are_stored_once(net: str, precision: str) -> None:
    model = standin.StandIn(net)
    if precision == "half":
        round_to_half(model)
    files = export(model, standin.card(precision=precision)).files
    numbers = sum(t.numel() for t in model.state_dict().values())
    assert len(files["model.safetensors"]) < numbers * (2 if precision == "half" else 4) + 4_000
    assert len(files["encoder.onnx"]) + len(files["decoder.onnx"]) < 12_000
    for name in ("encoder.onnx", "decoder.onnx"):
        floats = [t for t in onnx.load_from_string(files[name]).graph.initializer if t.data_type != 7]
        assert floats
        assert all(t.data_location == onnx.TensorProto.EXTERNAL for t in floats)


def test_a_weight_is_found_by_its_bytes_and_never_by_its_name(tmp_path: Path) -> None:
    """The file holds other numbers under the graph's names: they stay inline, and all is well."""

    class Renamed(standin.StandIn):
        def state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
            state = super().state_dict(*args, **kwargs)
            a, b = "encoder.1.weight", "encoder.1.bias"
            assert a in state
            return state | {a: state[a].flip(0), b: state[b].flip(0)}

    model = Renamed("mlp")
    made = export(model, standin.card())
    inline = [
        t.name
        for t in onnx.load_from_string(made.files["encoder.onnx"]).graph.initializer
        if t.data_location != onnx.TensorProto.EXTERNAL
    ]
    assert {"model.encoder.1.weight", "model.encoder.1.bias"} <= set(inline)
    for name, data in made.files.items():
        (tmp_path / name).write_bytes(data)
    made.check(tmp_path)


def test_a_graph_that_reads_other_weights_is_not_written(tmp_path: Path) -> None:
    made = export(standin.StandIn("conv"), standin.card())
    other = export(standin.StandIn("conv"), standin.card())
    for name, data in (made.files | {"model.safetensors": other.files["model.safetensors"]}).items():
        (tmp_path / name).write_bytes(data)
    with pytest.raises(RuntimeError, match=r"encoder\.onnx, output mu, batch of 1: ONNX differs"):
        made.check(tmp_path)


def test_a_model_with_nan_is_not_written(tmp_path: Path) -> None:
    model = standin.StandIn("mlp")
    with torch.no_grad():
        model.get_parameter("decoder.0.bias")[0] = torch.nan
    with pytest.raises(RuntimeError, match=r"decoder\.onnx, output x"):
        write_bundle(tmp_path / "toy", model=model, card=standin.card(), codes=standin.codes(), history=[])
    assert not list(tmp_path.iterdir())


def test_the_bytes_are_the_same_in_another_process_and_name_no_path(tmp_path: Path) -> None:
    code = """
import sys, json, hashlib, torch
from aecore.bundles.export import export
from tests.aecore.bundles import standin
def digests(model):
    return {k: hashlib.sha256(v).hexdigest() for k, v in export(model, standin.card()).files.items()}
torch.manual_seed(3)
model = standin.StandIn("conv").train()
before = torch.get_rng_state()
first, second = digests(model), digests(model)
assert first == second and model.training and torch.equal(before, torch.get_rng_state())
print(json.dumps(first))
"""
    run = [sys.executable, "-c", code]
    outs = [subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True).stdout for _ in "12"]
    assert json.loads(outs[0].splitlines()[-1]) == json.loads(outs[1].splitlines()[-1])
    for data in export(standin.StandIn("conv"), standin.card()).files.values():
        assert str(ROOT).encode() not in data
        assert b"site-packages" not in data
        assert b"standin" not in data


def test_rounding_changes_no_number_twice_and_refuses_what_does_not_fit() -> None:
    model = standin.StandIn("conv")
    round_to_half(model)
    once = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    round_to_half(model)
    assert all(torch.equal(tensor, once[name]) for name, tensor in model.state_dict().items())
    assert {t.dtype for t in once.values()} == {torch.float32, torch.int64}
    fresh = standin.StandIn("conv")
    with torch.no_grad():
        fresh.get_buffer("decoder.5.running_var")[3] = 7e4
    before = {name: tensor.clone() for name, tensor in fresh.state_dict().items()}
    with pytest.raises(UserError, match=r"decoder\.5\.running_var reaches 7e\+04"):
        round_to_half(fresh)
    assert all(torch.equal(tensor, before[name]) for name, tensor in fresh.state_dict().items())


def test_half_precision_of_unrounded_weights_is_refused() -> None:
    with pytest.raises(ValueError, match="call round_to_half"):
        export(standin.StandIn("mlp"), standin.card(precision="half"))
