"""An autoencoder is a network, a bottleneck and an objective."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Self

import torch
from torch import Tensor, nn

from aecore.bottlenecks import Bottleneck, Posterior, Variational, in_full
from aecore.conditions import Condition
from aecore.data import DataSpec, Split
from aecore.errors import UserError
from aecore.functions import Function, encoder_and_decoder
from aecore.likelihoods import Likelihood, most_probable
from aecore.nets import Network
from aecore.objectives import Objective, Term
from aecore.objectives.terms import kl_of
from aecore.step import Losses, Pass, Player, Stage, Step


class Autoencoder(nn.Module):
    """Network × bottleneck × objective.

    Args:
        spec: The data it is for.
        net: Encoder and mirrored decoder.
        bottleneck: What the code is.
        likelihood: How a reconstruction is held against its target.
        objective: What is minimised.
        corruption: C(x̃|x), applied before the encoder in training; None for none.
        condition: What encoder and decoder are told beside x and z; the net must have been
            built for as many numbers. None for nothing.
    """

    def __init__(
        self,
        spec: DataSpec,
        *,
        net: Network,
        bottleneck: Bottleneck,
        likelihood: Likelihood,
        objective: Objective | Term,
        corruption: Callable[[Tensor], Tensor] | None = None,
        condition: Condition | None = None,
    ) -> None:
        super().__init__()
        self.spec = spec
        self.encoder = net.encoder
        bottleneck.connect(net.encoder.widths)
        self.bottleneck = bottleneck
        self.decoder = net.decoder(bottleneck.latent_dim)
        self.likelihood = likelihood
        self.objective = 1.0 * objective if isinstance(objective, Term) else objective
        self.corruption = corruption
        self.condition = condition
        self.causal = net.causal

    # What training asks for

    def prepare(self, step: Step) -> Step:
        """The step as the encoder gets it: corrupted, where this model undoes corruption."""
        return replace(step, input=self.corruption(step.input)) if self.corruption else step

    def forward(self, step: Step) -> Pass:
        """One pass: encode, sample, decode."""
        condition = self.told(step)
        posterior = self.posterior(step.input, condition)
        z = posterior.sample()
        return Pass(posterior, z, self.decode_raw(z, condition, step.target), condition)

    def told(self, step: Step) -> Tensor | None:
        """What encoder and decoder are told beside x and z, shape (B, K), or None."""
        return self.condition(step) if self.condition else None

    def losses(self, step: Step) -> Losses:
        """The objective on a step; rate and −ELBO at β = 1 are reported beside it where they exist."""
        passed = self(step)
        losses: Losses = self.objective(self, step, passed)
        report = losses.report
        if isinstance(passed.posterior, Variational):
            report.setdefault("rate", kl_of(passed).detach().sum(1).mean())
            if self.likelihood.proper:
                if (distortion := report.get("distortion")) is None:  # no term of the objective is it
                    with torch.no_grad():
                        distortion = self.likelihood.distortion(passed.raw, step.target).mean()
                constant = self.likelihood.constants(step.target).mean()
                report["negative_elbo"] = distortion + constant + report["rate"]
        return losses

    def players(self) -> tuple[Player, ...]:
        """The autoencoder itself, and every critic its objective brings along."""
        critics = self.objective.adversaries()
        theirs = {id(p) for critic in critics for p in critic.module.parameters()}
        own = tuple(p for p in self.parameters() if id(p) not in theirs)
        return (
            Player("autoencoder", own, self.losses, self.objective.scheduled, bool(critics)),
            *(Player(c.name, tuple(c.module.parameters()), partial(c.loss, self)) for c in critics),
        )

    def stages(self) -> tuple[Stage, ...]:
        """How it is trained: everything at once, then the prior of a code that has none."""
        descent = Stage("train", self.players())
        return (descent,) if self.probabilistic else (descent, Stage("prior", solve=self.fit_prior))

    def fit_prior(self, split: Split) -> None:
        """Fits the Gaussian from which an autoencoder's samples are drawn."""
        self.eval()
        self.bottleneck.fit_prior(self.codes(split))

    # What everybody else asks for

    @property
    def probabilistic(self) -> bool:
        """Whether there is a posterior with a width and a true prior."""
        return self.bottleneck.probabilistic

    @property
    def latent_dim(self) -> int:
        """D, the numbers in a code."""
        return self.bottleneck.latent_dim

    @property
    def class_nats(self) -> float:
        """−log p(y) of a class y that the model finds by itself; 0 where it finds none.

        What such a model says of an example is of −log p(x|y): only with these nats it bounds −log p(x).
        """
        return 0.0

    @torch.no_grad()
    def codes(self, split: Split) -> Tensor:
        """Mean codes of a split, shape (N, D), made a thousand at a time on the split's device."""
        parts = split.batches(1000)
        return torch.cat([self.encode(p.x, self.told(Step(p.x, p.x, label=p.label))) for p in parts])

    def diagnostics(self, test: Split) -> dict[str, float | list[float]]:
        """What only this kind of model can tell of the test split, by names of ``aecore.metrics.METRICS``."""
        return self.bottleneck.diagnostics(self.codes(test))

    def functions(self) -> dict[str, Function]:
        """What a bundle exports: ``encoder``, ``decoder``, and what else the model has."""
        told = self.condition.size if self.condition else 0
        outputs = self.bottleneck.outputs
        both = encoder_and_decoder(self, self.spec, self.latent_dim, outputs, told, self.causal)
        return both | self.bottleneck.functions()

    def latent_spec(self) -> dict[str, object]:
        """What a bundle's card says of the code."""
        told = self.condition
        condition = {"condition": told.spec()} if told else {}
        return self.bottleneck.spec() | condition

    def at(self, beta: float) -> Self:
        """The same model, its weights shared, that is asked for this β wherever no other is named.

        Raises:
            UserError: If it is not told β, or was not trained for this one.
        """
        if self.condition is None:
            raise UserError("This model has the one β it was trained with; a multi-rate-vae is told any.")
        asked = copy.copy(self)
        asked.condition = self.condition.at(beta)
        return asked

    def posterior(self, x: Tensor, condition: Tensor | None = None) -> Posterior:
        """q(z|x) of examples in the data's units, shape (B, *shape)."""
        if self.condition:
            condition = self.condition.check(condition, x)
        posterior: Posterior = self.bottleneck(self.encoder(x, condition))
        return posterior

    def decode_raw(self, z: Tensor, condition: Tensor | None = None, given: Tensor | None = None) -> Tensor:
        """What the likelihood reads, shape (B, *shape), from codes, shape (B, D).

        A causal decoder reads of ``given``, shape (B, *shape), what stands before each step; without
        it, what it has written itself. Any other decoder passes it over.
        """
        if self.condition:
            condition = self.condition.check(condition, z)
        if not self.causal:
            return in_full(self.decoder(z, condition))
        given = self.write(z, condition) if given is None else given
        return in_full(self.decoder(z, condition, given))

    @torch.no_grad()
    def write(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """What a causal decoder writes by itself, shape (B, *shape), from codes, shape (B, D).

        At each step the mean, or the most probable token, given those it wrote before. All steps are
        written at once, again and again: after t rounds the first t stand as they would one by one.
        """
        tokens = self.spec.kind == "tokens"
        x = torch.zeros(len(z), *self.spec.shape, dtype=torch.int64 if tokens else z.dtype, device=z.device)
        for _ in range(self.spec.shape[self.spec.step_axis - 1]):
            mean = self.likelihood.mean(in_full(self.decoder(z, condition, x)))
            before, x = x, most_probable(mean) if tokens else mean
            if torch.equal(before, x):
                break
        return x

    def encode(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """The mean code of examples, shape (B, *shape) to (B, D)."""
        return self.posterior(x, condition).mean

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        """E[x|z] in the data's units, shape (B, D) to (B, *shape)."""
        return self.likelihood.mean(self.decode_raw(z, condition))

    def reconstruct(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        """Decoded mean codes, shape (B, *shape)."""
        return self.decode(self.encode(x, condition), condition)

    def draw(self, n: int, temperature: float = 1.0) -> Tensor:
        """Codes from the prior, shape (n, D)."""
        return self.bottleneck.draw(n, temperature)

    def sample(self, n: int, temperature: float = 1.0, condition: Tensor | None = None) -> Tensor:
        """New examples, shape (n, *shape): decoded draws from the prior."""
        return self.decode(self.draw(n, temperature), condition)
