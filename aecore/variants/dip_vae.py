r"""DIP-VAE: a VAE whose codes, over all examples, are held to the identity as their covariance.

.. math:: \mathcal{L} = \mathbb{E}[-\log p_\theta(x|z)] + \mathrm{KL}(q_\phi(z|x) \parallel p(z))
          + \lambda_{od} \sum_{i \ne j} \mathrm{Cov}_{ij}^2 + \lambda_d \sum_i (\mathrm{Cov}_{ii} - 1)^2

In DIP-VAE-I Cov is the covariance of the posterior's means, :math:`\mathrm{Cov}_x[\mu(x)]`; in
DIP-VAE-II it is that of the codes themselves,
:math:`\mathrm{Cov}_x[\mu(x)] + \mathbb{E}_x[\mathrm{diag}\,\sigma^2(x)]`. If q(z) is to be the prior
N(0, I), the second is the identity. Both are taken over a batch.

**When to use it.** To separate factors of variation with two matrices and no critic.

**What to look for.** Codes that are uncorrelated. With I every dimension's mean is asked to vary by 1, so
none may be left unused; with II a dimension is free to carry nothing but noise.

**Limits.** Uncorrelated is not independent: higher moments go unseen. A covariance of D dimensions wants
batches of many more than D examples.
"""

from typing import Annotated, Literal

from aecore.bottlenecks import DiagonalGaussian
from aecore.data import DataSpec
from aecore.likelihoods import LikelihoodOf, natural
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import KL, Diagonal, OffDiagonal, Reconstruction
from aecore.options import Range
from aecore.variants.registry import variant


@variant(title="DIP-VAE", source="https://arxiv.org/abs/1711.00848")  # eqs. 6 and 7
def dip_vae(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in a code."] = 10,
    dip: Annotated[
        Literal["i", "ii"],
        "Whose covariance is held: the posterior's means' (i) or the codes' (ii).",
    ] = "ii",
    lambda_od: Annotated[
        float, Range(0, 10_000), "What two dimensions that vary together cost: λ_od."
    ] = 10.0,
    lambda_d: Annotated[
        float, Range(0, 10_000), "What a dimension's variance other than 1 costs: λ_d."
    ] = 10.0,
    net: Net = mlp,
    likelihood: LikelihoodOf = natural,
) -> Autoencoder:
    return Autoencoder(
        data,
        net=net(data),
        bottleneck=DiagonalGaussian(latent_dim),
        likelihood=likelihood(data),
        objective=Reconstruction() + KL() + lambda_od * OffDiagonal(dip) + lambda_d * Diagonal(dip),
    )
