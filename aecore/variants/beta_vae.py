r"""β-VAE: a VAE that pays β times more for every nat it stores.

.. math:: \mathcal{L}(x) = \mathbb{E}_{q_\phi(z|x)}[-\log p_\theta(x|z)]
          + \beta\,\mathrm{KL}(q_\phi(z|x) \parallel p(z))

β = 1 is the VAE; β < 1 buys sharpness, larger β trades it for independent latents. β can rise from 0
(annealing), a capacity :math:`C` can rise instead, :math:`\beta\,|\mathrm{KL} - C|`, or the first nats
of every dimension can be free. Posterior and prior are Gaussian, or a flow and a VampPrior, as in the VAE.

**When to use it.** To choose a point on the rate–distortion curve; to separate factors.

**What to look for.** As β grows dimensions die one by one; those that stay often mean something.

**Limits.** β belongs to a likelihood: with per-pixel *means* instead of sums, or another σ, the same
number means another model. A large β collapses the posterior.

**Where guides err.** Raising β is no cure for posterior collapse: it is the cause. What helps is a lower β,
annealing it from 0, free bits, or a weaker decoder.
"""

from typing import Annotated, Literal

from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.likelihoods import LikelihoodOf, natural
from aecore.model import Autoencoder
from aecore.nets import Net, mlp
from aecore.objectives import KL, CapacityGap, Constant, Cyclical, FreeBits, Ramp, Reconstruction, Schedule
from aecore.options import Range
from aecore.stages.densities import PosteriorOf, PriorOf, PseudoInputs, Steps, bottleneck_of, model_of
from aecore.variants.registry import variant


@variant(title="β-VAE", source="https://openreview.net/forum?id=Sy2fzU9gl")  # eq. 4
def beta_vae(
    data: DataSpec,
    *,
    latent_dim: Annotated[int, Range(1, 512), "Numbers in a code."] = 10,
    beta: Annotated[float, Range(0, 1000), "What a nat of code costs, in nats of distortion."] = 4.0,
    annealing: Annotated[
        Literal["constant", "linear", "cyclical"],
        "Whether β is there at once, rises once from 0, or again and again.",
    ] = "constant",
    annealing_share: Annotated[
        float, Range(0.01, 1), "Part of the training, or of each cycle, over which β rises."
    ] = 0.5,
    cycles: Annotated[int, Range(1, 100), "How often β rises, when annealing is cyclical."] = 4,
    capacity: Annotated[
        float, Range(0, 1000), "Nats the rate is pulled to, from 0 up, by the end; 0: no target."
    ] = 0.0,
    free_bits: Annotated[float, Range(0, 100), "Nats of each dimension that cost nothing."] = 0.0,
    posterior: PosteriorOf = "gaussian",
    flow_steps: Steps = 4,
    prior: PriorOf = "normal",
    pseudo_inputs: PseudoInputs = 100,
    net: Net = mlp,
    likelihood: LikelihoodOf = natural,
) -> Autoencoder:
    if capacity and free_bits:
        raise UserError("capacity sets a target for the rate and free_bits a floor; choose one of them.")
    if free_bits and (posterior == "iaf" or prior == "vamp"):
        raise UserError(
            "free_bits counts nats by dimension; with a flow or a VampPrior the rate does not fall apart by "
            "dimension. Use annealing, or --posterior gaussian with --prior normal."
        )
    price: dict[str, Schedule] = {
        "constant": Constant(beta),
        "linear": Ramp(0, beta, annealing_share),
        "cyclical": Cyclical(beta, cycles, annealing_share),
    }
    rate = CapacityGap(Ramp(0, capacity)) if capacity else FreeBits(free_bits) if free_bits else KL()
    return model_of(prior, pseudo_inputs)(
        data,
        net=net(data),
        bottleneck=bottleneck_of(posterior, latent_dim, flow_steps),
        likelihood=likelihood(data),
        objective=Reconstruction() + price[annealing] * rate,
    )
