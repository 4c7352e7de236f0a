r"""What a variational autoencoder's bound is worth.

For a test example x, with z drawn from :math:`q_\phi(z|x)`, the *rate* is the KL divergence of
the posterior from the prior and the *distortion* is what the decoder misses:

.. math:: -\log p_\theta(x) \le -\mathrm{ELBO}(x) =
          \underbrace{\mathbb{E}_{q}[-\log p_\theta(x|z)]}_{\text{distortion, with constants}}
          + \underbrace{\mathrm{KL}(q_\phi(z|x) \parallel p(z))}_{\text{rate}}
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from aecore.bottlenecks import Posterior, Variational
from aecore.likelihoods import Likelihood
from aecore.metrics.table import ACTIVE_VARIANCE


class LatentVariableModel(Protocol):
    """What the estimates below ask of a model."""

    @property
    def likelihood(self) -> Likelihood: ...
    @property
    def class_nats(self) -> float: ...

    def posterior(self, x: Tensor, condition: Tensor | None = None) -> Posterior: ...
    def decode_raw(
        self, z: Tensor, condition: Tensor | None = None, given: Tensor | None = None
    ) -> Tensor: ...


@dataclass(frozen=True)
class ImportanceEstimate:
    """Two estimates from the same K samples of q(z|x).

    Attributes:
        nll: −log p(x) of each example, shape (B,), nats.
        negative_elbo: −ELBO of each example, shape (B,), nats; never below ``nll`` (Jensen).
    """

    nll: Tensor
    negative_elbo: Tensor


def variational(posterior: Posterior) -> Variational:
    """The same posterior, known to have a width.

    Raises:
        TypeError: If all its mass is on one code: it has no rate and no density.
    """
    if not isinstance(posterior, Variational):
        raise TypeError(f"A rate needs a posterior with a width, not {type(posterior).__name__}.")
    return posterior


def importance_estimate(
    model: LatentVariableModel, x: Tensor, samples: int, condition: Tensor | None = None
) -> ImportanceEstimate:
    r"""−log p(x) and −ELBO by importance sampling from the posterior.

    .. math:: -\log p(x) \approx -\log \frac{1}{K} \sum_{k=1}^{K} w_k, \quad
              -\mathrm{ELBO} \approx -\frac{1}{K} \sum_{k=1}^{K} \log w_k, \quad
              \log w_k = \log p(x|z_k) + \log p(z_k) - \log q(z_k|x)

    Where the model finds a class y by itself, w_k is p(x, y, z_k) / q(z_k|x, y), and what is bounded
    is −log p(x) as well. One sample of each example is decoded at a time: memory grows with B, not with K·B.

    Args:
        model: A model with a variational posterior and a proper likelihood.
        x: Examples, shape (B, *shape).
        samples: K ≥ 1.
        condition: What encoder and decoder are told beside, shape (B, K), or None.

    Source:
        Burda, Grosse & Salakhutdinov (2016), eq. 8. https://arxiv.org/abs/1509.00519
    """
    q = variational(model.posterior(x, condition))
    log_w = torch.empty(samples, len(x), dtype=torch.float64, device=x.device)
    for k in range(samples):
        z = q.sample()
        nll = model.likelihood.nll(model.decode_raw(z, condition, x), x)
        log_w[k] = q.log_prior(z) - q.log_prob(z) - nll - model.class_nats
    return ImportanceEstimate(
        nll=math.log(samples) - log_w.logsumexp(0),
        negative_elbo=-log_w.mean(0),
    )


def active_units(mu: Tensor) -> int:
    """Dimensions whose posterior mean varies over the data: Cov_x(E[z|x]) > 0.01.

    Args:
        mu: Posterior means, shape (N, D).

    Source:
        Burda, Grosse & Salakhutdinov (2016), section 5.2. https://arxiv.org/abs/1509.00519
    """
    return int((mu.double().var(0, correction=0) > ACTIVE_VARIANCE).sum())
