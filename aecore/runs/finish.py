"""From a trained model to a bundle: measured, encoded, mapped, exported."""

from __future__ import annotations

import platform
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore import variants
from aecore.bottlenecks import Variational
from aecore.bundles import Bundle, Card, Codes, DataCard, LatentSpec, Provenance, round_to_half, write_bundle
from aecore.data import Dataset, Split
from aecore.data.splits import stratified
from aecore.latent import projections
from aecore.metrics import evaluate
from aecore.metrics.edition import edition
from aecore.metrics.rates import rate_distortion
from aecore.model import Autoencoder
from aecore.runs.measure import EDITION
from aecore.scenes.views import shown
from aecore.step import Step
from aecore.version import __version__

MOST_CODES = 2000
MAPS = ("pca", "umap", "tsne")
KNOTS = 16  # of log β, evenly spaced over a multi-rate model's range, both ends included
LIBRARIES = ("numpy", "onnx", "safetensors", "torch", "umap-learn", "openTSNE")


def make_bundle(
    folder: Path,
    model: Autoencoder,
    data: Dataset,
    config: Mapping[str, Any],
    history: Sequence[Mapping[str, Any]],
    *,
    device: str,
    seconds: float,
    command: str,
    job: str = "",
    note: str = "",
) -> Bundle:
    """Everything a bundle holds, computed from the weights as they are stored, and written at once.

    Args:
        folder: Where it goes.
        model: Trained; left on the CPU, in evaluation mode.
        data: What it was trained on.
        config: The whole configuration.
        history: One entry an epoch.
        device: Where it was trained.
        seconds: How long that took.
        command: A command line that does it again, or the empty string.
        job: Id of the job that trained it, or the empty string.
        note: What its owner has to say about it.

    Raises:
        UserError: If the bundle cannot be written; nothing is left behind then.
    """
    model.eval()
    if config["store"] == "half":
        round_to_half(model)
    where = device if device.startswith("cuda") else "cpu"
    metrics, curve = evaluate(model, data, device=where), rate_distortion(model, data, device=where)
    model.to("cpu")
    variant = variants.find(config["variant"])
    spec, latent = data.spec, LatentSpec.from_json(model.latent_spec())
    card = Card(
        name=folder.name,
        title=variant.title,
        data=DataCard.of(data),
        views=shown(spec.kind, latent),
        variant=variant.name,
        config=dict(config),
        latent=latent,
        precision=config["store"],
        metrics=metrics,
        rate_distortion=curve,
        provenance=Provenance(
            seed=config["seed"],
            device=device_name(device),
            seconds=round(seconds, 3),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            versions={"aecore": __version__, "python": platform.python_version(), EDITION: edition()}
            | {name: version(name) for name in LIBRARIES},
            command=command,
        ),
        job=job,
        note=note,
    )
    return write_bundle(folder, model=model, card=card, codes=codes_of(model, data.test), history=history)


def device_name(device: str) -> str:
    """A device as a card names it: a GPU by its model."""
    return torch.cuda.get_device_name(device) if device.startswith("cuda") else device


def codes_of(model: Autoencoder, test: Split, most: int = MOST_CODES, maps: Collection[str] = MAPS) -> Codes:
    """Codes of a fixed, stratified part of the test split, with their maps, and at each knot of log β.

    Args:
        model: In evaluation mode.
        test: The test split.
        most: How many codes at most.
        maps: Which of ``MAPS``.
    """
    label = np.zeros(len(test), np.int64) if test.label is None else test.label.numpy()
    index = stratified(label, min(most, len(test)), seed=0)
    chosen = test.take(torch.from_numpy(index))
    codes = encoded(model, chosen, index, maps)
    if model.condition is None or model.condition.range is None:
        return codes
    low, high = np.log(model.condition.range)
    knots = np.linspace(low, high, KNOTS)
    return replace(codes, knots=knots, mu_knots=np.stack([at_price(model, chosen, knot) for knot in knots]))


@torch.no_grad()
def at_price(model: Autoencoder, chosen: Split, log_beta: float) -> NDArray[np.float32]:
    """Mean codes of some examples where a nat costs β, shape (N, D)."""
    parts = []
    for batch in chosen.batches(500):
        step = Step(batch.x, batch.x, label=batch.label, log_beta=torch.full((len(batch),), log_beta))
        parts.append(model.encode(batch.x, model.told(step)))
    return torch.cat(parts).numpy()


@torch.no_grad()
def encoded(
    model: Autoencoder,
    chosen: Split,
    index: NDArray[np.int64],
    maps: Collection[str] = MAPS,
    listen: Callable[[int], None] = lambda _: None,
) -> Codes:
    """Codes of some examples, with maps of them.

    Args:
        model: In evaluation mode.
        chosen: The examples.
        index: Where each of them stands in its split, shape (N,).
        maps: Which of ``MAPS``; ``umap`` makes the one in three dimensions too.
        listen: Is told how many have been encoded.
    """
    parts: list[dict[str, Tensor]] = []
    for batch in chosen.batches(500):
        x = batch.x
        condition = model.told(Step(x, x, label=batch.label))
        posterior = model.posterior(x, condition)
        raw = model.decode_raw(posterior.mean, condition, x)
        part = posterior.tensors() | {"error": model.likelihood.distortion(raw, x)}
        if isinstance(posterior, Variational):
            part["kl"] = posterior.kl().sum(1)
        parts.append(part)
        listen(sum(len(each["error"]) for each in parts))
    arrays = {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}
    mu = arrays.pop("z") if "z" in arrays else arrays.pop("mu")
    if "pca" in maps:
        plane = projections.pca(mu)
        arrays |= {"pca": plane.points, "pca_mean": plane.mean, "pca_components": plane.components}
    if "umap" in maps:
        arrays["umap"] = projections.umap(mu)
        if mu.shape[1] > 2:
            arrays["umap3"] = projections.umap(mu, dims=3)
    if "tsne" in maps:
        arrays["tsne"] = projections.tsne(mu)
    return Codes(
        mu=mu,
        index=index,
        label=None if chosen.label is None else chosen.label.numpy(),
        factors=None if chosen.factors is None else chosen.factors.numpy(),
        **arrays,
    )
