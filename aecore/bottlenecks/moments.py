"""The Gaussian that has the mean and the covariance of some codes."""

from __future__ import annotations

import torch
from torch import Tensor


def moments(codes: Tensor) -> tuple[Tensor, Tensor]:
    """Mean m, shape (D,), and lower triangular L, shape (D, D), with L Lᵀ the covariance of codes, (N, D).

    In float64 on the CPU; a dimension without variance gets a millionth of the average one.
    """
    codes = codes.cpu().double()  # MPS knows no float64
    dim = codes.shape[1]
    scatter = torch.cov(codes.T, correction=0).reshape(dim, dim)
    jitter = 1e-6 * scatter.diagonal().mean().clamp(min=1e-12)
    return codes.mean(0), torch.linalg.cholesky(scatter + jitter * torch.eye(dim, dtype=codes.dtype))
