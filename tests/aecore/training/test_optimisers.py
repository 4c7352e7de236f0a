"""`Fit` against loops written out here, and learning rates by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn, optim

from aecore.likelihoods import Gaussian
from aecore.step import Player, Step
from aecore.training.optimisers import Descent
from tests.aecore.small import digits, epochs, fit, model, weights


def decayed(parameters: Any) -> list[dict[str, Any]]:
    """Matrices with a decay of 0.1; biases without."""
    every = list(parameters)
    return [
        {"params": [p for p in every if p.ndim == 2], "weight_decay": 0.1},
        {"params": [p for p in every if p.ndim == 1]},
    ]


LOOPS: dict[str, tuple[dict[str, Any], Callable[[Any], optim.Optimizer]]] = {
    "adam": ({"optimiser": "adam"}, lambda p: optim.Adam(p, lr=1e-3)),
    "adamw": (
        {"optimiser": "adamw", "weight_decay": 0.1},
        lambda p: optim.AdamW(decayed(p), lr=1e-3, weight_decay=0),
    ),
    "l2": (
        {"optimiser": "adam", "weight_decay": 0.1},
        lambda p: optim.Adam(decayed(p), lr=1e-3, weight_decay=0),
    ),
    "sgd": ({"optimiser": "sgd", "lr": 0.01}, lambda p: optim.SGD(p, lr=0.01)),
    "rmsprop": ({"optimiser": "rmsprop"}, lambda p: optim.RMSprop(p, lr=1e-3)),
}


@pytest.mark.parametrize("name", LOOPS)
def test_fit_is_the_plain_loop(name: str) -> None:
    """Twenty lines of PyTorch, without a line of `aecore.training`, give the same weights."""
    options, optimiser_of = LOOPS[name]
    ours, plain, x = model("vae", likelihood="mse"), model("vae", likelihood="mse"), digits(130).train.x
    fit(ours, digits(130), epochs=3, batch_size=64, seed=5, keep="last", **options)

    torch.manual_seed(5)
    optimiser = optimiser_of(plain.parameters())
    for _ in range(3):
        order = torch.randperm(130)
        for index in (order[:64], order[64:128], order[128:]):
            batch = x[index]
            top = plain.encoder(batch)[-1]
            mu = plain.bottleneck.get_submodule("mu")(top)
            raw = plain.bottleneck.get_submodule("logvar")(top)
            below = 8 - nn.functional.softplus(8 - raw)
            logvar = -14 + nn.functional.softplus(below + 14)
            z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
            picture = plain.decoder(z).sigmoid()
            distortion = 0.5 * (picture - batch).square().flatten(1).sum(1)
            rate = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
            optimiser.zero_grad()
            torch.autograd.backward((distortion + rate).mean())
            optimiser.step()

    for key, value in weights(plain).items():
        torch.testing.assert_close(weights(ours)[key], value, rtol=1e-3, atol=2e-6)


def descent(**options: Any) -> Descent:
    player = Player("autoencoder", (nn.Parameter(torch.ones(3)),), lambda step: pytest.fail("not asked for"))
    chosen = {"optimiser": "sgd", "lr": 0.5, "weight_decay": 0.0, "clip": 0.0, "schedule": "constant"}
    return Descent(player, **{**chosen, "warmup": 0.0, **options})


@pytest.mark.parametrize(
    ("schedule", "warmup", "values"),
    [
        ("constant", 0.0, [0.5, 0.5, 0.5]),
        ("constant", 0.5, [0.0, 0.5, 0.5]),
        ("linear", 0.0, [0.5, 0.2525, 0.005]),
        ("linear", 0.5, [0.0, 0.5, 0.005]),
        ("cosine", 0.0, [0.5, 0.2525, 0.005]),
        ("cosine", 0.25, [0.0, 0.005 + 0.495 * 0.75, 0.005]),
        ("cosine", 1.0, [0.0, 0.25, 0.005]),
        ("cooldown", 0.0, [0.5, 0.5, 0.005]),
        ("cooldown", 0.75, [0.0, 1 / 3, 0.005]),
    ],
)
def test_learning_rates_at_the_start_halfway_and_at_the_end(
    schedule: str, warmup: float, values: list[float]
) -> None:
    made = descent(schedule=schedule, warmup=warmup)
    assert [made.lr_at(progress) for progress in (0.0, 0.5, 1.0)] == pytest.approx(values)


def test_a_cooldown_is_a_straight_line_over_the_last_quarter() -> None:
    made = descent(schedule="cooldown")
    rates = [made.lr_at(progress) for progress in (0.75, 0.8125, 0.875, 0.9375, 1.0)]
    assert rates == pytest.approx([0.5, 0.37625, 0.2525, 0.12875, 0.005])
    line = [made.lr_at(k / 1000) for k in range(1001)]
    assert all(0 <= lr <= 0.5 for lr in line)
    peak = line.index(max(line))
    assert line[: peak + 1] == sorted(line[: peak + 1])
    assert line[peak:] == sorted(line[peak:], reverse=True)


def test_an_epoch_reports_the_learning_rate_of_its_last_step() -> None:
    ends = epochs(fit(model("vae"), epochs=4, lr=1e-2, lr_schedule="cosine", batch_size=64))
    steps = [(4 * epoch - 1) / 16 for epoch in range(1, 5)]
    by_hand = [1e-2 * (0.01 + 0.99 * (0.5 + 0.5 * math.cos(math.pi * progress))) for progress in steps]
    assert [end.lr for end in ends] == pytest.approx(by_hand)


def test_a_clipped_gradient_keeps_its_direction() -> None:
    made = descent(clip=1.0)
    (parameter,) = made.player.parameters
    made((parameter * torch.tensor([30.0, 40.0, 0.0])).sum(), 0.0)
    torch.testing.assert_close(parameter.detach(), 1 - 0.5 * torch.tensor([0.6, 0.8, 0.0]))


@pytest.mark.parametrize("option", [{"weight_decay": 0.1}, {"l1": 0.1}])
def test_penalties_shrink_weights(option: dict[str, Any]) -> None:
    plain, shrunk = model("autoencoder"), model("autoencoder")
    fit(plain, epochs=10, keep="last")
    fit(shrunk, epochs=10, keep="last", **option)
    sizes = [sum(float(p.detach().abs().sum()) for p in m.parameters()) for m in (plain, shrunk)]
    assert sizes[1] < 0.8 * sizes[0]


@pytest.mark.parametrize("option", [{"weight_decay": 10.0}, {"l1": 10.0}])
def test_penalties_leave_a_learned_sigma_alone(option: dict[str, Any]) -> None:
    """However the weights are pressed, σ is at its optimum: the RMS of the errors."""
    made = model("vae", likelihood="gaussian")
    fit(made, epochs=150, lr=0.02, keep="last", optimiser="adam", **option)
    x = digits().train.x
    with torch.no_grad():
        rms = (x - made.reconstruct(x)).square().mean().sqrt()
    assert isinstance(made.likelihood, Gaussian)
    assert float(made.likelihood.log_sigma.detach().exp()) == pytest.approx(float(rms), rel=0.05)


def test_l1_is_in_the_gradient_and_not_in_the_reported_loss() -> None:
    plain, shrunk = (epochs(fit(model("autoencoder"), epochs=1, lr=1e-8, l1=l1))[0] for l1 in (0.0, 1.0))
    assert plain.train["loss"] == pytest.approx(shrunk.train["loss"], rel=1e-4)

    made, x = model("autoencoder"), digits(64).train.x
    before = [p.detach().clone() for p in made.parameters()]
    gradients = torch.autograd.grad(made.losses(Step(x, x)).loss, list(made.parameters()))
    fit(made, digits(64), epochs=1, batch_size=64, optimiser="sgd", lr=0.01, l1=0.5, keep="last")
    for parameter, was, gradient in zip(made.parameters(), before, gradients, strict=True):
        penalty = 0.5 * was.sign() if was.ndim == 2 else 0.0  # not of biases
        by_hand = was - 0.01 * (gradient + penalty)
        torch.testing.assert_close(parameter.detach(), by_hand, rtol=1e-4, atol=1e-6)


def by_hand(loss: torch.Tensor, of: nn.Module) -> dict[str, float]:
    """Length of the gradient of each layer by autograd: of the weight and bias of a name together."""
    names, parameters = zip(*of.named_parameters(), strict=True)
    squares: dict[str, float] = {}
    for name, gradient in zip(names, torch.autograd.grad(loss, parameters, allow_unused=True), strict=True):
        if gradient is not None:
            layer = name.rpartition(".")[0]
            squares[layer] = squares.get(layer, 0.0) + float(gradient.double().square().sum())
    return {layer: math.sqrt(square) for layer, square in squares.items()}


@pytest.mark.parametrize("net", ["mlp", "conv"])
def test_gradients_of_layers_are_autograds(net: str) -> None:
    data, made = digits(100), model("autoencoder", net=net, activation="tanh")
    x = data.train.x
    wanted = by_hand(made.train().losses(Step(x, x)).loss, made)
    (end,) = epochs(fit(made, data, epochs=1, batch_size=100))
    assert end.gradients == pytest.approx(wanted, rel=1e-3)
    assert len(wanted) > 3


def test_the_gradient_is_that_of_the_last_step_as_it_was_followed() -> None:
    data, made = digits(100), model("autoencoder")
    free = epochs(fit(model("autoencoder"), data, epochs=3, batch_size=100))
    clipped = epochs(fit(made, data, epochs=3, batch_size=100, clip=1e-3))
    for end in clipped:
        assert math.hypot(*end.gradients.values()) == pytest.approx(1e-3, rel=1e-3)
    assert free[0].gradients != free[2].gradients


def test_each_player_tells_the_gradients_of_its_own_layers() -> None:
    end = epochs(fit(model("factor-vae"), epochs=1))[-1]
    critic = [name for name in end.gradients if name.startswith("objective.")]
    assert critic
    assert {"encoder.blocks.0.0", "decoder.output"} <= end.gradients.keys()
    assert all(norm > 0 for norm in end.gradients.values())


def test_a_layer_that_rests_in_a_stage_has_no_gradient_there() -> None:
    ends = epochs(fit(model("stacked", hidden=(24, 16)), epochs=6))
    first, last = ends[0], ends[-1]
    assert first.stage != last.stage
    assert first.gradients.keys() < last.gradients.keys()
