r"""The rate taken apart by what the codes of all examples look like together.

With the aggregate posterior :math:`q(z) = \frac1N \sum_n q_\phi(z|x_n)` over the N training examples

.. math:: \mathbb{E}_x \mathrm{KL}(q_\phi(z|x) \parallel p(z)) = \underbrace{I_q(z; x)}_{\text{mutual
          information}} + \underbrace{\mathrm{KL}\left(q(z) \parallel \textstyle\prod_d
          q(z_d)\right)}_{\text{total correlation}}
          + \underbrace{\textstyle\sum_d \mathrm{KL}(q(z_d) \parallel p(z_d))}_{\text{dimension-wise KL}}

(Chen et al. 2018, eq. 2). q(z) is estimated from a batch, by stratified sampling, or its ratio to
:math:`\prod_d q(z_d)` by a critic.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from aecore.bottlenecks import GaussianPosterior
from aecore.nets.frozen import frozen
from aecore.objectives.critics import Critic, verdict
from aecore.objectives.objective import Adversary, Model, Term
from aecore.step import Losses, Pass, Step


def stratified_weights(batch: int, examples: int) -> Tensor:
    """How much each example of a batch stands for in q(z) of each code, shape (B, B); a row sums to 1.

    The code's own example, on the diagonal, stands for itself: 1/N. Of the other M = B − 1, which
    stand for all the rest, one counts (N − M)/(NM) and each of the others 1/M. With N ≤ B, where the
    batch is all there is, every example counts 1/B.

    Source:
        Chen et al. (2018), appendix C.2, eq. S6. https://arxiv.org/abs/1802.04942
    """
    if examples <= batch:
        return torch.full((batch, batch), 1 / batch)
    if batch == 1:
        return torch.ones(1, 1)
    others = batch - 1
    weights = torch.full((batch, batch), 1 / others)
    rows = torch.arange(batch)
    weights[rows, rows] = 1 / examples
    weights[rows, (rows + 1) % batch] = (examples - others) / (examples * others)
    return weights


@dataclass(frozen=True)
class Densities:
    """Log densities of the codes of a batch, each of shape (B,), nats.

    Attributes:
        given: log q(z|x) of the example the code is of.
        joint: log q(z).
        product: Σ_d log q(z_d).
        prior: log p(z).
    """

    given: Tensor
    joint: Tensor
    product: Tensor
    prior: Tensor


class AggregatePosterior(nn.Module):
    """q(z) and its marginals, estimated from a batch by stratified sampling.

    Attributes:
        examples: N, the training examples q(z) is a mixture over; as long as it is 0, not yet
            counted, the batch is taken for all there is.
    """

    examples: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("examples", torch.zeros((), dtype=torch.long))

    def forward(self, passed: Pass) -> Densities:
        """Densities of ``passed.z``; the terms of one pass share them."""
        if "densities" not in passed.shared:
            passed.shared["densities"] = self.estimate(passed)
        found = passed.shared["densities"]
        assert isinstance(found, Densities)
        return found

    def estimate(self, passed: Pass) -> Densities:
        """Chen et al. (2018), appendix C.2."""
        q, z = passed.posterior, passed.z
        if not isinstance(q, GaussianPosterior):
            raise TypeError(f"q(z) is estimated from Gaussian posteriors, not from {type(q).__name__}.")
        log_w = stratified_weights(len(z), int(self.examples)).log().to(z)  # (B, B)
        square = (z[:, None] - q.mu) ** 2 * torch.exp(-q.logvar)
        each = -0.5 * (square + q.logvar + math.log(2 * math.pi))  # log q(z_id | x_j), (B, B, D)
        return Densities(
            given=q.log_prob(z),
            joint=torch.logsumexp(log_w + each.sum(2), 1),
            product=torch.logsumexp(log_w[:, :, None] + each, 1).sum(1),
            prior=q.log_prior(z),
        )


class Aggregate(Term):
    """A term that reads the densities of the aggregate posterior."""

    def __init__(self, aggregate: AggregatePosterior) -> None:
        super().__init__()
        self.aggregate = aggregate

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        return self.log_ratio(self.aggregate(passed))  # (B,)

    @abstractmethod
    def log_ratio(self, of: Densities) -> Tensor:
        """The one density over the other whose mean log this term is, shape (B,)."""


class MutualInformation(Aggregate):
    """Nats that a code tells of which example it is from; at most log N of them."""

    name = "mutual_information"
    latex = r"I_q(z; x)"

    def log_ratio(self, of: Densities) -> Tensor:
        return of.given - of.joint


class TotalCorrelation(Aggregate):
    """Nats by which the dimensions of the codes depend on each other."""

    name = "total_correlation"
    latex = r"\mathrm{KL}\left(q(z) \parallel \textstyle\prod_d q(z_d)\right)"

    def log_ratio(self, of: Densities) -> Tensor:
        return of.joint - of.product


class DimensionwiseKL(Aggregate):
    """Nats by which each dimension, over all examples, differs from its prior."""

    name = "dimensionwise_kl"
    latex = r"\textstyle\sum_d \mathrm{KL}(q(z_d) \parallel p(z_d))"

    def log_ratio(self, of: Densities) -> Tensor:
        return of.product - of.prior


def permute_dimensions(z: Tensor) -> Tensor:
    """Codes, shape (B, D), with every dimension shuffled over the batch by itself: draws of ∏ q(z_d).

    Source:
        Kim & Mnih (2018), algorithm 1. https://arxiv.org/abs/1802.05983
    """
    return z.gather(0, torch.rand_like(z).argsort(0))


class DensityRatioTC(Term):
    """Total correlation as a critic sees it, that tells codes from codes with shuffled dimensions.

    The critic's logit is log D − log(1 − D); at its best it is log q(z) − log ∏ q(z_d). It learns
    on codes drawn anew after the autoencoder's step, with a backward pass of its own.

    Args:
        latent_dim: D.
        hidden: Units of each of the critic's hidden layers.

    Source:
        Kim & Mnih (2018), eq. 3 and algorithm 2. https://arxiv.org/abs/1802.05983
    """

    name = "total_correlation"
    latex = r"\mathbb{E}_{q(z)}\left[\log \tfrac{D(z)}{1 - D(z)}\right]"

    def __init__(self, latent_dim: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        self.critic = Critic(latent_dim, hidden)

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        with frozen(self.critic):
            logit: Tensor = self.critic(passed.z)
        return logit  # (B,)

    def adversaries(self) -> tuple[Adversary, ...]:
        return (Adversary("critic", self.critic, partial(critic_loss, self.critic)),)


def critic_loss(critic: nn.Module, model: Model, step: Step) -> Losses:
    """Cross-entropy, nats, of telling fresh codes from shuffled ones; log 2 if they look alike."""
    with torch.no_grad():
        z = model.posterior(step.input, model.told(step)).sample()
    cross_entropy, accuracy = verdict(critic(z), critic(permute_dimensions(z)))
    return Losses(cross_entropy, {"accuracy": accuracy})
