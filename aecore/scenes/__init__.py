"""Scenes: what a browser gets of a bundle, as files that any web server can hand out.

``scene.json`` says what there is; ``codes.safetensors`` holds the codes, their maps and the
prior, ``mixture.safetensors`` a mixture fitted to them; ``originals.json`` and its tiles the
images behind the codes, one cell an example (``originals.safetensors`` what are no images);
``encoder.onnx``, ``decoder.onnx`` and ``model.safetensors`` are the bundle's own.

Of a sweep it gets ``sweep.json`` and the sweep's own files (see ``sweep``); ``lab.json`` lists what turns β.

The app's server makes each file when it is asked for, ``aecore site`` writes them all.
"""

from aecore.scenes.arrays import codes, mixture
from aecore.scenes.atlas import Atlas
from aecore.scenes.atlas_cache import atlas
from aecore.scenes.atlas_cache import key as originals_key
from aecore.scenes.images import NUMBERS, Originals, originals
from aecore.scenes.lab import describe_lab, is_multi_rate
from aecore.scenes.projector import write_projector
from aecore.scenes.scene import basis, describe, dims, error_unit, examples, key, own_files, title, titles
from aecore.scenes.site import entries, write_site

__all__ = [
    "NUMBERS",
    "Atlas",
    "Originals",
    "atlas",
    "basis",
    "codes",
    "describe",
    "describe_lab",
    "dims",
    "entries",
    "error_unit",
    "examples",
    "is_multi_rate",
    "key",
    "mixture",
    "originals",
    "originals_key",
    "own_files",
    "title",
    "titles",
    "write_projector",
    "write_site",
]
