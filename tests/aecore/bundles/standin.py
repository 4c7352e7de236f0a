"""A small model that owes nothing to aecore's, with a card, codes and a history to go with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from aecore.bundles import Card, Codes, DataCard, LatentSpec, Provenance
from aecore.data.dataset import DataSpec, Factor
from aecore.functions import Function, encoder_and_decoder

DIM = 3
HISTORY = [{"epoch": n, "train": {"loss": 9.5 / 2**n}, "validation": {}, "lr": 1e-3} for n in (1, 2, 3)]


@dataclass(frozen=True)
class Posterior:
    """Parameters by name, as a bundle wants them."""

    named: dict[str, Tensor]

    def tensors(self) -> dict[str, Tensor]:
        return self.named


class StandIn(nn.Module):
    """Encoder and decoder for images of 28×28; ``net`` is ``mlp`` or ``conv`` (with BatchNorm)."""

    def __init__(self, net: str = "mlp", kind: str = "gaussian") -> None:
        super().__init__()
        self.names = ("mu", "logvar") if kind == "gaussian" else ("z",)
        heads = DIM * len(self.names)
        if net == "mlp":
            self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.GELU(), nn.Linear(64, heads))
            self.decoder = nn.Sequential(
                nn.Linear(DIM, 64), nn.ReLU(), nn.Linear(64, 784), nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28))
            )
        else:
            self.encoder = nn.Sequential(
                *(nn.Conv2d(1, 16, 4, 2, 1), nn.BatchNorm2d(16), nn.ReLU()),
                *(nn.Conv2d(16, 32, 4, 2, 1), nn.BatchNorm2d(32), nn.SiLU(), nn.Flatten()),
                *(
                    nn.Linear(32 * 49, 64),
                    nn.BatchNorm1d(64),
                    nn.ReLU(),
                    nn.Dropout(0.5),
                    nn.Linear(64, heads),
                ),
            )
            self.decoder = nn.Sequential(
                *(nn.Linear(DIM, 32 * 49), nn.BatchNorm1d(32 * 49), nn.ReLU(), nn.Unflatten(1, (32, 7, 7))),
                *(nn.ConvTranspose2d(32, 16, 4, 2, 1), nn.BatchNorm2d(16), nn.ReLU()),
                *(nn.ConvTranspose2d(16, 1, 4, 2, 1), nn.Sigmoid()),
            )
        _as_trained(self)

    def functions(self) -> dict[str, Function]:
        return encoder_and_decoder(self, DataSpec("toy", "image", (1, 28, 28), "unit"), DIM, self.names)

    def posterior(self, x: Tensor, condition: Tensor | None = None) -> Posterior:
        return Posterior(dict(zip(self.names, self.encoder(x).chunk(len(self.names), 1), strict=True)))

    def decode(self, z: Tensor, condition: Tensor | None = None) -> Tensor:
        out: Tensor = self.decoder(z)
        return out


@torch.no_grad()
def _as_trained(model: nn.Module) -> None:
    """BatchNorm statistics away from 0 and 1, where a graph that loses them would look right."""
    for norm in model.modules():
        if isinstance(norm, (nn.BatchNorm1d, nn.BatchNorm2d)):
            for tensor in (norm.running_mean, norm.bias):
                torch.nn.init.normal_(tensor, 0.3, 0.3)  # type: ignore[arg-type]
            for tensor in (norm.running_var, norm.weight):
                torch.nn.init.uniform_(tensor, 0.4, 2.5)  # type: ignore[arg-type]


def card(name: str = "toy", kind: str = "gaussian", precision: str = "full", **changes: Any) -> Card:
    """A card for it, before anything is written."""
    fitted = {"kind": "fitted-gaussian", "mean": [0.5] * DIM, "cholesky": np.eye(DIM).tolist()}
    prior = {"kind": "standard-normal"} if kind == "gaussian" else fitted
    values: dict[str, Any] = {
        "name": name,
        "title": "β-VAE “toy”",
        "data": DataCard(
            name="mnist",
            title="MNIST",
            kind="image",
            shape=(1, 28, 28),
            values="unit",
            options={"binarise": "none"},
            classes=("zero", "one"),
            factors=(Factor("scale", (0.5, 1.0, 1.5)),),
            licence="CC BY-SA 3.0",
            source="http://yann.lecun.com/exdb/mnist/",
            fingerprint="0" * 64,
        ),
        "views": ("map", "reconstruct"),
        "variant": "beta-vae",
        "config": {"latent_dim": DIM, "beta": 4.0, "hidden": [64], "net": "mlp", "seed": 0},
        "latent": LatentSpec.from_json({"kind": kind, "dim": DIM, "prior": prior}),
        "precision": precision,
        "metrics": {"rmse": 0.125, "kl_per_dimension": [1.5, 0.25, 0.0], "pca_rmse": 0.5},
        "provenance": Provenance(
            0, "cpu", 1.5, "2026-01-02T03:04:05+00:00", {"torch": "2.6"}, "aecore train"
        ),
    }
    return Card(**values | changes)


def codes(n: int = 40, kind: str = "gaussian", seed: int = 0) -> Codes:
    """Codes of ``n`` examples, with every array there is."""
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> NDArray[np.float32]:
        return rng.normal(size=shape).astype(np.float32)

    gaussian = kind == "gaussian"
    return Codes(
        mu=normal(n, DIM),
        index=rng.permutation(n),
        error=normal(n) ** 2,
        label=rng.integers(0, 2, n),
        factors=rng.integers(0, 3, (n, 1)),
        logvar=normal(n, DIM) if gaussian else None,
        kl=normal(n) ** 2 if gaussian else None,
        pca=normal(n, 2),
        umap=normal(n, 2),
        tsne=normal(n, 2),
        umap3=normal(n, 3),
        pca_mean=normal(DIM),
        pca_components=normal(2, DIM),
    )


def build(config: dict[str, Any], spec: DataSpec) -> StandIn:
    """What stands in for ``aecore.variants.build``."""
    assert config["variant"] == "beta-vae"
    assert spec.shape == (1, 28, 28)
    return StandIn(config["net"])
