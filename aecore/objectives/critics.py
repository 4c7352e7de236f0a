r"""Critics: networks that learn to tell two kinds of codes apart, and so compare two distributions.

A critic's logit :math:`C(z) = \log \frac{D(z)}{1 - D(z)}` is at its best the log ratio of the densities of
what it takes for real and what it does not (Goodfellow et al. 2014, proposition 1,
https://arxiv.org/abs/1406.2661).
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from aecore.bottlenecks.priors import Prior
from aecore.conditions import ByClass
from aecore.nets.frozen import frozen
from aecore.objectives.objective import Adversary, Model, Term
from aecore.step import Losses, Pass, Step

SLOPE = 0.2  # of the critic's rectifiers below zero


class Critic(nn.Module):
    """From codes, shape (B, D), to one logit each, shape (B,).

    Args:
        inputs: D.
        hidden: Units of each hidden layer.
    """

    def __init__(self, inputs: int, hidden: tuple[int, ...]) -> None:
        super().__init__()
        sizes = (inputs, *hidden)
        layers: list[nn.Module] = []
        for wide, narrow in pairwise(sizes):
            layers += [nn.Linear(wide, narrow), nn.LeakyReLU(SLOPE)]
        self.layers = nn.Sequential(*layers, nn.Linear(sizes[-1], 1))

    def forward(self, z: Tensor) -> Tensor:
        logit: Tensor = self.layers(z)
        return logit.squeeze(1)


def verdict(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """How well a critic tells two kinds apart, from its logits, shape (B,): above 0 for the first kind.

    Returns:
        Its cross-entropy, nats, log 2 if both look alike to it, and its accuracy: shape () each, both
        kinds counting half.
    """
    cross_entropy = 0.5 * (softplus(-first) + softplus(second)).mean()
    accuracy = 0.5 * ((first > 0).float() + (second < 0).float()).mean()
    return cross_entropy, accuracy


class PriorCritic(Term):
    r"""How easily a critic tells codes from draws of the prior, as the encoder sees it.

    The encoder does not minimise log(1 − D), whose gradient dies when the critic wins, but
    −log D (non-saturating); both stand still where q(z) = p(z), D = ½, at log 2 nats. The critic
    learns on codes drawn anew, with a backward pass of its own.

    Args:
        prior: What codes should look like.
        hidden: Units of each of the critic's hidden layers.
        penalty: γ, what the square of the slope of the critic's logit costs it, half at draws (R₁) and
            half at codes (R₂), as its cross-entropy does: a critic that is steep wins at once and teaches
            nothing, one that is smooth lets the game settle.
        classes: Tells the critic the class of each code, and draws for each code from that class's
            part of the prior; where the class is unknown, from all of it. None for neither.

    Source:
        Makhzani et al. (2015), sections 2 and 2.3. https://arxiv.org/abs/1511.05644;
        Mescheder et al. (2018), eqs. 9 and 10, for the penalty. https://arxiv.org/abs/1801.04406
    """

    name = "adversarial"
    latex = r"\mathbb{E}_{q(z)}[-\log D(z)]"

    def __init__(
        self,
        prior: Prior,
        hidden: tuple[int, ...],
        penalty: float = 0.0,
        classes: ByClass | None = None,
    ) -> None:
        super().__init__()
        self.prior, self.penalty, self.classes = prior, penalty, classes
        self.critic = Critic(prior.latent_dim + (classes.size if classes else 0), hidden)

    def _with_class(self, step: Step, z: Tensor) -> Tensor:
        return torch.cat([z, self.classes(step)], 1) if self.classes else z

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        with frozen(self.critic):
            return softplus(-self.critic(self._with_class(step, passed.z)))  # (B,)

    def adversaries(self) -> tuple[Adversary, ...]:
        return (Adversary("critic", self.critic, self.tell_apart),)

    def tell_apart(self, model: Model, step: Step) -> Losses:
        """Cross-entropy, nats, of telling draws of the prior from fresh codes; log 2 if they look alike."""
        with torch.no_grad():
            z = model.posterior(step.input, model.told(step)).sample()
            noise = torch.randn(len(z), self.prior.noise_dim, device=z.device)
            real = self.prior(noise, step.label if self.classes else None)
        real, z = real.requires_grad_(), z.requires_grad_()
        with torch.enable_grad():
            drawn, coded = self.critic(self._with_class(step, real)), self.critic(self._with_class(step, z))
            slopes = torch.autograd.grad((drawn + coded).sum(), (real, z), create_graph=True)
        cross_entropy, accuracy = verdict(drawn, coded)
        slope = 0.5 * sum(each.square().sum(1).mean() for each in slopes)
        report = {"cross_entropy": cross_entropy.detach(), "accuracy": accuracy}
        return Losses(cross_entropy + 0.5 * self.penalty * slope, report)
