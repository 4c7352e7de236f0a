r"""What it costs to use many numbers of a code at a time."""

from __future__ import annotations

import torch
from torch import Tensor

from aecore.objectives.objective import Model, Term
from aecore.step import Pass, Step

TINY = torch.finfo(torch.float32).tiny  # a sigmoid in single precision reaches 0 and 1; a logarithm must not


class KLSparsity(Term):
    r"""Nats between a unit that is on a share ρ of the time and each unit as it is in this batch.

    .. math:: \sum_{d=1}^{D} \rho \log \frac{\rho}{\hat\rho_d}
              + (1 - \rho) \log \frac{1 - \rho}{1 - \hat\rho_d}

    ρ̂_d is the mean of the d-th number of the code over the batch, so this belongs to the batch, and
    small batches pay for their noise. Codes lie in (0, 1).

    Args:
        target: ρ, in (0, 1).

    Source:
        Lee, Ekanadham & Ng (2008) for the idea; Ng, CS294A lecture notes (2011), section 3, for this form.
        https://web.stanford.edu/class/cs294a/sparseAutoencoder.pdf
    """

    name = "kl_sparsity"
    per = "batch"
    latex = r"\sum_d \mathrm{KL}(\rho \parallel \hat\rho_d)"

    def __init__(self, target: float) -> None:
        super().__init__()
        self.target = target

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        rho = self.target
        on, off = (share.mean(0).clamp_min(TINY) for share in (passed.z, 1 - passed.z))  # (D,), ρ̂ and 1 − ρ̂
        return (rho * torch.log(rho / on) + (1 - rho) * torch.log((1 - rho) / off)).sum()


class L1(Term):
    """The sum of a code's absolute numbers: what is not needed goes to 0.

    Source:
        Olshausen & Field (1996), with S(x) = |x|. https://doi.org/10.1038/381607a0
    """

    name = "l1_of_code"
    unit = "code units"
    latex = r"\lVert z \rVert_1"

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        return passed.z.abs().sum(1)  # (B,)
