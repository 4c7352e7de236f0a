"""A linear autoencoder is PCA."""

from __future__ import annotations

import pytest
import torch

from tests.aecore.small import digits, model
from tests.aecore.variants.linear import normal, solved


@pytest.mark.parametrize("dim", [1, 2])
@torch.no_grad()
def test_without_hidden_layers_it_finds_the_principal_subspace(dim: int) -> None:
    variances = (5.0, 3.0, 0.5, 0.25)
    data = normal(*variances)
    with torch.enable_grad():
        made = solved(data, variant="autoencoder", latent_dim=dim)
    lost = (made.reconstruct(data.train.x) - data.train.x).square().sum((1, 2, 3)).mean()
    assert float(lost) == pytest.approx(sum(variances[dim:]), rel=2e-3)  # the variances that PCA drops
    basis = torch.linalg.svd(made.decoder.get_parameter("output.weight"))[0][:, :dim]
    torch.testing.assert_close(
        basis @ basis.T, torch.diag(torch.tensor([1.0] * dim + [0.0] * (4 - dim))), atol=0.02, rtol=0
    )


@pytest.mark.parametrize(("code", "low", "high"), [("relu", 0, 1e9), ("tanh", -1, 1), ("sigmoid", 0, 1)])
@torch.no_grad()
def test_a_bent_code_keeps_to_its_range_and_has_the_weights_of_a_straight_one(
    code: str, low: float, high: float
) -> None:
    x = 20 * digits().test.x
    straight, bent = model("autoencoder"), model("autoencoder", code=code)
    bent.load_state_dict(straight.state_dict(), strict=True)
    expected = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}[code](straight.encode(x))
    assert torch.equal(bent.encode(x), expected)
    assert bool(((bent.encode(x) >= low) & (bent.encode(x) <= high)).all())
    assert not torch.equal(bent.encode(x), straight.encode(x))
