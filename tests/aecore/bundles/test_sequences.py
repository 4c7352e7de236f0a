"""Bundles of sequence networks: exported step by step or at a stretch, they say what PyTorch says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch

from aecore.bundles import Bundle, Codes, LatentSpec, round_to_half, write_bundle
from aecore.data import DataSpec
from aecore.functions import Input
from aecore.model import Autoencoder
from aecore.variants import build
from tests.aecore.bundles import standin
from tests.aecore.sequences import KINDS, SERIES, STEPS, TOKENS, examples

SMALL: dict[str, dict[str, Any]] = {
    "transformer": {"units": 8, "heads": 2, "depth": 1},
    "recurrent": {"units": 8, "cell": "lstm", "bidirectional": True},
}


def written(folder: Path, data: DataSpec, net: str) -> tuple[Autoencoder, Bundle]:
    torch.manual_seed(0)
    config = {"variant": "vae", "latent_dim": 3, "net": net, **SMALL[net]}
    model = build(config, data).eval()
    with torch.no_grad():
        for parameter in model.decoder.parameters():
            parameter.mul_(2)  # so that it writes different things
    round_to_half(model)
    card = standin.card(folder.name, precision="half", variant="vae", config=config)
    card = replace(
        card,
        latent=LatentSpec.from_json(model.latent_spec()),
        data=replace(
            card.data,
            name=data.name,
            kind=data.kind,
            shape=data.shape,
            values=data.values,
            vocabulary=data.vocabulary,
        ),
    )
    codes: Codes = standin.codes()
    return model, write_bundle(folder, model=model, card=card, codes=codes, history=[])


@pytest.mark.parametrize("kind", KINDS)
@torch.no_grad()
def test_a_causal_decoder_is_exported_as_one_step_and_decodes_as_the_model_does(
    tmp_path: Path, kind: str
) -> None:
    data = KINDS[kind]
    model, bundle = written(tmp_path / "toy", data, "transformer")
    function = bundle.card.onnx["decoder"]
    assert (function.inputs, function.outputs) == (("z", "prefix", "length"), ("logits", "x"))
    x, z = examples(data, [1, 4, 6]), 2 * torch.randn(5, 3)
    for name, tensor in model.posterior(x).tensors().items():
        np.testing.assert_allclose(bundle.encode(x.numpy())[name], tensor, atol=1e-4)
    np.testing.assert_allclose(bundle.decode(z.numpy()), model.decode(z), atol=1e-4)
    again = bundle.model()
    assert torch.equal(again.decode(z), model.decode(z))


@torch.no_grad()
def test_the_exported_step_is_that_behind_the_prefix_whatever_follows() -> None:
    model = build(
        {"variant": "vae", "latent_dim": 3, "net": "transformer", **SMALL["transformer"]}, TOKENS
    ).eval()
    step = model.functions()["decoder"]
    assert [each.shape for each in step.inputs] == [(3,), (STEPS,), ()]
    assert step.inputs[1:] == (Input("prefix", (STEPS,), 5, "token"), Input("length", (), STEPS))
    z, x = torch.randn(STEPS, 3), examples(TOKENS, [STEPS] * STEPS)
    length = torch.arange(STEPS)
    raw = model.decode_raw(z, given=x)[length, length]
    behind = x * (torch.arange(STEPS) < length[:, None])  # nothing is known behind it
    for prefix in (x, behind):
        logits, probability = step.module(z, prefix, length)
        torch.testing.assert_close(logits, raw)
        torch.testing.assert_close(probability, raw.softmax(1))


@pytest.mark.parametrize("data", [SERIES, TOKENS], ids=["series", "tokens"])
@torch.no_grad()
def test_a_recurrent_bundle_decodes_at_a_stretch_and_stores_weights_once(
    tmp_path: Path, data: DataSpec
) -> None:
    model, bundle = written(tmp_path / "toy", data, "recurrent")
    assert bundle.card.onnx["decoder"].inputs == ("z",)
    x, z = examples(data, [0, 1, 4, 6]), torch.randn(5, 3)
    for name, tensor in model.posterior(x).tensors().items():
        np.testing.assert_allclose(bundle.encode(x.numpy())[name], tensor, atol=1e-4)
    np.testing.assert_allclose(bundle.decode(z.numpy()), model.decode(z), atol=1e-4)
    for name in ("encoder.onnx", "decoder.onnx"):
        graph = onnx.load_from_string(bundle.read(name)).graph
        floats = [t for t in graph.initializer if t.data_type in (1, 10) and t.dims]
        assert floats
        assert all(t.data_location == onnx.TensorProto.EXTERNAL for t in floats)
