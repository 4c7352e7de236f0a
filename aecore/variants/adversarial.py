r"""Adversarial autoencoder: a critic teaches the encoder to write codes that look like the prior's.

.. math:: \mathcal{L}(x) = d\left(x, g_\theta(z)\right) + \lambda\,(-\log D(z)), \qquad z \sim q_\phi(z|x)

The critic :math:`D` tells draws of the prior :math:`p(z)` from codes, and steps after the autoencoder, on
codes drawn anew:

.. math:: \mathcal{L}_D = -\tfrac12\,\mathbb{E}_{p(z)} \log D(z) - \tfrac12\,\mathbb{E}_{q(z)} \log (1 - D(z))
          + \tfrac\gamma4 \left(\mathbb{E}_{p(z)} \lVert \nabla_z C(z) \rVert^2
          + \mathbb{E}_{q(z)} \lVert \nabla_z C(z) \rVert^2\right)

:math:`C = \log \frac{D}{1 - D}` is its logit: a critic that is steep wins at once and teaches nothing, so
with weight :math:`\gamma` the square of its slope costs it something (Mescheder et al. 2018).

It needs draws of :math:`p(z)` alone, no density, so the prior may be anything: N(0, I), a ring of
Gaussians, a Swiss roll. Told the class of each code, it gives every class its own part of the prior;
where the class is unknown, any part will do. At the end :math:`D = \tfrac12` everywhere, and both losses
are log 2.

**When to use it.** To give the code a shape of one's own choosing, sharper than with a VAE.

**What to look for.** The critic's accuracy near ½; a map that has the prior's figure.

**Limits.** Two players chase each other: losses of two epochs do not compare, the last epoch is kept, and
a critic that wins teaches nothing. No rate and no −ELBO with a point for a code.
"""

from typing import Annotated, Literal

from aecore.bottlenecks import DiagonalGaussian, HeldPoint, Prior, Ring, StandardNormal, SwissRoll
from aecore.conditions import ByClass
from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.likelihoods import MSE, LikelihoodOf
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import PriorCritic, Reconstruction
from aecore.options import Range
from aecore.variants.registry import variant

PARTS = 10  # of a prior that no class asks for a part of


@variant(title="Adversarial autoencoder", source="https://arxiv.org/abs/1511.05644", labels=True)
def adversarial(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in a code."] = 16,
    prior: Annotated[
        Literal["gaussian", "mixture", "swiss-roll"],
        "What codes shall look like: N(0, I), or in two of the dimensions a ring of Gaussians or a spiral.",
    ] = "gaussian",
    by_class: Annotated[bool, "Whether each class has its own part of the mixture or the spiral."] = False,
    posterior: Annotated[
        Literal["point", "gaussian"], "Whether a code is a point or has a width (with the gaussian prior)."
    ] = "point",
    lambda_adv: Annotated[float, Range(0, 1e6), "How much the critic's verdict counts: λ."] = 1.0,
    critic_hidden: Annotated[
        tuple[int, ...], Range(1, 16384), "Units of each of the critic's hidden layers."
    ] = (256, 256),
    critic_penalty: Annotated[
        float, Range(0, 1000), "What a steep critic pays, γ: 0 lets it win, much lets it see little."
    ] = 0.1,
    net: Net = mlp,
    likelihood: LikelihoodOf = MSE,
) -> Autoencoder:
    if by_class and prior == "gaussian":
        raise UserError("by_class gives each class its part of the prior; N(0, I) has none: choose another.")
    if posterior == "gaussian" and prior != "gaussian":
        raise UserError(f"A code with a width is for the gaussian prior; with {prior} it is a point.")
    classes = ByClass(data) if by_class else None
    parts = classes.size if classes else PARTS
    target: Prior = StandardNormal(latent_dim)
    if prior != "gaussian":
        target = (Ring if prior == "mixture" else SwissRoll)(latent_dim, parts)
    return Autoencoder(
        data,
        net=net(data),
        bottleneck=DiagonalGaussian(latent_dim) if posterior == "gaussian" else HeldPoint(target),
        likelihood=likelihood(data),
        objective=Reconstruction() + lambda_adv * PriorCritic(target, critic_hidden, critic_penalty, classes),
    )
