"""The quantiser against NumPy by brute force, its averages by hand, its gradients one by one."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from aecore.bottlenecks import VectorQuantizer, perplexity
from aecore.errors import UserError
from aecore.nets.causal import CausalTransformer
from aecore.objectives import Codebook, Commitment
from aecore.step import Pass, Step

K, SLOTS, WIDTH = 6, 3, 2


def quantizer(size: int = K, **options: Any) -> VectorQuantizer:
    """For features of 5 numbers, in float64; its codebook not yet started."""
    torch.manual_seed(0)
    prior = CausalTransformer(size, SLOTS, width=8, layers=1)
    made = VectorQuantizer(SLOTS * WIDTH, width=WIDTH, size=size, prior=prior, **options)
    made.connect([5])
    return made.double()


def features(n: int = 40, seed: int = 1) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(n, 5, generator=generator, dtype=torch.float64)]


@torch.no_grad()
def test_each_slot_gets_the_nearest_vector() -> None:
    made = quantizer().eval()
    posterior = made(features())
    book, code = made.codebook.numpy(), posterior.code.numpy()
    for n in range(40):
        for s in range(SLOTS):
            slot = slice(s * WIDTH, (s + 1) * WIDTH)
            nearest = np.argmin([np.sum((code[n, slot] - each) ** 2) for each in book])
            assert posterior.indices[n, s] == nearest
            np.testing.assert_array_equal(posterior.mean[n, slot].numpy(), book[nearest])
    assert torch.equal(made.lookup(posterior.indices), posterior.mean)
    assert torch.equal(posterior.sample(), posterior.mean)  # to the last bit
    assert posterior.tensors().keys() == {"z"}


@torch.no_grad()
def test_the_margin_is_the_distance_to_a_tie() -> None:
    made = quantizer(size=2)
    made.codebook.copy_(torch.tensor([[0.0, 0.0], [2.0, 0.0]]))
    codes = torch.tensor([[1.0, 0.0, 0.0, 0.0, 2.0, 0.0], [0.5, 0.0, 0.25, 0.0, 2.0, 0.0]]).double()
    torch.testing.assert_close(made.margin(codes), torch.tensor([0.0, 1.0]).double())
    assert quantizer(size=1).margin(codes).isinf().all()


@torch.no_grad()
def test_the_averages_are_those_of_the_paper() -> None:
    """N ← γN + (1−γ)n, m ← γm + (1−γ)Σz, e = m/N: eqs. 6 to 8 of the paper."""
    decay = 0.9
    made = quantizer(decay=decay, restart=0.0)
    made.counts.copy_(torch.arange(1.0, K + 1))
    count, book = made.counts.numpy().copy(), made.codebook.numpy().copy()
    mass = count[:, None] * book
    for seed in range(3):
        posterior = made(features(seed=seed))
        code = posterior.code.reshape(-1, WIDTH).numpy()
        chosen = np.argmin(((code[:, None] - book) ** 2).sum(2), 1)
        for k in range(K):
            count[k] = decay * count[k] + (1 - decay) * (chosen == k).sum()
            mass[k] = decay * mass[k] + (1 - decay) * code[chosen == k].sum(0)
        book = mass / count[:, None]
        np.testing.assert_allclose(made.codebook.numpy(), book, rtol=1e-12)
        np.testing.assert_allclose(made.counts.numpy(), count, rtol=1e-12)


@pytest.mark.parametrize("update", ["ema", "gradient"])
def test_each_gradient_reaches_its_own_part(update: Any) -> None:
    made = quantizer(update=update).eval()
    posterior = made(features())
    passed, step = Pass(posterior, posterior.sample(), torch.empty(0)), Step(torch.empty(0), torch.empty(0))
    weight, learned = made.z.weight, [made.codebook] if update == "gradient" else []

    def gradients(loss: Tensor) -> list[Tensor | None]:
        found = torch.autograd.grad(loss, [weight, *learned], retain_graph=True, allow_unused=True)
        return [None if each is None or not each.any() else each for each in found]

    none: Any = None
    wanted = torch.randn(40, SLOTS * WIDTH, dtype=torch.float64)
    through = gradients((passed.z * wanted).sum())  # a decoder's gradient with respect to z
    torch.testing.assert_close(through[0], wanted.T @ features()[0])  # as if z were z_e
    assert through[1:] == [None] * len(learned)

    commitment = gradients(Commitment()(none, step, passed).sum())
    by_hand = 2 * (posterior.code - posterior.quantised).detach().T @ features()[0]
    torch.testing.assert_close(commitment[0], by_hand)
    assert commitment[1:] == [None] * len(learned)

    if learned:
        on_weight, on_book = gradients(Codebook()(none, step, passed).sum())
        assert on_weight is None
        assert on_book is not None
        apart = (posterior.quantised - posterior.code).detach().reshape(-1, WIDTH)
        by_hand = torch.zeros(K, WIDTH, dtype=torch.float64)
        by_hand.index_add_(0, posterior.indices.flatten(), 2 * apart)
        torch.testing.assert_close(on_book, by_hand)


def test_both_terms_are_squared_distances_summed_over_a_code() -> None:
    made = quantizer().eval()
    posterior = made(features())
    passed, step = Pass(posterior, posterior.sample(), torch.empty(0)), Step(torch.empty(0), torch.empty(0))
    none: Any = None
    by_hand = ((posterior.code - posterior.mean) ** 2).sum(1)
    for term in (Codebook(), Commitment()):
        value = term(none, step, passed)
        torch.testing.assert_close(value, by_hand)
        assert value.shape == (40,)


@torch.no_grad()
def test_it_starts_from_the_data_and_only_once() -> None:
    made = quantizer().train()
    assert not made.counts.any()
    posterior = made(features())
    code = posterior.code.reshape(-1, WIDTH)
    assert (made.counts > 0).all()
    spread = (code[:, None] - made.codebook).square().sum(2).min(1).values.mean()
    assert spread < 0.25 * code.var(0, correction=0).sum()  # K centres explain most of the variance
    assert (made.codebook >= code.amin(0) - 1e-9).all()
    assert (made.codebook <= code.amax(0) + 1e-9).all()
    before = made.codebook.clone()
    made(features())
    assert (made.codebook - before).abs().max() < 0.2  # moved by an average, not started anew
    evaluated = quantizer().eval()
    evaluated(features())
    assert not evaluated.counts.any()


@torch.no_grad()
def test_more_vectors_than_codes_are_still_all_different() -> None:
    made = quantizer(size=64).train()
    made(features(n=4))
    assert len(made.codebook.unique(dim=0)) == 64


@pytest.mark.parametrize("update", ["ema", "gradient"])
@torch.no_grad()
def test_dead_vectors_are_put_where_codes_are(update: Any) -> None:
    made = quantizer(update=update, decay=0.5, restart=0.05).train()
    made(features())
    made.codebook[2] = 1e3  # nobody will choose it
    for seed in range(8):
        posterior = made(features(seed=seed))
    near = (posterior.code.reshape(-1, WIDTH) - made.codebook[2]).square().sum(1).min()
    assert near < 1
    assert (made(features()).indices == 2).any()

    left = quantizer(update=update, decay=0.5, restart=0.0).train()
    left(features())
    left.codebook[2] = 1e3
    for seed in range(60):
        left(features(seed=seed))
    torch.testing.assert_close(left.codebook[2], torch.full((2,), 1e3).double())  # nor thrown away


@given(st.integers(1, 300), st.integers(1, 5))
def test_perplexity_of_equal_use_is_the_number_used(used: int, times: int) -> None:
    indices = torch.arange(used).repeat(times)
    assert perplexity(indices, 512) == pytest.approx(used)


def test_perplexity_by_hand() -> None:
    shares = [0.5, 0.25, 0.25]
    by_hand = math.exp(-sum(p * math.log(p) for p in shares))
    assert perplexity(torch.tensor([[3, 3], [0, 1]]), 4) == pytest.approx(by_hand)


def test_a_width_that_does_not_divide_is_refused() -> None:
    prior = CausalTransformer(K, SLOTS, width=8, layers=1)
    with pytest.raises(UserError, match=r"6 numbers do not fall into slots of 4.*1, 2, 3, 6"):
        VectorQuantizer(6, width=4, size=K, prior=prior)


def test_the_card_says_what_the_code_is() -> None:
    made = quantizer()
    made.fit_prior(torch.empty(0))
    spec = made.spec()
    assert spec["codebook"] == {"size": K, "slots": SLOTS, "width": WIDTH}
    assert spec["kind"] == "codebook"
    prior: Any = spec["prior"]
    assert prior["kind"] == "autoregressive"
    torch.manual_seed(3)
    drawn = made.draw(4000)
    torch.testing.assert_close(torch.tensor(prior["mean"]).double(), drawn.mean(0), atol=0.1, rtol=0)
    cholesky = torch.tensor(prior["cholesky"]).double()
    torch.testing.assert_close(cholesky @ cholesky.T, torch.cov(drawn.T), atol=0.15, rtol=0)
