"""A diagnosis of made-up rates, and of a model that really collapsed."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aecore.metrics import evaluate
from aecore.metrics.collapse import DEAD, WEAK, diagnose, of_card
from tests.aecore.small import digits, fit, model


def test_dimensions_are_sorted_by_what_they_carry() -> None:
    found = diagnose([2.5, 0.0, 0.3, 0.009, 0.7])
    assert (found.dead, found.weak, found.used) == ((1, 3), (2,), (0, 4))
    assert found.verdict == "partial"
    assert "2 of 5 dimensions collapsed onto the prior, below 0.01 nats (z₂, z₄)." in found.sentence
    assert "1 carries less than one bit (z₃)." in found.sentence
    assert "lower β" in found.sentence
    assert "Raising β makes it worse" in found.sentence


def test_the_ends_are_named_too() -> None:
    assert diagnose([0.001, 0.0]).verdict == "total"
    assert "All 2 dimensions collapsed" in diagnose([0.001, 0.0]).sentence
    sound = diagnose([3.0, 1.0])
    assert (sound.verdict, sound.sentence) == (
        "none",
        "No collapse: each of the 2 dimensions carries more than one bit.",
    )
    spare = diagnose([3.0, 0.0])
    assert "all that the data need" in spare.sentence


def test_nats_without_information_are_seen_by_the_active_units() -> None:
    """Free bits can be spent on a constant mean: a KL, and nothing said."""
    found = diagnose([0.5, 0.5, 2.0], active_units=1)
    assert found.idle == 2
    assert "2 carry nats without a mean that follows x." in found.sentence
    assert diagnose([0.5, 0.5, 2.0], active_units=3).idle == 0
    assert diagnose([0.5, 0.0], active_units=2).idle == 0


@given(st.lists(st.floats(0, 50), min_size=1, max_size=40))
def test_every_dimension_is_in_exactly_one_group_and_more_nats_never_sort_lower(kl: list[float]) -> None:
    found = diagnose(kl)
    assert sorted(found.dead + found.weak + found.used) == list(range(len(kl)))
    for low, high in ((found.dead, found.weak), (found.weak, found.used), (found.dead, found.used)):
        assert all(kl[a] < kl[b] for a in low for b in high)
    assert (found.verdict == "total") == (max(kl) < DEAD)
    assert math.exp(WEAK) == pytest.approx(2)


@pytest.mark.parametrize("kl", [[], [math.nan], [math.inf]])
def test_what_is_no_rate_is_refused(kl: list[float]) -> None:
    with pytest.raises(ValueError, match="finite KL of each dimension"):
        diagnose(kl)


def test_a_beta_of_100_collapses_digits_and_a_beta_of_a_hundredth_does_not() -> None:
    data = digits(1200)
    verdicts = {}
    for beta in (100.0, 0.01):
        made = model("beta-vae", beta=beta, likelihood="mse")
        fit(made, data, epochs=8, lr=3e-3, keep="last")
        verdicts[beta] = of_card(evaluate(made, data, nll_samples=1, nll_images=1))
    dear, cheap = verdicts[100.0], verdicts[0.01]
    assert dear is not None
    assert cheap is not None
    assert (dear.verdict, len(dear.dead)) == ("total", 4)
    assert (cheap.verdict, len(cheap.used)) == ("none", 4)


def test_without_a_kl_of_each_dimension_there_is_no_diagnosis() -> None:
    assert of_card({"rate": 3.0, "active_units": 2}) is None
    assert of_card({"kl_per_dimension": [1.0, 0.0], "active_units": 1}) == diagnose([1.0, 0.0], 1)


def test_it_needs_no_torch() -> None:
    code = "import sys; from aecore.metrics.collapse import diagnose; diagnose([1.0]); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "aecore.metrics.collapse" in loaded.split()
    assert "torch" not in loaded.split()
