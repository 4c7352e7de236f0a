r"""β-TCVAE: a VAE that pays extra only for codes whose dimensions depend on each other.

.. math:: \mathcal{L} = \mathbb{E}[-\log p_\theta(x|z)] + I_q(z; x)
          + \beta\,\mathrm{KL}\left(q(z) \parallel \textstyle\prod_d q(z_d)\right)
          + \textstyle\sum_d \mathrm{KL}(q(z_d) \parallel p(z_d))

:math:`q(z) = \frac1N \sum_n q_\phi(z|x_n)` is what the codes of all N training examples look like together.
The last three terms are the rate of a VAE taken apart: what a code tells of its example
(mutual information), how much its dimensions tell of each other (total correlation), and how far
each is from N(0, 1). The β-VAE makes all three dearer; this one the second alone.

q(z) is estimated from each batch by stratified sampling: its own example stands for 1/N, the others
for the rest, and a row of weights sums to 1.

**When to use it.** To separate factors of variation at less cost to the reconstruction than β-VAE.

**What to look for.** The total correlation falling while the mutual information stays.

**Limits.** A batch knows little of N examples: the mutual information of B examples is estimated, and
in many dimensions all three parts are biased, though their sum is not; the total correlation may be
shown below 0. Independent dimensions
need not be those that people name.
"""

from typing import Annotated

from aecore.bottlenecks import DiagonalGaussian
from aecore.data import DataSpec, Split
from aecore.likelihoods import LikelihoodOf, natural
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import (
    AggregatePosterior,
    DimensionwiseKL,
    MutualInformation,
    Reconstruction,
    TotalCorrelation,
)
from aecore.options import Range
from aecore.step import Stage
from aecore.variants.registry import variant


class BetaTCVAE(Autoencoder):
    """A VAE that counts its training examples first: q(z) is a mixture of as many parts."""

    def stages(self) -> tuple[Stage, ...]:
        return (Stage("count", solve=self.count), *super().stages())

    def count(self, split: Split) -> None:
        """Tells the objective N."""
        for part in self.objective.modules():
            if isinstance(part, AggregatePosterior):
                part.examples.fill_(len(split))


@variant(title="β-TCVAE", source="https://arxiv.org/abs/1802.04942")  # eq. 4 with α = γ = 1
def beta_tc_vae(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in a code."] = 10,
    beta: Annotated[
        float, Range(0, 1000), "What a nat of total correlation costs, in nats of distortion."
    ] = 6.0,
    net: Net = mlp,
    likelihood: LikelihoodOf = natural,
) -> Autoencoder:
    q = AggregatePosterior()
    return BetaTCVAE(
        data,
        net=net(data),
        bottleneck=DiagonalGaussian(latent_dim),
        likelihood=likelihood(data),
        objective=Reconstruction() + MutualInformation(q) + beta * TotalCorrelation(q) + DimensionwiseKL(q),
    )
