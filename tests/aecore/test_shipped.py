"""What is shipped computes what its cards say, with PyTorch and without."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from aecore import zoo
from aecore.bundles import Bundle
from aecore.cli.evaluate import evaluated

ROOT = Path(__file__).parents[2] / "checkpoints"
SHIPPED = {recipe.id: recipe.folder for recipe in zoo.recipes(ROOT)}
SAMPLED = ("nll", "elbo_gap", "negative_elbo", "bits_per_dim")


@pytest.mark.parametrize("name", SHIPPED)
@torch.no_grad()
def test_onnx_gives_what_pytorch_gives(name: str) -> None:
    bundle = Bundle.open(SHIPPED[name], shipped=True)
    model, shape = bundle.model(), bundle.card.data.shape
    x = torch.rand(8, *shape).round() if bundle.card.data.values == "binary" else torch.rand(8, *shape)
    wanted = model.posterior(x).tensors()
    got = bundle.encode(x.numpy())
    assert got.keys() == wanted.keys()
    for each, value in wanted.items():
        np.testing.assert_allclose(got[each], value.numpy(), rtol=1e-4, atol=1e-4)
    z = torch.tensor(bundle.codes.mu[:8])
    np.testing.assert_allclose(bundle.decode(z.numpy()), model.decode(z).numpy(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", [name for name in SHIPPED if name.startswith("digits/")])
def test_an_evaluation_gives_what_the_card_says(name: str) -> None:
    bundle = Bundle.open(SHIPPED[name], shipped=True)
    now = evaluated(bundle)
    assert now.keys() == bundle.card.metrics.keys()
    for metric, value in now.items():
        # Another device draws other samples; what is near 0 nats is compared in nats.
        near = 0.1 if metric in SAMPLED else 1e-3
        assert bundle.card.metrics[metric] == pytest.approx(value, rel=0.01, abs=near), metric
