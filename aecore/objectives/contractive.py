r"""How much a code changes when the example does: the squared norm of the encoder's Jacobian."""

from __future__ import annotations

from contextlib import ExitStack

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from aecore.objectives.objective import Model, Term
from aecore.step import Pass, Step


class JacobianPenalty(Term):
    r"""‖∂z/∂x‖²_F at the example as the encoder reads it, in squared code units per squared unit of the data.

    Codes of up to ``exact_up_to`` numbers take one backward pass for each number; of larger ones
    Hutchinson's estimate averages :math:`\lVert v^\top J \rVert^2` over random signs v, whose mean is exact
    because :math:`\mathbb{E}\,v v^\top = I`. It makes an encoding of its own, so that the gradient of a
    gradient exists where training switched gradients off (validation), in attention (its fused kernels
    have none) and in recurrent layers on a GPU (cuDNN has none; PyTorch's own kernels do). With batch
    normalisation in training a code also depends on the rest of the batch, and what is measured
    is the gradient of the batch's summed codes.

    Args:
        exact_up_to: D up to which it is exact.
        samples: Random v an example beyond that.

    Source:
        Rifai et al. (2011). https://icml.cc/2011/papers/455_icmlpaper.pdf
        Hutchinson (1990). https://doi.org/10.1080/03610919008812866
    """

    name = "jacobian"
    unit = "squared code units per squared data unit"
    latex = r"\lVert J_{f_\phi}(x) \rVert_F^2"

    def __init__(self, exact_up_to: int = 32, samples: int = 1) -> None:
        super().__init__()
        self.exact_up_to, self.samples = exact_up_to, samples

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        learning = torch.is_grad_enabled()
        with ExitStack() as twice:
            twice.enter_context(torch.enable_grad())
            twice.enter_context(sdpa_kernel(SDPBackend.MATH))
            twice.enter_context(torch.backends.cudnn.flags(enabled=not _recurrent(model)))
            x = step.input.detach().requires_grad_()
            z = model.posterior(x, passed.condition).mean  # (B, D)
            directions = self._directions(z)
            squares = [
                torch.autograd.grad((v * z).sum(), x, create_graph=learning, retain_graph=True)[0].square()
                for v in directions
            ]
            total = torch.stack([square.flatten(1).sum(1) for square in squares]).sum(0)  # (B,)
        exact = z.shape[1] <= self.exact_up_to
        return total if exact else total / self.samples

    def _directions(self, z: Tensor) -> list[Tensor]:
        """The v of vᵀJ: every unit vector, shape (D,) each, or random signs, shape (B, D) each."""
        if z.shape[1] <= self.exact_up_to:
            return list(torch.eye(z.shape[1], dtype=z.dtype, device=z.device))
        return [torch.randint_like(z, 2) * 2 - 1 for _ in range(self.samples)]


def _recurrent(model: Model) -> bool:
    return isinstance(model, torch.nn.Module) and any(
        isinstance(part, torch.nn.RNNBase) for part in model.modules()
    )
