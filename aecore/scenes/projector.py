"""A bundle for the TensorBoard Embedding Projector: codes, what is known of each, and their images.

Its format: tab-separated values, a header over the metadata only where they have more than one
column, and one sprite of equal cells, as many in a row as in a column.
https://www.tensorflow.org/tensorboard/tensorboard_projector_plugin
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aecore.bundles import Bundle
from aecore.errors import UserError
from aecore.scenes.atlas import Atlas, grid, png
from aecore.scenes.folders import whole
from aecore.scenes.images import originals
from aecore.scenes.scene import error_unit

SIDE = 8192  # pixels along a side of the sprite, the most that the Projector shows
CONFIG = "projector_config.pbtxt"
ROWS = 4096  # lines written at a time


def write_projector(bundle: Bundle, out: Path) -> str:
    """Write a folder for ``tensorboard --logdir``; an earlier one in its place is replaced.

    Returns:
        Why there is no sprite, or the empty string.

    Raises:
        UserError: If the bundle is damaged, something else is in ``out``, or there is no room.
            Nothing has changed then.
    """
    codes = bundle.codes
    with whole(out, _is_export) as folder:
        with (folder / "tensors.tsv").open("w", encoding="utf-8", newline="\n") as file:
            for start in range(0, len(codes), ROWS):
                np.savetxt(file, codes.mu[start : start + ROWS], fmt="%.8g", delimiter="\t")
        with (folder / "metadata.tsv").open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(_metadata(bundle))
        sprite, missing = "", ""
        try:
            atlas = Atlas.behind(originals(bundle), bundle.card.data.values)
        except UserError as error:
            missing = str(error)
        else:
            sprite = _sprite(atlas.pixels, folder / "sprite.png")
        (folder / CONFIG).write_text(_config(bundle.id, sprite), "utf-8")
    return missing


def _is_export(folder: Path) -> bool:
    """Whether there is an earlier export and nothing else: TensorBoard's own folders have its name too."""
    files = {"tensors.tsv", "metadata.tsv", "sprite.png", CONFIG}
    return (folder / CONFIG).is_file() and {path.name for path in folder.iterdir()} <= files


def _metadata(bundle: Bundle) -> Iterator[str]:
    """Lines: a header if there is more than one column, then one an example."""
    codes, data = bundle.codes, bundle.card.data
    columns: dict[str, NDArray[Any]] = {}
    if codes.label is not None:
        columns["label"] = np.array([escaped(each) for each in data.classes], object)[codes.label]
    columns[f"error ({error_unit(bundle)})"] = _digits(codes.error)
    if codes.kl is not None:
        columns["KL (nats)"] = _digits(codes.kl)
    if codes.factors is not None:
        for factor, index in zip(data.factors, codes.factors.T, strict=True):
            columns[escaped(factor.name)] = np.array([f"{v:.6g}" for v in factor.values], object)[index]
    if len(columns) > 1:
        yield "\t".join(columns) + "\n"
    yield from ("\t".join(row) + "\n" for row in zip(*columns.values(), strict=True))


def escaped(text: str) -> str:
    r"""A text without tabs and ends of line: ``\t``, ``\n``, ``\r`` for them, ``\\`` for a backslash."""
    return text.translate({ord("\\"): r"\\", ord("\t"): r"\t", ord("\n"): r"\n", ord("\r"): r"\r"})


def _digits(values: NDArray[np.float32]) -> NDArray[Any]:
    return np.char.mod("%.6g", values)


def _sprite(pixels: NDArray[np.uint8], path: Path) -> str:
    """Writes the sprite, its cells made smaller where it would be too large; returns its entry."""
    count, height, width = pixels.shape[:3]
    columns = math.ceil(math.sqrt(count))
    scale = min(1.0, SIDE / (columns * max(height, width)))
    h, w = (max(1, int(side * scale)) for side in (height, width))
    sprite = np.zeros((columns * h, columns * w, *pixels.shape[3:]), np.uint8)
    for row in range(columns):  # a strip at a time: the whole at full size may be gigabytes
        cells = pixels[row * columns : (row + 1) * columns]
        if len(cells):
            strip = Image.fromarray(grid(cells, columns)).resize((columns * w, h), Image.Resampling.BOX)
            sprite[row * h : (row + 1) * h] = np.asarray(strip)
    path.write_bytes(png(sprite))
    side = f"    single_image_dim: {w}\n    single_image_dim: {h}\n"
    return f'  sprite {{\n    image_path: "{path.name}"\n{side}  }}\n'


def _config(name: str, sprite: str) -> str:
    return (
        f"embeddings {{\n  tensor_name: {json.dumps(name)}\n"
        f'  tensor_path: "tensors.tsv"\n  metadata_path: "metadata.tsv"\n{sprite}}}\n'
    )
