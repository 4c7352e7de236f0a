"""A model whose prior is the mixture of what its encoder says of pseudo-inputs."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from aecore.bottlenecks import DiagonalGaussian, GaussianPosterior
from aecore.bottlenecks.vamp import MixtureDraw, VampPosterior, mixture_moments
from aecore.data import DataSpec, Split
from aecore.errors import UserError
from aecore.functions import Function, Input
from aecore.model import Autoencoder
from aecore.step import Stage


class VampPrior(Autoencoder):
    """An autoencoder held to p(z) = mean of q(z|u_k) over K pseudo-inputs u_k, learned with the rest.

    They start as training examples. Of data in [0, 1] they are kept there.

    Args:
        spec: The data it is for.
        pseudo_inputs: K.
        parts: As of ``Autoencoder``; the bottleneck is a ``DiagonalGaussian``.

    Raises:
        UserError: If an example is none that a gradient can change, or the posterior is not Gaussian.

    Source:
        Tomczak & Welling (2018), section 3. https://arxiv.org/abs/1705.07120
    """

    def __init__(self, spec: DataSpec, *, pseudo_inputs: int, **parts: Any) -> None:
        if spec.kind not in ("image", "table"):
            raise UserError(
                f"A VampPrior learns pseudo-inputs as examples of real numbers; those of {spec.name} are "
                f"{spec.kind}, whose tokens or lengths no gradient can change. Use --prior normal."
            )
        if not isinstance(parts["bottleneck"], DiagonalGaussian):
            raise UserError(
                "A VampPrior asks for the density of every code under every pseudo-input's posterior, which "
                "is slow for a flow: use --posterior gaussian with --prior vamp."
            )
        super().__init__(spec, **parts)
        self.pseudo_inputs = nn.Parameter(torch.rand(pseudo_inputs, *spec.shape))

    def components(self) -> GaussianPosterior:
        """q(z|u_k) of every pseudo-input, shape (K, D)."""
        u = self.pseudo_inputs if self.spec.values == "real" else self.pseudo_inputs.clamp(0, 1)
        return self._gaussian(u)

    def _gaussian(self, x: Tensor) -> GaussianPosterior:
        posterior = super().posterior(x)
        assert isinstance(posterior, GaussianPosterior)
        return posterior

    def posterior(self, x: Tensor, condition: Tensor | None = None) -> VampPosterior:
        return VampPosterior(self._gaussian(x), self.components)

    def draw(self, n: int, temperature: float = 1.0) -> Tensor:
        noise = torch.randn(n, self._noise, device=self.pseudo_inputs.device)
        codes: Tensor = MixtureDraw(self.components())(temperature * noise)[0]
        return codes

    @property
    def _noise(self) -> int:
        return len(self.pseudo_inputs) + self.latent_dim

    def stages(self) -> tuple[Stage, ...]:
        return (Stage("pseudo-inputs", solve=self.start_from), *super().stages())

    @torch.no_grad()
    def start_from(self, split: Split) -> None:
        """Puts as many examples of a split, at random, where the pseudo-inputs are.

        Raises:
            UserError: If there are fewer examples.
        """
        count = len(self.pseudo_inputs)
        if len(split) < count:
            raise UserError(f"--pseudo-inputs {count} is more than the {len(split)} training examples.")
        chosen = torch.randperm(len(split), device=split.x.device)[:count]
        self.pseudo_inputs.copy_(split.take(chosen).x)

    def latent_spec(self) -> dict[str, object]:
        return super().latent_spec() | {"prior": {"kind": "function", **mixture_moments(self.components())}}

    @torch.no_grad()
    def functions(self) -> dict[str, Function]:
        prior = Function(MixtureDraw(self.components()), (Input("noise", (self._noise,)),), ("z",))
        return super().functions() | {"prior": prior}
