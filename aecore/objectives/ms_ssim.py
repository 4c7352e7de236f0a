"""Reconstructions compared by structure at several scales."""

from __future__ import annotations

from torch import Tensor

from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.objectives.objective import Model, Term
from aecore.similarity import ms_ssim
from aecore.step import Pass, Step


class StructuralDissimilarity(Term):
    """D·(1 − MS-SSIM): 0 for equal images; D, their numbers, lets a weight fit images of any size.

    Args:
        data: Images in [0, 1].

    Raises:
        UserError: If the data are something else.

    Source:
        Wang et al. (2003), https://doi.org/10.1109/ACSSC.2003.1292216; as a loss: Snell et al. (2017),
        https://arxiv.org/abs/1511.06409
    """

    name = "ms_ssim_loss"
    unit = "elements"
    latex = r"D\,(1 - \mathrm{MS\text{-}SSIM}(x, \hat x))"

    def __init__(self, data: DataSpec) -> None:
        super().__init__()
        if data.kind != "image" or data.values not in ("unit", "binary"):
            raise UserError(
                f"MS-SSIM compares images in [0, 1]; {data.name} is {data.kind} with {data.values} values."
            )
        self.size = data.size

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        return self.size * (1 - ms_ssim(model.likelihood.mean(passed.raw), step.target))  # (B,)
