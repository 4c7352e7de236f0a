"""Tokens: cross-entropy, and the most probable word."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from aecore.likelihoods.likelihood import Likelihood, up_to_the_end


class Categorical(Likelihood):
    """Each token one of V: cross-entropy up to and including the end token.

    An example that fills all T places has no end token and needs none. The probabilities of all
    examples of 0 to T tokens before the end add up to 1.
    """

    name = "categorical"
    reads = ("token",)
    what = "is a likelihood of tokens"
    latex = r"-\sum_{t \le L} \log p_\theta(x_t|z)"

    def per_element(self, raw: Tensor, target: Tensor) -> Tensor:
        """Nats of each token, shape (B, T), from logits, shape (B, T, V); 0 after the end."""
        nats = F.cross_entropy(raw.transpose(1, 2), target, reduction="none")
        return nats * up_to_the_end((target != 0).to(raw.dtype))

    def activate(self, raw: Tensor) -> Tensor:
        """The probability of each token, given that the end has not come before: shape (B, T, V).

        Tokens have no average; the most probable ones, cut where the first of them is the end,
        are the reconstruction that pages show: see :func:`most_probable`.
        """
        return raw.softmax(-1)


def most_probable(scores: Tensor) -> Tensor:
    """The token with the highest score at each place, 0 from the first end on: (B, T, V) to (B, T)."""
    tokens = scores.argmax(-1)
    going_on: Tensor = (tokens != 0).long().cumprod(1)
    return tokens * going_on
