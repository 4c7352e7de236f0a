"""Restricted Boltzmann machines so small that every state can be counted."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
import torch
from torch import Tensor

from aecore.stages.boltzmann import Boltzmann, Units

V, H = 4, 3


def states(units: int) -> Tensor:
    """All binary states, shape (2ᵘ, u)."""
    return torch.tensor(list(product((0.0, 1.0), repeat=units)), dtype=torch.float64)


def machine(visible: Units = "bernoulli", hidden: Units = "bernoulli") -> Boltzmann:
    random = torch.Generator().manual_seed(0)
    w, b, c = (torch.randn(size, generator=random).double() for size in ((H, V), (V,), (H,)))
    return Boltzmann(w.requires_grad_(), b.requires_grad_(), c.requires_grad_(), visible, hidden)


def energy(rbm: Boltzmann, v: Tensor, h: Tensor) -> Tensor:
    """E of every pair, shape (len(v), len(h)), written out."""
    interaction = torch.einsum("ai,ji,bj->ab", v, rbm.weight, h)

    def alone(x: Tensor, bias: Tensor, units: Units) -> Tensor:
        return 0.5 * ((x - bias) ** 2).sum(1) if units == "gaussian" else -(x @ bias)

    above, below = alone(h, rbm.hidden_bias, rbm.hidden), alone(v, rbm.visible_bias, rbm.visible)
    return below[:, None] + above[None, :] - interaction


def gradient(rbm: Boltzmann, value: Tensor) -> Tensor:
    parts = torch.autograd.grad(value, [rbm.weight, rbm.visible_bias, rbm.hidden_bias])
    return torch.cat([part.flatten() for part in parts])


def test_free_energy_sums_over_every_hidden_state() -> None:
    rbm, v = machine(), states(V)
    counted = -torch.logsumexp(-energy(rbm, v, states(H)), 1)
    torch.testing.assert_close(rbm.free_energy(v), counted)


def test_the_same_over_real_visible_units() -> None:
    rbm, v = machine(visible="gaussian"), torch.randn(6, V).double()
    torch.testing.assert_close(rbm.free_energy(v), -torch.logsumexp(-energy(rbm, v, states(H)), 1))


def test_free_energy_integrates_over_real_hidden_units() -> None:
    rbm = machine(hidden="gaussian")
    one = replace(rbm, weight=rbm.weight[:1], hidden_bias=rbm.hidden_bias[:1])
    v, grid = states(V), torch.linspace(-25, 25, 20_001).double()[:, None]
    integral = torch.trapezoid((-energy(one, v, grid)).exp(), grid[:, 0], dim=1)
    by_grid, by_form = -integral.log(), one.free_energy(v)
    torch.testing.assert_close(by_form - by_form[0], by_grid - by_grid[0])
    mean = torch.trapezoid((-energy(one, v, grid)).exp() * grid.T, grid[:, 0], dim=1) / integral
    torch.testing.assert_close(one.up(v)[:, 0], mean)


def test_conditional_probabilities_are_counted_ones() -> None:
    rbm, v, h = machine(), states(V), states(H)
    joint = (-energy(rbm, v, h)).exp()
    torch.testing.assert_close(rbm.up(v), joint @ h / joint.sum(1, keepdim=True))
    torch.testing.assert_close(rbm.down(h), joint.T @ v / joint.sum(0)[:, None])


def transition(rbm: Boltzmann) -> Tensor:
    """Probability of each visible state after one round of Gibbs sampling, shape (2^V, 2^V)."""
    joint = (-energy(rbm, states(V), states(H))).exp().detach()
    return (joint / joint.sum(1, keepdim=True)) @ (joint / joint.sum(0)).T


@pytest.mark.parametrize("steps", [1, 2, 40])
def test_contrastive_divergence_is_what_counting_every_chain_gives(steps: int) -> None:
    """CD-k in expectation; after 40 rounds also the gradient of the exact log-likelihood."""
    torch.manual_seed(0)
    rbm, every = machine(), states(V)
    data = every[[1, 6, 6, 15]]
    after = torch.linalg.matrix_power(transition(rbm), steps)[[1, 6, 6, 15]].mean(0)
    free = rbm.free_energy(every)
    wanted = gradient(rbm, rbm.free_energy(data).mean() - after @ free)
    if steps == 40:
        partition = torch.logsumexp(-rbm.free_energy(every), 0)
        exact = gradient(rbm, (rbm.free_energy(data) + partition).mean())
        torch.testing.assert_close(wanted, exact, atol=1e-6, rtol=0)
    found = gradient(rbm, rbm.losses(data.repeat(8000, 1), steps).loss)
    torch.testing.assert_close(found, wanted, atol=0.015, rtol=0)
    assert (wanted.abs() > 0.05).sum() > 5  # there is something to find


def test_its_value_is_the_reconstruction_error() -> None:
    rbm, data = machine(), states(V)
    losses = rbm.losses(data, 1)
    by_hand = ((data - rbm.down(rbm.up(data))) ** 2).sum(1).mean()
    torch.testing.assert_close(losses.loss, by_hand)
    torch.testing.assert_close(losses.report["reconstruction_error"], by_hand)


def test_real_units_are_drawn_with_unit_variance() -> None:
    torch.manual_seed(0)
    rbm = replace(machine(visible="gaussian"), weight=torch.zeros(H, V).double())
    drawn = rbm.gibbs(torch.zeros(20_000, V).double(), 1)
    torch.testing.assert_close(drawn.mean(0), rbm.visible_bias.detach(), atol=0.03, rtol=0)
    torch.testing.assert_close(drawn.std(0), torch.ones(V).double(), atol=0.03, rtol=0)
