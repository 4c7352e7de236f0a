r"""How far a reconstruction is from its target: :math:`-\log p_\theta(x|z)`, and losses that are none.

Each reads the decoder's raw output, knows the activation that belongs to it, and refuses
data it does not fit. ``distortion`` is what training minimises, summed over the D elements
of an example; ``nll`` adds the constants, so that −ELBO and bits/dim mean what they say.

**Series** of length L count the steps that are there, and how it was known when to end: the
presence channel's raw output is the logit of going on,

.. math:: -\log p(x, L|z) = -\sum_{t<L} \log p(x_t|z) - \sum_{t<L} \log h_t - \log(1 - h_L),
          \quad h_t = \mathrm{sigmoid}(r_t),

the last term only where L < T. These are Bernoulli nats up to the end and none after it, and
the probabilities of all lengths from 0 to T add up to 1 (the discrete-time hazard of survival
analysis). **Tokens** count up to and including the end token in the same way. What a decoder
says of anything after the end costs nothing and means nothing.
"""

from __future__ import annotations

from typing import Annotated

from aecore.data import DataSpec
from aecore.likelihoods.bernoulli import Bernoulli, ContinuousBernoulli, PseudoBernoulli
from aecore.likelihoods.categorical import Categorical, most_probable
from aecore.likelihoods.likelihood import Likelihood, density, up_to_the_end
from aecore.likelihoods.numbers import MSE, ElementwiseGaussian, Gaussian, Huber
from aecore.options import Component, Slot

__all__ = [
    "LIKELIHOODS", "MSE", "Bernoulli", "Categorical", "ContinuousBernoulli", "ElementwiseGaussian",
    "Gaussian", "Huber", "Likelihood", "LikelihoodOf", "PseudoBernoulli", "density", "most_probable",
    "natural", "up_to_the_end",
]  # fmt: skip


def natural(data: DataSpec) -> Likelihood:
    """The proper likelihood that suits the data: Bernoulli, Categorical, or a Gaussian with learned σ.

    With a fixed σ = 1 and pixels in [0, 1] an error costs so little that a VAE stores next to nothing.
    """
    suits = {"binary": Bernoulli, "token": Categorical}.get(data.values, Gaussian)
    return suits(data)


LIKELIHOODS: dict[str, Component] = {
    "natural": natural,
    "mse": MSE,
    "gaussian": Gaussian,
    "bernoulli": Bernoulli,
    "pseudo-bernoulli": PseudoBernoulli,
    "continuous-bernoulli": ContinuousBernoulli,
    "categorical": Categorical,
    "huber": Huber,
}

LikelihoodOf = Annotated[
    Component,
    Slot(LIKELIHOODS),
    "How far a reconstruction is from its target. natural: Bernoulli for black and white, categorical for"
    " tokens, else a Gaussian that learns its σ.",
]
