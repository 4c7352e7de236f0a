r"""IWAE: a VAE trained on a tighter bound, from several codes of each example.

.. math:: \mathcal{L}_K(x) = -\mathbb{E}_{z_1, \dots, z_K \sim q_\phi(z|x)}
          \log \frac1K \sum_{k=1}^{K} w_k, \qquad w_k = \frac{p_\theta(x|z_k)\, p(z_k)}{q_\phi(z_k|x)}

With K = 1 it is −ELBO; it falls with every further code, down to :math:`-\log p_\theta(x)` (Burda et al.
2016, theorem 1). Codes that explain the example count more, so the posterior need not be as simple
as :math:`q_\phi(z|x) = \mathcal{N}(\mu, \sigma^2)` is.

**When to use it.** For a better density, and for more dimensions in use than a VAE dares.

**What to look for.** A lower NLL than the VAE's, and a higher rate: the rate and −ELBO are no longer what
is minimised.

**Limits.** K codes cost K decodings. The better the bound, the less of its gradient reaches the encoder
above the noise; the doubly reparameterised gradient (``dreg``) mends that.
"""

from typing import Annotated, Literal

from aecore.bottlenecks import DiagonalGaussian
from aecore.data import DataSpec
from aecore.likelihoods import LikelihoodOf, density, natural
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import ImportanceBound
from aecore.options import Range
from aecore.variants.registry import variant


@variant(title="IWAE", source="https://arxiv.org/abs/1509.00519")  # eq. 8
def iwae(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in a code."] = 16,
    samples: Annotated[int, Range(1, 1000), "Codes drawn of each example: K."] = 5,
    gradient: Annotated[
        Literal["standard", "dreg"], "The bound's own gradient, or the encoder's doubly reparameterised one."
    ] = "standard",
    net: Net = mlp,
    likelihood: LikelihoodOf = natural,
) -> Autoencoder:
    return Autoencoder(
        data,
        net=net(data),
        bottleneck=DiagonalGaussian(latent_dim),
        likelihood=density(likelihood(data), "iwae"),
        objective=1.0 * ImportanceBound(samples, gradient),
    )
