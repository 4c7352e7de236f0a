"""Likelihoods of series and tokens, against `torch.distributions` one example at a time."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.distributions import Bernoulli, Normal
from torch.distributions import Categorical as TorchCategorical
from torch.nn import functional as F

from aecore.data import DataSpec
from aecore.errors import UserError
from aecore.likelihoods import (
    LIKELIHOODS,
    MSE,
    Categorical,
    Gaussian,
    Huber,
    most_probable,
    natural,
    up_to_the_end,
)
from aecore.step import Step
from aecore.variants import build

T, V = 5, 4
SERIES = DataSpec("waves", "series", (T, 3), "real")
TOKENS = DataSpec("words", "tokens", (T,), "token", vocabulary=("", "a", "b", "c"))
TABLE = DataSpec("table", "table", (7,), "real")

lengths = st.lists(st.integers(0, T), min_size=1, max_size=4)
seeds = st.integers(0, 10_000)


def series(length: list[int]) -> Tensor:
    """Random series of two channels and the presence channel, float64."""
    lasts = (torch.arange(T) < torch.tensor(length)[:, None])[..., None].double()
    return torch.cat([torch.randn(len(length), T, 2).double() * lasts, lasts], -1)


def words(length: list[int]) -> Tensor:
    return torch.randint(1, V, (len(length), T)) * (torch.arange(T) < torch.tensor(length)[:, None])


def end_by_hand(logits: Tensor, length: int) -> float:
    """−log p of going on ``length`` times, and then of not going on."""
    coins = [
        Bernoulli(logits=r).log_prob(torch.tensor(float(t < length)).double()) for t, r in enumerate(logits)
    ]
    return -sum(float(each) for each in coins[: length + 1])


@given(lengths, seeds, st.floats(-2, 2))
def test_a_gaussian_counts_the_steps_that_are_there_and_the_end(
    length: list[int], seed: int, width: float
) -> None:
    torch.manual_seed(seed)
    target, raw = series(length), torch.randn(len(length), T, 3).double()
    likelihood = Gaussian(SERIES).double()
    likelihood.raw_log_sigma.data.fill_(width)
    sigma = likelihood.log_sigma.detach().exp()
    nll = likelihood.nll(raw, target).detach()
    for i, n in enumerate(length):
        there = -Normal(raw[i, :n, :2], sigma).log_prob(target[i, :n, :2]).sum()
        assert float(nll[i]) == pytest.approx(float(there) + end_by_hand(raw[i, :, 2], n))


@given(lengths, seeds)
def test_mse_of_series_has_the_constants_of_the_steps_that_are_there(length: list[int], seed: int) -> None:
    torch.manual_seed(seed)
    target, raw = series(length), torch.randn(len(length), T, 3).double()
    likelihood = MSE(SERIES)
    for i, n in enumerate(length):
        squares = 0.5 * (raw[i, :n, :2] - target[i, :n, :2]).square().sum()
        expected = float(squares) + end_by_hand(raw[i, :, 2], n)
        assert float(likelihood.distortion(raw, target)[i]) == pytest.approx(expected)
        assert float(likelihood.nll(raw, target)[i]) == pytest.approx(expected + n * math.log(2 * math.pi))
    huber = Huber(SERIES, huber_delta=0.5).distortion(raw, target)[0]
    there = F.huber_loss(raw[0, : length[0], :2], target[0, : length[0], :2], reduction="sum", delta=0.5)
    assert float(huber) == pytest.approx(float(there) + end_by_hand(raw[0, :, 2], length[0]))


@given(seeds, st.floats(0.1, 8))
def test_the_probabilities_of_all_lengths_add_up_to_one(seed: int, spread: float) -> None:
    torch.manual_seed(seed)
    raw = spread * torch.randn(1, T, 3).double()
    likelihood = MSE(SERIES)
    zeros = [torch.cat([raw[..., :2] * series([n])[..., 2:], series([n])[..., 2:]], -1) for n in range(T + 1)]
    p = torch.stack(
        [(-likelihood.distortion(raw, x)[0]).exp() for x in zeros]
    )  # values as predicted: ends alone
    assert float(p.sum()) == pytest.approx(1)
    lasts = likelihood.mean(raw)[0, :, 2]  # P(step t is there) = P(length > t)
    torch.testing.assert_close(lasts, torch.stack([p[t + 1 :].sum() for t in range(T)]))
    assert bool((lasts.diff() <= 0).all())
    assert torch.equal(likelihood.mean(raw)[..., :2], raw[..., :2])


def test_what_is_said_after_the_end_costs_nothing_and_moves_nothing() -> None:
    target, letters = series([2, 0]), words([2, 0])
    raw = torch.randn(2, T, 3).double().requires_grad_()
    (slope,) = torch.autograd.grad(Gaussian(SERIES).double().distortion(raw, target).sum(), raw)
    assert bool((slope[0, 3:] == 0).all() and (slope[1, 1:] == 0).all())
    assert bool((slope[0, 2, :2] == 0).all())  # the step that ends it has no value
    assert bool((slope[0, :3, 2] != 0).all() and (slope[0, :2] != 0).all())
    logits = torch.randn(2, T, V).requires_grad_()
    (slope,) = torch.autograd.grad(Categorical(TOKENS).distortion(logits, letters).sum(), logits)
    assert bool((slope[0, 3:] == 0).all() and (slope[1, 1:] == 0).all())
    assert bool((slope[0, :3] != 0).all() and (slope[1, 0] != 0).all())


@given(lengths, seeds)
def test_tokens_are_those_of_torch_up_to_and_including_the_end(length: list[int], seed: int) -> None:
    torch.manual_seed(seed)
    target, raw = words(length), 3 * torch.randn(len(length), T, V).double()
    likelihood = Categorical(TOKENS)
    nll = likelihood.nll(raw, target)
    for i, n in enumerate(length):
        each = TorchCategorical(logits=raw[i]).log_prob(target[i])
        assert float(nll[i]) == pytest.approx(-float(each[: n + 1].sum()))
    torch.testing.assert_close(likelihood.mean(raw), TorchCategorical(logits=raw).probs)


def test_the_probabilities_of_all_words_add_up_to_one() -> None:
    spec = replace(TOKENS, shape=(3,))
    every = [
        w for w in itertools.product(range(V), repeat=3) if w == (*(t for t in w if t), *[0] * w.count(0))
    ]
    assert len(every) == 1 + 3 + 9 + 27
    raw = 2 * torch.randn(1, 3, V).double()
    x = torch.tensor(every)
    p = (-Categorical(spec).nll(raw.expand(len(x), 3, V), x)).exp()
    assert float(p.sum()) == pytest.approx(1)


def test_the_most_probable_word_ends_at_its_first_end() -> None:
    scores = F.one_hot(torch.tensor([[1, 2, 0, 3, 1], [0, 1, 1, 1, 1], [3, 3, 3, 3, 3]]), V).float()
    assert most_probable(scores).tolist() == [[1, 2, 0, 0, 0], [0, 0, 0, 0, 0], [3, 3, 3, 3, 3]]


@given(lengths)
def test_up_to_the_end_counts_one_more_than_is_there(length: list[int]) -> None:
    kept = up_to_the_end(series(length)[..., 2:])
    assert kept.sum((1, 2)).tolist() == [min(n + 1, T) for n in length]


def test_the_natural_one_suits_the_kind() -> None:
    assert isinstance(natural(TOKENS), Categorical)
    assert isinstance(natural(SERIES), Gaussian)
    assert isinstance(natural(TABLE), Gaussian)


@pytest.mark.parametrize("name", [name for name in LIKELIHOODS if name not in ("natural", "categorical")])
def test_no_other_reads_tokens(name: str) -> None:
    with pytest.raises(UserError, match=rf"{name} .*words's values are token\. Use --likelihood categorical"):
        LIKELIHOODS[name](TOKENS)


@pytest.mark.parametrize("spec", [SERIES, TABLE], ids=lambda spec: spec.kind)
@pytest.mark.parametrize("name", ["bernoulli", "pseudo-bernoulli", "continuous-bernoulli", "categorical"])
def test_real_values_are_refused_by_what_wants_others(name: str, spec: DataSpec) -> None:
    with pytest.raises(UserError, match=rf"{name} .*values are real\. Use --likelihood mse or gaussian"):
        LIKELIHOODS[name](spec)


@pytest.mark.parametrize("likelihood", ["mse", "gaussian"])
def test_the_bound_of_a_model_of_series_has_the_constants_of_its_steps(likelihood: str) -> None:
    torch.manual_seed(0)
    config = {"variant": "vae", "latent_dim": 2, "hidden": (8,), "net": "mlp", "likelihood": likelihood}
    model, x = build(config, SERIES), series([5, 3, 1]).float()
    report = model.losses(Step(x, x)).report
    steps = (5 + 3 + 1) / 3
    constant = steps * math.log(2 * math.pi) if likelihood == "mse" else 0  # two channels
    bound = float(report["distortion"] + report["rate"])
    assert float(report["negative_elbo"]) == pytest.approx(bound + constant, rel=1e-5)
