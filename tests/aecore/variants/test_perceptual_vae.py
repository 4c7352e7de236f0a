"""Perceptual VAE: features by hand, gradients to the decoder alone, and a judge that stands still."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from aecore.errors import UserError
from aecore.model import Autoencoder
from aecore.nets.classifier import Classifier, accuracy
from aecore.nets.frozen import frozen
from aecore.objectives import Perceptual, StructuralDissimilarity
from aecore.similarity import ms_ssim
from aecore.step import Pass, Step
from aecore.training import EpochEnd, Fit
from aecore.variants import build
from tests.aecore.small import digits, epochs, equal, fit, model, weights

DATA = digits(1200)
STEP = Step(DATA.test.x, DATA.test.x)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A classifier that sees every example twice and no more."""
    monkeypatch.setattr(sys.modules["aecore.variants.perceptual_vae"], "SEEN", 0)


def judge_of(made: Autoencoder) -> Classifier:
    """The classifier inside the objective."""
    (term,) = (term for term in made.objective.terms if isinstance(term, Perceptual))
    return cast(Classifier, term.judge)


def test_the_distance_is_half_the_squared_difference_of_every_feature() -> None:
    torch.manual_seed(0)
    judge = Classifier(DATA.spec)
    x, target = DATA.test.x[:5], DATA.test.x[5:10]
    value = Perceptual(judge).distance(x, target)
    by_hand = torch.zeros(5)
    for n in range(5):
        for a, b in zip(judge.features(x[n : n + 1]), judge.features(target[n : n + 1]), strict=True):
            by_hand[n] += 0.5 * float(((a - b) ** 2).sum().detach())
    torch.testing.assert_close(value, by_hand)
    torch.testing.assert_close(Perceptual(judge).distance(x, x), torch.zeros(5))


def test_ms_ssim_as_a_term_counts_elements() -> None:
    made = model("perceptual-vae", similarity="ms-ssim")
    raw = torch.randn(64, 1, 8, 8)
    none: Any = None
    value = StructuralDissimilarity(DATA.spec)(made, STEP, Pass(none, none, raw))
    torch.testing.assert_close(value, 64 * (1 - ms_ssim(torch.sigmoid(raw), STEP.target)))


def test_gradients_reach_the_decoder_and_not_the_judge() -> None:
    made = model("perceptual-vae")
    judge = judge_of(made)
    made.losses(STEP).loss.backward()
    assert all(p.grad is not None and p.grad.any() for p in made.decoder.parameters())
    assert all(p.grad is None and p.requires_grad for p in judge.parameters())
    assert not {id(p) for p in judge.parameters()} & {id(p) for p in made.parameters()}  # nor in a bundle


def test_the_judge_learns_first_and_never_moves_again() -> None:
    made = model("perceptual-vae")
    judge = judge_of(made)
    untrained, seen = weights(judge), []
    for event in Fit(made, digits(512), epochs=2, batch_size=64, device="cpu"):
        if isinstance(event, EpochEnd):
            seen.append(weights(judge))
    assert not equal(seen[0], untrained)
    assert equal(seen[0], seen[1])
    assert accuracy(judge, DATA.test) > 0.8


@pytest.mark.usefixtures("hurried")
def test_an_interrupted_training_has_the_same_judge() -> None:
    def fresh() -> tuple[Autoencoder, Fit]:
        made = model("perceptual-vae")
        return made, Fit(made, digits(256), epochs=2, batch_size=64, device="cpu")

    straight, whole = fresh()
    parts = next((whole.tensors(), whole.numbers()) for event in whole if isinstance(event, EpochEnd))
    parts = ({name: value.clone() for name, value in parts[0].items()}, parts[1])
    list(whole)
    resumed, rest = fresh()
    rest.restore(*parts)
    list(rest)
    assert equal(weights(judge_of(straight)), weights(judge_of(resumed)))
    assert equal(weights(straight), weights(resumed))


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("similarity", "term"), [("features", "perceptual"), ("ms-ssim", "ms_ssim_loss")])
def test_every_term_goes_down_on_real_data(similarity: str, term: str) -> None:
    made = model("perceptual-vae", similarity=similarity)
    ends = epochs(fit(made, digits(512), epochs=6, lr=5e-3))
    first, last = ends[0].train, ends[-1].train
    assert last[term] < 0.8 * first[term]
    assert last["distortion"] < first["distortion"]
    assert last["loss"] < first["loss"]


def test_what_cannot_be_judged_is_refused() -> None:
    unlabelled = replace(DATA.spec, classes=())
    with pytest.raises(UserError, match="classifier reads labelled images"):
        build({"variant": "perceptual-vae"}, unlabelled)
    assert build({"variant": "perceptual-vae", "similarity": "ms-ssim"}, unlabelled).latent_dim == 16
    with pytest.raises(UserError, match=r"images in \[0, 1\]"):
        build({"variant": "perceptual-vae", "similarity": "ms-ssim"}, replace(DATA.spec, values="real"))
    lost = replace(DATA, train=replace(DATA.train, label=None))
    with pytest.raises(UserError, match="labels"):
        fit(model("perceptual-vae"), lost, epochs=1)


def test_frozen_modules_pass_gradients_on_and_come_back_as_they_were() -> None:
    torch.manual_seed(0)
    part = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Dropout(0.5))
    fixed = nn.Linear(3, 1).requires_grad_(False)
    part[2].eval()
    before = weights(part)
    x = torch.randn(8, 3, requires_grad=True)
    with frozen(part, fixed):
        assert not part.training
        y: Tensor = fixed(part(x))
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.any()
    assert equal(weights(part), before)
    assert all(p.grad is None and p.requires_grad for p in part.parameters())
    assert [each.training for each in part] == [True, True, False]
    assert not fixed.weight.requires_grad
