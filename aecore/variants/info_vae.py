r"""InfoVAE: a VAE that holds all its codes together to the prior, rather than each by itself.

.. math:: \mathcal{L} = \mathbb{E}[-\log p_\theta(x|z)]
          + (1 - \alpha)\,\mathrm{KL}(q_\phi(z|x) \parallel p(z))
          + (\alpha + \lambda - 1)\,\mathrm{MMD}^2(q(z), p(z))

The rate of a VAE asks every code to tell nothing of its example; what one wants is that
:math:`q(z)`, all codes together, look like :math:`p(z) = \mathcal{N}(0, I)`. α takes away from the former, λ
adds to the latter, measured by the maximum mean discrepancy (MMD) of a batch's codes from as many
draws of the prior, with a kernel and without bias. α = 0 and λ = 1 is the VAE; α = 1 leaves the MMD alone.

**When to use it.** When the rate makes a VAE forget, and samples from N(0, I) should still be good.

**What to look for.** More active dimensions and a higher rate than the VAE's, and an aggregate MMD no higher.

**Limits.** λ belongs to a kernel, a likelihood and a batch size. A batch shows little of a distribution in
many dimensions; α near 1 lets each posterior shrink to a point.
"""

from typing import Annotated, Literal

from aecore.bottlenecks import DiagonalGaussian
from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.likelihoods import LikelihoodOf, natural
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import KERNELS, KL, MMD, Reconstruction
from aecore.options import Range
from aecore.variants.registry import variant


@variant(title="InfoVAE", source="https://arxiv.org/abs/1706.02262")  # eq. 6, with MMD as the divergence
def info_vae(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in a code."] = 16,
    alpha: Annotated[float, Range(-10, 1), "Share of the rate that need not be paid: α."] = 0.5,
    lambda_mmd: Annotated[
        float, Range(0, 1e6), "How much all codes together are held to the prior: λ."
    ] = 10.0,
    kernel: Annotated[
        Literal["imq", "rbf"], "What compares two codes: seven scales with heavy tails, or one Gaussian."
    ] = "imq",
    net: Net = mlp,
    likelihood: LikelihoodOf = natural,
) -> Autoencoder:
    if alpha + lambda_mmd < 1:
        raise UserError(f"alpha + lambda_mmd is 1 or more, not {alpha + lambda_mmd:g}: it weighs the MMD.")
    mmd = MMD(KERNELS[kernel](2.0 * latent_dim))
    return Autoencoder(
        data,
        net=net(data),
        bottleneck=DiagonalGaussian(latent_dim),
        likelihood=likelihood(data),
        objective=Reconstruction() + (1 - alpha) * KL() + (alpha + lambda_mmd - 1) * mmd,
    )
