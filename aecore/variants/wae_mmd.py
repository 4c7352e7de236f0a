r"""Wasserstein autoencoder (MMD): an autoencoder whose codes, taken together, look like the prior.

.. math:: \mathcal{L} = \mathbb{E}_x\, d\left(x, g_\theta(f_\phi(x))\right)
          + \lambda\,\mathrm{MMD}^2(q(z), p(z))

Each code is a point :math:`z = f_\phi(x)`; :math:`q(z)` is the distribution of the codes of all
examples, and :math:`p(z) = \mathcal{N}(0, I)`. The maximum mean discrepancy compares the codes of a batch
with as many draws of the prior through a kernel :math:`k`, without bias:

.. math:: \mathrm{MMD}^2 = \mathbb{E}\,k(z, z') + \mathbb{E}\,k(y, y') - 2\,\mathbb{E}\,k(z, y),
          \qquad z, z' \sim q, \; y, y' \sim p

No code pays for being itself, so reconstructions stay as sharp as an autoencoder's.

**When to use it.** To sample from N(0, I) as with a VAE, without its blur.

**What to look for.** The aggregate MMD beside the autoencoder's: λ is high enough when it nears 0 and the
error has not yet risen.

**Limits.** No rate and no −ELBO. A batch shows little of a distribution in many dimensions; if the data
have fewer dimensions than the code, points cannot fill N(0, I).
"""

from typing import Annotated, Literal

from aecore.bottlenecks import HeldPoint, StandardNormal
from aecore.data import DataSpec
from aecore.likelihoods import MSE, LikelihoodOf
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import KERNELS, MMD, Reconstruction
from aecore.options import Range
from aecore.variants.registry import variant


@variant(title="Wasserstein autoencoder (MMD)", source="https://arxiv.org/abs/1711.01558")  # algorithm 2
def wae_mmd(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in a code."] = 16,
    lambda_mmd: Annotated[
        float, Range(0, 1e6), "How much all codes together are held to the prior: λ."
    ] = 10.0,
    kernel: Annotated[
        Literal["imq", "rbf"], "What compares two codes: seven scales with heavy tails, or one Gaussian."
    ] = "imq",
    net: Net = mlp,
    likelihood: LikelihoodOf = MSE,
) -> Autoencoder:
    return Autoencoder(
        data,
        net=net(data),
        bottleneck=HeldPoint(StandardNormal(latent_dim)),
        likelihood=likelihood(data),
        objective=Reconstruction() + lambda_mmd * MMD(KERNELS[kernel](2.0 * latent_dim)),
    )
