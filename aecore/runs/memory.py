"""Running out of memory is something the user can put right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from aecore.errors import UserError

CPU = ("can't allocate memory", "not enough memory")
"""What PyTorch's allocator on the CPU says, in an error that has no type of its own."""


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
        if isinstance(error, MemoryError | torch.OutOfMemoryError) or any(said in str(error) for said in CPU):
            raise UserError(f"There is not enough memory for this. {advice}") from error
        raise
