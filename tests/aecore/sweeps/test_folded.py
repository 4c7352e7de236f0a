"""Another order and other signs of dimensions, folded into weights, change nothing that anybody sees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from aecore.latent import aligned
from aecore.sweeps.folded import fold, reader_of
from tests.aecore import small

ORDER, SIGNS = np.array([2, 0, 3, 1]), np.array([-1.0, 1.0, 1.0, -1.0])


@pytest.mark.parametrize("options", [{}, {"hidden": ()}, {"net": "conv"}], ids=["mlp", "linear", "conv"])
@torch.no_grad()
def test_images_and_nats_stay(options: dict[str, Any]) -> None:
    model = small.model("beta-vae", **options).eval()
    x = small.digits().test.x
    before = model.posterior(x)
    image = model.decode(before.mean)
    nats = before.kl().sum(1)  # type: ignore[attr-defined]
    fold(model, ORDER, SIGNS)
    after = model.posterior(x)
    signs = torch.tensor(SIGNS, dtype=torch.float32)
    assert torch.allclose(after.mean, before.mean[:, ORDER] * signs, atol=1e-6)
    assert torch.allclose(after.tensors()["logvar"], before.tensors()["logvar"][:, ORDER], atol=1e-6)
    assert torch.allclose(model.decode(after.mean), image, atol=1e-6)
    assert torch.allclose(after.kl().sum(1), nats, atol=1e-5)  # type: ignore[attr-defined]


@torch.no_grad()
def test_what_was_shuffled_is_put_back() -> None:
    model = small.model("vae").eval()
    x = small.digits().test.x
    mu = model.encode(x).numpy()
    weights = small.weights(model)
    fold(model, ORDER, SIGNS)
    fold(model, *aligned.signed_permutation(model.encode(x).numpy(), mu))
    assert all(torch.allclose(value, weights[name]) for name, value in model.state_dict().items())


def test_the_layer_that_reads_the_code_is_found() -> None:
    assert reader_of(small.model("vae")).in_features == 4
    with pytest.raises(TypeError, match="no diagonal Gaussian"):
        fold(small.model("autoencoder"), ORDER, SIGNS)
