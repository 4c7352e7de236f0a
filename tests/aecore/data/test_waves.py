"""Waves: the factors are true of what was drawn, and nothing depends on the machine."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from aecore.data import Dataset, load_dataset, waves
from aecore.data.waves import AMPLITUDES, FACTORS, FREQUENCIES, LENGTHS, SHAPES, SIZES, STEPS, series

EVERY = np.stack(np.unravel_index(np.arange(math.prod(SIZES)), SIZES), axis=-1)
SHAPE, FREQUENCY, PHASE, AMPLITUDE, LENGTH = range(5)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return load_dataset("waves")


def test_it_is_the_one_that_bundles_know(data: Dataset) -> None:
    assert data.fingerprint.startswith("687ea2cf51c44cdc")
    assert load_dataset("waves", seed=5, validation=7).fingerprint == data.fingerprint
    assert load_dataset("waves", wave_noise=0).fingerprint != data.fingerprint
    assert [len(data.train), len(data.validation), len(data.test)] == [4500, 500, 1000]


def test_examples_are_what_the_spec_says(data: Dataset) -> None:
    spec = data.spec
    assert (spec.kind, spec.shape, spec.values) == ("series", (STEPS, 2), "real")
    assert (spec.classes, spec.columns, spec.factors) == (SHAPES, ("value", "presence"), FACTORS)
    for split in (data.train, data.validation, data.test):
        assert split.factors is not None
        assert split.label is not None
        assert split.x.dtype == torch.float32
        assert torch.equal(split.label, split.factors[:, SHAPE])
        lasts = split.x[..., 1]
        length = torch.from_numpy(LENGTHS)[split.factors[:, LENGTH]]
        assert torch.equal(lasts, (torch.arange(STEPS) < length[:, None]).float())
        assert bool((split.x[..., 0][lasts == 0] == 0).all())
        counts = torch.bincount(split.label)
        assert counts.min() > 0.8 * counts.max()


def test_no_series_is_there_twice() -> None:
    every = series(EVERY).reshape(len(EVERY), -1)
    assert len(np.unique(every, axis=0)) == len(EVERY)


def test_the_splits_share_no_combination_of_factors(data: Dataset) -> None:
    rows = [row for split in (data.train, data.validation, data.test) for row in _rows(split.factors)]
    assert len(set(rows)) == len(rows) == 6000


def _rows(factors: torch.Tensor | None) -> list[tuple[int, ...]]:
    assert factors is not None
    return [tuple(row) for row in factors.tolist()]


def test_the_noise_is_that_of_the_option(data: Dataset) -> None:
    clean = load_dataset("waves", wave_noise=0)
    there = data.test.x[..., 1] == 1
    noise = (data.test.x - clean.test.x)[..., 0][there]
    assert float(noise.std()) == pytest.approx(0.05, rel=0.02)
    assert float(noise.mean()) == pytest.approx(0, abs=0.002)
    assert load_dataset("waves", wave_noise=0.1).spec.options["wave_noise"] == 0.1


def test_values_are_multiples_of_a_4096th(data: Dataset) -> None:
    scaled = data.train.x.double() * 4096
    assert torch.equal(scaled, scaled.round())


def test_a_fourier_transform_finds_frequency_phase_and_amplitude_of_a_sine() -> None:
    chosen = EVERY[(EVERY[:, SHAPE] == 0) & (EVERY[:, LENGTH] == len(LENGTHS) - 1)]
    whole = chosen[FREQUENCIES[chosen[:, FREQUENCY]] % 1 == 0]  # a whole number of cycles in 32 steps
    spectrum = np.fft.rfft(series(whole)[..., 0].astype(np.float64)) / (STEPS / 2)
    peak = np.abs(spectrum).argmax(axis=1)
    np.testing.assert_array_equal(peak, FREQUENCIES[whole[:, FREQUENCY]])
    at = spectrum[np.arange(len(whole)), peak]
    np.testing.assert_allclose(np.abs(at), AMPLITUDES[whole[:, AMPLITUDE]], atol=1e-3)
    turns = (np.angle(at) / (2 * np.pi) + 0.25) % 1  # sin φ = cos(φ − ¼ turn)
    np.testing.assert_allclose(np.round(turns * 8, 2) % 8, whole[:, PHASE], atol=0.01)


def test_every_wave_has_its_frequency() -> None:
    """Of all shapes the fundamental is the strongest tone, also where cycles are cut off."""
    padded = np.fft.rfft(series(EVERY)[..., 0], n=32 * STEPS)  # 32 bins a cycle
    found = np.abs(padded).argmax(axis=1) / 32
    off = np.abs(found - FREQUENCIES[EVERY[:, FREQUENCY]])
    assert float(off.max()) < 0.6
    assert float(np.median(off)) < 0.1


def test_harmonics_tell_the_shapes_apart() -> None:
    """Overtones by the textbook: none; 1/n of odd n; 1/n² of odd n; 1/n."""
    turns = np.arange(4096) / 4096
    found = []
    for wave in (waves._sine, waves._square, waves._triangle, waves._sawtooth):
        tone = np.abs(np.fft.rfft(wave(turns)))
        found.append(tone[1:6] / tone[1])
    known: list[list[float]] = [
        [1, 0, 0, 0, 0],
        [1, 0, 1 / 3, 0, 1 / 5],
        [1, 0, 1 / 9, 0, 1 / 25],
        [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5],
    ]
    np.testing.assert_allclose(found, known, atol=2e-3)
    for wave in (waves._sine, waves._square, waves._triangle, waves._sawtooth):
        assert wave(turns).max() == pytest.approx(1, abs=1e-3)
        assert wave(turns).min() == pytest.approx(-1, abs=1e-3)


def test_a_lower_amplitude_is_the_same_wave_smaller() -> None:
    loud = EVERY[EVERY[:, AMPLITUDE] == len(AMPLITUDES) - 1]
    quiet = loud.copy()
    quiet[:, AMPLITUDE] = 0
    ratio = AMPLITUDES[-1] / AMPLITUDES[0]
    np.testing.assert_allclose(series(loud)[..., 0], ratio * series(quiet)[..., 0], atol=ratio / 4096)
