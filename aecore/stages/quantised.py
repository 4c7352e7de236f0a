"""An autoencoder whose code is a grid of indices, and whose prior is learned once that grid stands."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from aecore.bottlenecks import QuantisedPosterior, VectorQuantizer, perplexity
from aecore.data import Split
from aecore.functions import Function, Input
from aecore.model import Autoencoder
from aecore.nets.frozen import frozen
from aecore.step import Losses, Player, Stage, Step


class Quantised(Autoencoder):
    """First encoder, codebook and decoder; then, on codes that stand still, the prior.

    Args:
        prior_share: Part of the epochs that the prior takes.
    """

    bottleneck: VectorQuantizer

    def __init__(self, *args: Any, prior_share: float, **parts: Any) -> None:
        super().__init__(*args, **parts)
        self.prior_share = prior_share

    def players(self) -> tuple[Player, ...]:
        """The autoencoder without the prior, which descends in a stage of its own."""
        theirs = {id(p) for p in self.bottleneck.prior.parameters()}
        return tuple(
            replace(player, parameters=tuple(p for p in player.parameters if id(p) not in theirs))
            for player in super().players()
        )

    def stages(self) -> tuple[Stage, ...]:
        """The autoencoder, the prior over its indices, and the moments of that prior in closed form."""
        prior = Player("prior", tuple(self.bottleneck.prior.parameters()), self.prior_loss)
        return (
            Stage("train", self.players(), share=1 - self.prior_share),
            Stage("prior", (prior,), share=self.prior_share),
            Stage("moments", solve=self.fit_prior),
        )

    def prior_loss(self, step: Step) -> Losses:
        """Cross-entropy of an example's indices, nats per example; nothing but the prior is moved."""
        with frozen(self.encoder, self.bottleneck), torch.no_grad():
            indices = self.indices(step.input)
        nats = -self.bottleneck.prior.log_prob(indices).mean()
        return Losses(nats, {"prior_nats": nats.detach()})

    def indices(self, x: Tensor) -> Tensor:
        """Which vectors stand for each example, shape (B, *shape) to (B, S)."""
        return self.posterior(x).indices

    def posterior(self, x: Tensor, condition: Tensor | None = None) -> QuantisedPosterior:
        return self.bottleneck(self.encoder(x))

    @torch.no_grad()
    def diagnostics(self, test: Split) -> dict[str, float | list[float]]:
        """How much of the codebook is in use, and what an example costs under the prior.

        All of q(z|x) is on one of Kˢ codes, so that KL(q ‖ p) = −log p(z): −ELBO is exact.
        """
        book, indices, nats, nll = self.bottleneck, [], [], []
        for part in test.batches(1000):
            chosen = self.indices(part.x)
            indices.append(chosen)
            nats.append(-book.prior.log_prob(chosen).double())
            raw = self.decode_raw(book.lookup(chosen), None, part.x)
            nll.append(self.likelihood.nll(raw, part.x).double())
        every, rate = torch.cat(indices), float(torch.cat(nats).mean())
        bound = {"negative_elbo": float(torch.cat(nll).mean()) + rate} if self.likelihood.proper else {}
        return {
            **bound,
            "codebook_perplexity": perplexity(every, book.size),
            "codes_used": len(every.unique()),
            "codebook_examples": len(every),
            "prior_nats": rate,
            "prior_bits": rate / math.log(2),
            "uniform_nats": book.slots * math.log(book.size),
        }

    def functions(self) -> dict[str, Function]:
        every = super().functions()
        encoder = every["encoder"]
        x = Decided(**vars(encoder.inputs[0]), margin=self.margin)
        return every | {"encoder": replace(encoder, inputs=(x, *encoder.inputs[1:]))}

    @torch.no_grad()
    def margin(self, x: Tensor) -> Tensor:
        """How clearly each example's vectors are the nearest, shape (B,): 0 where two are equally near."""
        return self.bottleneck.margin(self.posterior(x).code)


def _no_margin(x: Tensor) -> Tensor:
    return torch.zeros(len(x))


@dataclass(frozen=True)
class Decided(Input):
    """Random examples whose vectors are clearly the nearest.

    An encoder that quantises jumps where two vectors are equally near: there the last digit
    decides, and two correct computations may differ by a whole vector.

    Attributes:
        margin: How far an example is from such a place, shape (B,).
    """

    margin: Callable[[Tensor], Tensor] = field(default=_no_margin)

    def example(self, batch: int, random: torch.Generator) -> Tensor:
        many = super().example(64 * batch, random)
        return many[self.margin(many).topk(batch).indices]
