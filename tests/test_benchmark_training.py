"""``benchmarks.training``: three libraries train the same layers, and what was measured is reported."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from aecore.data import Dataset
from benchmarks import kept, plain, training
from benchmarks.peer import BATCH_SIZE, LATENT_DIM, Trained
from tests.aecore.small import digits

OURS = {"epochs": 2, "batch_size": 64, "lr": 3e-3, "lr_schedule": "cosine"}
SMALL = {
    "mlp": training.Case("mlp", {"hidden": (512,)}, OURS),
    "conv": training.Case("conv", {"channels": (4,)}, OURS),
}
HOW = training.Settings(1, 1, "bf16")


def sizes(model: torch.nn.Module) -> list[int]:
    return sorted(each.numel() for each in model.parameters())


@pytest.mark.parametrize("case", SMALL.values(), ids=SMALL)
def test_all_three_train_the_same_layers(case: training.Case) -> None:
    data = digits()
    ours = training.model_of(case, data, 0)
    assert sizes(ours) == sizes(training.plain_of(case, data, 0))
    try:
        theirs = training.pythae_of(case, data, 0)
    except ModuleNotFoundError:
        pytest.skip("pythae is not installed")
    assert sizes(ours) == sizes(theirs)


def test_the_loss_is_that_of_the_model() -> None:
    data = digits()
    model = training.plain_of(SMALL["mlp"], data, 0)
    x = data.train.x[:7]
    torch.manual_seed(1)
    loss = model.loss(x)
    torch.manual_seed(1)
    mu, logvar = model.encode(x)
    q = torch.distributions.Normal(mu, torch.exp(0.5 * logvar))
    z = mu + torch.randn_like(mu) * q.scale
    kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum(1)
    squared = F.mse_loss(model.decode(z), x, reduction="none").flatten(1).sum(1)
    assert loss.item() == pytest.approx((squared / 2 + kl).mean().item(), rel=1e-5)
    ours = training.model_of(SMALL["mlp"], data, 0)
    with torch.no_grad():
        mean = ours.posterior(data.test.x).mean
        means = Trained(lambda x: (ours.posterior(x).mean, torch.full((len(x), 16), -60.0)), ours.decode, 0.0)
        distortion = 0.5 * (ours.reconstruct(data.test.x) - data.test.x).square().flatten(1).sum(1).mean()
    flat = 0.5 * (mean.square().sum(1).mean().item() + LATENT_DIM * (math.exp(-60) - 1 + 60))
    assert training.loss_of(means, data) == pytest.approx(distortion.item() + flat, rel=1e-4)


def test_work_is_counted_by_hand() -> None:
    data = digits()
    model = training.plain_of(SMALL["mlp"], data, 0)
    layers = [(64, 512), (512, 16), (512, 16), (16, 512), (512, 64)]
    forward = sum(2 * a * b for a, b in layers)
    backward = 2 * forward - 2 * 64 * 512  # nobody asks for the gradient of the pixels
    assert plain.flops(model, data.train.x[:32]) == forward + backward
    assert all(each.grad is None or not each.grad.any() for each in model.parameters())
    assert plain.gemm_rate("cpu", torch.float32, side=64, seconds=0.01) > 1e6


def test_our_training_stops_at_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    data = digits()
    monkeypatch.setattr(training, "EVERY", 5)
    end = training.seconds_to(0.0, SMALL["mlp"], data, "cpu", 0, HOW)
    assert end["seconds"] is None
    early = training.seconds_to(end["loss"] * 1.3, SMALL["mlp"], data, "cpu", 0, HOW)
    assert early["seconds"] > 0
    assert early["steps"] < end["steps"]
    assert early["loss"] <= end["loss"] * 1.3


def test_medians_are_of_the_repeats_and_results_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def library(name: str, *speeds: float) -> Any:
        def run(case: training.Case, data: Dataset, device: str, seed: int, how: Any) -> dict[str, float]:
            done.append(name)
            beside = {"seconds": 100.0 + seed, "loss": 20.0, "gemm_flops": 1e6, "flops_per_example": 100.0}
            return {"examples_per_s": speeds[seed], **beside}

        return run

    def to(loss: float, *given: Any) -> dict[str, Any]:
        done.append(f"to {loss}")
        return {"seconds": None if given[0] is training.CASES["conv"] else 7.0, "loss": loss, "steps": 3}

    runs = {"plain": library("plain", 900, 800, 1000), "aecore": library("aecore", 2000, 5000, 1000)}
    monkeypatch.setattr(training, "RUNS", runs | {"pythae": library("pythae", 500, 500, 900)})
    monkeypatch.setattr(training, "seconds_to", to)
    ask = (["mlp", "conv"], ["cpu"], 3, HOW)
    mlp, conv = training.measured(*ask, kept.Kept(tmp_path / "kept.json"), digits())
    assert mlp == {
        "name": "mlp",
        "device": "cpu",
        "examples_per_s": 2000,
        "pythae_examples_per_s": 500,
        "plain_examples_per_s": 900,
        "gemm_fraction": 0.2,
        "seconds_to_pythae_loss": 7.0,
        "pythae_seconds": 101.0,
        "pythae_loss": 20.0,
    }
    assert conv["seconds_to_pythae_loss"] is None
    assert done[:5] == ["plain", "aecore", "pythae", "to 20.0", "plain"]
    assert len(done) == 24
    assert training.measured(*ask, kept.Kept(tmp_path / "kept.json"), digits()) == [mlp, conv]
    assert len(done) == 24
    assert BATCH_SIZE == 128


def test_it_prints_what_was_promised(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Medians over two repeats of trainings whose speeds are known."""
    runs = {
        name: [
            {
                "examples_per_s": speed * turn, "seconds": 60.0 * turn, "loss": 40.0,
                "flops_per_example": 100.0, "gemm_flops": 1e6 * turn,
            }
            for turn in (1, 3)
        ]
        for name, speed in (("aecore", 9000), ("pythae", 4000), ("plain", 6000), ("to loss", 1))
    }  # fmt: skip
    measured = {"name": "mlp", "device": "cpu", **training.row(runs)}
    monkeypatch.setattr(sys, "argv", ["training", "--json", "--cases", "mlp"])
    monkeypatch.setattr(training, "pythae_version", lambda: "0.1.2")
    monkeypatch.setattr("benchmarks.training.aecore.load_dataset", lambda *_, **__: digits())
    monkeypatch.setattr(training, "measured", lambda *_: [measured])
    training.main()
    said = json.loads(capsys.readouterr().out)
    assert said["cases"] == [
        {
            "name": "mlp", "device": "cpu", "examples_per_s": 18_000, "pythae_examples_per_s": 8000,
            "plain_examples_per_s": 12_000, "gemm_fraction": 0.9, "seconds_to_pythae_loss": 120.0,
            "pythae_seconds": 120.0, "pythae_loss": 40.0,
        }
    ]  # fmt: skip
    assert said["pythae_version"] == "0.1.2"
