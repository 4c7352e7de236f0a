"""A teacher that teaches, is measured, and leaves nothing but its pupil."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from torch.distributions import Bernoulli, kl_divergence

from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.stages.distilled import Distilled, TeacherCode, TeacherOutput
from aecore.step import Step
from aecore.training import EpochEnd, Fit
from aecore.variants import build
from tests.aecore.sequences import SERIES, examples
from tests.aecore.small import digits, epochs, equal, fit, model, weights

DATA = digits(1200)
STEP = Step(DATA.train.x[:64], DATA.train.x[:64])
SMALL: dict[str, Any] = {"teacher_hidden": (64, 32), "teacher_dim": 6}


def pupil(**options: Any) -> Distilled:
    return cast(Distilled, model("distilled", **{**SMALL, **options}))


def test_terms_are_what_they_say() -> None:
    made = pupil()
    passed = made(STEP)
    assert made.teacher
    assert made.between
    with torch.no_grad():
        code, output = made.teacher.encode(STEP.input), made.teacher.reconstruct(STEP.input)
    by_hand = 0.5 * (torch.sigmoid(passed.raw) - output).square().flatten(1).sum(1)
    torch.testing.assert_close(TeacherOutput()(made, STEP, passed), by_hand)
    mapped = passed.z @ made.between.weight.T + made.between.bias
    torch.testing.assert_close(TeacherCode()(made, STEP, passed), 0.5 * ((mapped - code) ** 2).sum(1))


@pytest.mark.parametrize("likelihood", ["mse", "natural", "huber"])
def test_of_a_series_a_pupil_that_says_what_the_teacher_says_has_nothing_to_learn(likelihood: str) -> None:
    made = cast(
        Distilled, build({"variant": "distilled", **SMALL, "units": 8, "likelihood": likelihood}, SERIES)
    )
    x = examples(SERIES, [6, 4, 2, 1])
    step = Step(x, x)
    passed, said = made(step), made.lesson(x)[1]
    raw = said.clone().requires_grad_()
    value = TeacherOutput()(made, step, replace(passed, raw=raw))
    (slope,) = torch.autograd.grad(value.sum(), raw)
    torch.testing.assert_close(slope, torch.zeros_like(slope), atol=1e-6, rtol=0)

    if likelihood == "mse":
        raw = torch.randn_like(said)
        for row, length in enumerate((6, 4, 2, 1)):
            values = 0.5 * (raw - said)[row, :length, :-1].square().sum()
            end = slice(0, length + 1)
            p, q = (Bernoulli(logits=each[row, end, -1]) for each in (said, raw))
            expected = values + (kl_divergence(p, q) + p.entropy()).sum()
            torch.testing.assert_close(TeacherOutput()(made, step, replace(passed, raw=raw))[row], expected)


@torch.no_grad()
def test_a_pupil_that_writes_step_by_step_is_measured_as_it_is_trained() -> None:
    made, train = pupil(net="transformer"), DATA.train.take(torch.arange(64))
    made.dismiss(train)
    raw = made.decoder(made.encode(train.x), None, train.x)  # each row knows those before it
    expected = 0.5 * (torch.sigmoid(raw) - train.x).square().sum((1, 2, 3)).mean()
    assert float(made.student_distortion) == pytest.approx(float(expected), rel=1e-5)


def test_the_pupils_loss_does_not_reach_the_teacher() -> None:
    made = pupil()
    teacher, student = (stage.players[0] for stage in made.stages()[:2])
    student.loss(STEP).loss.backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in student.parameters)
    assert all(p.grad is None for p in teacher.parameters)


def test_the_teacher_reads_a_batch_once_a_step_for_both_terms() -> None:
    made, read = pupil(), list[int]()
    assert made.teacher
    made.teacher.encoder.register_forward_hook(lambda *_: read.append(1))
    report = made.losses(STEP).report
    assert {"teacher_output", "teacher_code"} <= report.keys()
    assert len(read) == 1
    made.losses(STEP)
    assert len(read) == 2  # and anew at the next step


@pytest.mark.parametrize(("weight", "map_is_there"), [(0.0, False), (0.5, True)])
def test_without_codes_there_is_no_map_between_them(weight: float, map_is_there: bool) -> None:
    made = pupil(code_weight=weight)
    assert (made.between is not None) == map_is_there
    assert len(made.objective.terms) == 2 + map_is_there


def test_each_moves_in_its_own_stage_and_every_term_falls() -> None:
    made = pupil()
    before, ends = weights(made), []
    moved: dict[str, set[str]] = {}
    for event in Fit(made, DATA, epochs=12, batch_size=64, lr=3e-3, device="cpu"):
        if isinstance(event, EpochEnd):
            after = weights(made)
            changed = {name.partition(".")[0] for name in after if not torch.equal(before[name], after[name])}
            moved[event.stage] = moved.get(event.stage, set()) | changed
            before = after
            ends.append(event)
    assert moved == {"teacher": {"teacher"}, "student": {"encoder", "bottleneck", "decoder", "between"}}
    first, last = (end.train for end in (ends[6], ends[-1]))
    for term in ("distortion", "teacher_output", "teacher_code"):
        assert last[term] < first[term]


@torch.no_grad()
def test_the_teacher_leaves_its_measure_and_nothing_else() -> None:
    made = pupil()
    teacher = made.teacher
    assert teacher
    with torch.enable_grad():
        fit(made, DATA, epochs=4)
    assert made.teacher is None
    assert not [name for name in weights(made) if "teacher." in name or "between" in name]
    assert sum(p.numel() for p in made.parameters()) == sum(
        p.numel() for p in model("autoencoder").parameters()
    )
    x = DATA.train.x
    report = made.diagnostics(DATA.test)
    for name, of in (("teacher_distortion", teacher), ("student_distortion", made)):
        by_hand = 0.5 * (of.reconstruct(x) - x).square().sum((1, 2, 3)).mean()
        assert report[name] == pytest.approx(float(by_hand), rel=1e-5)
    assert report["teacher_parameters"] == sum(p.numel() for p in teacher.parameters())
    assert made.losses(STEP).report.keys() == {"distortion"}  # it can still say how it does

    again = pupil(seed=1)
    assert again.diagnostics(DATA.test) == {}
    again.load_state_dict(weights(made))
    assert again.teacher is None
    assert equal(weights(again), weights(made))
    assert torch.equal(again.reconstruct(x), made.reconstruct(x))


def test_a_teacher_in_the_weights_stays() -> None:
    made, again = pupil(), pupil(seed=1)
    again.load_state_dict(weights(made))
    assert again.teacher
    assert equal(weights(again), weights(made))
    assert [end.stage for end in epochs(fit(again, epochs=2))] == ["teacher", "student"]


def test_a_teacher_of_words_is_refused_whatever_the_net_of_the_student() -> None:
    words = DataSpec("words", "tokens", (8,), "token", vocabulary=("", "a"))
    with pytest.raises(UserError, match=r"The teacher is a perceptron, .* Use another variant"):
        build({"variant": "distilled", "net": "recurrent"}, words)
