"""A variational autoencoder whose likelihood is known in closed form: probabilistic PCA."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from aecore.bottlenecks import GaussianPosterior, Posterior
from aecore.data import Dataset, DataSpec, Split
from aecore.likelihoods import MSE
from aecore.step import Step

SPEC = DataSpec(name="ppca", kind="image", shape=(1, 2, 3), values="real")
SIZE, LATENT = 6, 2


class LinearGaussian(nn.Module):
    r"""x = W z + b + ε with z ~ N(0, I) and ε ~ N(0, I): its evidence is N(b, W Wᵀ + I).

    The columns of W are orthogonal, so that the true posterior, of covariance (WᵀW + I)⁻¹ and
    mean (WᵀW + I)⁻¹ Wᵀ(x − b), is diagonal, and the encoder can be exact.

    Args:
        shift: How far the encoder's mean is off, in every dimension.
        widen: By how much its σ is too large, as a factor.

    Source:
        Tipping & Bishop (1999), section 3. https://doi.org/10.1111/1467-9868.00196
    """

    probabilistic = True
    latent_dim = LATENT
    class_nats = 0.0
    corruption = None

    def __init__(self, shift: float = 0.0, widen: float = 1.0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        basis = torch.linalg.qr(torch.randn(SIZE, LATENT, generator=generator, dtype=torch.float64)).Q
        self.register_buffer("w", basis * torch.tensor([3.0, 0.8], dtype=torch.float64))
        self.register_buffer("b", torch.randn(SIZE, generator=generator, dtype=torch.float64))
        self.w: Tensor
        self.b: Tensor
        self.likelihood = MSE(SPEC)
        self.shift, self.widen = shift, widen

    def told(self, step: Step) -> None:
        return None

    def latent_spec(self) -> dict[str, object]:
        return {"prior": {"kind": "standard-normal"}}

    def draw(self, n: int, temperature: float = 1.0) -> Tensor:
        return temperature * torch.randn(n, LATENT, dtype=torch.float64)

    def sample(self, n: int, temperature: float = 1.0, condition: Tensor | None = None) -> Tensor:
        return self.decode(self.draw(n, temperature))

    def diagnostics(self, test: Split) -> dict[str, float | list[float]]:
        return {}

    def posterior(self, x: Tensor, condition: Tensor | None = None) -> Posterior:
        exact = self.exact_posterior(x)
        logvar = 2 * (exact.scale * self.widen).log()
        return GaussianPosterior(exact.mean + self.shift, logvar.expand_as(exact.mean))

    def decode_raw(self, z: Tensor, condition: Tensor | None = None, given: Tensor | None = None) -> Tensor:
        return (z @ self.w.T + self.b).view(-1, *SPEC.shape)

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.likelihood.mean(self.decode_raw(z))

    def exact_posterior(self, x: Tensor) -> Normal:
        """p(z|x), shape (B, LATENT)."""
        precision = (self.w**2).sum(0) + 1
        return Normal((x.flatten(1) - self.b) @ self.w / precision, precision.rsqrt())

    def exact_nll(self, x: Tensor) -> Tensor:
        """−log p(x), shape (B,)."""
        covariance = self.w @ self.w.T + torch.eye(SIZE, dtype=torch.float64)
        nll: Tensor = -MultivariateNormal(self.b, covariance).log_prob(x.flatten(1))
        return nll

    def exact_negative_elbo(self, x: Tensor) -> Tensor:
        """−log p(x) + KL(q(z|x) ‖ p(z|x)), shape (B,)."""
        q = self.posterior(x).tensors()
        gap = kl_divergence(Normal(q["mu"], (0.5 * q["logvar"]).exp()), self.exact_posterior(x))
        return self.exact_nll(x) + gap.sum(1)

    def examples(self, n: int) -> Tensor:
        """Examples from the model, shape (n, *SPEC.shape)."""
        x = self.decode_raw(torch.randn(n, LATENT, dtype=torch.float64))
        return x + torch.randn_like(x)


def dataset(train: int = 50, test: int = 4000) -> Dataset:
    """Unlabelled draws from the exact model."""
    torch.manual_seed(1)
    model = LinearGaussian()
    splits = (Split(model.examples(train)), Split(model.examples(0)), Split(model.examples(test)))
    return Dataset(SPEC, "PPCA", "none", "drawn", *splits)
