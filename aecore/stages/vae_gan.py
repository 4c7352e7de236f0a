"""An autoencoder of three players: encoder, decoder, and a discriminator of examples."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import softplus

from aecore.model import Autoencoder
from aecore.nets.discriminator import Discriminator
from aecore.nets.frozen import frozen
from aecore.objectives import Perceptual
from aecore.step import Losses, Player, Step


class VaeGan(Autoencoder):
    """Encoder, decoder and discriminator, each with a loss of its own and fresh samples.

    Args:
        features: The term that compares features of the discriminator.
        gamma: Its weight in the decoder's loss.
        ceiling: The discriminator's accuracy on a batch above which it does not learn from it.
    """

    def __init__(self, *args: Any, features: Perceptual, gamma: float, ceiling: float, **parts: Any) -> None:
        super().__init__(*args, **parts)
        self.discriminator: Discriminator = features.judge
        self.features, self.gamma, self.ceiling = (features,), gamma, ceiling

    def players(self) -> tuple[Player, ...]:
        encoder = (*self.encoder.parameters(), *self.bottleneck.parameters())
        decoder = (*self.decoder.parameters(), *self.likelihood.parameters())
        return (
            Player("encoder", encoder, self.losses, relative=True),
            Player("decoder", decoder, self.decoder_losses, relative=True),
            Player("discriminator", tuple(self.discriminator.parameters()), self.discriminator_losses),
        )

    def losses(self, step: Step) -> Losses:
        """The encoder's: code and features."""
        with frozen(self.decoder):
            return super().losses(step)

    def decoder_losses(self, step: Step) -> Losses:
        """The decoder's: features, and deceiving the discriminator with both kinds of examples.

        −log D, which does not saturate, in place of the paper's log(1 − D).
        """
        with frozen(self.encoder, self.bottleneck):
            rebuilt, invented, raw = self._made(step)
        unlike = self.features[0].distance(rebuilt, step.target).mean()
        with frozen(self.discriminator):
            caught = softplus(-self.discriminator(rebuilt)) + softplus(-self.discriminator(invented))
        loss = self.gamma * unlike + caught.mean()
        if tuple(self.likelihood.parameters()):  # a σ of its own, which no other loss hears of
            loss = loss + self.likelihood.distortion(raw.detach(), step.target).mean()
        return Losses(loss, {"adversarial": caught.mean().detach()})

    def discriminator_losses(self, step: Step) -> Losses:
        """The discriminator's: telling real examples from rebuilt and from invented ones.

        Where it does so too well already its loss counts for nothing, so that the decoder can catch up; the
        optimiser's momentum alone still carries it on for some steps.
        """
        with torch.no_grad(), frozen(self.encoder, self.bottleneck, self.decoder):
            rebuilt, invented, _ = self._made(step)
        real, fake = self.discriminator(step.target), self.discriminator(torch.cat([rebuilt, invented]))
        loss = softplus(-real).mean() + 2 * softplus(fake).mean()
        right = 0.5 * ((real > 0).float().mean() + (fake < 0).float().mean())
        wait = (right > self.ceiling).to(loss.dtype)
        return Losses((1 - wait) * loss, {"cross_entropy": loss.detach(), "accuracy": right})

    def _made(self, step: Step) -> tuple[Tensor, Tensor, Tensor]:
        """Examples rebuilt and examples from the prior, shape (B, *shape) each, on fresh samples; what the
        likelihood reads of the former."""
        z = self.posterior(step.input).sample()
        raw = self.decode_raw(torch.cat([z, self.draw(len(z))]))
        rebuilt, invented = self.likelihood.mean(raw).chunk(2)
        return rebuilt, invented, raw[: len(z)]
