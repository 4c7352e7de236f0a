r"""VAE: a code that is a distribution, and a prior it is held to.

.. math:: \mathcal{L}(x) = \mathbb{E}_{q_\phi(z|x)}[-\log p_\theta(x|z)]
          + \mathrm{KL}(q_\phi(z|x) \parallel p(z))

The encoder gives :math:`q_\phi(z|x) = \mathcal{N}(\mu(x), \sigma^2(x))`, the decoder
:math:`p_\theta(x|z)`, the prior is :math:`p(z) = \mathcal{N}(0, I)`. The first term is the
distortion, the second the rate,

.. math:: \mathrm{KL} = \tfrac12 \sum_d (\mu_d^2 + \sigma_d^2 - 1 - \log \sigma_d^2) \ge 0,

and their sum is −ELBO, an upper bound on :math:`-\log p(x)`, in nats. With the likelihood ``gaussian``
the noise of the pixels is learned too, as one σ whose best value is the root of the mean squared error
(σ-VAE): then no β has to be guessed to balance the two terms.

Posterior and prior need not be Gaussian. An inverse autoregressive flow (``iaf``) sends the code through
steps in which each dimension hears of those before it; a VampPrior (``vamp``) is the mean of the
posteriors of K learned pseudo-inputs :math:`u_k`, :math:`p(z) = \tfrac1K \sum_k q_\phi(z|u_k)`. Either
way the KL has no closed form and is estimated at the code that was drawn.

**When to use it.** To sample, to interpolate, to have a density.

**What to look for.** A map without holes, soft reconstructions, dimensions whose KL is zero.

**Limits.** Posterior collapse is a KL that goes to zero. It is treated by *lowering* β, annealing it
from 0, free bits, or a weaker decoder; raising β makes it worse.

**Where guides err.** The KL is :math:`\tfrac12 \sum (\mu^2 + \sigma^2 - 1 - \log \sigma^2)`. With the sign
turned round, as it is often printed, minimising the loss would drive the posterior away from the prior.

**Where guides err.** A loss of :math:`\lVert x - \hat x \rVert^2 + \mathrm{KL}` is no neutral choice: it
means a likelihood with :math:`\sigma^2 = \tfrac12`. With :math:`\sigma^2 = 1` the squared error is halved.
"""

from typing import Annotated

from aecore.data import DataSpec
from aecore.likelihoods import LikelihoodOf, natural
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import KL, Reconstruction
from aecore.options import Range
from aecore.stages.densities import PosteriorOf, PriorOf, PseudoInputs, Steps, bottleneck_of, model_of
from aecore.variants.registry import variant


@variant(title="VAE", source="https://arxiv.org/abs/1312.6114")  # eq. 10
def vae(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in a code."] = 16,
    posterior: PosteriorOf = "gaussian",
    flow_steps: Steps = 4,
    prior: PriorOf = "normal",
    pseudo_inputs: PseudoInputs = 100,
    net: Net = mlp,
    likelihood: LikelihoodOf = natural,
) -> Autoencoder:
    return model_of(prior, pseudo_inputs)(
        data,
        net=net(data),
        bottleneck=bottleneck_of(posterior, latent_dim, flow_steps),
        likelihood=likelihood(data),
        objective=Reconstruction() + KL(),
    )
