r"""FactorVAE: a VAE and a critic that finds out which dimensions of its codes depend on each other.

.. math:: \mathcal{L} = \mathbb{E}[-\log p_\theta(x|z)] + \mathrm{KL}(q_\phi(z|x) \parallel p(z))
          + \gamma\,\mathbb{E}_{q(z)}\left[\log \frac{D(z)}{1 - D(z)}\right]

The critic :math:`D` learns to tell codes from codes whose every dimension was shuffled over the batch
by itself. At its best its log odds are :math:`\log q(z) - \log \prod_d q(z_d)`, so the last term is the total
correlation: the nats by which dimensions depend on each other. The critic steps after the
autoencoder, on codes drawn anew, with a loss of its own:

.. math:: \mathcal{L}_D = -\tfrac12\,\mathbb{E}_{q(z)} \log D(z)
          - \tfrac12\,\mathbb{E}_{\prod q(z_d)} \log (1 - D(z))

**When to use it.** To separate factors of variation, as with β-TCVAE, where codes have many dimensions.

**What to look for.** The critic's accuracy near ½ and its loss near log 2 = 0.693: it finds nothing.

**Limits.** The total correlation is only as good as the critic, which a young one underestimates. The
critic moves, so losses of two epochs do not compare, and the last epoch is kept.
"""

from typing import Annotated

from aecore.bottlenecks import DiagonalGaussian
from aecore.data import DataSpec
from aecore.likelihoods import LikelihoodOf, natural
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import KL, DensityRatioTC, Reconstruction
from aecore.options import Range
from aecore.variants.registry import variant


@variant(title="FactorVAE", source="https://arxiv.org/abs/1802.05983")  # eq. 2
def factor_vae(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in a code."] = 10,
    gamma: Annotated[
        float, Range(0, 1000), "What a nat of total correlation costs beside the rate, in nats."
    ] = 6.0,
    critic_hidden: Annotated[
        tuple[int, ...], Range(1, 16384), "Units of each of the critic's hidden layers."
    ] = (256, 256),
    net: Net = mlp,
    likelihood: LikelihoodOf = natural,
) -> Autoencoder:
    return Autoencoder(
        data,
        net=net(data),
        bottleneck=DiagonalGaussian(latent_dim),
        likelihood=likelihood(data),
        objective=Reconstruction() + KL() + gamma * DensityRatioTC(latent_dim, critic_hidden),
    )
