"""Numbers: squared errors, Gaussians, and a loss that forgives."""

from __future__ import annotations

import math
from typing import Annotated, Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aecore.data import DataSpec
from aecore.likelihoods.likelihood import Likelihood
from aecore.options import Range

HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)


class MSE(Likelihood):
    """½‖x − x̂‖²: a Gaussian with σ = 1, without its constant (D/2)·log 2π."""

    name = "mse"
    constant = HALF_LOG_TAU
    latex = r"\tfrac12 \lVert x - \hat x \rVert^2"

    def per_element(self, raw: Tensor, target: Tensor) -> Tensor:
        return 0.5 * (self.activate(raw) - target) ** 2


class Gaussian(Likelihood):
    """A Gaussian whose one σ, shared by all elements, is learned.

    On 8-bit data log σ is kept above −5, about one grey level: a density has no lowest NLL.

    Source:
        Rybkin et al. (2021), σ-VAE. https://arxiv.org/abs/2006.13202
    """

    name = "gaussian"
    latex = r"\tfrac{1}{2\sigma^2} \lVert x - \hat x \rVert^2 + D \log \sigma + \tfrac{D}{2} \log 2\pi"

    def __init__(self, data: DataSpec) -> None:
        super().__init__(data)
        self.raw_log_sigma = nn.Parameter(torch.zeros(()))

    @property
    def log_sigma(self) -> Tensor:
        """log σ, in the shape of the parameter: () here."""
        return F.softplus(self.raw_log_sigma + 5) - 5

    def per_element(self, raw: Tensor, target: Tensor) -> Tensor:
        error = (self.activate(raw) - target) / self.log_sigma.exp()
        return 0.5 * error**2 + self.log_sigma + HALF_LOG_TAU


class ElementwiseGaussian(Gaussian):
    """A Gaussian with a learned σ for each element.

    Of codes some numbers may be in use and others noise of width 1: one σ for all would let these blur those.
    """

    def __init__(self, data: DataSpec) -> None:
        super().__init__(data)
        self.raw_log_sigma = nn.Parameter(torch.zeros(data.shape))

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *others: Any) -> None:
        """One σ for all, as bundles have stored it, is each element's."""
        name = f"{prefix}raw_log_sigma"
        if name in state_dict:
            state_dict[name] = state_dict[name].expand(self.raw_log_sigma.shape).clone()
        super()._load_from_state_dict(state_dict, prefix, *others)


class Huber(Likelihood):
    """Squared error near zero, absolute beyond δ: forgiving of outliers, and no likelihood here."""

    proper = False
    unit = "Huber units"
    name = "huber"
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
        return F.huber_loss(self.activate(raw), target, reduction="none", delta=self.delta)
