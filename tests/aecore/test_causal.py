"""The prior over indices: causal, normalised by enumeration, and sampled as often as it says."""

from __future__ import annotations

from itertools import product

import torch

from aecore.nets.causal import CausalTransformer, NextIndex

K, SLOTS = 3, 4
EVERY = torch.tensor(list(product(range(K), repeat=SLOTS)))  # all 81 sequences


def transformer() -> CausalTransformer:
    """With weights large enough that its probabilities are far from uniform."""
    torch.manual_seed(0)
    made = CausalTransformer(K, SLOTS, width=8, layers=2).double().eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.4 * torch.randn_like(parameter))
    return made


@torch.no_grad()
def test_all_sequences_together_have_probability_one() -> None:
    log_p = transformer().log_prob(EVERY)
    torch.testing.assert_close(log_p.exp().sum(), torch.ones((), dtype=torch.float64))
    assert log_p.max() - log_p.min() > 1


@torch.no_grad()
def test_logits_see_only_what_stands_before() -> None:
    made = transformer()
    base = torch.tensor([[0, 1, 2, 0]])
    logits = made(base)
    for t in range(SLOTS):
        changed = base.clone()
        changed[0, t] = (changed[0, t] + 1) % K
        other = made(changed)
        assert torch.equal(other[:, : t + 1], logits[:, : t + 1])
        if t + 1 < SLOTS:
            assert (other[:, t + 1 :] != logits[:, t + 1 :]).any(2).all()
        torch.testing.assert_close(made(base[:, : t + 1]), logits[:, : t + 1])


def test_a_gradient_runs_to_no_later_place() -> None:
    made = transformer()
    places = made.places
    made(EVERY[:1])[0, 1].sum().backward()
    assert places.grad is not None
    assert places.grad[:2].any(1).all()
    assert not places.grad[2:].any()


@torch.no_grad()
def test_log_prob_is_the_sum_of_each_index_given_those_before() -> None:
    made = transformer()
    log_p = torch.log_softmax(made(EVERY), 2)
    by_hand = [sum(float(log_p[n, t, s[t]]) for t in range(SLOTS)) for n, s in enumerate(EVERY)]
    torch.testing.assert_close(made.log_prob(EVERY), torch.tensor(by_hand).double())


@torch.no_grad()
def test_it_samples_as_often_as_it_says() -> None:
    made, n = transformer(), 20_000
    chance = made.log_prob(EVERY).exp()
    torch.manual_seed(1)
    drawn = made.sample(n)
    place = (drawn * torch.tensor([K**3, K**2, K, 1])).sum(1)
    found = torch.bincount(place, minlength=len(EVERY)).double()
    chi_square = ((found - n * chance) ** 2 / (n * chance)).sum()
    assert chi_square < 80 + 4 * (2 * 80) ** 0.5  # 80 degrees of freedom, four standard deviations


@torch.no_grad()
def test_temperature_sharpens_and_zero_takes_the_likeliest() -> None:
    made = transformer()
    greedy = made.sample(5, temperature=0)
    assert (greedy == greedy[0]).all()
    step = made(greedy[:1])[0]
    assert torch.equal(step.argmax(1), greedy[0])
    torch.manual_seed(0)
    cold = made.log_prob(made.sample(500, temperature=0.3)).mean()
    assert cold > made.log_prob(made.sample(500)).mean() > made.log_prob(made.sample(500, 3.0)).mean()


@torch.no_grad()
def test_the_exported_function_gives_the_next_logits() -> None:
    made = transformer()
    prefix = EVERY[[5, 40, 77, 12]]
    (logits,) = NextIndex(made)(prefix, torch.arange(SLOTS))
    whole = made(prefix)
    torch.testing.assert_close(logits, torch.stack([whole[t, t] for t in range(SLOTS)]))


def test_it_learns_which_sequences_there_are() -> None:
    torch.manual_seed(0)
    made = CausalTransformer(K, SLOTS, width=16, layers=1)
    data = torch.tensor([[0, 1, 2, 0], [2, 2, 1, 1]]).repeat(32, 1)
    optimiser = torch.optim.Adam(made.parameters(), 1e-2)
    for _ in range(150):
        optimiser.zero_grad()
        loss = -made.log_prob(data).mean()
        loss.backward()
        optimiser.step()
    made.eval()
    with torch.no_grad():
        nats = -made.log_prob(data).mean()
    assert nats < 0.75  # log 2 = 0.693 is the entropy of two sequences
