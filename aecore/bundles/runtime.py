"""The encoder and the decoder without PyTorch: ONNX Runtime, loaded when the first one runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.errors import BundleError

Function = Callable[[Mapping[str, NDArray[np.float32]]], dict[str, NDArray[np.float32]]]
THREADS = min(2, os.cpu_count() or 1)  # these nets are small, and viewers share the machine


def load_function(path: Path) -> Function:
    """The function in an ONNX file: named arrays to named arrays.

    Raises:
        BundleError: If ONNX Runtime cannot load it, or the weights that it points to; the
            function raises it if it cannot be run.
    """
    import onnxruntime  # type: ignore[import-untyped]

    name = "/".join(path.absolute().parts[-3:])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors, which are raised as well
    try:
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors share no base class of their own
        raise BundleError(f"{name} is no model that ONNX Runtime loads ({error}).") from error
    outputs = [output.name for output in session.get_outputs()]

    def run(inputs: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
        try:
            arrays: list[Any] = session.run(outputs, dict(inputs))
        except Exception as error:  # nor do these; ValueError for an input that it does not have
            raise BundleError(f"{name} is no model that ONNX Runtime can run ({error}).") from error
        return dict(zip(outputs, arrays, strict=True))

    return run


@lru_cache(maxsize=32)
def cached_function(path: Path, *digests: str) -> Function:
    """The same, kept; ``digests`` of the files it reads tell a replaced bundle from the old one."""
    return load_function(path)
