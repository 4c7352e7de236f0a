"""Where a training runs."""

from __future__ import annotations

import torch

from aecore.errors import UserError


def available() -> list[str]:
    """Every device there is, the fastest first: CUDA devices, MPS, the CPU."""
    cuda = [f"cuda:{k}" for k in range(torch.cuda.device_count())]
    return [*cuda, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]


def resolve(name: str) -> str:
    """``auto`` as the fastest device, ``cuda`` as the first, and the others as themselves.

    Raises:
        UserError: If the device is not on this machine.
    """
    here = available()
    wanted = {"auto": here[0], "cuda": "cuda:0"}.get(name, name)
    if wanted not in here:
        raise UserError(f"There is no device {name!r} on this machine. Known: auto, {', '.join(here)}.")
    return wanted
