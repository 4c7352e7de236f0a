"""Bounds counted by hand, labels that are drawn from and labels that are never looked at."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal, kl_divergence

from aecore.bottlenecks import DiagonalGaussian
from aecore.data import load_dataset
from aecore.errors import UserError
from aecore.metrics import evaluate
from aecore.objectives import Model, Term
from aecore.objectives.semi_supervised import Classification, LabelledBound, UnlabelledBound
from aecore.stages.semi_supervised import M1M2, M2, SemiSupervised
from aecore.step import Pass, Step
from aecore.training import EpochEnd, Fit
from tests.aecore.small import digits, epochs, fit, model, weights

FEW = load_dataset("digits", binarise="threshold", labelled=50)
X, LABEL = FEW.test.x[:32], cast(Tensor, FEW.test.label)[:32]
BOTH = pytest.mark.parametrize("variant", ["m2", "m1-m2"])


def sorter(variant: str = "m2", **options: Any) -> SemiSupervised:
    return cast(SemiSupervised, model(variant, data=FEW, **options))


class Table:
    """A model whose bounds and classes are given, and of whose examples some have labels."""

    def __init__(self, bounds: Tensor, log_q: Tensor) -> None:
        self.bounds, self.log_q, self.classes = bounds, log_q, bounds.shape[1]

    def labelled(self, step: Step) -> tuple[Tensor, Tensor]:
        assert step.label is not None
        return step.input[step.label >= 0], step.label[step.label >= 0]

    def unlabelled(self, step: Step) -> Tensor:
        assert step.label is not None
        return step.input[step.label < 0]

    def see(self, x: Tensor) -> Tensor:
        return x

    def log_classes(self, seen: Tensor) -> Tensor:
        return self.log_q[seen]

    def bound(self, seen: Tensor, y: Tensor) -> Tensor:
        return (self.bounds[seen] * y).sum(1)


def values(bounds: Tensor, log_q: Tensor, label: Tensor) -> list[float]:
    rows = torch.arange(len(bounds))
    step, made = Step(rows, rows, label=label), cast(Model, Table(bounds, log_q))
    terms = (LabelledBound(), UnlabelledBound(), Classification())
    return [float(term(made, step, cast(Pass, None))) for term in terms]


def test_the_terms_are_sums_over_classes_written_out() -> None:
    torch.manual_seed(0)
    bounds, log_q = 10 * torch.rand(5, 3), torch.randn(5, 3).log_softmax(1)
    label = torch.tensor([2, -1, 0, -1, -1])
    unlabelled = [
        sum(math.exp(log_q[i, y]) * float(bounds[i, y] + log_q[i, y]) for y in range(3)) for i in (1, 3, 4)
    ]
    wanted = [
        float(bounds[0, 2] + bounds[2, 0]) / 2,
        sum(unlabelled) / 3,
        -float(log_q[0, 2] + log_q[2, 0]) / 2,
    ]
    assert values(bounds, log_q, label) == pytest.approx(wanted, rel=1e-5)


def test_the_unlabelled_bound_is_tight_where_the_classifier_is_right() -> None:
    """U(x) ≥ −log Σ_y exp −L(x, y), with equality at q(y|x) ∝ exp −L(x, y)."""
    torch.manual_seed(0)
    bounds, unknown = 5 * torch.rand(4, 3), torch.full((4,), -1)
    best = float(-torch.logsumexp(-bounds, 1).mean())
    assert values(bounds, (-bounds).log_softmax(1), unknown)[1] == pytest.approx(best, rel=1e-5)
    for _ in range(20):
        assert values(bounds, torch.randn(4, 3).log_softmax(1), unknown)[1] > best


@pytest.mark.parametrize(("progress", "heard"), [(0.0, False), (0.29, False), (0.3, True), (1.0, True)])
def test_labels_first_the_classifier_hears_of_them_alone(progress: float, heard: bool) -> None:
    made = sorter(labels_first=0.3)
    step = replace(made.prepare(Step(X, X, label=torch.full((32,), -1))), progress=progress)
    (unlabelled,) = (term for term in made.objective.terms if isinstance(term, UnlabelledBound))
    unlabelled(cast(Model, made.train()), step, cast(Pass, None)).backward()
    assert all((p.grad is not None and bool(p.grad.any())) is heard for p in made.logits.parameters())
    assert all(p.grad is not None and bool(p.grad.any()) for p in made.decoder.parameters())


def test_without_any_of_a_kind_its_mean_is_zero() -> None:
    bounds, log_q = torch.ones(2, 3), torch.zeros(2, 3).log_softmax(1)
    assert values(bounds, log_q, torch.tensor([0, 1]))[1] == 0
    labelled, _, classification = values(bounds, log_q, torch.tensor([-1, -1]))
    assert labelled == classification == 0


@pytest.mark.parametrize("likelihood", ["bernoulli", "mse"])
@torch.no_grad()
def test_m2s_bound_is_that_of_its_distributions(likelihood: str) -> None:
    made, y = sorter(likelihood=likelihood), torch.eye(10)[LABEL]
    torch.manual_seed(3)
    bound = made.bound(X, y)
    torch.manual_seed(3)
    features = made.encoder(X, y)[-1]
    head = cast(DiagonalGaussian, made.bottleneck)
    q = Normal(head.mu(features), head(made.encoder(X, y)).logvar.div(2).exp())
    z = q.mean + q.stddev * torch.randn_like(q.mean)
    raw = made.decoder(z, y)
    p = Bernoulli(logits=raw) if likelihood == "bernoulli" else Normal(raw.sigmoid(), 1)
    log_p = p.log_prob(X).sum((1, 2, 3))
    by_hand = -log_p + math.log(10) + kl_divergence(q, Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(bound, by_hand)


@torch.no_grad()
def test_what_is_measured_bounds_log_p_of_the_example_whatever_its_class() -> None:
    """Of one z, p(x, y) = p(y) ∫ p(x|y, z) N(z) dz by a fine sum: the class that is found is not free."""
    few = replace(FEW, test=FEW.test.take(torch.arange(6)))
    made = sorter(latent_dim=1)
    with torch.enable_grad():
        fit(made, FEW, epochs=6, lr=5e-3, keep="last")
    z, x = torch.linspace(-8, 8, 1601), few.test.x
    weight = Normal(0.0, 1.0).log_prob(z) + math.log(0.01)
    joint = torch.empty(6, 10)
    for k in range(10):
        p = Bernoulli(logits=made.eval().decoder(z[:, None], torch.eye(10)[k].expand(1601, 10)))
        log_p = torch.stack([p.log_prob(each.expand(1601, 1, 8, 8)).sum((1, 2, 3)) for each in x], 1)
        joint[:, k] = (log_p + weight[:, None]).logsumexp(0) - math.log(10)
    found = made.log_classes(x).argmax(1)
    of_found, exact = -joint.gather(1, found[:, None]).mean(), -joint.logsumexp(1).mean()
    values: dict[str, Any] = evaluate(made, few, nll_samples=2000, only=("nll", "negative_elbo", "elbo_gap"))
    assert values["nll"] == pytest.approx(float(of_found), abs=0.1)
    assert values["negative_elbo"] == pytest.approx(values["nll"] + values["elbo_gap"], abs=1.5)
    assert values["negative_elbo"] >= values["nll"] >= float(exact)


def test_m2_needs_a_density() -> None:
    with pytest.raises(UserError, match="m2 bounds a density; this --likelihood is none"):
        sorter(likelihood="huber")


@torch.no_grad()
def test_m1_m2s_bound_is_that_of_the_codes_below() -> None:
    made = cast(M1M2, sorter("m1-m2").eval())
    made.code_likelihood.raw_log_sigma.uniform_(-2, 1)  # each number of z₁ has a width of its own
    y, z1 = torch.eye(10)[LABEL], made.m1_code(made.m1_encoder(X)).mean
    torch.testing.assert_close(made.see(X), z1)
    torch.manual_seed(3)
    bound = made.bound(z1, y)
    torch.manual_seed(3)
    posterior = made.bottleneck(made.encoder(z1, y))
    z2 = posterior.sample()
    sigma = made.code_likelihood.log_sigma.exp()
    log_p = Normal(made.decoder.inner(z2, y), sigma).log_prob(z1).sum(1)
    torch.testing.assert_close(bound, -log_p + math.log(10) + posterior.kl().sum(1))
    through = made.decoder.outer(made.decoder.inner(z2, y))
    torch.testing.assert_close(made.decode_raw(z2, y), through)


@torch.no_grad()
def test_m1_is_read_as_a_sample_in_training() -> None:
    made = cast(M1M2, sorter("m1-m2").train())
    many = torch.stack([made.see(X[:4]) for _ in range(2000)])
    q = made.m1_code(made.m1_encoder(X[:4]))
    torch.testing.assert_close(many.mean(0), q.mean, atol=0.1, rtol=0)
    torch.testing.assert_close(many.std(0), (0.5 * q.logvar).exp(), atol=0.1, rtol=0)


def test_every_step_sees_labelled_examples_and_none_but_these() -> None:
    made = sorter()
    made.remember(FEW.train)
    assert FEW.train.label is not None
    index = torch.nonzero(FEW.train.label >= 0)[:, 0]
    batch = FEW.train.take(torch.nonzero(FEW.train.label < 0)[:20, 0])
    step = Step(batch.x, batch.x, label=batch.label)
    x, label = made.train().labelled(step)
    assert len(x) == 20

    def pairs(x: Tensor, label: Tensor) -> set[tuple[tuple[float, ...], int]]:
        return {(tuple(row.flatten().tolist()), int(y)) for row, y in zip(x, label, strict=True)}

    assert pairs(x, label) <= pairs(FEW.train.x[index], FEW.train.label[index])
    assert len(made.unlabelled(step)) == 20
    assert len(made.eval().labelled(step)[0]) == 0  # outside of training a step's own labels count
    assert not [name for name in weights(made) if "known" in name]


def test_with_all_labels_known_nothing_is_remembered() -> None:
    made, all_known = sorter(), digits()
    made.remember(all_known.train)
    assert len(made.known_x) == 0
    step = Step(all_known.train.x[:8], all_known.train.x[:8], label=cast(Tensor, all_known.train.label)[:8])
    assert len(made.train().labelled(step)[0]) == 8
    assert len(made.unlabelled(step)) == 0
    assert len(made.eval().unlabelled(step)) == 8


def test_without_a_label_it_says_so() -> None:
    nothing = replace(FEW.train, label=torch.full_like(cast(Tensor, FEW.train.label), -1))
    with pytest.raises(UserError, match="no label is known"):
        sorter().remember(nothing)


@BOTH
@torch.no_grad()
def test_an_unknown_class_is_the_most_probable_one(variant: str) -> None:
    made = sorter(variant).eval()
    guess = torch.eye(10)[made.log_classes(made.see(X)).argmax(1)]
    assert torch.equal(made.complete(X), guess)
    assert torch.equal(made.complete(X, torch.zeros(32, 10)), guess)
    told = torch.eye(10)[LABEL]
    assert torch.equal(made.complete(X, told), told)
    assert torch.equal(made.told(Step(X, X, label=LABEL)), guess)  # whatever the label says
    assert torch.equal(made.encode(X, torch.zeros(32, 10)), made.encode(X, guess))
    assert not torch.equal(made.encode(X, told), made.encode(X, guess))


@BOTH
@torch.no_grad()
def test_the_classification_error_counts_wrong_guesses(variant: str) -> None:
    made = sorter(variant).eval()
    test = FEW.test.take(torch.arange(64))
    probabilities = made.functions()["classifier"].module(test.x)[0]
    assert probabilities.shape == (64, 10)
    torch.testing.assert_close(probabilities.sum(1), torch.ones(64))
    wrong = sum(
        int(p.argmax()) != int(y) for p, y in zip(probabilities, cast(Tensor, test.label), strict=True)
    )
    assert made.diagnostics(test)["classification_error"] == pytest.approx(100 * wrong / 64)
    assert "classification_error" not in made.diagnostics(replace(test, label=None))


def test_gradients_reach_what_a_term_is_about() -> None:
    made = cast(M2, sorter())
    made.remember(FEW.train)
    batch = FEW.train.take(torch.arange(32))
    step = Step(batch.x, batch.x, label=batch.label)
    classifier, generative = {"classifier", "logits"}, {"encoder", "bottleneck", "decoder"}
    wanted: dict[Term, set[str]] = {
        LabelledBound(): generative,
        Classification(): classifier,
        UnlabelledBound(): classifier | generative,
    }
    for term, parts in wanted.items():
        made.zero_grad(set_to_none=True)
        term(made, step, made(step)).backward()
        reached = {
            n.partition(".")[0] for n, p in made.named_parameters() if p.grad is not None and p.grad.any()
        }
        assert reached == parts


def test_m1_stands_still_while_m2_learns() -> None:
    made = sorter("m1-m2")
    before, moved = weights(made), dict[str, set[str]]()
    for event in Fit(made, FEW, epochs=4, batch_size=256, device="cpu"):
        if isinstance(event, EpochEnd):
            after = weights(made)
            changed = {n for n in after if not torch.equal(before[n], after[n])}
            moved[event.stage] = {
                ".".join(n.split(".")[: 2 if n.startswith("decoder") else 1]) for n in changed
            }
            before = after
    assert moved["m1"] == {"m1_encoder", "m1_code", "decoder.outer"}
    assert moved["m2"] == {
        "encoder", "bottleneck", "decoder.inner", "classifier", "logits", "code_likelihood",
    }  # fmt: skip


@pytest.mark.parametrize(("variant", "error"), [("m2", 40.0), ("m1-m2", 60.0)])
def test_every_term_falls_and_few_labels_are_enough_for_many_examples(variant: str, error: float) -> None:
    made = sorter(variant, **({"m1_dim": 10, "m2_hidden": (32,)} if variant == "m1-m2" else {}))
    options: dict[str, Any] = {"epochs": 10, "lr": 5e-3, "keep": "last"}
    ends = [end for end in epochs(fit(made, FEW, **options)) if end.stage != "m1"]
    for term in ("unlabelled_bound", "labelled_bound", "classification_loss"):
        assert ends[-1].train[term] < ends[0].train[term]
    assert cast(float, made.diagnostics(FEW.test)["classification_error"]) < error  # by chance: 90


@torch.no_grad()
def test_a_class_can_be_asked_for() -> None:
    made, data = sorter(), load_dataset("digits", binarise="threshold")
    with torch.enable_grad():
        fit(made, data, epochs=8, lr=5e-3)
    assert data.train.label is not None
    means = torch.stack([data.train.x[data.train.label == k].mean(0) for k in range(10)])
    written = made.decode(torch.zeros(10, 4), torch.eye(10))
    nearest = torch.cdist(written.flatten(1), means.flatten(1)).argmin(1)
    assert int((nearest == torch.arange(10)).sum()) >= 9
    assert made.sample(6).shape == (6, *data.spec.shape)
