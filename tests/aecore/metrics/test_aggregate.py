"""MMD² between codes and a prior: by hand, near 0 for the prior itself, and the same every time."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor

from aecore.metrics import aggregate
from aecore.metrics.aggregate import aggregate_mmd, sample_mmd

SCALES = (0.1, 0.2, 0.5, 1, 2, 5, 10)


class Normal:
    """Draws of N(0, s² I)."""

    def __init__(self, s: float = 1.0, dim: int = 3) -> None:
        self.s, self.dim = s, dim

    def draw(self, n: int, temperature: float = 1.0) -> Tensor:
        return self.s * torch.randn(n, self.dim)


def test_a_few_codes_by_hand() -> None:
    x, y = np.random.default_rng(0).standard_normal((2, 5, 2))
    c = 2 * np.var(y, axis=0, ddof=1).sum()

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return float(sum(s * c / (s * c + np.sum((a - b) ** 2)) for s in SCALES))

    pairs = [(i, j) for i, j in product(range(5), repeat=2) if i != j]
    within = np.mean([k(x[i], x[j]) + k(y[i], y[j]) for i, j in pairs])
    hand = within - 2 * np.mean([k(a, b) for a, b in product(x, y)])
    found = sample_mmd(torch.from_numpy(x).float(), torch.from_numpy(y).float())
    assert found == pytest.approx(hand, rel=1e-4)


def test_draws_of_the_prior_are_at_nought_and_others_are_not() -> None:
    random = torch.Generator().manual_seed(1)
    codes = torch.randn(1000, 3, generator=random)
    assert abs(aggregate_mmd(Normal(), codes, 0)) < 0.01
    assert aggregate_mmd(Normal(), 0.5 * codes, 0) > 0.1
    assert aggregate_mmd(Normal(), codes + 0.5, 0) > 0.1


def test_the_unit_of_the_code_does_not_matter() -> None:
    codes = torch.randn(300, 3)
    small, large = (aggregate_mmd(Normal(s), s * (codes + 0.3), 0) for s in (1.0, 40.0))
    assert small == pytest.approx(large, rel=1e-4)


def test_the_seed_fixes_it_and_no_generator_moves() -> None:
    codes = torch.randn(200, 3)
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    values = [aggregate_mmd(Normal(), codes, seed) for seed in (0, 0, 1)]
    assert values[0] == values[1] != values[2]
    assert torch.equal(torch.random.get_rng_state(), before)


def test_of_many_codes_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aggregate, "AGGREGATE_CODES", 50)
    drawn: list[int] = []

    class Counting(Normal):
        def draw(self, n: int, temperature: float = 1.0) -> Tensor:
            drawn.append(n)
            return super().draw(n)

    codes = torch.cat([torch.randn(100, 3), 50 + torch.randn(100, 3)])
    found = aggregate_mmd(Counting(), codes, 0)
    assert drawn == [50]
    assert found > 0.3  # not the first fifty, which look like the prior


def test_a_single_code_is_no_sample() -> None:
    with pytest.raises(ValueError, match="two or more; got 1 and 3"):
        sample_mmd(torch.zeros(1, 2), torch.zeros(3, 2))
