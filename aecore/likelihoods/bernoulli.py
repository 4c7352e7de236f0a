"""Bits, and grey values that are taken for bits: three kinds of binary cross-entropy."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from aecore.likelihoods.likelihood import Likelihood


class Bernoulli(Likelihood):
    """Each element a coin: binary cross-entropy, on data that are 0 or 1."""

    name = "bernoulli"
    reads = ("binary",)
    what = "is a likelihood of binary data"
    latex = r"-\sum_i [x_i \log \hat x_i + (1 - x_i) \log (1 - \hat x_i)]"

    def per_element(self, raw: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(raw, target, reduction="none")


class PseudoBernoulli(Likelihood):
    """Binary cross-entropy on grey values: widely used, and no likelihood."""

    proper = False
    unit = "pseudo-nats"
    name = "pseudo-bernoulli"
    reads = ("unit",)
    what = "reads grey values in [0, 1]"
    latex = Bernoulli.latex

    def per_element(self, raw: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(raw, target, reduction="none")


class ContinuousBernoulli(Likelihood):
    r"""Binary cross-entropy made a density on [0, 1] by its missing constant.

    With :math:`\lambda = \mathrm{sigmoid}(l)`, :math:`\log C(\lambda) = \log \frac{l}{\tanh(l/2)}` and the
    mean is :math:`\tfrac12 + \tfrac12 \coth(l/2) - 1/l`; near l = 0 both are replaced by their series.

    Source:
        Loaiza-Ganem & Cunningham (2019), eqs. 7 and 8. https://arxiv.org/abs/1907.06845
    """

    name = "continuous-bernoulli"
    reads = ("unit",)
    what = "is a density on [0, 1]"
    latex = Bernoulli.latex + r" - \sum_i \log C(\lambda_i)"

    def activate(self, raw: Tensor) -> Tensor:
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
