"""What every bottleneck offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn

from aecore.bottlenecks.posteriors import Posterior
from aecore.functions import Function


class Bottleneck(nn.Module, ABC):
    """Where features become a code.

    Attributes:
        kind: What a bundle calls it.
        probabilistic: Whether it has a posterior with a width and a prior of its own.
        latent_dim: D.
        outputs: Names of the tensors that describe one posterior.
    """

    kind: ClassVar[str]
    probabilistic: ClassVar[bool]
    outputs: ClassVar[tuple[str, ...]]

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.latent_dim = latent_dim

    @abstractmethod
    def connect(self, widths: Sequence[int]) -> None:
        """Makes the heads that read the encoder's features, given their widths by level."""

    @abstractmethod
    def forward(self, features: list[Tensor]) -> Posterior:
        """q(z|x) from the features of each level, shape (B, width) each."""

    @abstractmethod
    def draw(self, n: int, temperature: float = 1.0) -> Tensor:
        """Codes from the prior, shape (n, D), their distance from its mean scaled by temperature."""

    @abstractmethod
    def prior_spec(self) -> dict[str, object]:
        """The prior as a bundle's card states it."""

    def spec(self) -> dict[str, object]:
        """The code as a bundle's card describes it."""
        return {"kind": self.kind, "dim": self.latent_dim, "prior": self.prior_spec()}

    def functions(self) -> dict[str, Function]:
        """What a bundle exports of it beside encoder and decoder: a prior that is a function, say."""
        return {}

    def fit_prior(self, codes: Tensor) -> None:
        """Called once with codes of the training split, shape (N, D); a true prior ignores them."""

    def diagnostics(self, codes: Tensor) -> dict[str, float | list[float]]:
        """What only this kind of code can tell, from codes of the test split, shape (N, D).

        The names stand in ``aecore.metrics.METRICS``.
        """
        return {}
