r"""How far a reconstruction is from its target: :math:`-\log p_\theta(x|z)`, and losses that are none.

Each reads the decoder's raw output, knows the activation that belongs to it, and refuses
data it does not fit. ``distortion`` is what training minimises, summed over the D elements
of an example; ``nll`` adds the constants, so that −ELBO and bits/dim mean what they say.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.options import Component, Range, Slot

HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


class Likelihood(nn.Module, ABC):
    """p(x|z) around the decoder's output.

    Attributes:
        proper: Whether it is a likelihood, so that −ELBO and NLL exist.
        unit: What its distortion is measured in.
        latex: The distortion of one example.
        constant: What −log p(x|z) has per element beyond the distortion, nats.
    """

    proper: ClassVar[bool] = True
    constant: ClassVar[float] = 0.0
    unit: ClassVar[str] = "nats"
    latex: ClassVar[str]

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        self.bounded = data.values != "real"

    @abstractmethod
    def per_element(self, raw: Tensor, target: Tensor) -> Tensor:
        """The distortion of each element, shape (B, *shape)."""

    def mean(self, raw: Tensor) -> Tensor:
        """The reconstruction E[x|z] in the data's units, shape (B, *shape)."""
        return torch.sigmoid(raw) if self.bounded else raw

    def distortion(self, raw: Tensor, target: Tensor, mask: Tensor | None = None) -> Tensor:
        """What training minimises, shape (B,): summed over the elements that ``mask`` keeps."""
        each = self.per_element(raw, target)
        return (each if mask is None else each * mask).flatten(1).sum(1)

    def nll(self, raw: Tensor, target: Tensor) -> Tensor:
        """−log p(x|z) with every constant, shape (B,), nats (where ``proper``)."""
        return self.distortion(raw, target) + self.constant * target[0].numel()


class MSE(Likelihood):
    """½‖x − x̂‖²: a Gaussian with σ = 1, without its constant (D/2)·log 2π."""

    constant = HALF_LOG_TAU
    latex = r"\tfrac12 \lVert x - \hat x \rVert^2"

    def per_element(self, raw: Tensor, target: Tensor) -> Tensor:
        return 0.5 * (self.mean(raw) - target) ** 2


class Gaussian(Likelihood):
    """A Gaussian whose one σ, shared by all elements, is learned.

    On 8-bit data log σ is kept above −5, about one grey level: a density has no lowest NLL.

    Source:
        Rybkin et al. (2021), σ-VAE. https://arxiv.org/abs/2006.13202
    """

    latex = r"\tfrac{1}{2\sigma^2} \lVert x - \hat x \rVert^2 + D \log \sigma + \tfrac{D}{2} \log 2\pi"

    def __init__(self, data: DataSpec) -> None:
        super().__init__(data)
        self.raw_log_sigma = nn.Parameter(torch.zeros(()))

    @property
    def log_sigma(self) -> Tensor:
        """log σ, shape ()."""
        return F.softplus(self.raw_log_sigma + 5) - 5

    def per_element(self, raw: Tensor, target: Tensor) -> Tensor:
        error = (self.mean(raw) - target) / self.log_sigma.exp()
        return 0.5 * error**2 + self.log_sigma + HALF_LOG_TAU


class Bernoulli(Likelihood):
    """Each element a coin: binary cross-entropy, on data that are 0 or 1."""

    latex = r"-\sum_i [x_i \log \hat x_i + (1 - x_i) \log (1 - \hat x_i)]"

    def __init__(self, data: DataSpec) -> None:
        super().__init__(data)
        if data.values != "binary":
            better = "--likelihood mse or gaussian"
            if data.values == "unit":
                better = "--binarise threshold or dynamic, or --likelihood continuous-bernoulli or mse"
            raise UserError(
                f"bernoulli is a likelihood of binary data; {data.name}'s values are {data.values}. "
                f"Use {better}."
            )

    def per_element(self, raw: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(raw, target, reduction="none")


class PseudoBernoulli(Likelihood):
    """Binary cross-entropy on grey values: widely used, and no likelihood."""

    proper = False
    unit = "pseudo-nats"
    latex = Bernoulli.latex

    def __init__(self, data: DataSpec) -> None:
        super().__init__(data)
        if data.values != "unit":
            better = "bernoulli" if data.values == "binary" else "mse or gaussian"
            raise UserError(
                f"pseudo-bernoulli reads grey values in [0, 1]; {data.name}'s values are {data.values}. "
                f"Use --likelihood {better}."
            )

    def per_element(self, raw: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(raw, target, reduction="none")


class ContinuousBernoulli(Likelihood):
    r"""Binary cross-entropy made a density on [0, 1] by its missing constant.

    With :math:`\lambda = \mathrm{sigmoid}(l)`, :math:`\log C(\lambda) = \log \frac{l}{\tanh(l/2)}` and the
    mean is :math:`\tfrac12 + \tfrac12 \coth(l/2) - 1/l`; near l = 0 both are replaced by their series.

    Source:
        Loaiza-Ganem & Cunningham (2019), eqs. 7 and 8. https://arxiv.org/abs/1907.06845
    """

    latex = Bernoulli.latex + r" - \sum_i \log C(\lambda_i)"

    def __init__(self, data: DataSpec) -> None:
        super().__init__(data)
        if data.values != "unit":
            better = "bernoulli" if data.values == "binary" else "mse or gaussian"
            raise UserError(
                f"continuous-bernoulli is a density on [0, 1]; {data.name}'s values are {data.values}. "
                f"Use --likelihood {better}."
            )

    def mean(self, raw: Tensor) -> Tensor:
        small = raw.abs() < 0.1
        safe = torch.where(small, torch.ones_like(raw), raw)
        exact = 0.5 + 0.5 / torch.tanh(safe / 2) - 1 / safe
        return torch.where(small, 0.5 + raw / 12 - raw**3 / 720, exact)

    def per_element(self, raw: Tensor, target: Tensor) -> Tensor:
        small = raw.abs() < 0.1
        safe = torch.where(small, torch.ones_like(raw), raw)
        exact = torch.log(safe / torch.tanh(safe / 2))
        log_c = torch.where(small, math.log(2) + raw**2 / 12 - 7 * raw**4 / 1440, exact)
        return F.binary_cross_entropy_with_logits(raw, target, reduction="none") - log_c


class Huber(Likelihood):
    """Squared error near zero, absolute beyond δ: forgiving of outliers, and no likelihood here."""

    proper = False
    unit = "Huber units"
    latex = r"\sum_i \mathrm{Huber}_\delta(x_i - \hat x_i)"

    def __init__(
        self,
        data: DataSpec,
        *,
        huber_delta: Annotated[
            float, Range(1e-4, 100), "Error at which squares turn into absolute values."
        ] = 0.1,
    ) -> None:
        super().__init__(data)
        self.delta = huber_delta

    def per_element(self, raw: Tensor, target: Tensor) -> Tensor:
        return F.huber_loss(self.mean(raw), target, reduction="none", delta=self.delta)


def natural(data: DataSpec) -> Likelihood:
    """The proper likelihood that suits the data: Bernoulli on binary ones, else a Gaussian with learned σ.

    With a fixed σ = 1 and pixels in [0, 1] an error costs so little that a VAE stores next to nothing.
    """
    return Bernoulli(data) if data.values == "binary" else Gaussian(data)


LIKELIHOODS: dict[str, Component] = {
    "natural": natural,
    "mse": MSE,
    "gaussian": Gaussian,
    "bernoulli": Bernoulli,
    "pseudo-bernoulli": PseudoBernoulli,
    "continuous-bernoulli": ContinuousBernoulli,
    "huber": Huber,
}

LikelihoodOf = Annotated[Component, Slot(LIKELIHOODS), "How far a reconstruction is from its target."]
