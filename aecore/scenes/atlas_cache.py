"""Pixels of originals, kept on disk: reading them takes no data set and no PyTorch.

What is kept is found by the fingerprint of the data that a bundle was made from, so it is
always the right one; a file that cannot be read is made again.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from aecore.bundles import Bundle, user_root
from aecore.scenes.atlas import Atlas
from aecore.scenes.coded import coded
from aecore.scenes.images import originals
from aecore.sweeps import Sweep

LARGEST = 64 * 2**20  # bytes of pixels that are kept


def atlas(found: Bundle | Sweep) -> Atlas:
    """The examples behind the codes of a bundle or of a sweep as pixels.

    Raises:
        UserError: If they are missing, or are no images; it says why.
    """
    path = user_root().parent / "cache" / f"originals-{key(found)}.npy"
    with suppress(OSError, ValueError, EOFError):
        kept = np.load(path, allow_pickle=False)
        if kept.dtype == np.uint8 and kept.ndim in (3, 4) and len(kept) == len(found.codes):
            return Atlas(kept)
    made = Atlas.behind(originals(found), found.card.data.values)
    if made.pixels.nbytes <= LARGEST:
        with suppress(OSError):  # no room: it is made again next time
            _write(path, made)
    return made


def key(found: Bundle | Sweep) -> str:
    """What bundles and sweeps have in common whose originals are the same."""
    return coded(found).key


def _write(path: Path, made: Atlas) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            np.save(file, made.pixels, allow_pickle=False)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
