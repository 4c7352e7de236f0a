"""What is shipped computes what its cards say, with PyTorch and without."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from aecore.bundles import Bundle
from aecore.runs.measure import evaluated, rates
from tests.aecore.shipped import BUILT, RECIPES

OFFLINE = ("digits/", "waves/", "words/", "breast-cancer/")
SHIPPED = {name: RECIPES[name].folder for name in BUILT}
# Another device draws other samples: nats of what is estimated by them, and of what is near 0 (a rate, MMD²).
WITHIN = {"nll": 0.1, "elbo_gap": 0.1, "negative_elbo": 0.1, "rate": 1e-3, "kl_per_dimension": 1e-3}
WITHIN |= {"aggregate_mmd": 1e-3}


@pytest.mark.parametrize("name", SHIPPED)
@torch.no_grad()
def test_onnx_gives_what_pytorch_gives(name: str) -> None:
    bundle = Bundle.open(SHIPPED[name], shipped=True)
    model, x = bundle.model(), examples(bundle)
    told = bundle.card.latent.condition
    condition = torch.eye(told.size)[torch.arange(8) % told.size] if told else None
    beside = None if condition is None else condition.numpy()
    wanted = model.posterior(x, condition).tensors()
    got = bundle.encode(x.numpy(), beside)
    assert got.keys() == wanted.keys()
    for each, value in wanted.items():
        np.testing.assert_allclose(got[each], value.numpy(), rtol=1e-4, atol=1e-4)
    z = torch.tensor(bundle.codes.mu[:8])
    decoded = bundle.decode(z.numpy(), beside)
    np.testing.assert_allclose(decoded, model.decode(z, condition).numpy(), rtol=1e-4, atol=1e-4)


def examples(bundle: Bundle) -> Tensor:
    """Eight examples of what a bundle reads: random pixels, or real ones of data that need no download."""
    data = bundle.card.data
    if data.kind != "image":
        return data.load().test.x[:8]
    x = torch.rand(8, *data.shape)
    return x.round() if data.values == "binary" else x


@pytest.mark.parametrize("name", [name for name in SHIPPED if name.startswith(OFFLINE)])
def test_an_evaluation_gives_what_the_card_says(name: str) -> None:
    bundle = Bundle.open(SHIPPED[name], shipped=True)
    if bundle.card.data.load().fingerprint != bundle.card.data.fingerprint:
        pytest.skip("this Python has other words")
    now = evaluated(bundle)
    assert now.keys() == bundle.card.metrics.keys()
    for metric, value in now.items():
        near = WITHIN.get(metric, 1e-9)
        assert bundle.card.metrics[metric] == pytest.approx(value, rel=0.01, abs=near), metric
    for point, again in zip(bundle.card.rate_distortion, rates(bundle), strict=True):
        assert point.rate == pytest.approx(again.rate, rel=0.01, abs=1e-3), point.beta
        assert point.distortion == pytest.approx(again.distortion, rel=0.01), point.beta
