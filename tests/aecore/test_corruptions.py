"""Corruption processes: moments, shares, and what stays untouched."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from aecore.corruptions import CORRUPTIONS, Corrupted, gaussian, masking, salt_and_pepper
from aecore.data import DataSpec
from aecore.errors import UserError

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


IMAGES = DataSpec("grey", "image", (1, 1, 1), "unit")


def test_a_range_gives_every_example_a_level_of_its_own() -> None:
    x = torch.zeros(400, 1, 20, 20)
    noisy = Corrupted(IMAGES, "gaussian", 0.6, "range", 0.2)(x)
    sigma = noisy.flatten(1).std(1)
    assert float(sigma.min()) < 0.25
    assert float(sigma.max()) > 0.55
    assert float(sigma.mean()) == pytest.approx(0.4, abs=0.02)
    hit = Corrupted(IMAGES, "masking", 0.9, "range", 0.1)(torch.ones(400, 1, 20, 20)) == 0
    share = hit.flatten(1).double().mean(1)
    assert float(share.mean()) == pytest.approx(0.5, abs=0.04)
    assert float(share.std()) == pytest.approx(0.8 / math.sqrt(12), rel=0.15)  # of a uniform law


@pytest.mark.parametrize(("progress", "sigma"), [(0.0, 0.8), (0.5, 0.5), (1.0, 0.2)])
def test_a_line_follows_the_progress_of_the_training(progress: float, sigma: float) -> None:
    process = Corrupted(IMAGES, "gaussian", 0.2, "linear", 0.8)
    assert process.scheduled
    assert float((process(GREY, progress) - GREY).std()) == pytest.approx(sigma, rel=0.02)
    assert float((process(GREY) - GREY).std()) == pytest.approx(0.2, rel=0.02)  # as it ends


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_one_level_is_the_process_itself(name: str) -> None:
    process = Corrupted(IMAGES, name, 0.4)
    assert not process.scheduled
    torch.manual_seed(0)
    ours = process(GREY, 0.3)
    torch.manual_seed(0)
    assert torch.equal(ours, CORRUPTIONS[name](GREY, 0.4))


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_series_keeps_its_length_and_its_silence_after_the_end(name: str) -> None:
    spec = DataSpec("waves", "series", (10, 2), "unit")
    x = torch.rand(50, 10, 2) + 1
    presence = (torch.arange(10) < torch.arange(1, 51)[:, None] % 10 + 1).float()
    x = torch.stack([x[..., 0] * presence, presence], dim=-1)
    noisy = Corrupted(spec, name, 0.7)(x)
    assert torch.equal(noisy[..., 1], presence)
    assert bool((noisy[..., 0][presence == 0] == 0).all())
    assert not torch.equal(noisy, x)


def test_black_and_white_are_for_data_in_0_to_1() -> None:
    table = DataSpec("biopsies", "table", (30,), "real")
    said = r"sets elements to 0 or 1; biopsies's values are real\. Use --corruption gaussian or masking"
    with pytest.raises(UserError, match=said):
        Corrupted(table, "salt-and-pepper", 0.5)
    Corrupted(table, "masking", 0.5)
    Corrupted(DataSpec("bits", "image", (1, 1, 1), "binary"), "salt-and-pepper", 0.5)


def test_tokens_are_refused() -> None:
    with pytest.raises(UserError, match="words holds tokens"):
        Corrupted(DataSpec("words", "tokens", (8,), "token"), "masking", 0.5)
