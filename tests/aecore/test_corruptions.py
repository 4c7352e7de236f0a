"""Corruption processes: moments, shares, and what stays untouched."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from aecore.corruptions import CORRUPTIONS, gaussian, masking, salt_and_pepper

N = 100_000
GREY = torch.full((N, 1, 1, 1), 0.5)


def within(hits: Tensor, share: float) -> bool:
    """Whether a count of N trials lies within five standard deviations of its binomial mean."""
    return abs(int(hits.sum()) - N * share) <= 5 * math.sqrt(N * share * (1 - share))


@pytest.mark.parametrize("level", [0.0, 0.1, 1.0])
def test_gaussian_adds_noise_of_that_width_around_the_example(level: float) -> None:
    noise = gaussian(GREY, level) - GREY
    assert abs(float(noise.mean())) <= 5 * level / math.sqrt(N)
    assert float(noise.std()) == pytest.approx(level, rel=0.02)


@pytest.mark.parametrize("level", [0.0, 0.05, 0.5, 1.0])
def test_salt_and_pepper_hits_a_share_half_black_half_white(level: float) -> None:
    hit = salt_and_pepper(GREY, level)
    assert set(hit.unique().tolist()) <= {0.0, 0.5, 1.0}
    assert within(hit == 1, level / 2)
    assert within(hit == 0, level / 2)
    assert within(hit != 0.5, level)


@pytest.mark.parametrize("level", [0.0, 0.3, 1.0])
def test_masking_zeroes_a_share_and_leaves_the_rest(level: float) -> None:
    masked = masking(GREY, level)
    assert set(masked.unique().tolist()) <= {0.0, 0.5}
    assert within(masked == 0, level)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_elements_are_hit_independently_and_the_example_is_left_alone(name: str) -> None:
    x = torch.full((2000, 1, 4, 4), 0.5)
    corrupted = CORRUPTIONS[name](x, 0.4)
    assert corrupted.shape == x.shape
    assert corrupted.dtype == x.dtype
    assert bool((x == 0.5).all())
    correlation = torch.corrcoef(corrupted.flatten(1).T)
    off_diagonal = correlation - torch.eye(16)
    assert float(off_diagonal.abs().max()) < 5 / math.sqrt(2000)
    assert not torch.equal(corrupted, CORRUPTIONS[name](x, 0.4))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_level_zero_does_nothing(name: str) -> None:
    x = torch.rand(100, 1, 4, 4)
    assert torch.equal(CORRUPTIONS[name](x, 0.0), x)
