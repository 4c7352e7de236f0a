"""Bundles of series, words and tables: from training to a card that is true again elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import aecore
from aecore import scenes
from aecore.bundles import Bundle, open_bundle
from aecore.data import load_dataset
from aecore.metrics import METRICS, evaluate

TINY: dict[str, Any] = {"epochs": 1, "latent_dim": 3, "device": "cpu", "batch_size": 256, "store": "half"}
SMALL: dict[str, dict[str, Any]] = {
    "waves": {"net": "mlp", "hidden": [16]},
    "words": {"units": 8, "embedding": 4},
    "breast-cancer": {"hidden": [8]},
}
SAID = {
    "waves": {"rmse", "length_mae"},
    "words": {"token_accuracy", "perplexity"},
    "breast-cancer": {"pca_rmse"},
}


@pytest.mark.parametrize("name", SMALL)
def test_a_bundle_is_trained_opened_and_measured_again(
    name: str, own_home: Path, quick_maps: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: Bundle = aecore.train("vae", name, name="small", **SMALL[name], **TINY)
    bundle, data = open_bundle(f"{name}/small"), load_dataset(name)
    spec, card = data.spec, bundle.card
    assert bundle.id == made.id
    assert card.data.spec == spec
    assert card.data.load().fingerprint == card.data.fingerprint
    assert SAID[name] | {"nll", "probe_accuracy"} <= card.metrics.keys() <= METRICS.keys()
    x = data.test.x.numpy()[bundle.codes.index]
    np.testing.assert_array_equal(scenes.originals(bundle).x, x)
    mu = bundle.encode(x)["mu"]
    np.testing.assert_allclose(mu, bundle.codes.mu, atol=2e-3, rtol=2e-3)
    decoded = bundle.decode(mu[:5])
    assert decoded.shape == ((5, *spec.shape, len(spec.vocabulary)) if name == "words" else (5, *spec.shape))
    if name == "waves":
        assert bool((np.diff(decoded[..., 1]) <= 1e-6).all())
    if name == "words":
        np.testing.assert_allclose(decoded.sum(-1), 1, atol=1e-5)
    again = evaluate(bundle.model(), data, nll_samples=5)
    for metric in SAID[name] | {"distortion", "rate"}:
        assert again[metric] == pytest.approx(card.metrics[metric], rel=0.01)
