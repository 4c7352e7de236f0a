"""An exported function that is not what its card describes, though every digest is right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from aecore.bundles import open_bundle, write_bundle
from aecore.errors import BundleError, UserError
from tests.aecore.bundles import standin
from tests.aecore.bundles.test_bundle import resealed

FLOAT, LONG = TensorProto.FLOAT, TensorProto.INT64


def graph(output: str, shape: list[int], fill: Any, given: str = "z", node: str = "") -> bytes:
    """A decoder that gives a constant for every batch, or applies one node."""
    value = onnx.numpy_helper.from_array(np.full(shape, fill), "c")
    kind = FLOAT if value.data_type == FLOAT else LONG
    nodes = [
        helper.make_node(node, [given], [output]) if node else helper.make_node("Identity", ["c"], [output])
    ]
    made = helper.make_graph(
        nodes,
        "decoder",
        [helper.make_tensor_value_info(given, FLOAT, ["batch", standin.DIM])],
        [helper.make_tensor_value_info(output, kind, None)],
        [value],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


CASES = {
    "another shape": graph("x", [1, 1, 28, 27], np.float32(0)),
    "another batch": graph("x", [3, 1, 28, 28], np.float32(0)),
    "whole numbers": graph("x", [1, 1, 28, 28], np.int64(0)),
    "another output": graph("y", [1, 1, 28, 28], np.float32(0)),
    "the codes themselves": graph("x", [1], np.float32(0), node="Identity"),
    "another input": graph("x", [1, 1, 28, 28], np.float32(0), given="code"),
    "no graph": b"nothing",
}


@pytest.mark.parametrize("case", CASES)
def test_a_decoder_of_another_kind_is_refused(
    case: str, tmp_path: Path, place: Callable[[Path], Path]
) -> None:
    folder = place(tmp_path / "mnist" / "toy")
    (folder / "decoder.onnx").write_bytes(CASES[case])
    resealed(folder)
    bundle = open_bundle(folder)
    with pytest.raises(BundleError, match=r"mnist/toy.*decoder\.onnx"):
        bundle.decode(np.zeros((1, standin.DIM), np.float32))
    assert bundle.encode(np.zeros((1, 1, 28, 28)))["mu"].shape == (1, standin.DIM)


def test_a_graph_that_is_right_is_run(tmp_path: Path, place: Callable[[Path], Path]) -> None:
    """What the cases above change one thing of."""
    folder = place(tmp_path / "mnist" / "toy")
    (folder / "decoder.onnx").write_bytes(graph("x", [1, 1, 28, 28], np.float32(0.5)))
    resealed(folder)
    assert (open_bundle(folder).decode(np.zeros((1, standin.DIM))) == 0.5).all()


def test_a_card_that_could_not_be_opened_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aecore.bundles.write.MAX_CARD", len(standin.card().to_bytes()))
    with pytest.raises(UserError, match="The card of toy would have .* bytes .*smaller --latent-dim"):
        write_bundle(
            tmp_path / "toy", model=standin.StandIn(), card=standin.card(), codes=standin.codes(), history=[]
        )
    assert list(tmp_path.iterdir()) == []
