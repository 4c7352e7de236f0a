"""Autoencoders that learn the class beside the code, from few labels and many examples without one."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aecore.bottlenecks import DiagonalGaussian, Posterior, in_full
from aecore.conditions import ByClass, told_network
from aecore.data import DataSpec, Split
from aecore.errors import UserError
from aecore.functions import Function, Input
from aecore.likelihoods import ElementwiseGaussian, Likelihood, density
from aecore.model import Autoencoder
from aecore.nets import Encoder, Network
from aecore.objectives import Objective, Term
from aecore.options import Component
from aecore.step import Losses, Player, Stage, Step


class SemiSupervised(Autoencoder, ABC):
    """q(y|x) q(z|x, y) and p(x|y, z) p(y) p(z), with all K classes equally likely.

    A condition of zeros alone means that the class is not known: it is then the one that q(y|x)
    finds most probable, in ``posterior`` and in the exported encoder too.

    Args:
        spec: The data it is for.
        net: Encoder and decoder, both told the class.
        classifier: Reads what ``see`` gives, for q(y|x).
        latent_dim: D of the code z.
        likelihood: How a reconstruction is held against its target.
        objective: Of the terms of :mod:`aecore.objectives.semi_supervised`.
    """

    known_x: Tensor
    known_label: Tensor

    def __init__(
        self,
        spec: DataSpec,
        *,
        net: Network,
        classifier: Encoder,
        latent_dim: int,
        likelihood: Likelihood,
        objective: Objective | Term,
    ) -> None:
        super().__init__(
            spec,
            net=net,
            bottleneck=DiagonalGaussian(latent_dim),
            likelihood=likelihood,
            objective=objective,
            condition=ByClass(spec),
        )
        self.classes = len(spec.classes)
        self.classifier = classifier
        self.logits = nn.Linear(classifier.widths[-1], self.classes)
        self.register_buffer("known_x", torch.empty(0, *spec.shape), persistent=False)
        self.register_buffer("known_label", torch.empty(0, dtype=torch.int64), persistent=False)

    # What the terms ask for

    def see(self, x: Tensor) -> Tensor:
        """What classifier, encoder and decoder read and write, of examples, shape (B, *shape)."""
        return x

    def log_classes(self, seen: Tensor) -> Tensor:
        """log q(y|x), shape (B, K), nats."""
        return F.log_softmax(in_full(self.logits(self.classifier(seen)[-1])), 1)

    def bound(self, seen: Tensor, y: Tensor) -> Tensor:
        """−log p(x|y, z) − log p(y) + KL(q(z|x, y) ‖ p(z)), shape (B,), nats, at one sample of z.

        Args:
            seen: Of each example, what ``see`` gave.
            y: Its class as one 1 among zeros, shape (B, K).

        Source:
            Kingma et al. (2014), eq. 6. https://arxiv.org/abs/1406.5298
        """
        q = self.bottleneck(self.encoder(seen, y))
        bound: Tensor = self.missed(q.sample(), y, seen) + q.kl().sum(1) + self.class_nats
        return bound

    @abstractmethod
    def missed(self, z: Tensor, y: Tensor, seen: Tensor) -> Tensor:
        """−log p(seen|y, z), shape (B,)."""

    def labelled(self, step: Step) -> tuple[Tensor, Tensor]:
        """In training as many remembered examples as the step has; else those of the step with a label."""
        if self.training and len(self.known_x):
            n = len(self.known_x)
            index = torch.randperm(n, device=self.known_x.device)[: len(step.input)]
            x, label = self.known_x[index], self.known_label[index]
            return (torch.bernoulli(x) if self.spec.values == "binary" else x), label
        assert step.label is not None
        known = step.label >= 0
        return step.input[known], step.label[known]

    def unlabelled(self, step: Step) -> Tensor:
        """In training the examples without a label; outside of it all of them, their labels hidden."""
        assert step.label is not None
        return step.input[step.label < 0] if self.training else step.input

    # What an autoencoder offers

    @property
    def class_nats(self) -> float:
        return math.log(self.classes)

    def complete(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """The classes of examples, shape (B, K): as told, or the most probable where zeros or nothing is."""
        likely = F.one_hot(self.log_classes(self.see(x)).argmax(1), self.classes).float()
        if condition is None:
            return likely
        return condition + (1 - condition.sum(1, keepdim=True)) * likely

    def told(self, step: Step) -> Tensor:
        """The most probable class, shape (B, K), not the true one: so no metric sees a test label."""
        return self.complete(step.input)

    def posterior(self, x: Tensor, condition: Tensor | None = None) -> Posterior:
        posterior: Posterior = self.bottleneck(self.encoder(self.see(x), self.complete(x, condition)))
        return posterior

    def reconstruct(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        return super().reconstruct(x, self.complete(x, condition))

    def sample(self, n: int, temperature: float = 1.0, condition: Tensor | None = None) -> Tensor:
        """New examples, shape (n, *shape), of the classes told or of classes drawn."""
        z = self.draw(n, temperature)
        if condition is None:
            condition = F.one_hot(torch.randint(self.classes, (n,), device=z.device), self.classes).float()
        return self.decode(z, condition)

    def losses(self, step: Step) -> Losses:
        """The objective; distortion and rate of the told class are reported beside it."""
        with torch.no_grad():
            passed = self(step)
        losses: Losses = self.objective(self, step, passed)
        losses.report["distortion"] = self.likelihood.distortion(passed.raw, step.target).mean().detach()
        losses.report["rate"] = passed.posterior.kl().sum(1).mean()
        return losses

    def stages(self) -> tuple[Stage, ...]:
        return Stage("labelled", solve=self.remember, again=True), *super().stages()

    def remember(self, train: Split) -> None:
        """Keeps the labelled examples, to be drawn from at every step, unless every example is one.

        Raises:
            UserError: If not one label is known.
        """
        label = train.label
        if label is None or not bool((label >= 0).any()):
            raise UserError("A semi-supervised model learns the classes from labels; no label is known.")
        if bool((label < 0).any()):
            index = torch.nonzero(label >= 0)[:, 0]
            self.known_x, self.known_label = train.x[index], label[index]

    @torch.no_grad()
    def diagnostics(self, test: Split) -> dict[str, float | list[float]]:
        values = super().diagnostics(test)
        if test.label is not None:
            guess = torch.cat([self.log_classes(self.see(p.x)).argmax(1) for p in test.batches(1000)])
            values["classification_error"] = 100 * (guess != test.label).double().mean().item()
        return values

    def functions(self) -> dict[str, Function]:
        x = Input("x", self.spec.shape, len(self.spec.vocabulary), self.spec.values)
        return super().functions() | {"classifier": Function(Classify(self), (x,), ("probabilities",))}


class Classify(nn.Module):
    """x, shape (B, *shape) → q(y|x), shape (B, K)."""

    def __init__(self, model: SemiSupervised) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> tuple[Tensor]:
        return (self.model.log_classes(self.model.see(x)).exp(),)


class M2(SemiSupervised):
    """The class beside a code, both of the example itself.

    Raises:
        UserError: If the likelihood is none, so that there is no bound.
    """

    def __init__(self, spec: DataSpec, *, likelihood: Likelihood, **parts: Any) -> None:
        super().__init__(spec, likelihood=density(likelihood, "m2"), **parts)

    def missed(self, z: Tensor, y: Tensor, seen: Tensor) -> Tensor:
        return self.likelihood.nll(self.decode_raw(z, y, seen), seen)


class M1M2(SemiSupervised):
    """M2 on the codes of a VAE that was trained before: p(x|z₁) p(z₁|y, z₂).

    ``encoder`` and the first half of ``decoder`` read and write z₁; the code that bundles hold is z₂.

    Args:
        spec: The data it is for.
        m1: The VAE's encoder and decoder.
        m1_dim: Numbers in z₁.
        m2: The net for M2, to be built for z₁ and told the class.
        latent_dim: Numbers in z₂.
        likelihood: Of x given z₁.
        objective: M2's.
        m1_share: Part of the epochs that M1 takes.
    """

    decoder: Through

    def __init__(
        self,
        spec: DataSpec,
        *,
        m1: Network,
        m1_dim: int,
        m2: Component,
        latent_dim: int,
        likelihood: Likelihood,
        objective: Objective | Term,
        m1_share: float,
    ) -> None:
        codes = DataSpec("codes", "table", (m1_dim,), "real", spec.classes)
        inner = told_network(m2, codes, len(spec.classes))
        super().__init__(
            spec,
            net=Network(
                inner.encoder,
                lambda dim: Through(inner.decoder(dim), m1.decoder(m1_dim)),
                inner.condition,
                m1.causal,
            ),
            classifier=m2(codes).encoder,
            latent_dim=latent_dim,
            likelihood=likelihood,
            objective=objective,
        )
        self.m1_encoder, self.m1_share = m1.encoder, m1_share
        self.m1_code = DiagonalGaussian(m1_dim)
        self.m1_code.connect(m1.encoder.widths)
        self.code_likelihood = ElementwiseGaussian(codes)

    def see(self, x: Tensor) -> Tensor:
        """A sample of q(z₁|x) in training, its mean outside of it; M1 does not move."""
        with torch.no_grad():
            q = self.m1_code(self.m1_encoder.eval()(x))
            return q.sample() if self.training else q.mean

    def missed(self, z: Tensor, y: Tensor, seen: Tensor) -> Tensor:
        return self.code_likelihood.nll(in_full(self.decoder.inner(z, y)), seen)

    def m1_losses(self, step: Step) -> Losses:
        """A VAE's: distortion and rate of z₁."""
        q = self.m1_code(self.m1_encoder(step.input))
        given = (step.target,) if self.causal else ()
        raw = in_full(self.decoder.outer(q.sample(), None, *given))
        distortion = self.likelihood.distortion(raw, step.target).mean()
        rate = q.kl().sum(1).mean()
        return Losses(distortion + rate, {"distortion": distortion.detach(), "rate": rate.detach()})

    def stages(self) -> tuple[Stage, ...]:
        parts = (self.m1_encoder, self.m1_code, self.decoder.outer, self.likelihood)
        m1 = tuple(p for part in parts for p in part.parameters())
        m2 = tuple(p for p in self.parameters() if all(p is not other for other in m1))
        share = self.m1_share
        return (
            Stage("m1", (Player("m1", m1, self.m1_losses),), share=share),
            Stage("labelled", solve=self.remember, again=True),
            Stage("m2", (Player("m2", m2, self.losses, self.objective.scheduled),), share=1 - share),
        )


class Through(nn.Module):
    """z₂ and y → z₁ → what the likelihood reads."""

    def __init__(self, inner: nn.Module, outer: nn.Module) -> None:
        super().__init__()
        self.inner, self.outer = inner, outer

    def forward(self, z: Tensor, condition: Tensor | None = None, *given: Tensor) -> Tensor:
        raw: Tensor = self.outer(self.inner(z, condition), None, *given)
        return raw
