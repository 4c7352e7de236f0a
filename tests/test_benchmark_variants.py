"""Our variants beside pythae's: the same weights in both, and verdicts that follow from the figures."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from aecore.options import options_of
from aecore.training import Fit
from aecore.variants import schema
from benchmarks import variants
from benchmarks.peer import Trained
from benchmarks.variants import CASES, LIBRARIES, figures, key_of, row
from tests.aecore.small import digits

DATA = digits()


@pytest.fixture(autouse=True)
def peer(monkeypatch: pytest.MonkeyPatch) -> None:
    """pythae need not be installed."""
    monkeypatch.setattr(variants, "pythae_version", lambda: "0")


@pytest.mark.parametrize("name", CASES)
def test_both_get_the_same_weights_unless_the_pair_counts(name: str) -> None:
    case = CASES[name]
    assert case.options.keys() <= schema(case.ours).keys() | options_of(Fit).keys()
    assert case.pair or case.options == case.settings


@torch.no_grad()
def test_codes_that_are_noise_are_at_no_distance_from_the_prior_and_a_point_is_far() -> None:
    def encode(x: Tensor) -> tuple[Tensor, Tensor | None]:
        return torch.zeros(len(x), 16), torch.zeros(len(x), 16)

    def decode(z: Tensor) -> Tensor:
        return torch.full((len(z), 64), 0.5)

    noise = figures(Trained(encode, decode, 1.0), DATA, seed=0)
    point = figures(Trained(lambda x: (encode(x)[0], None), decode, 1.0), DATA, seed=0)
    wrong = float((DATA.test.x - 0.5).square().mean())
    assert noise["test_mse"] == point["test_mse"] == pytest.approx(wrong)
    assert noise["half_sse"] == pytest.approx(32 * wrong)
    assert (noise["kl"], point["kl"]) == (0, None)
    assert abs(noise["mmd"]) < 0.05 < 1 < point["mmd"]


def found(name: str, ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Results as a run keeps them, a seed each."""
    pairs = zip(LIBRARIES, (ours, theirs), strict=True)
    return {key_of(name, of, 10, seed): one for of, each in pairs for seed, one in enumerate(each)}


def scored(mse: float, knn: float = 0.95, mmd: float = 0.0) -> dict[str, Any]:
    return {"test_mse": mse, "knn5_accuracy": knn, "mmd": mmd, "kl": None}


@pytest.mark.parametrize(("mse", "within"), [(0.02019, True), (0.02021, False), (0.01, True)])
def test_an_error_is_within_a_hundredth_of_theirs_on_the_mean_of_seeds(mse: float, within: bool) -> None:
    said = row("vae", found("vae", [scored(mse - 1e-3), scored(mse + 1e-3)], [scored(0.02)] * 2), 10, 2)
    assert said["aecore"]["test_mse"] == pytest.approx(mse)
    assert said["mse_within_1_percent"] is within
    assert said["knn5_within_0.003"] is True
    assert "pair_on_or_below" not in said
    assert said["aecore"]["kl"] is None


def test_neighbours_may_be_three_thousandths_worse() -> None:
    for knn, within in ((0.9475, True), (0.9465, False)):
        said = row("ae", found("ae", [scored(0.01, knn)], [scored(0.01)]), 10, 1)
        assert said["knn5_within_0.003"] is within


@pytest.mark.parametrize(
    ("mse", "mmd", "below"), [(0.009, 0.1, True), (0.009, 0.3, False), (0.011, 0.1, False)]
)
def test_of_a_pair_neither_may_be_higher(mse: float, mmd: float, below: bool) -> None:
    """A low error with codes far from the prior is no success."""
    said = row("wae", found("wae", [scored(mse, mmd=mmd)], [scored(0.01, mmd=0.2)]), 10, 1)
    assert said["pair_on_or_below"] is below


def test_a_result_of_other_settings_is_another() -> None:
    keys = {key_of(name, of, epochs, 0) for name in CASES for of in LIBRARIES for epochs in (1, 10)}
    assert len(keys) == 4 * len(CASES)
