"""What the lessons show where guides err, against answers that are known otherwise."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from aecore.data import load_dataset
from aecore.step import Step
from aecore.studies import STUDIES, claims, user_folder
from aecore.variants import VARIANTS, build
from tests.aecore.studies import made


def values(shown: claims.Shown, column: int = 1) -> list[float]:
    return [float(row[column]) for row in shown.rows]


def test_the_kl_is_the_integral_and_the_guides_is_its_negative() -> None:
    q, p = stats.norm(1, 0.5), stats.norm()
    exact, _ = integrate.quad(lambda x: q.pdf(x) * (q.logpdf(x) - p.logpdf(x)), -8, 10)
    assert values(claims.sign_of_the_kl()) == pytest.approx([exact, -exact, exact])


def test_a_squared_error_without_its_half_is_a_density_of_variance_one_half() -> None:
    at_one, half, at_half, whole = values(claims.half_the_variance())
    for variance, shown in ((1.0, at_one), (0.5, at_half)):
        of = stats.norm(0, math.sqrt(variance))
        assert shown == pytest.approx(of.logpdf([0, 0]).sum() - of.logpdf([1, 2]).sum())
    assert [at_one, at_half] == pytest.approx([half, whole])


def test_a_dense_layer_has_a_weight_for_each_pair() -> None:
    weights, biases, petabytes = values(claims.weights_of_a_layer())
    small = torch.nn.Linear(40, 30)
    assert weights / small.weight.numel() == (claims.WIDE / 40) * (claims.NARROW / 30)
    assert biases == 30e6
    assert petabytes == pytest.approx(4.8, rel=1e-6)
    assert weights == 1.2e15


def test_gradients_of_both_sides_are_slopes_of_the_loss() -> None:
    shown = claims.gradients_of_both_sides()
    torch.manual_seed(0)
    model = build(
        {"variant": "autoencoder", "latent_dim": 8, "hidden": (64, 32)}, load_dataset("digits").spec
    )
    model.double()
    x = load_dataset("digits").train.x[:128].double()
    first, last = (
        model.encoder.get_parameter("blocks.0.0.weight"),
        model.decoder.get_parameter("output.weight"),
    )
    for weight, length in ((first, shown.rows[0][1]), (last, shown.rows[0][2])):
        (gradient,) = torch.autograd.grad(model.losses(Step(x, x)).loss, weight)
        along = gradient / gradient.norm()
        with torch.no_grad():
            ends = []
            for step in (1e-5, -1e-5):
                weight.add_(step * along)
                ends.append(float(model.losses(Step(x, x)).loss))
                weight.sub_(step * along)
        assert float(length) == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-3)
    for _, down, up in shown.rows:
        assert abs(math.log(float(down) / float(up))) > 0.5  # not symmetric


def test_noise_is_drawn_given_the_example() -> None:
    for (label, mean, spread), x in zip(claims.corruption_of_an_example().rows, (0.2, 0.8), strict=True):
        assert label == f"x = {x}"
        assert mean == pytest.approx(x, abs=4 * 0.3 / math.sqrt(100_000))
        assert spread == pytest.approx(0.3, rel=0.01)


def test_the_best_denoiser_points_along_the_score() -> None:
    density = stats.norm(0, math.sqrt(1 + 0.25))
    for row, at in zip(claims.denoising_is_the_score().rows, (-2.0, -0.5, 1.0), strict=True):
        slope = (density.logpdf(at + 1e-5) - density.logpdf(at - 1e-5)) / 2e-5
        assert row[2] == pytest.approx(slope, rel=1e-6)
        assert row[1] == pytest.approx(slope, rel=0.02)


def test_what_studies_found_is_told_or_how_to_find_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("aecore.studies.results.SHIPPED", tmp_path)
    for claim, study in ((claims.price_and_collapse, "beta"), (claims.relu_inside_a_decoder, "activations")):
        assert claim().rows == ()
        assert f"aecore study run {study}" in claim().note
        made.write(STUDIES[study], user_folder())
        assert "on mnist" in claim().note
    label, *figures = claims.price_and_collapse().rows[0]
    assert label == "0.1"
    assert figures == pytest.approx([1.1, 3.1])
    assert [row[0] for row in claims.relu_inside_a_decoder().rows] == [
        "relu", "tanh", "elu", "gelu", "sigmoid", "gelu, decoder relu",
    ]  # fmt: skip


@pytest.mark.parametrize("name", claims.CLAIMS)
def test_each_paragraph_has_its_claim_and_drawing_leaves_no_trace(name: str) -> None:
    paragraphs = VARIANTS[name].lesson.count("**Where guides err.**")
    assert paragraphs == len(claims.CLAIMS[name])
    state = torch.get_rng_state()
    for claim in claims.CLAIMS[name]:
        shown = claim()
        assert all(len(row) == len(shown.head) for row in shown.rows)
        assert np.isfinite([value for row in shown.rows for value in row[1:]]).all()
    assert torch.equal(torch.get_rng_state(), state)


def test_no_other_lesson_speaks_of_guides() -> None:
    assert {name for name, each in VARIANTS.items() if "Where guides err" in each.lesson} == set(
        claims.CLAIMS
    )
