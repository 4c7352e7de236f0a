"""What a browser gets of a sweep: JSON that says what its files hold."""

from __future__ import annotations

import json

import numpy as np
import pytest
import safetensors.numpy

from aecore import scenes
from aecore.bundles import Bundle
from aecore.runs import Run
from aecore.scenes import sweep as scene
from aecore.sweeps import Sweep, between
from tests.aecore.conftest import flat_maps
from tests.aecore.sweeps.conftest import sweep, trained_sweep

__all__ = ["sweep", "trained_sweep"]


def test_the_scene_says_what_the_files_hold(sweep: Sweep) -> None:
    said = json.loads(json.dumps(scene.describe(sweep), allow_nan=False))
    assert said["title"] == "VAE · 3 dims · 5 β from 0 to 6.4"
    assert said["betas"] == [0, 0.1, 0.4, 1.6, 6.4]
    assert [member["beta"] for member in said["members"]] == said["betas"]
    assert said["files"] == ["codes.safetensors", "decoder.onnx", "encoder.onnx", "weights.safetensors"]
    assert (said["maps"], said["count"]) == (["pca", "umap"], len(sweep.codes))
    codes = safetensors.numpy.load(sweep.read("codes.safetensors"))
    for name in ("mu", "logvar"):
        assert codes[name].shape == (5, said["count"], said["dim"])
    for name in said["maps"]:
        assert codes[name].shape == (5, said["count"], 2)
    assert len(codes["label"]) == said["count"]
    weights = safetensors.numpy.load(sweep.read("weights.safetensors"))
    for graph, first in ((said["encoder"], "x"), (said["decoder"], "z")):
        assert graph["inputs"][0] == first
        assert set(graph["inputs"][1:]) <= weights.keys()
    assert said["error_unit"] == "nats"
    assert (said["binarise"], said["likelihood"], said["constants"]) == ("threshold", "bernoulli", 0)
    for k, found in enumerate(said["between"]):
        assert found["beta"] == between(*said["betas"][k : k + 2])
        assert found["excess"] == found["objective"] - min(found["low"], found["high"])


def test_a_browser_that_does_what_the_scene_says_gets_the_models_image(sweep: Sweep) -> None:
    import onnxruntime  # type: ignore[import-untyped]

    said, t = scene.describe(sweep), 0.3
    weights = safetensors.numpy.load(sweep.read("weights.safetensors"))
    session = onnxruntime.InferenceSession(sweep.read(said["decoder"]["file"]))
    fed = {
        name: (1 - t) * weights[name][2].astype(np.float32)
        + np.float32(t) * weights[name][3].astype(np.float32)
        for name in said["decoder"]["inputs"][1:]
    }
    z = np.ones((2, said["dim"]), np.float32)
    (image,) = session.run(None, {"z": z, **{name: each.astype(np.float32) for name, each in fed.items()}})
    beta = said["betas"][2] ** (1 - t) * said["betas"][3] ** t
    assert np.allclose(image, sweep.decode(z, beta), atol=1e-5)


def test_its_originals_are_those_of_a_bundle_with_the_same_examples(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    flat_maps(monkeypatch)
    tiny = {"variant": "vae", "data": "digits", "hidden": [4], "epochs": 1, "device": "cpu", "latent_dim": 2}
    bundle: Bundle = Run.begin({**tiny, "binarise": "threshold"}, "own").train()
    assert scene.examples(sweep) == scenes.examples(bundle)
    assert scene.originals_key(sweep) == scenes.originals_key(bundle)


def test_keys_change_with_the_card(sweep: Sweep) -> None:
    assert scene.key(sweep).startswith(sweep.card.digest[:16])
