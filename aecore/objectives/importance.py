r"""The importance-weighted bound: K codes an example instead of one."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from aecore.bottlenecks import GaussianPosterior, Variational
from aecore.objectives.objective import Model, Term
from aecore.step import Pass, Step

Gradient = Literal["standard", "dreg"]


class ImportanceBound(Term):
    r"""−log of the mean of K importance weights, an upper bound on −log p(x) that tightens with K.

    Args:
        samples: K ≥ 1.
        gradient: ``standard`` differentiates the bound. ``dreg`` gives the encoder the doubly
            reparameterised gradient :math:`\sum_k \tilde w_k^2 \frac{\partial \log w_k}{\partial z_k}
            \frac{\partial z_k}{\partial \phi}` with normalised weights :math:`\tilde w_k`: the same in
            expectation, and it does not drown in noise as K grows. The decoder's is the same in both.

    Source:
        Burda et al. (2016), eq. 8. https://arxiv.org/abs/1509.00519;
        Tucker et al. (2019), eq. 8. https://arxiv.org/abs/1810.04152
    """

    name = "importance_bound"
    latex = r"-\mathbb{E}\,\log \tfrac1K \textstyle\sum_k w_k"

    def __init__(self, samples: int, gradient: Gradient = "standard") -> None:
        super().__init__()
        self.samples, self.gradient = samples, gradient

    def forward(self, model: Model, step: Step, passed: Pass) -> Tensor:
        q = passed.posterior
        if not isinstance(q, Variational):
            raise TypeError(f"Importance weights need a posterior with a width; {type(q).__name__} has none.")
        z, nll = passed.z[None], _nll(model, step, passed.raw, 1)  # the pass has drawn and decoded one
        drawn = [passed.z]
        if k := self.samples - 1:
            more = torch.stack([q.sample() for _ in range(k)])  # (K − 1, B, D), decoded in one batch
            told = None if passed.condition is None else passed.condition.repeat(k, 1)
            raw = model.decode_raw(more.flatten(0, 1), told, _times(step.target, k))
            z, nll = torch.cat([z, more]), torch.cat([nll, _nll(model, step, raw, k)])
            drawn.append(more)
        if self.gradient == "dreg" and z.requires_grad:
            if not isinstance(q, GaussianPosterior):
                raise TypeError(f"dreg is for Gaussian posteriors, not for {type(q).__name__}.")
            fixed = replace(q, mu=q.mu.detach(), logvar=q.logvar.detach())
            return _doubly(drawn, q.log_prior(z) - fixed.log_prob(z) - nll)
        log_w = q.log_prior(z) - q.log_prob(z) - nll  # (K, B)
        return math.log(self.samples) - log_w.logsumexp(0)  # (B,)


def _times(x: Tensor, k: int) -> Tensor:
    """A batch (B, …) k times over, shape (k·B, …)."""
    return x.expand(k, *x.shape).flatten(0, 1)


def _nll(model: Model, step: Step, raw: Tensor, k: int) -> Tensor:
    """−log p(x|z) with its constants, shape (k, B), nats."""
    return model.likelihood.nll(raw, _times(step.target, k)).unflatten(0, (k, -1))


def _doubly(drawn: list[Tensor], log_w: Tensor) -> Tensor:
    """The bound's value, (B,), with the gradient Σ w̃ ∂log w in the decoder and Σ w̃² ∂log w/∂z in z."""
    share = log_w.detach().softmax(0)  # w̃, (K, B)
    value = math.log(len(log_w)) - log_w.detach().logsumexp(0)
    surrogate = -(share * log_w).sum(0)
    for z, of_z in zip(drawn, (share[0], share[1:]), strict=False):
        z.register_hook(partial(torch.mul, of_z[..., None]))  # the second w̃, before it reaches the encoder
    return value + surrogate - surrogate.detach()
