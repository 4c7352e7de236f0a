r"""Multi-rate VAE: one model for every β, which it is told beside each example.

.. math:: \mathcal{L} = \mathbb{E}_{x, \beta}\big[\mathbb{E}_{q_\phi(z|x,\beta)}[-\log p_\theta(x|z,\beta)]
          + \beta\,\mathrm{KL}(q_\phi(z|x,\beta) \parallel p(z))\big]

A β-VAE is trained for one price of a nat. Here every example of a batch has a price of its own, and encoder
and decoder hear of it. With ``film`` features :math:`f(\ln \beta)`, waves through a small perceptron, scale
and shift every hidden channel before it bends,

.. math:: h \leftarrow h\,(1 + s(f)) + t(f), \qquad
          (\mu_i, \ln \sigma_i^2, z_i) \leftarrow
          (\mu_i, \ln \sigma_i^2, z_i)\,\operatorname{sigmoid}(\kappa_i (c_i - \ln \beta)),

and gates on the code, one in the encoder and one in the decoder, let a high β silence dimensions one by one,
without pruning the weights that a low β needs; :math:`\ln \beta` is drawn more often near the ends of its
range then. With ``gates``, as published, each channel is multiplied by
:math:`\operatorname{sigmoid}(w\eta + c)` in the encoder and by :math:`\sqrt{(1 - e^{w\eta + c})_+}` in the
decoder, :math:`\eta` being :math:`\ln \beta` in its standard deviations, and :math:`\ln \beta` is drawn
evenly. With ``kl_warmup``, which is no part of what was published, each price rises from 0 first, until the
dimensions are in use.

**When to use it.** To look for the β that suits: the whole rate–distortion curve comes from one training.

**What to look for.** Reconstructions and map move continuously as β does, and units die and wake up.

**Limits.** Where −ELBO is reported it is that at β = 1, and so are the card's metrics. At each β a model
trained for it alone may be somewhat better. Batch norm mixes the statistics of all β; better do without.
"""

from typing import Annotated

from aecore.bottlenecks import DiagonalGaussian, RatedGaussian
from aecore.conditions import ByLogBeta
from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.likelihoods import LikelihoodOf, natural
from aecore.model import Autoencoder
from aecore.nets import conv, mlp
from aecore.nets.rates import Conditioning, rate_network
from aecore.objectives import KL, Asked, Prices, Reconstruction
from aecore.options import Component, Range, Slot
from aecore.stages.multi_rate import MultiRate
from aecore.variants.registry import variant

RateNet = Annotated[
    Component, Slot({"mlp": mlp, "conv": conv}), "The network that encodes, and whose mirror decodes."
]
MARGIN = 0.35  # of ln β, beyond either end of the range


@variant(title="Multi-rate VAE", source="https://arxiv.org/abs/2212.03905")
def multi_rate_vae(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in a code."] = 16,
    beta_low: Annotated[float, Range(1e-4, 1), "The lowest β that can be asked for."] = 0.01,
    beta_high: Annotated[float, Range(1, 1000), "The highest β that can be asked for."] = 10.0,
    conditioning: Annotated[
        Conditioning, "How β is heard: FiLM and a gate on the code, or gates on channels as published."
    ] = "film",
    kl_warmup: Annotated[
        float, Range(0, 1), "Part of the training over which each price rises from 0; 0: there at once."
    ] = 0.3,
    betas_per_example: Annotated[int, Range(1, 8), "How many β each example of a batch is tried with."] = 1,
    net: RateNet = mlp,
    likelihood: LikelihoodOf = natural,
) -> Autoencoder:
    if beta_low == beta_high:
        raise UserError("--beta-low and --beta-high are both 1: for one β, use --variant beta-vae.")
    if data.kind == "tokens":
        raise UserError(
            f"A multi-rate VAE is told β in nets that read numbers; {data.name} is made of tokens."
        )
    film = conditioning == "film"
    return MultiRate(
        data,
        net=rate_network(net, data, conditioning, beta_low, beta_high),
        bottleneck=RatedGaussian(latent_dim, beta_low, beta_high) if film else DiagonalGaussian(latent_dim),
        likelihood=likelihood(data),
        objective=Reconstruction() + Asked(kl_warmup) * KL(),
        condition=ByLogBeta(beta_low, beta_high),
        prices=Prices(beta_low, beta_high, margin=MARGIN if film else 0.0, arcsine=film),
        betas_per_example=betas_per_example,
    )
