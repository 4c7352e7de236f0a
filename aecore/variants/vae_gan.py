r"""VAE-GAN: a discriminator learns what real examples look like, and its features measure the error.

.. math:: \mathcal{L}_\mathrm{enc} = \beta\, \mathrm{KL}(q_\phi(z|x) \parallel p(z)) + \mathcal{L}_\varphi,
          \qquad \mathcal{L}_\varphi = \tfrac12 \lVert \varphi(x) - \varphi(\hat x) \rVert^2

.. math:: \mathcal{L}_\mathrm{dec} = \gamma\, \mathcal{L}_\varphi - \log D(\hat x) - \log D(x_p)

.. math:: \mathcal{L}_\mathrm{dis} = -\log D(x) - \log(1 - D(\hat x)) - \log(1 - D(x_p))

Three players take turns. The discriminator :math:`D` tells an example :math:`x` from its
reconstruction :math:`\hat x` and from :math:`x_p`, decoded from a draw of :math:`p(z) = \mathcal{N}(0, I)`.
The decoder is paid for deceiving it and, with weight :math:`\gamma`, for features :math:`\varphi` of a level
of :math:`D` that equal those of :math:`x`. The paper's decoder minimises :math:`\log(1 - D)` there, whose
gradient dies where :math:`D` wins; :math:`-\log D` has the same optimum and does not. The encoder hears
nothing of :math:`D`'s verdict: it pays for code, and for features.

**When to use it.** For sharp reconstructions and samples without labels.

**What to look for.** More sharpness than a VAE of the same rate, at a larger pixel error: details are
plausible, not the ones that were there. But noise counts as sharp too, so look at the pictures. The
discriminator's accuracy: at 1 the decoder would learn nothing from it, so from ``ceiling`` on it waits.

**Limits.** A game has no loss that falls, and may go round in circles. Features that change all the time
compare no two epochs, so the last one is kept. Samples may lack variety.
"""

from typing import Annotated

from aecore.bottlenecks import DiagonalGaussian
from aecore.data import DataSpec
from aecore.likelihoods import MSE, LikelihoodOf
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.nets.discriminator import Discriminator
from aecore.objectives import KL, Perceptual
from aecore.options import Range
from aecore.stages.vae_gan import VaeGan
from aecore.variants.registry import variant


@variant(title="VAE-GAN", source="https://arxiv.org/abs/1512.09300")  # eqs. 7 to 9, algorithm 1, but −log D
def vae_gan(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in a code."] = 16,
    beta: Annotated[float, Range(0, 32), "What a nat of code costs the encoder."] = 0.1,
    gamma: Annotated[
        float, Range(0, 1000), "How much more features count to the decoder than deceiving."
    ] = 10.0,
    ceiling: Annotated[
        float,
        Range(0.5, 1),
        "Accuracy above which the discriminator waits for the decoder; 1: it never waits.",
    ] = 0.8,
    net: Net = mlp,
    likelihood: LikelihoodOf = MSE,
) -> Autoencoder:
    features = Perceptual(Discriminator(data))
    return VaeGan(
        data,
        net=net(data),
        bottleneck=DiagonalGaussian(latent_dim),
        likelihood=likelihood(data),
        objective=features + beta * KL(),
        features=features,
        gamma=gamma,
        ceiling=ceiling,
    )
