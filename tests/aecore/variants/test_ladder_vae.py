"""The ladder VAE as a variant: its levels, its terms, its training, its bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from aecore.bottlenecks.ladder import LadderPosterior
from aecore.bundles.runtime import load_function
from aecore.errors import UserError
from aecore.metrics import METRICS, evaluate
from aecore.step import Step
from aecore.variants.ladder_vae import halving
from tests.aecore.small import digits, epochs, fit, model
from tests.aecore.variants.bundled import bundled

DATA = digits(1200, binarise="threshold")
X = DATA.test.x


@given(st.integers(1, 512), st.integers(1, 8))
def test_levels_share_all_numbers_and_none_is_empty(total: int, levels: int) -> None:
    if total < levels:
        with pytest.raises(UserError, match=f"--latent-dim {total} is too few for --levels {levels}"):
            halving(total, levels)
        return
    sizes = halving(total, levels)
    assert len(sizes) == levels
    assert sum(sizes) == total
    assert min(sizes) >= 1
    assert list(sizes) == sorted(sizes, reverse=True)


def test_levels_halve() -> None:
    assert halving(15, 4) == (8, 4, 2, 1)
    assert halving(16, 2) == (11, 5)
    assert halving(7, 1) == (7,)


def test_its_loss_is_the_distortion_and_the_rate_of_each_level_at_the_price_of_the_day() -> None:
    made = model("ladder-vae", data=DATA, levels=3, warm_up=0.5)
    for progress, beta in ((0.0, 0.0), (0.25, 0.5), (0.5, 1.0), (1.0, 1.0)):
        losses = made.losses(Step(X, X, progress=progress))
        report = losses.report
        assert float(sum(report[f"rate_{k}"] for k in (1, 2, 3))) == pytest.approx(float(report["rate"]))
        total = float(report["distortion"] + beta * report["rate"])
        assert losses.loss.item() == pytest.approx(total)
    assert made.objective.scheduled
    assert not model("ladder-vae", data=DATA, warm_up=0.0).objective.scheduled
    assert r"p_\theta(z_1|z_2)" in made.objective.latex
    assert r"q_\phi(z_3|x) \parallel p_\theta(z_3)" in made.objective.latex


def test_a_step_takes_the_rate_of_all_levels_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, levels = list[LadderPosterior](), LadderPosterior._levels

    def counted(of: LadderPosterior, z: torch.Tensor) -> Any:
        calls.append(of)
        return levels(of, z)

    monkeypatch.setattr(LadderPosterior, "_levels", counted)
    model("ladder-vae", data=DATA, levels=3).losses(Step(X, X))
    assert len(calls) == 1


def test_training_uses_both_levels_and_lowers_the_bound() -> None:
    made = model("ladder-vae", data=DATA, hidden=(64, 32), latent_dim=8, warm_up=1.0)
    ends = epochs(fit(made, DATA, epochs=15, lr=5e-3))
    first, last = ends[0].validation, ends[-1].validation
    assert last["distortion"] < 0.9 * first["distortion"]
    assert last["negative_elbo"] < first["negative_elbo"]
    assert last["rate_1"] > 0.5
    assert last["rate_2"] > 0.1
    values = evaluate(made, DATA, nll_samples=20, nll_images=50)
    by_level = cast(list[float], values["rate_per_level"])
    assert sum(by_level) == pytest.approx(cast(float, values["rate"]), rel=0.05)
    assert len(cast(list[float], values["kl_per_dimension"])) == 8
    assert values.keys() <= METRICS.keys()


def test_its_bundle_holds_levels_and_a_prior_whose_upper_levels_can_be_held(tmp_path: Path) -> None:
    options: dict[str, Any] = {"latent_dim": 4, "hidden": [32]}
    made = model("ladder-vae", data=DATA)
    bundle = bundled(tmp_path / "digits" / "ladder", made, DATA, "ladder-vae", **options)
    latent = bundle.card.latent
    assert (latent.kind, latent.levels, latent.prior.kind) == ("ladder", (3, 1), "function")
    prior = load_function(bundle.file("prior.onnx"))
    noise = np.random.default_rng(0).standard_normal((5, 4)).astype(np.float32)
    again = noise.copy()
    again[:, :3] += 1
    z, other = prior({"noise": noise})["z"], prior({"noise": again})["z"]
    np.testing.assert_array_equal(z[:, 3], other[:, 3])
    assert (z[:, :3] != other[:, :3]).all()
    assert bundle.decode(z).shape == (5, *DATA.spec.shape)
    with torch.no_grad():
        expected = made.encode(X)
        rebuilt = bundle.model().encode(X)
    np.testing.assert_allclose(bundle.encode(X.numpy())["z"], expected, atol=1e-4)
    assert torch.equal(rebuilt, expected)
