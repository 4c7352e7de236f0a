"""Our autoencoder and VAE beside pythae's, at pythae's setting, in the same run.

MNIST, all 60,000 training images, figures on the test split; latent 16, MLP 784-512-16,
MSE, batch 128, Adam 1e-3, the last of 10 epochs. The two libraries take turns, seed by
seed, and the same code scores both.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from statistics import fmean
from typing import Any

import torch
from sklearn.neighbors import KNeighborsClassifier
from torch import Tensor

import aecore
from aecore.data.dataset import Dataset
from benchmarks import report

LATENT_DIM = 16
HIDDEN = 512
BATCH_SIZE = 128
LEARNING_RATE = 1e-3
NEIGHBOURS = 5
CODES = 10_000


@dataclass(frozen=True)
class Trained:
    """A trained model as the scoring sees it, whichever library it is from.

    Attributes:
        encode: Images (B, 1, 28, 28) to means (B, D) and log-variances (B, D), None for a point.
        decode: Codes (B, D) to images, any shape of B·784 numbers.
        seconds: How long training took.
    """

    encode: Callable[[Tensor], tuple[Tensor, Tensor | None]]
    decode: Callable[[Tensor], Tensor]
    seconds: float


@dataclass(frozen=True)
class Score:
    """Figures on the test split.

    Attributes:
        test_mse: Mean squared error of a pixel, decoded from the mean code.
        half_sse: Nats: ½‖x − x̂‖² of an image, decoded from a sample of q(z|x).
        kl: Nats of an image, None without a posterior.
        knn5_accuracy: 5-NN on mean codes of the first 10,000 training images.
        seconds: Training.
    """

    test_mse: float
    half_sse: float
    kl: float | None
    knn5_accuracy: float
    seconds: float


@torch.no_grad()
def score(trained: Trained, data: Dataset, seed: int) -> Score:
    """Figures of one model; ``seed`` draws the codes behind ``half_sse``."""
    x = data.test.x
    mean, logvar = trained.encode(x)
    z, kl = mean, None
    if logvar is not None:
        noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(seed))
        z = mean + noise * torch.exp(0.5 * logvar)
        kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum(1).mean().item()
    return Score(
        test_mse=squared_error(trained, mean, x).mean().item(),
        half_sse=0.5 * squared_error(trained, z, x).sum(1).mean().item(),
        kl=kl,
        knn5_accuracy=knn_accuracy(trained, mean, data),
        seconds=trained.seconds,
    )


def squared_error(trained: Trained, z: Tensor, x: Tensor) -> Tensor:
    """(x − x̂)² of each pixel, shape (B, 784)."""
    return (trained.decode(z).reshape(len(x), -1) - x.flatten(1)).square()


def knn_accuracy(trained: Trained, test_codes: Tensor, data: Dataset) -> float:
    """Share of test images whose 5 nearest training codes vote for the right digit."""
    assert data.train.label is not None
    assert data.test.label is not None
    train_codes, _ = trained.encode(data.train.x[:CODES])
    knn = KNeighborsClassifier(NEIGHBOURS).fit(train_codes.numpy(), data.train.label[:CODES].numpy())
    return float(knn.score(test_codes.numpy(), data.test.label.numpy()))


def train_ours(name: str, data: Dataset, epochs: int, seed: int, **options: Any) -> Trained:
    """The variant ``name`` of aecore; the bundle's maps and metrics are not in its seconds."""
    bundle = aecore.train(
        name,
        data,
        name=f"peer-{name}-{seed}",
        latent_dim=LATENT_DIM,
        net="mlp",
        hidden=[HIDDEN],
        likelihood="mse",
        epochs=epochs,
        batch_size=BATCH_SIZE,
        lr=LEARNING_RATE,
        optimiser="adam",
        keep="last",
        seed=seed,
        device="cpu",
        **options,
    )
    model = bundle.model().eval()

    def encode(x: Tensor) -> tuple[Tensor, Tensor | None]:
        posterior = model.posterior(x)
        return posterior.mean, posterior.tensors().get("logvar")

    return Trained(encode, model.decode, bundle.card.provenance.seconds)


def train_pythae(name: str, data: Dataset, epochs: int, seed: int) -> Trained:
    """The same model of pythae, as it comes."""
    from pythae.models import AE, VAE, AEConfig, VAEConfig

    torch.manual_seed(seed)
    sizes = {"input_dim": data.spec.shape, "latent_dim": LATENT_DIM}
    if name == "vae":
        return fit_pythae(VAE(VAEConfig(**sizes, reconstruction_loss="mse")), data, epochs, seed)
    return fit_pythae(AE(AEConfig(**sizes)), data, epochs, seed)


def fit_pythae(
    model: Any, data: Dataset, epochs: int, seed: int, adversarial: bool = False, cuda: bool = False
) -> Trained:
    """A model of pythae, trained by its own trainer, on a GPU if ``cuda``; what comes back is on the CPU."""
    from pythae.data.datasets import BaseDataset
    from pythae.trainers import (
        AdversarialTrainer,
        AdversarialTrainerConfig,
        BaseTrainer,
        BaseTrainerConfig,
    )

    settings: dict[str, Any] = {
        "num_epochs": epochs,
        "per_device_train_batch_size": BATCH_SIZE,
        "seed": seed,
        "no_cuda": not cuda,
    }
    trainer_of, config_of = BaseTrainer, BaseTrainerConfig
    if adversarial:
        trainer_of, config_of = AdversarialTrainer, AdversarialTrainerConfig
        settings |= {"autoencoder_learning_rate": LEARNING_RATE, "discriminator_learning_rate": LEARNING_RATE}
    else:
        settings |= {"learning_rate": LEARNING_RATE}
    assert data.train.label is not None
    with tempfile.TemporaryDirectory() as folder:
        config = config_of(output_dir=folder, **settings)
        trainer = trainer_of(model, BaseDataset(data.train.x, data.train.label), None, config)
        start = time.perf_counter()
        with redirect_stderr(StringIO()):  # a progress bar that cannot be switched off
            trainer.train()
        seconds = time.perf_counter() - start
    model.cpu().eval()

    def encode(x: Tensor) -> tuple[Tensor, Tensor | None]:
        code = model.encoder(x)
        return code.embedding, code.get("log_covariance")

    return Trained(encode, lambda z: model.decoder(z).reconstruction, seconds)


def means(scores: list[Score]) -> dict[str, float | None]:
    """Each figure's mean over seeds."""
    columns = {field.name: [getattr(score, field.name) for score in scores] for field in fields(Score)}
    return {name: None if None in column else fmean(column) for name, column in columns.items()}


def compare(name: str, data: Dataset, epochs: int, seeds: int) -> dict[str, object]:
    """One model's row: our means, and pythae's beside them."""
    ours: list[Score] = []
    theirs: list[Score] = []
    for seed in range(seeds):
        for scores, train in ((ours, train_ours), (theirs, train_pythae)):
            print(f"{name}, seed {seed}: {train.__name__}", file=sys.stderr)
            scores.append(score(train(name, data, epochs, seed), data, seed))
    return {"name": name, **means(ours), "seeds": seeds, "pythae": {**means(theirs), "seeds": seeds}}


def pythae_version() -> str:
    """pythae's version; the program ends with one sentence where it is not installed."""
    try:
        return version("pythae")
    except PackageNotFoundError:
        sys.exit("pythae is not installed: pip install 'latent-loupe[bench]', or `make bench` in a checkout.")


def rows(models: list[dict[str, Any]]) -> list[dict[str, report.Value]]:
    """Two table rows a model."""
    flat = []
    for model in models:
        figures = {field.name: model[field.name] for field in fields(Score)}
        flat.append({"model": model["name"], "library": "aecore", **figures})
        flat.append({"model": model["name"], "library": "pythae", **model["pythae"]})
    return [{key: value for key, value in row.items() if key != "seeds"} for row in flat]


def main() -> None:
    """Train, score and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peer", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, help="seeds behind each mean (default: 3)")
    parser.add_argument("--epochs", type=int, default=10, help="epochs of training (default: 10)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    peer = pythae_version()
    logging.disable(logging.WARNING)
    data = aecore.load_dataset("mnist", validation=0)
    with tempfile.TemporaryDirectory() as home:
        os.environ["AECORE_HOME"] = home  # our bundles are not for the user's shelf
        models = [compare(name, data, options.epochs, options.seeds) for name in ("autoencoder", "vae")]
    if options.json:
        report.as_json({"pythae_version": peer, "models": models})
    else:
        report.as_table(f"MNIST, means over {options.seeds} seeds, beside pythae {peer}", rows(models))


if __name__ == "__main__":
    main()
