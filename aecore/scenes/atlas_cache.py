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
from aecore.bundles.files import sha256
from aecore.scenes.atlas import Atlas
from aecore.scenes.images import originals
from aecore.scenes.scene import examples

LARGEST = 64 * 2**20  # bytes of pixels that are kept


def atlas(bundle: Bundle) -> Atlas:
    """The examples behind a bundle's codes as pixels.

    Raises:
        UserError: If they are missing, or are no images; it says why.
    """
    path = user_root().parent / "cache" / f"originals-{key(bundle)}.npy"
    with suppress(OSError, ValueError, EOFError):
        kept = np.load(path, allow_pickle=False)
        if kept.dtype == np.uint8 and kept.ndim in (3, 4) and len(kept) == len(bundle.codes):
            return Atlas(kept)
    made = Atlas.behind(originals(bundle), bundle.card.data.values)
    if made.pixels.nbytes <= LARGEST:
        with suppress(OSError):  # no room: it is made again next time
            _write(path, made)
    return made


def key(bundle: Bundle) -> str:
    """What two bundles have in common whose originals are the same."""
    return sha256(examples(bundle).encode() + bundle.codes.index.tobytes())[:32]


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
