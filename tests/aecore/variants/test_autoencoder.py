"""A linear autoencoder is PCA."""

from __future__ import annotations

import pytest
import torch

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
