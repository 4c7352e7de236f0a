r"""VAE: a code that is a distribution, and a prior it is held to.

.. math:: \mathcal{L}(x) = \mathbb{E}_{q_\phi(z|x)}[-\log p_\theta(x|z)]
          + \mathrm{KL}(q_\phi(z|x) \parallel p(z))

The encoder gives :math:`q_\phi(z|x) = \mathcal{N}(\mu(x), \sigma^2(x))`, the decoder
:math:`p_\theta(x|z)`, the prior is :math:`p(z) = \mathcal{N}(0, I)`. The first term is the
distortion, the second the rate,

.. math:: \mathrm{KL} = \tfrac12 \sum_d (\mu_d^2 + \sigma_d^2 - 1 - \log \sigma_d^2) \ge 0,

and their sum is −ELBO, an upper bound on :math:`-\log p(x)`, in nats.

**When to use it.** To sample, to interpolate, to have a density.

**What to look for.** A map without holes, soft reconstructions, dimensions whose KL is zero.

**Limits.** Posterior collapse is a KL that goes to zero. It is treated by *lowering* β, annealing it
from 0, free bits, or a weaker decoder; raising β makes it worse.
"""

from typing import Annotated

from aecore.bottlenecks import DiagonalGaussian
from aecore.data import DataSpec
from aecore.likelihoods import LikelihoodOf, natural
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import KL, Reconstruction
from aecore.options import Range
from aecore.variants.registry import variant


@variant(title="VAE", source="https://arxiv.org/abs/1312.6114")  # eq. 10
def vae(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in a code."] = 16,
    net: Net = mlp,
    likelihood: LikelihoodOf = natural,
) -> Autoencoder:
    return Autoencoder(
        data,
        net=net(data),
        bottleneck=DiagonalGaussian(latent_dim),
        likelihood=likelihood(data),
        objective=Reconstruction() + KL(),
    )
