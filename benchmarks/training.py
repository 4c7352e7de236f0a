"""Training beside pythae 0.1.2 and a plain PyTorch DataLoader loop: examples a second, seconds to a loss.

MNIST, all 60,000 training images; a VAE of 16 latent dimensions with an MLP 784-512 or the convolutional net
for 28 pixels, ½‖x − x̂‖² + KL, in all three the same layers, batch 128, Adam 1e-3. On the CPU, and on each
CUDA device. The three take turns; examples_per_s are medians over repeats, start and export not counted.

- pythae trains for 10 epochs; pythae_seconds is what they take, and its loss is then taken on the test split.
- seconds_to_pythae_loss: until our training first has that test loss, with a learning rate, a schedule and a
  batch size of our choice (ours of each case); the time to measure it is not counted.
- gemm_fraction: what of the machine's rate of matrix products, measured in the same run on 2048 × 2048, goes
  into ours; in bfloat16 where that is trained in (--our-precision-cuda).

With --results each result is kept in that file at once, and a later run on this machine goes on from there.
"""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median
from typing import Any, Literal

import torch
from torch import Tensor, nn

import aecore
from aecore.data import Dataset
from aecore.model import Autoencoder
from aecore.training import EpochEnd, Fit, available
from aecore.variants import build
from benchmarks import kept, report
from benchmarks.peer import (
    BATCH_SIZE,
    LATENT_DIM,
    LEARNING_RATE,
    Trained,
    fit_pythae,
    pythae_version,
    squared_error,
)
from benchmarks.plain import Plain, flops, gemm_rate, halves, loop, now

EVERY = 50  # steps between two looks at the test loss
DTYPES = {"full": torch.float32, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class Case:
    """A network.

    Attributes:
        net: Its name in aecore.
        options: Its options.
        ours: Options of ``Fit`` for our way to pythae's loss.
    """

    net: str
    options: Mapping[str, Any]
    ours: Mapping[str, Any]


FALLING = {"lr_schedule": "cosine", "lr_warmup": 0.05}
CASES = {
    "mlp": Case("mlp", {"hidden": (512,)}, {"epochs": 5, "batch_size": 128, "lr": 5e-3, **FALLING}),
    "conv": Case("conv", {}, {"epochs": 5, "batch_size": 64, "lr": 2e-3, **FALLING}),
}


@dataclass(frozen=True)
class Settings:
    """How trainings are measured.

    Attributes:
        epochs: Of pythae.
        rate_epochs: Of ours and of the loop, by which examples a second are counted, after one that is not.
        precision: Of ours on a CUDA device.
    """

    epochs: int
    rate_epochs: int
    precision: Literal["full", "bf16"]

    def on(self, device: str) -> Literal["full", "bf16"]:
        """Our precision on a device."""
        return self.precision if device.startswith("cuda") else "full"

    def of(self, library: str, device: str, case: Case) -> str:
        """What a result depends on, as it is kept."""
        match library:
            case "pythae":
                return f"epochs={self.epochs}"
            case "plain":
                return f"epochs={self.rate_epochs}"
            case "aecore":
                return f"epochs={self.rate_epochs} {self.on(device)}"
        return f"{json.dumps(dict(case.ours), sort_keys=True)} {self.on(device)}"


def model_of(case: Case, data: Dataset, seed: int) -> Autoencoder:
    """Ours."""
    torch.manual_seed(seed)
    chosen = {"variant": "vae", "latent_dim": LATENT_DIM, "net": case.net, "likelihood": "mse"}
    return build({**chosen, **case.options}, data.spec)


def plain_of(case: Case, data: Dataset, seed: int) -> Plain:
    """The loop's."""
    torch.manual_seed(seed)
    return Plain(data.spec, LATENT_DIM, case.net, case.options)


def pythae_of(case: Case, data: Dataset, seed: int) -> nn.Module:
    """pythae's: its own MLP, which has the same layers, or the same network handed over as its guide says."""
    from pythae.models import VAE, VAEConfig

    torch.manual_seed(seed)
    config = VAEConfig(input_dim=data.spec.shape, latent_dim=LATENT_DIM, reconstruction_loss="mse")
    made: nn.Module = VAE(config) if case.net == "mlp" else VAE(config, *halves(plain_of(case, data, seed)))
    return made


@torch.no_grad()
def loss_of(trained: Trained, data: Dataset, device: str = "cpu") -> float:
    """½‖x − x̂‖² + KL of the test split, nats per example, one draw of z from the same noise each time."""
    noise = torch.randn(len(data.test), LATENT_DIM, generator=torch.Generator().manual_seed(0))
    total = 0.0
    for x, draw in zip(data.test.x.split(1000), noise.split(1000), strict=True):
        x, draw = x.to(device), draw.to(device)
        mean, logvar = trained.encode(x)
        assert logvar is not None
        z = mean + draw * torch.exp(0.5 * logvar)
        kl = 0.5 * (mean.square() + logvar.exp() - 1 - logvar).sum()
        total += float(0.5 * squared_error(trained, z, x).sum() + kl)
    return total / len(data.test)


def run_pythae(case: Case, data: Dataset, device: str, seed: int, how: Settings) -> dict[str, float]:
    """pythae's seconds, its examples a second and its loss."""
    trained = fit_pythae(pythae_of(case, data, seed), data, how.epochs, seed, cuda=device != "cpu")
    rate = how.epochs * len(data.train) / trained.seconds
    return {"examples_per_s": rate, "seconds": trained.seconds, "loss": loss_of(trained, data)}


def run_plain(case: Case, data: Dataset, device: str, seed: int, how: Settings) -> dict[str, float]:
    """The loop's examples a second, and what an example takes."""
    model = plain_of(case, data, seed)
    work = flops(model, data.train.x[:BATCH_SIZE])
    loop(model, data, device, 1, BATCH_SIZE, LEARNING_RATE)
    seconds = loop(model, data, device, how.rate_epochs, BATCH_SIZE, LEARNING_RATE)
    return {"examples_per_s": how.rate_epochs * len(data.train) / seconds, "flops_per_example": work}


def run_ours(case: Case, data: Dataset, device: str, seed: int, how: Settings) -> dict[str, float]:
    """Our examples a second at the setting of the others, and the rate of the machine's matrix products."""
    fit = Fit(
        model_of(case, data, seed), data, epochs=how.rate_epochs + 1, batch_size=BATCH_SIZE, lr=LEARNING_RATE,
        keep="last", seed=seed, device=device, precision=how.on(device),
    )  # fmt: skip
    ends = [now(device) for event in fit if isinstance(event, EpochEnd)]
    rate = how.rate_epochs * len(data.train) / (ends[-1] - ends[0])
    return {"examples_per_s": rate, "gemm_flops": gemm_rate(device, DTYPES[how.on(device)])}


def seconds_to(
    loss: float, case: Case, data: Dataset, device: str, seed: int, how: Settings
) -> dict[str, Any]:
    """Seconds until our training first has that test loss, None if it ends before; looking is not in them."""
    model = model_of(case, data, seed)
    fit = Fit(model, data, keep="last", seed=seed, device=device, precision=how.on(device), **case.ours)
    fit.every = EVERY

    def encode(x: Tensor) -> tuple[Tensor, Tensor | None]:
        posterior = model.posterior(x)
        return posterior.mean, posterior.tensors().get("logvar")

    trained = Trained(encode, model.decode, 0.0)
    spent, started = 0.0, now(device)
    for _ in fit:
        spent += now(device) - started
        if (found := loss_of(trained, data, device)) <= loss:
            return {"seconds": spent, "loss": found, "steps": fit.step}
        started = now(device)
    return {"seconds": None, "loss": found, "steps": fit.step}


# pythae, whose first epoch counts, comes when the device is warm.
RUNS: dict[str, Callable[[Case, Dataset, str, int, Settings], dict[str, float]]] = {
    "plain": run_plain,
    "aecore": run_ours,
    "pythae": run_pythae,
}


def measured(
    names: list[str], devices: list[str], repeats: int, how: Settings, once: kept.Kept, data: Dataset
) -> list[dict[str, Any]]:
    """Every case on every device: what has been kept, and the rest now."""
    rows = []
    for device in devices:
        called = torch.cuda.get_device_name(device) if device.startswith("cuda") else device
        if device.startswith("cuda"):
            torch.cuda.set_device(device)  # pythae takes the current one
        for name in names:
            of: dict[str, list[dict[str, Any]]] = {each: [] for each in (*RUNS, "to loss")}
            for seed in range(repeats):
                given = (CASES[name], data, device, seed, how)
                at = f"{name} {device} {called} seed={seed}"
                for library, run in RUNS.items():
                    key = f"{at} {library} {how.of(library, device, CASES[name])}"
                    of[library].append(once(key, partial(run, *given)))
                loss = of["pythae"][-1]["loss"]
                key = f"{at} to {loss:.4f} {how.of('to loss', device, CASES[name])}"
                of["to loss"].append(once(key, partial(seconds_to, loss, *given)))
            rows.append({"name": name, "device": called, **row(of)})
    return rows


def row(of: Mapping[str, list[dict[str, Any]]]) -> dict[str, float | None]:
    """Medians over repeats of what each library gave."""

    def middle(library: str, name: str) -> float:
        return median(each[name] for each in of[library])

    pairs = zip(of["aecore"], of["plain"], strict=True)
    used = [ours["examples_per_s"] * plain["flops_per_example"] / ours["gemm_flops"] for ours, plain in pairs]
    reached = [each["seconds"] for each in of["to loss"]]
    return {
        "examples_per_s": round(middle("aecore", "examples_per_s")),
        "pythae_examples_per_s": round(middle("pythae", "examples_per_s")),
        "plain_examples_per_s": round(middle("plain", "examples_per_s")),
        "gemm_fraction": round(median(used), 3),
        "seconds_to_pythae_loss": None if None in reached else round(median(reached), 2),
        "pythae_seconds": round(middle("pythae", "seconds"), 2),
        "pythae_loss": round(middle("pythae", "loss"), 3),
    }


def main() -> None:
    """Train, measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training",
        description=__doc__,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES), help="both by default")
    parser.add_argument("--devices", nargs="+", help="cpu cuda:0 …; the CPU and every CUDA device by default")
    parser.add_argument("--repeats", type=int, default=3, help="behind each median (default: 3)")
    parser.add_argument("--epochs", type=int, default=10, help="of pythae (default: 10)")
    parser.add_argument("--rate-epochs", type=int, default=3, help="of ours and the loop, timed (default: 3)")
    parser.add_argument("--our-precision-cuda", choices=DTYPES, default="bf16", help="default: bf16")
    kept.option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    peer = pythae_version()
    logging.disable(logging.WARNING)
    how = Settings(options.epochs, options.rate_epochs, options.our_precision_cuda)
    devices = options.devices or ["cpu", *(each for each in available() if each.startswith("cuda"))]
    data = aecore.load_dataset("mnist", validation=0)
    once = kept.Kept(options.results, "pythae")
    cases = measured(options.cases, devices, options.repeats, how, once, data)
    if options.json:
        settings = " ".join((__doc__ or "").split("\n\n")[1].split())
        ours = {name: dict(CASES[name].ours) for name in options.cases}
        report.as_json(
            {"pythae_version": peer, "settings": settings, **asdict(how), "ours": ours, "cases": cases}
        )
    else:
        report.as_table(f"MNIST, medians of {options.repeats}, beside pythae {peer}", cases)


if __name__ == "__main__":
    main()
