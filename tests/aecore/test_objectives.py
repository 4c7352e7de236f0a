"""Objectives by hand: sums and weights, schedules, free bits, capacity."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from aecore.bottlenecks import GaussianPosterior, PointPosterior, Posterior
from aecore.data import DataSpec, load_dataset
from aecore.likelihoods import MSE
from aecore.objectives import (
    KL,
    CapacityGap,
    Constant,
    Cyclical,
    FreeBits,
    Objective,
    Ramp,
    Reconstruction,
    Schedule,
    Term,
)
from aecore.step import Pass, Step
from aecore.variants import build

shares = st.floats(0, 1)


class Fake(nn.Module):
    """A model whose posterior and picture are given."""

    def __init__(self, posterior: Posterior, raw: Tensor) -> None:
        super().__init__()
        self.given, self.raw = posterior, raw
        self.likelihood = MSE(DataSpec("numbers", "image", (1, 1, 2), "real"))

    def told(self, step: Step) -> Tensor | None:
        return None

    def posterior(self, x: Tensor, condition: Tensor | None = None) -> Posterior:
        return self.given

    def decode_raw(self, z: Tensor, condition: Tensor | None = None, given: Tensor | None = None) -> Tensor:
        return self.raw

    def forward(self, step: Step) -> Pass:
        return Pass(self.given, self.given.mean, self.raw)


# KL of N(μ, 1) is μ²/2: by example and dimension [[0, 0], [2, 0.5]], nats.
MU = torch.tensor([[0.0, 0.0], [2.0, 1.0]])
MODEL = Fake(GaussianPosterior(MU, torch.zeros(2, 2)), torch.tensor([[[[1.0, 0.0]]], [[[0.0, 0.0]]]]))
STEP = Step(torch.zeros(2, 1, 1, 2), torch.tensor([[[[0.0, 2.0]]], [[[0.0, 2.0]]]]))
PASS = MODEL(STEP)


def at(progress: float) -> Step:
    return Step(STEP.input, STEP.target, progress=progress)


def test_terms_sum_over_elements_and_latents() -> None:
    assert Reconstruction()(MODEL, STEP, PASS).tolist() == [2.5, 2.0]
    assert KL()(MODEL, STEP, PASS).tolist() == [0.0, 2.5]


def test_an_objective_is_its_equation() -> None:
    objective = Reconstruction() + 4.0 * KL()
    losses = objective(MODEL, STEP, PASS)
    assert losses.loss.item() == pytest.approx(2.25 + 4 * 1.25)
    assert {name: value.item() for name, value in losses.report.items()} == {"distortion": 2.25, "rate": 1.25}
    assert objective.latex == f"{Reconstruction.latex} + 4\\,{KL.latex}"
    assert (Reconstruction() + Ramp(0, 4) * KL()).latex.endswith(f"(0 \\to 4)\\,{KL.latex}")
    assert (1.0 * Reconstruction()).latex == Reconstruction.latex
    assert objective.adversaries() == ()


@pytest.mark.parametrize(
    ("variant", "wanted"),
    [
        ("vae", Reconstruction.latex),
        ("autoencoder", r"-\log p_\theta(x|f_\phi(x))"),
        ("denoising", r"-\log p_\theta(x|f_\phi(\tilde x))"),
    ],
)
def test_only_a_code_that_is_drawn_has_a_posterior_in_its_equation(variant: str, wanted: str) -> None:
    made = build({"variant": variant}, load_dataset("digits").spec)
    assert made.objective.equation(made).startswith(wanted)


def test_sums_can_be_built_in_any_grouping() -> None:
    left = (Reconstruction() + KL()) + 2.0 * FreeBits(1)
    right = Reconstruction() + (1.0 * KL() + 2.0 * FreeBits(1))
    assert left.latex == right.latex
    assert left(MODEL, STEP, PASS).loss == right(MODEL, STEP, PASS).loss
    with pytest.raises(ValueError, match="names each term once; got rate, rate"):
        KL() + KL()


class PerExample(Schedule):
    """3 for the first example, 1 for the second."""

    def __call__(self, step: Step) -> Tensor:
        return torch.tensor([3.0, 1.0])

    def __str__(self) -> str:
        return "w"


def test_a_weight_may_differ_by_example() -> None:
    losses = (PerExample() * Reconstruction())(MODEL, STEP, PASS)
    assert losses.loss.item() == pytest.approx((3 * 2.5 + 2.0) / 2)
    assert losses.report["distortion"].item() == 2.25  # reported without its weight


def test_a_rate_needs_a_width() -> None:
    point = Pass(PointPosterior(MU), MU, MODEL.raw)
    with pytest.raises(TypeError, match="KL needs a posterior with a width; PointPosterior has none"):
        KL()(MODEL, STEP, point)


@pytest.mark.parametrize(("nats", "rate"), [(0.0, 1.25), (0.5, 1.5), (1.0, 2.0), (3.0, 6.0)])
def test_free_bits_compare_the_batch_mean_of_each_dimension(nats: float, rate: float) -> None:
    """Mean KL by dimension is [1, 0.25]; by example the first would already pay for [2, 0.5]."""
    value = FreeBits(nats)(MODEL, STEP, PASS)
    assert value.item() == pytest.approx(rate)
    by_example = MODEL.given.kl().clamp(min=nats).sum(1).mean()  # type: ignore[attr-defined]
    assert nats == 0 or nats == 3 or value < by_example


def test_free_bits_below_the_floor_pull_no_more() -> None:
    mu = torch.tensor([[0.5, 3.0]], requires_grad=True)
    passed = Pass(GaussianPosterior(mu, torch.zeros(1, 2)), mu, MODEL.raw[:1])
    slope = torch.autograd.grad(FreeBits(1.0)(MODEL, STEP, passed), mu)[0]
    assert slope.tolist() == [[0.0, 3.0]]


@pytest.mark.parametrize(("capacity", "gap"), [(0.0, 1.25), (1.25, 0.0), (2.0, 0.75)])
def test_capacity_is_the_gap_of_the_mean_not_the_mean_of_gaps(capacity: float, gap: float) -> None:
    """Rates are 0 and 2.5: at C = 1.25 the mean is on target, though no example is."""
    value = CapacityGap(Constant(capacity))(MODEL, STEP, PASS)
    assert value.item() == pytest.approx(gap)
    mean_of_gaps = (KL()(MODEL, STEP, PASS) - capacity).abs().mean().item()
    assert (mean_of_gaps == pytest.approx(gap)) == (capacity == 0)


def test_capacity_rises_with_the_training() -> None:
    term = CapacityGap(Ramp(0, 2.5))
    assert [term(MODEL, at(p), PASS).item() for p in (0, 0.5, 1)] == pytest.approx([1.25, 0.0, 1.25])


@pytest.mark.parametrize(
    ("schedule", "values"),
    [
        (Constant(3.0), [3, 3, 3]),
        (Ramp(0, 4), [0, 2, 4]),
        (Ramp(0, 4, share=0.25), [0, 4, 4]),
        (Ramp(8, 4), [8, 6, 4]),
        (Cyclical(4, cycles=1, share=1.0), [0, 2, 4]),
        (Cyclical(4, cycles=4, share=0.5), [0, 0, 4]),
        (Cyclical(4, cycles=3, share=0.5), [0, 4, 4]),
    ],
)
def test_schedules_at_the_start_halfway_and_at_the_end(schedule: Schedule, values: list[float]) -> None:
    assert [schedule(at(progress)) for progress in (0, 0.5, 1)] == pytest.approx(values)


@given(shares, shares, st.floats(0.01, 1))
def test_a_ramp_never_falls_and_stays_within_its_ends(a: float, b: float, share: float) -> None:
    low, high = (Ramp(0, 4, share)(at(p)) for p in sorted((a, b)))
    assert 0 <= low <= high <= 4
    assert Ramp(0, 4, share)(at(share)) == pytest.approx(4)


@given(shares, st.integers(1, 10), st.floats(0.01, 1))
def test_cycles_repeat(progress: float, cycles: int, share: float) -> None:
    schedule = Cyclical(4, cycles, share)
    assert 0 <= schedule(at(progress)) <= 4
    first = Cyclical(4, 1, share)(at(progress))
    for k in range(cycles):
        shifted = (k + progress) / cycles
        inside = 1e-6 < progress < 1 - 1e-6  # at the joints rounding picks a side
        assert not inside or schedule(at(shifted)) == pytest.approx(first, abs=1e-4 / share)
    assert schedule(at(1)) == 4


def test_an_objective_knows_whether_it_changes_with_the_training() -> None:
    assert not (Reconstruction() + 2.0 * KL()).scheduled
    assert (Reconstruction() + Ramp(0, 1) * KL()).scheduled
    assert (Reconstruction() + 1.0 * CapacityGap(Ramp(0, 1))).scheduled
    assert not (Reconstruction() + 1.0 * CapacityGap(Constant(1))).scheduled


class Own(Term):
    """A term with a parameter of its own."""

    name = "own"
    per = "batch"
    latex = "w"

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.ones(()))

    def forward(self, model: object, step: Step, passed: Pass) -> Tensor:
        return self.w**2


def test_parameters_of_terms_belong_to_the_objective() -> None:
    objective: Objective = Reconstruction() + 0.5 * Own()
    assert len(list(objective.parameters())) == 1
    torch.autograd.backward(objective(MODEL, STEP, PASS).loss)
    assert objective.terms[1].w.grad == 1.0
