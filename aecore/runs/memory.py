"""Running out of memory is something the user can put right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from aecore.errors import UserError

SAID = (
    "can't allocate memory",  # PyTorch's allocator on the CPU
    "not enough memory",
    "out of memory",  # the CUDA driver, and the allocator of MPS
    "ALLOC_FAILED",  # cuBLAS and cuDNN, as in CUBLAS_STATUS_ALLOC_FAILED
)
"""What those say whose errors have no type of their own, where memory was asked for in vain."""


@contextmanager
def enough_memory(advice: str) -> Iterator[None]:
    """Says what to do where there is not enough memory for what happens inside.

    Args:
        advice: What would need less, as a sentence.

    Raises:
        UserError: In place of the error of whoever asked for the memory.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, MemoryError | torch.OutOfMemoryError) or any(
            said in str(error) for said in SAID
        ):
            raise UserError(f"There is not enough memory for this. {advice}") from error
        raise
