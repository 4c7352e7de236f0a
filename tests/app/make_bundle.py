"""Bundles without training: PCA of scikit-learn's digits, written as a VAE's would be.

``python -m tests.app.make_bundle FOLDER`` fills ``FOLDER/bundles`` with some, one of them damaged.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from aecore.bundles import Card, Codes, DataCard, LatentSpec, OnnxFunction, Prior, Provenance
from aecore.bundles.files import sha256
from aecore.data import Dataset, load_dataset
from aecore.latent import projections

COUNT = 150
SIGMA = 0.3


@cache
def digits() -> Dataset:
    """The data behind the bundles."""
    return load_dataset("digits")


def write(
    root: Path,
    name: str = "pca-2d",
    dim: int = 2,
    kind: str = "gaussian",
    title: str = "VAE",
    fingerprint: str | None = None,
    data_name: str = "digits",
    job: str = "",
) -> Path:
    """One bundle below ``root``, as ``<data_name>/<name>``; returns its folder.

    Args:
        root: A folder of bundles, as ``$AECORE_HOME/bundles``.
        name: Its name.
        dim: Latent dimensions.
        kind: ``gaussian`` or ``point``.
        title: Its variant's title.
        fingerprint: Of the data it says it was made from; None for the truth.
        data_name: Of the data it says it was made from; it is digits all the same.
        job: Id of the job it says has made it.
    """
    data = digits()
    test = data.test.x.numpy()
    plane = axes_of(data.train.x.numpy().reshape(len(data.train), -1), dim)
    flat = test[:COUNT].reshape(COUNT, -1)
    mu = ((flat - plane.mean) @ plane.weights.T).astype(np.float16).astype(np.float32)
    error = 0.5 * (((mu @ plane.weights + plane.mean) - flat) ** 2).sum(axis=1)
    gaussian = kind == "gaussian"
    logvar = np.full_like(mu, 2 * np.log(SIGMA)) if gaussian else None
    pca = projections.pca(mu)
    angle = np.linspace(0, 6, COUNT)
    codes = Codes(
        mu=mu,
        index=np.arange(COUNT),
        error=error.astype(np.float32),
        label=data.test.label[:COUNT].numpy() if data.test.label is not None else None,
        logvar=logvar,
        kl=0.5 * (mu**2 + SIGMA**2 - 1 - 2 * np.log(SIGMA)).sum(axis=1) if gaussian else None,
        pca=pca.points,
        umap=np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32),
        tsne=np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1).astype(np.float32),
        pca_mean=pca.mean,
        pca_components=pca.components,
    )
    files = {
        "model.safetensors": b"",
        "encoder.onnx": _affine(
            "x", ["mu", "logvar"] if gaussian else ["z"], plane.weights.T, plane.mean, encode=True
        ),
        "decoder.onnx": _affine("z", ["x"], plane.weights, plane.mean, encode=False),
        "codes.npz": codes.to_bytes(),
        "history.jsonl": b'{"epoch": 1, "train": {"loss": 1.0}}\n',
    }
    card = _card(name, title, dim, kind, fingerprint or data.fingerprint, error, files)
    card = replace(card, data=replace(card.data, name=data_name), job=job)
    folder = root / data_name / name
    folder.mkdir(parents=True)
    for file, content in {**files, "card.json": card.to_bytes()}.items():
        (folder / file).write_bytes(content)
    return folder


class Axes(NamedTuple):
    """The first principal axes of some rows: ``(x − mean) @ weights.T`` is a code."""

    mean: NDArray[np.float32]
    weights: NDArray[np.float32]


def axes_of(rows: NDArray[np.float32], dim: int) -> Axes:
    """The first ``dim`` principal axes of rows, shape (N, P)."""
    mean = rows.mean(axis=0)
    return Axes(mean, np.linalg.svd(rows - mean, full_matrices=False)[2][:dim].astype(np.float32))


def _affine(
    given: str, names: list[str], weights: NDArray[np.float32], mean: NDArray[np.float32], encode: bool
) -> bytes:
    """``(x − mean) @ weights`` or ``z @ weights + mean`` in ONNX."""
    side = int(np.sqrt(len(mean)))
    shape = [1, side, side]
    tensors = [
        numpy_helper.from_array(np.ascontiguousarray(weights), "w"),
        numpy_helper.from_array(mean, "m"),
    ]
    if encode:
        tensors.append(numpy_helper.from_array(np.array(2 * np.log(SIGMA), np.float32), "s"))
        nodes = [
            helper.make_node("Flatten", ["x"], ["f"]),
            helper.make_node("Sub", ["f", "m"], ["c"]),
            helper.make_node("MatMul", ["c", "w"], [names[0]]),
        ]
        if len(names) == 2:
            nodes += [
                helper.make_node("Sub", ["mu", "mu"], ["zero"]),
                helper.make_node("Add", ["zero", "s"], ["logvar"]),
            ]
        ends = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["B", weights.shape[1]]) for name in names
        ]
        start = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", *shape])
    else:
        tensors.append(numpy_helper.from_array(np.array([-1, *shape], np.int64), "shape"))
        nodes = [
            helper.make_node("MatMul", ["z", "w"], ["p"]),
            helper.make_node("Add", ["p", "m"], ["f"]),
            helper.make_node("Reshape", ["f", "shape"], ["x"]),
        ]
        start = helper.make_tensor_value_info("z", TensorProto.FLOAT, ["B", weights.shape[0]])
        ends = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["B", *shape])]
    graph = helper.make_graph(nodes, given, [start], ends, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    serialised: bytes = model.SerializeToString()
    return serialised


def _card(
    name: str,
    title: str,
    dim: int,
    kind: str,
    fingerprint: str,
    error: NDArray[np.float32],
    files: dict[str, bytes],
) -> Card:
    data = digits()
    gaussian = kind == "gaussian"
    prior = Prior() if gaussian else Prior("fitted-gaussian", (0.0,) * dim, tuple(np.eye(dim).tolist()))
    return Card(
        name=name,
        title=title,
        data=DataCard(
            name=data.spec.name,
            title=data.title,
            kind=data.spec.kind,
            shape=data.spec.shape,
            values=data.spec.values,
            options=data.spec.options,
            classes=data.spec.classes,
            factors=data.spec.factors,
            licence=data.licence,
            source=data.source,
            fingerprint=fingerprint,
        ),
        views=("map", "reconstruct", "interpolate", "sample"),
        variant="vae" if gaussian else "autoencoder",
        config={"latent_dim": dim, "likelihood": "mse"} | ({"beta": 1.0} if gaussian else {}),
        latent=LatentSpec("gaussian" if gaussian else "point", dim, prior),
        precision="full",
        metrics={
            "rmse": 0.2,
            "pca_rmse": 0.21,
            "psnr": 14.1,
            "pca_psnr": 13.9,
            "distortion": float(error.mean()),
        }
        | ({"rate": 4.2, "active_units": dim} if gaussian else {}),
        provenance=Provenance(
            0, "cpu", 0.1, "2026-01-01T00:00:00+00:00", {"numpy": np.__version__}, "none: made for tests"
        ),
        parameters=64 * dim + 64,
        onnx={
            "encoder": OnnxFunction("encoder.onnx", ("x",), ("mu", "logvar") if gaussian else ("z",)),
            "decoder": OnnxFunction("decoder.onnx", ("z",), ("x",)),
        },
        files={file: sha256(content) for file, content in files.items()},
    )


def shelf(root: Path) -> None:
    """Some bundles of each kind: 2-D, 5-D, a point code, one without its data, one damaged."""
    write(root, "pca-2d")
    write(root, "pca-5d", dim=5)
    write(root, "pca-point-5d", dim=5, kind="point", title="Autoencoder")
    write(root, "pca-other-data", fingerprint="0" * 64, title="VAE of other data")
    broken = write(root, "pca-broken")
    (broken / "card.json").write_text("{")


if __name__ == "__main__":
    shelf(Path(sys.argv[1]) / "bundles")
