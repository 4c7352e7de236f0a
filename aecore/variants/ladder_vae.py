r"""Ladder VAE: codes above codes, each level drawn given the one above it.

.. math:: \mathcal{L}(x) = \mathbb{E}_{q_\phi(z|x)}[-\log p_\theta(x|z_1)]
          + \sum_{l=1}^{L} \beta\,\mathrm{KL}(q_\phi(z_l|z_{l+1}, x) \parallel p_\theta(z_l|z_{l+1}))

:math:`z_1` is the level nearest to the data, the only one that the decoder reads; :math:`z_L` is the top,
with :math:`p(z_L) = \mathcal{N}(0, I)` and no :math:`z_{L+1}`. What comes up from the example,
:math:`\mathcal{N}(\hat\mu_l, \hat\sigma_l^2)`, and what comes down as the prior,
:math:`\mathcal{N}(\mu_{p,l}, \sigma_{p,l}^2)`, are combined by their precisions:

.. math:: \sigma_l^{-2} = \hat\sigma_l^{-2} + \sigma_{p,l}^{-2}, \qquad
          \mu_l = \sigma_l^2 (\hat\mu_l \hat\sigma_l^{-2} + \mu_{p,l} \sigma_{p,l}^{-2})

β rises from 0 to 1 over the warm-up, so that upper levels are in use before their nats have a price.

**When to use it.** Where examples have structure at several scales; for a better bound than one level's.

**What to look for.** The rate of each level (``rate_1``, ``rate_2``, … in the history). Hold the upper
levels and draw the lowest anew: the same thing in other handwriting.

**Limits.** Upper levels die first: without the warm-up they often carry nothing, and on small, plain data
a single level is as good. The rate of a level is averaged over draws of the levels above it.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from aecore.bottlenecks import Ladder
from aecore.data import DataSpec, Split
from aecore.errors import UserError
from aecore.likelihoods import LikelihoodOf, natural
from aecore.model import Autoencoder
from aecore.nets import Net, Network, mlp
from aecore.objectives import Constant, LevelRate, Objective, Ramp, Reconstruction
from aecore.options import Range
from aecore.variants.registry import variant


@variant(title="Ladder VAE", source="https://arxiv.org/abs/1602.02282")
def ladder_vae(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in a code, all levels together."] = 16,
    levels: Annotated[
        int, Range(1, 8), "Levels of the code; each has about half the numbers of the last."
    ] = 2,
    warm_up: Annotated[
        float, Range(0, 1), "Part of the training over which the price of a nat rises from 0 to 1."
    ] = 0.5,
    net: Net = mlp,
    likelihood: LikelihoodOf = natural,
) -> Autoencoder:
    sizes = halving(latent_dim, levels)
    network: Network = net(data)
    beta = Ramp(0, 1, warm_up) if warm_up else Constant(1)
    rates = [(beta, LevelRate(level, sizes)) for level in range(1, levels + 1)]
    return LadderVAE(
        data,
        net=Network(network.encoder, lambda _: Lowest(network, sizes[0]), causal=network.causal),
        bottleneck=Ladder(sizes),
        likelihood=likelihood(data),
        objective=Objective([(1.0, Reconstruction()), *rates]),
    )


def halving(total: int, levels: int) -> tuple[int, ...]:
    """``total`` numbers shared among levels, each with about half of the one below, none without any.

    Raises:
        UserError: If there are fewer numbers than levels.
    """
    if total < levels:
        raise UserError(
            f"--latent-dim {total} is too few for --levels {levels}: each level needs one number."
        )
    sizes: list[int] = []
    for above in reversed(range(levels)):
        share = round((total - sum(sizes)) * 2**above / (2 ** (above + 1) - 1))
        sizes.append(max(1, min(share, total - sum(sizes) - above)))
    return tuple(sizes)


class LadderVAE(Autoencoder):
    """An autoencoder that tells the rate of each level."""

    bottleneck: Ladder

    @torch.no_grad()
    def diagnostics(self, test: Split) -> dict[str, float | list[float]]:
        posteriors = [self.bottleneck(self.encoder(part.x)) for part in test.batches(1000)]
        kl = torch.cat([q.kl() for q in posteriors]).mean(0)
        by_level = [level.sum().item() for level in kl.split(self.bottleneck.sizes)]
        return super().diagnostics(test) | {"rate_per_level": by_level}


class Lowest(nn.Module):
    """p(x|z₁): a network's decoder, which reads the lowest ``size`` numbers of a code alone."""

    def __init__(self, network: Network, size: int) -> None:
        super().__init__()
        self.decoder, self.size = network.decoder(size), size

    def forward(self, z: Tensor, condition: Tensor | None = None, *given: Tensor | None) -> Tensor:
        raw: Tensor = self.decoder(z[:, : self.size], condition, *given)
        return raw
