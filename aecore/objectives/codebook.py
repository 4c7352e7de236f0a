"""The two terms that hold an encoder and its codebook together.

Summed over the numbers of a code, as the reconstruction is over those of an example; both are
averaged over the batch in ``Objective``, so that neither grows with it.
"""

from __future__ import annotations

from torch import Tensor

from aecore.bottlenecks import QuantisedPosterior
from aecore.objectives.objective import Model, Term
from aecore.step import Pass, Step


def _quantised(passed: Pass) -> QuantisedPosterior:
    if not isinstance(passed.posterior, QuantisedPosterior):
        raise TypeError(f"A codebook's term needs a quantised code, not {type(passed.posterior).__name__}.")
    return passed.posterior


class Codebook(Term):
    """How far the chosen vectors lie from the codes that chose them; only the codebook is moved.

    Source:
        van den Oord et al. (2017), eq. 3, second term. https://arxiv.org/abs/1711.00937
    """

    name = "codebook"
    unit = "squared code units"
    latex = r"\lVert \mathrm{sg}[z_e(x)] - e \rVert^2"

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        posterior = _quantised(passed)
        return (posterior.code.detach() - posterior.quantised).square().sum(1)  # (B,)


class Commitment(Term):
    """How far the codes lie from the vectors they chose; only the encoder is moved.

    Source:
        van den Oord et al. (2017), eq. 3, third term. https://arxiv.org/abs/1711.00937
    """

    name = "commitment"
    unit = "squared code units"
    latex = r"\lVert z_e(x) - \mathrm{sg}[e] \rVert^2"

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        posterior = _quantised(passed)
        return (posterior.code - posterior.quantised.detach()).square().sum(1)  # (B,)
