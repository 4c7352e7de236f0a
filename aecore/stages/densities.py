"""What a VAE lets one choose for q(z|x) and p(z): the options, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

from aecore.bottlenecks import Bottleneck, DiagonalGaussian, InverseAutoregressiveFlow
from aecore.model import Autoencoder
from aecore.options import Range
from aecore.stages.vamp_prior import VampPrior

PosteriorOf = Annotated[
    Literal["gaussian", "iaf"],
    "The form of q(z|x): a diagonal Gaussian, or one bent by an inverse autoregressive flow.",
]
Steps = Annotated[int, Range(1, 16), "Autoregressive steps of the posterior, if it is iaf."]
PriorOf = Annotated[
    Literal["normal", "vamp"],
    "Where codes are drawn from: N(0, I), or a mixture of posteriors of learned pseudo-inputs (VampPrior).",
]
PseudoInputs = Annotated[int, Range(1, 10_000), "Components of the prior, if it is vamp."]


def bottleneck_of(posterior: str, latent_dim: int, steps: int) -> Bottleneck:
    """The bottleneck with that posterior."""
    return (
        InverseAutoregressiveFlow(latent_dim, steps) if posterior == "iaf" else DiagonalGaussian(latent_dim)
    )


def model_of(prior: str, pseudo_inputs: int) -> Callable[..., Autoencoder]:
    """The kind of model with that prior."""
    return partial(VampPrior, pseudo_inputs=pseudo_inputs) if prior == "vamp" else Autoencoder
