"""Six scores on codes made by hand: perfect, rotated, random; and their pieces against scikit-learn."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, mutual_info_score

from aecore.data import load_dataset
from aecore.metrics.disentanglement import (
    dci,
    factor_entropy,
    modularity,
    mutual_information,
    mutual_information_gaps,
    sap,
)
from aecore.metrics.factors import factor_metrics, scores
from aecore.metrics.interventions import beta_vae_score, factor_vae_score
from aecore.metrics.table_factors import FACTOR_METRICS
from tests.aecore.small import digits, model

NAMES = ["shape", "scale", "orientation", "position"]
RNG = np.random.RandomState(0)
GRID: NDArray[np.int64] = RNG.permutation(np.array(list(itertools.product(range(6), repeat=4))))  # (1296, 4)
FACTORS = np.tile(GRID, (2, 1))
Z = (FACTORS - 2.5) / FACTORS.std()
# Orthogonal, and each factor is spread evenly over all dimensions.
EVENLY = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2
NOISE = 1e-3 * RNG.randn(*Z.shape)
CHANCE = 1 / 4

Values = dict[str, Any]


def score(codes: NDArray[np.float64]) -> Values:
    return scores(codes, codes, FACTORS, NAMES)


PERFECT = score(Z + NOISE)
ROTATED = score(Z @ EVENLY + NOISE)
RANDOM = score(RNG.randn(*Z.shape))


@pytest.mark.parametrize("name", [name for name in PERFECT if name != "mig_per_factor"])
def test_one_dimension_a_factor_is_perfect(name: str) -> None:
    assert PERFECT[name] == pytest.approx(1, abs=0.02)
    assert PERFECT["mig_per_factor"] == pytest.approx([1] * 4, abs=0.01)


@pytest.mark.parametrize(
    "name", ["mig", "mig_without_shape", "dci_disentanglement", "dci_completeness", "sap"]
)
def test_rotated_and_random_codes_score_zero(name: str) -> None:
    assert ROTATED[name] == pytest.approx(0, abs=0.05)
    assert RANDOM[name] == pytest.approx(0, abs=0.05)


@pytest.mark.parametrize("name", ["factor_vae_score", "beta_vae_score"])
def test_rotated_and_random_codes_are_guessed(name: str) -> None:
    assert ROTATED[name] == pytest.approx(CHANCE, abs=0.06)
    assert RANDOM[name] == pytest.approx(CHANCE, abs=0.06)


def test_only_informativeness_is_kept_by_a_rotation() -> None:
    assert ROTATED["dci_informativeness"] > 0.7
    assert RANDOM["dci_informativeness"] == pytest.approx(0, abs=0.05)


def test_modularity_of_an_even_spread_is_zero_and_of_random_codes_is_not() -> None:
    assert ROTATED["modularity"] < 0.1
    few = np.stack([RNG.randint(3, size=5000), RNG.randint(40, size=5000), RNG.randint(32, size=5000)], 1)
    random = modularity(mutual_information(RNG.randn(5000, 6), few))
    assert random == pytest.approx(0.65, abs=0.1)  # by the bias of counting alone


def test_dimensions_that_know_nothing_cost_nothing() -> None:
    """Except in modularity, which averages over them."""
    wide = score(np.c_[Z, RNG.randn(len(Z), 3), np.zeros(len(Z))])
    for name, value in wide.items():
        if name not in ("modularity", "mig_per_factor"):
            assert value > 0.95, name


def test_a_factor_on_two_dimensions_has_no_gap_and_is_not_complete() -> None:
    twice = score(np.c_[Z, Z[:, 1]])
    assert twice["mig_per_factor"] == pytest.approx([1, 0, 1, 1], abs=1e-9)
    assert twice["mig_without_shape"] == pytest.approx(2 / 3)
    assert twice["dci_completeness"] < 0.95
    assert twice["dci_disentanglement"] == pytest.approx(1, abs=0.02)


def test_two_factors_on_one_dimension_are_not_disentangled() -> None:
    merged = score(np.c_[Z[:, 0] + 6 * Z[:, 1], Z[:, 2:]])
    assert merged["dci_disentanglement"] < 0.95
    assert merged["modularity"] < 0.95


def test_what_does_not_vary_breaks_nothing() -> None:
    dead = score(np.zeros((len(Z), 2)))
    assert dead["mig"] == dead["sap"] == dead["modularity"] == dead["dci_informativeness"] == 0
    assert dead["factor_vae_score"] == CHANCE
    assert score(Z[:, :1])["mig_per_factor"] == pytest.approx([1, 0, 0, 0], abs=0.02)
    constant = scores(Z, Z, np.c_[FACTORS[:, :3], np.zeros(len(Z), int)], NAMES)
    assert constant["mig_per_factor"] == pytest.approx([1, 1, 1, 0], abs=1e-9)


def test_mutual_information_is_that_of_counts() -> None:
    v = RNG.randint(5, size=(400, 2))
    z = RNG.randn(400, 3) + v[:, :1]
    found = mutual_information(z, v, bins=7)
    for d in range(3):
        binned = np.digitize(z[:, d], np.histogram(z[:, d], bins=7)[1][1:-1])
        for k in range(2):
            assert found[d, k] == pytest.approx(mutual_info_score(binned, v[:, k]))
    counts = np.bincount(v[:, 0]) / 400
    assert factor_entropy(v)[0] == pytest.approx(-(counts * np.log(counts)).sum())


def test_gaps_and_modularity_by_hand() -> None:
    information = np.array([[0.9, 0.1], [0.4, 0.3], [0.0, 0.0]])
    gaps = mutual_information_gaps(information, np.array([1.0, 0.5]))
    assert gaps == pytest.approx([0.5, 0.4])
    expected = ((1 - 0.1**2 / 0.9**2) + (1 - 0.3**2 / 0.4**2)) / 2
    assert modularity(information) == pytest.approx(expected)


def test_sap_by_hand() -> None:
    v = np.c_[np.arange(300) % 3, np.arange(300) // 3]
    z = np.c_[v[:, 1] + RNG.randn(300), 0.5 * v[:, 1] + 30 * RNG.randn(300)]
    order = [np.corrcoef(z[:, d], v[:, 1])[0, 1] ** 2 for d in range(2)]
    first = [np.corrcoef(z[:, d], v[:, 0])[0, 1] ** 2 for d in range(2)]
    expected = (abs(order[0] - order[1]) + abs(first[0] - first[1])) / 2
    assert sap(z, v) == pytest.approx(expected)


def test_a_factor_without_order_is_told_by_intervals() -> None:
    """0 and 2 lie on both sides of 1: no line tells them, three intervals do."""
    v = np.tile([0, 1, 2, 1], 100)[:, None]
    z = np.c_[np.array([5.0, 0.0, -5.0])[(v[:, 0] + 1) % 3], np.zeros(400)]
    assert sap(z, v) < 0.5
    assert sap(z, v, categorical=[0]) == pytest.approx(1)
    assert balanced_accuracy_score(v[:, 0], (z[:, 0] > 2).astype(int), adjusted=True) < 1


def test_dci_against_importances_by_hand() -> None:
    """A dimension that both of two factors need in equal parts has disentanglement 0."""
    both = dci(np.c_[Z[:, 0], RNG.randn(len(Z))], np.c_[FACTORS[:, 0], FACTORS[:, 0]])
    assert both.disentanglement == pytest.approx(0, abs=1e-6)
    assert both.completeness == pytest.approx(1, abs=0.01)


def test_lenient_and_strict_scores_part_on_an_uneven_rotation() -> None:
    """Kim & Mnih's reason for another score: a linear classifier forgives what a vote does not."""
    a = 0.35
    turned = Z.copy()
    turned[:, :2] = Z[:, :2] @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    assert beta_vae_score(turned, FACTORS) > 0.95
    assert factor_vae_score(turned, FACTORS) > 0.9
    merged = np.c_[Z[:, 0], Z[:, 1], Z[:, 2] + Z[:, 3]]  # one dimension too few
    assert factor_vae_score(merged, FACTORS) < 0.9


@settings(max_examples=10, deadline=None)
@given(scale=st.floats(0.01, 100), shift=st.floats(-10, 10), swap=st.permutations(range(4)))
def test_neither_scale_nor_order_of_dimensions_matter(scale: float, shift: float, swap: list[int]) -> None:
    codes = Z + 0.3 * RNG.randn(*Z.shape)
    other = (scale * codes + shift)[:, swap]
    before, after = mutual_information(codes, FACTORS), mutual_information(other, FACTORS)
    assert after == pytest.approx(before[swap], abs=0.02)
    assert sap(other, FACTORS) == pytest.approx(sap(codes, FACTORS), abs=1e-6)


@pytest.mark.parametrize("draws", [factor_vae_score, beta_vae_score])
def test_a_seed_fixes_what_is_drawn(draws: Any) -> None:
    codes = Z + 2 * RNG.randn(*Z.shape)
    assert draws(codes, FACTORS, seed=3) == draws(codes, FACTORS, seed=3)
    assert draws(codes, FACTORS, seed=3) != draws(codes, FACTORS, seed=4)


def test_a_model_is_measured_on_data_with_factors_and_on_no_others() -> None:
    data = load_dataset("shapes-32", train_examples=64, validation=0, test_examples=400)
    vae, cpu = model("vae", data=data).eval(), torch.device("cpu")
    state = torch.get_rng_state()
    found = factor_metrics(vae, data, cpu, seed=0)
    assert found.keys() == FACTOR_METRICS.keys()
    assert found == factor_metrics(vae, data, cpu, seed=0)
    assert found["mig"] != factor_metrics(vae, data, cpu, seed=1)["mig"]  # another sample of q(z|x)
    assert torch.equal(torch.get_rng_state(), state)
    per_factor = found["mig_per_factor"]
    assert isinstance(per_factor, list)
    assert found["mig"] == pytest.approx(np.mean(per_factor))
    assert found["mig_without_shape"] == pytest.approx(np.mean(per_factor[1:]))
    assert factor_metrics(model("vae", data=data, latent_dim=65).eval(), data, cpu, seed=0) == {}
    assert factor_metrics(model("vae"), digits(), cpu, seed=0) == {}


def test_dead_dimensions_are_heard_in_means_and_not_in_samples() -> None:
    """The trap in a collapsed dimension: its mean still moves a little with the example."""
    means = np.c_[Z, 1e-3 * Z[:, :1]]
    drawn = means + np.r_[np.full(4, 0.01), 1.0] * RNG.randn(*means.shape)
    entropy = factor_entropy(FACTORS)
    heard, drowned = (mutual_information(codes, FACTORS) for codes in (means, drawn))
    assert mutual_information_gaps(drowned, entropy).mean() > 0.95
    assert mutual_information_gaps(heard, entropy).mean() < 0.8
