r"""Where guides err: what is right, computed before the reader's eyes.

A paragraph of a variant's lesson headed ``**Where guides err.**`` says what a widely copied guide has
wrong; the claim of the same place here shows it with numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aecore.studies import activations, beta
from aecore.studies.results import Line, stored, table
from aecore.studies.study import Study

WIDE, NARROW = 40_000_000, 30_000_000
PETABYTE = 10**15


@dataclass(frozen=True)
class Shown:
    """A small table.

    Attributes:
        head: Above the columns.
        rows: A label and numbers each.
        note: What was computed.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str | float, ...], ...]
    note: str


def sign_of_the_kl() -> Shown:
    """KL(N(1, ½²) ‖ N(0, 1)) by the formula, with the sign turned round, and by torch."""
    import torch
    from torch.distributions import Normal, kl_divergence

    from aecore.bottlenecks import GaussianPosterior

    mu, sigma = torch.tensor([[1.0]], dtype=torch.float64), torch.tensor([[0.5]], dtype=torch.float64)
    formula = GaussianPosterior(mu, 2 * sigma.log()).kl().sum().item()
    known = kl_divergence(Normal(mu, sigma), Normal(torch.zeros_like(mu), torch.ones_like(mu))).item()
    return Shown(
        ("KL(N(μ, σ²) ‖ N(0, 1)) at μ = 1, σ = ½", "nats"),
        (
            ("½ (μ² + σ² − 1 − log σ²)", formula),
            ("½ (1 + log σ² − μ² − σ²), as guides have it", -formula),
            ("torch.distributions", known),
        ),
        "No divergence is negative.",
    )


def half_the_variance() -> Shown:
    """What a Gaussian of variance σ² makes of a squared error, its constant left out."""
    import torch
    from torch.distributions import Normal

    error = torch.tensor([1.0, 2.0], dtype=torch.float64)

    def nats(variance: float) -> float:
        of = Normal(torch.zeros(2, dtype=torch.float64), variance**0.5)
        return float((of.log_prob(torch.zeros(2, dtype=torch.float64)) - of.log_prob(error)).sum())

    return Shown(
        ("x − x̂ = (1, 2)", ""),
        (
            ("−log N(x; x̂, σ² = 1), nats", nats(1.0)),
            ("½ ‖x − x̂‖²", float(error.square().sum() / 2)),
            ("−log N(x; x̂, σ² = ½), nats", nats(0.5)),
            ("‖x − x̂‖²", float(error.square().sum())),
        ),
        "Without the constant of each density.",
    )


def price_and_collapse() -> Shown:
    """Rate and active units over β, of the study ``beta``."""
    data, lines = _measured(beta.STUDY)
    return Shown(
        ("β", "rate (nats)", "active units"),
        tuple((each.label, each.figures["rate"].mean, each.figures["active_units"].mean) for each in lines),
        f"Measured on {data}: the study `beta`." if lines else _missing(beta.STUDY),
    )


def weights_of_a_layer() -> Shown:
    """How many numbers a dense layer from 40 million to 30 million holds."""
    weights = WIDE * NARROW
    return Shown(
        ("a dense layer, 40,000,000 → 30,000,000", ""),
        (
            ("weights", float(weights)),
            ("biases", float(NARROW)),
            ("petabytes in single precision", 4 * (weights + NARROW) / PETABYTE),
        ),
        "A weight for each pair of an input and an output.",
    )


def gradients_of_both_sides() -> Shown:
    """Lengths of the gradient of mirrored layers of a fresh autoencoder of digits."""
    import torch

    from aecore.data import load_dataset
    from aecore.step import Step
    from aecore.variants import build

    data = load_dataset("digits")
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        model = build({"variant": "autoencoder", "latent_dim": 8, "hidden": (64, 32)}, data.spec)
    x = data.train.x[:128]
    model.losses(Step(x, x)).loss.backward()
    length = {
        name: float(parameter.grad.norm())
        for name, parameter in model.named_parameters()
        if name.endswith("weight") and parameter.grad is not None
    }
    down = [value for name, value in length.items() if not name.startswith("decoder.")]
    up = [value for name, value in length.items() if name.startswith("decoder.")]
    sizes = ("64 ↔ 64", "64 ↔ 32", "32 ↔ 8")
    return Shown(
        ("length of a layer’s gradient, 64-64-32-8-32-64-64", "encoder", "decoder"),
        tuple(zip(sizes, down, reversed(up), strict=True)),
        "A fresh network on 128 digits; the layers of a row have as many weights as each other.",
    )


def relu_inside_a_decoder() -> Shown:
    """Test error with each activation, of the study ``activations``."""
    data, lines = _measured(activations.STUDY)
    return Shown(
        ("activation", "squared error of a pixel"),
        tuple((each.label, each.figures["mse"].mean) for each in lines if ", code " not in each.label),
        f"Measured on {data}: the study `activations`." if lines else _missing(activations.STUDY),
    )


def corruption_of_an_example() -> Shown:
    """Mean and spread of C(x̃|x) for two values of x: noise is added to a given example."""
    import torch

    from aecore.corruptions import gaussian

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        drawn = {x: gaussian(torch.full((100_000,), x), 0.3) for x in (0.2, 0.8)}
    return Shown(
        ("C(x̃|x), Gaussian, σ = .3, 100,000 draws", "mean of x̃", "spread of x̃"),
        tuple((f"x = {x}", float(noisy.mean()), float(noisy.std())) for x, noisy in drawn.items()),
        "What is drawn depends on x: the process is C(x̃|x), not C(x|x̃).",
    )


def denoising_is_the_score() -> Shown:
    """The best denoiser of x ~ N(0, 1), fitted to draws, beside the score of the noisy density."""
    import torch

    sigma = 0.5
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        x = torch.randn(1_000_000, dtype=torch.float64)
        noisy = x + sigma * torch.randn_like(x)
    slope = float((noisy @ x) / (noisy @ noisy))  # of the line that minimises the squared error
    return Shown(
        ("x ~ N(0, 1), σ = ½", "(x̂ − x̃)/σ², fitted", "∇ log p(x̃), exact"),
        tuple(
            (f"x̃ = {at}".replace("-", "−"), (slope * at - at) / sigma**2, -at / (1 + sigma**2))
            for at in (-2.0, -0.5, 1.0)
        ),
        "A line fitted by least squares to a million pairs of clean and noisy numbers.",
    )


CLAIMS: Mapping[str, tuple[Callable[[], Shown], ...]] = {
    "autoencoder": (weights_of_a_layer, gradients_of_both_sides, relu_inside_a_decoder),
    "denoising": (corruption_of_an_example, denoising_is_the_score),
    "vae": (sign_of_the_kl, half_the_variance),
    "beta-vae": (price_and_collapse,),
}
"""By variant, in the order of the lesson's paragraphs."""


def _measured(study: Study) -> tuple[str, list[Line]]:
    """The study's lines on MNIST, or on whatever data set it has results of."""
    lines = table(study, stored(study))
    names = [each.data for each in lines]
    data = "mnist" if "mnist" in names else names[0] if names else ""
    return data, [each for each in lines if each.data == data]


def _missing(study: Study) -> str:
    return f"Nothing is measured yet: `aecore study run {study.name}` does it."
