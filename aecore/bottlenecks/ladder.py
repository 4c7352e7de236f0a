"""A code of several levels, each drawn given the one above."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from aecore.bottlenecks.bottleneck import Bottleneck
from aecore.bottlenecks.moments import moments
from aecore.bottlenecks.posteriors import GaussianPosterior, Sampled, bound_softly, gaussian_kl, in_full
from aecore.functions import Function, Input

MOMENT_DRAWS = 20_000


def combine(up: GaussianPosterior, down: GaussianPosterior) -> GaussianPosterior:
    r"""Two Gaussian opinions as one: precisions add, means are weighted by them.

    .. math:: \sigma^{-2} = \hat\sigma^{-2} + \sigma_p^{-2}, \qquad
              \mu = \sigma^2 (\hat\mu \hat\sigma^{-2} + \mu_p \sigma_p^{-2})
    """
    a, b = (-up.logvar).exp(), (-down.logvar).exp()
    return GaussianPosterior((up.mu * a + down.mu * b) / (a + b), -(a + b).log())


class LadderPosterior(Sampled):
    r"""q(z|x) from the top down; codes are written bottom first, :math:`z = (z_1, \dots, z_L)`.

    .. math:: q(z|x) = q(z_L|x) \prod_{l<L} q(z_l|z_{l+1}, x)

    Args:
        ups: What each level's features say, bottom first, N(μ̂, σ̂²) of shape (B, D_l).
        prior: p(z_l|z_{l+1}) of level l, 0 the lowest, from z_{l+1}; of the top level from None.
    """

    def __init__(
        self, ups: Sequence[GaussianPosterior], prior: Callable[[int, Tensor | None], GaussianPosterior]
    ) -> None:
        self.ups, self.prior = ups, prior

    def _q(self, level: int, above: Tensor | None) -> GaussianPosterior:
        """q(z_l|z_{l+1}, x); the top one knows x alone."""
        up = self.ups[level]
        return up if above is None else combine(up, self.prior(level, above))

    def _descend(self, pick: Callable[[GaussianPosterior], Tensor]) -> Tensor:
        z: list[Tensor] = []
        for level in reversed(range(len(self.ups))):
            z.insert(0, pick(self._q(level, z[0] if z else None)))
        return torch.cat(z, -1)

    def _levels(self, z: Tensor) -> Iterator[tuple[Tensor, GaussianPosterior, GaussianPosterior]]:
        """z_l, q(z_l|z_{l+1}, x) and p(z_l|z_{l+1}) of every level, bottom first."""
        parts = [*z.split([up.mu.shape[-1] for up in self.ups], -1), None]
        for level, (part, above) in enumerate(pairwise(parts)):
            assert part is not None
            yield part, self._q(level, above), self.prior(level, above)

    @property
    def mean(self) -> Tensor:
        return self._descend(lambda q: q.mean)

    def draw(self) -> Tensor:
        return self._descend(lambda q: q.sample())

    def tensors(self) -> dict[str, Tensor]:
        return {"z": self.mean}

    def kl(self) -> Tensor:
        """KL of every dimension given the levels above it, which are those of the last code; (B, D), nats."""
        each = [
            gaussian_kl((q.mu - p.mu) * (-0.5 * p.logvar).exp(), q.logvar - p.logvar)
            for _, q, p in self._levels(self.last())
        ]
        return torch.cat(each, -1)

    def log_prob(self, z: Tensor) -> Tensor:
        return torch.stack([q.log_prob(part) for part, q, _ in self._levels(z)]).sum(0)

    def log_prior(self, z: Tensor) -> Tensor:
        return torch.stack([p.log_prob(part) for part, _, p in self._levels(z)]).sum(0)


class Ladder(Bottleneck):
    """Levels of Gaussian codes: a way up without chance, and a way down that posterior and prior share.

    Level l reads the l-th of the encoder's highest L levels; where the encoder has fewer, dense layers,
    each half as wide, go on from its top.

    Args:
        sizes: Dimensions of each level, the one nearest to the data first.
        hidden: Hidden units between a level and the prior of the one below.

    Source:
        Sønderby et al. (2016), section 2. https://arxiv.org/abs/1602.02282
    """

    kind = "ladder"
    probabilistic = True
    outputs = ("z",)

    def __init__(self, sizes: Sequence[int], hidden: int = 128) -> None:
        super().__init__(sum(sizes))
        self.sizes = tuple(sizes)
        self.down = nn.ModuleList(
            nn.Sequential(nn.Linear(above, hidden), nn.LeakyReLU(), nn.Linear(hidden, 2 * size))
            for size, above in pairwise(self.sizes)
        )

    def connect(self, widths: Sequence[int]) -> None:
        widths = list(widths[-len(self.sizes) :])
        self.climb = nn.ModuleList()
        while len(widths) < len(self.sizes):
            wide, narrow = widths[-1], max(widths[-1] // 2, 16)
            self.climb.append(nn.Sequential(nn.Linear(wide, narrow), nn.LeakyReLU()))
            widths.append(narrow)
        self.up = nn.ModuleList(nn.Linear(w, 2 * d) for w, d in zip(widths, self.sizes, strict=True))

    def forward(self, features: list[Tensor]) -> LadderPosterior:
        levels = features[-len(self.sizes) :]
        for layer in self.climb:
            levels = [*levels, layer(levels[-1])]
        ups = [_gaussian(head(h)) for head, h in zip(self.up, levels, strict=True)]
        return LadderPosterior(ups, lambda level, above: self._prior(level, above, ups[level].mu))

    def _prior(self, level: int, above: Tensor | None, like: Tensor) -> GaussianPosterior:
        if above is None:
            return GaussianPosterior(torch.zeros_like(like), torch.zeros_like(like))
        return _gaussian(self.down[level](above))

    def from_noise(self, noise: Tensor) -> Tensor:
        """Codes from the prior of standard normal noise, both of shape (B, D): level by level, top first."""
        parts = noise.split(self.sizes, -1)
        z = [parts[-1]]
        for level in reversed(range(len(parts) - 1)):
            p = _gaussian(self.down[level](z[0]))
            z.insert(0, p.mu + (0.5 * p.logvar).exp() * parts[level])
        return torch.cat(z, -1)

    def draw(self, n: int, temperature: float = 1.0) -> Tensor:
        device = next(self.up.parameters()).device
        return self.from_noise(temperature * torch.randn(n, self.latent_dim, device=device))

    @torch.no_grad()
    def prior_spec(self) -> dict[str, object]:
        noise = torch.randn(MOMENT_DRAWS, self.latent_dim, generator=torch.Generator().manual_seed(0))
        mean, cholesky = moments(self.from_noise(noise.to(next(self.up.parameters()))))
        return {"kind": "function", "mean": mean.tolist(), "cholesky": cholesky.tolist()}

    def spec(self) -> dict[str, object]:
        return super().spec() | {"levels": list(self.sizes)}

    def functions(self) -> dict[str, Function]:
        return {"prior": Function(FromNoise(self), (Input("noise", (self.latent_dim,)),), ("z",))}


class FromNoise(nn.Module):
    """The prior as a function: noise, shape (B, D), of which each level has its own columns, to codes."""

    def __init__(self, ladder: Ladder) -> None:
        super().__init__()
        self.ladder = ladder

    def forward(self, noise: Tensor) -> tuple[Tensor]:
        return (self.ladder.from_noise(noise),)


def _gaussian(both: Tensor) -> GaussianPosterior:
    mu, logvar = in_full(both).chunk(2, -1)
    return GaussianPosterior(mu, bound_softly(logvar))
