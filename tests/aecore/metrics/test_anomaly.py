"""One-class scores: against closed forms, and that they tell digits apart."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.distributions import MultivariateNormal

from aecore.errors import UserError
from aecore.metrics.anomaly import SCORES, auroc, one_class_auroc
from aecore.metrics.probabilistic import importance_estimate
from benchmarks import one_class
from tests.aecore.small import digits, fit, model


def test_auroc_is_the_share_of_pairs_in_order() -> None:
    generator = torch.Generator().manual_seed(0)
    usual = torch.randint(6, (40,), generator=generator).float()
    strange = torch.randint(3, 9, (30,), generator=generator).float()
    pairs = strange[:, None] - usual[None]
    by_hand = ((pairs > 0).double() + 0.5 * (pairs == 0).double()).mean().item()
    assert auroc(usual, strange) == pytest.approx(by_hand)
    assert auroc(strange, usual) == pytest.approx(1 - by_hand)
    assert auroc(usual, usual + 10) == 1
    assert auroc(usual, usual) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="one kind is missing"):
        auroc(usual, strange[:0])


@torch.no_grad()
def test_each_score_is_what_it_says() -> None:
    data = digits(binarise="threshold")
    vae, point, x = model("vae", data=data).eval(), model("denoising", level=0.2).eval(), data.test.x
    error = (vae.reconstruct(x) - x).square().flatten(1)
    assert torch.allclose(SCORES["reconstruction"](vae, data.train)(x), error.mean(1))

    for name in ("negative_elbo", "nll"):
        torch.manual_seed(0)
        got = SCORES[name.replace("_", "-")](vae, data.train)(x)
        torch.manual_seed(0)
        assert torch.equal(got, getattr(importance_estimate(vae, x, 16), name))

    codes = vae.codes(data.train).double()
    fitted = MultivariateNormal(codes.mean(0), torch.cov(codes.T, correction=0))
    peak = fitted.log_prob(codes.mean(0))
    density = SCORES["density"](vae, data.train)(x)
    expected = peak - fitted.log_prob(vae.encode(x).double())
    assert torch.allclose(density, expected, rtol=1e-3)

    variance = (vae.reconstruct(data.train.x) - data.train.x).square().mean()
    joint = SCORES["joint"](vae, data.train)(x)
    assert torch.allclose(joint, error.sum(1) / (2 * variance) + expected, rtol=1e-3)

    grey = digits()
    score = SCORES["denoising"](point, grey.train)(grey.test.x)
    clean = (point.reconstruct(grey.test.x) - grey.test.x).square().flatten(1).mean(1)
    assert score.shape == clean.shape
    assert score.mean() > clean.mean()  # to undo damage is harder


@pytest.mark.parametrize(("variant", "score"), [("vae", "negative-elbo"), ("denoising", "denoising")])
def test_a_model_of_threes_finds_other_digits_strange(variant: str, score: str) -> None:
    data = digits(train=1200, binarise="threshold" if variant == "vae" else "none")
    assert data.train.label is not None
    threes = data.train.take((data.train.label == 3).nonzero().flatten())
    options: dict[str, Any] = {} if variant == "vae" else {"level": 0.2}
    fresh = model(variant, data=data, **options)
    before = one_class_auroc(fresh, threes, data.test, 3, score)
    fit(fresh, replace(data, train=threes), epochs=40, lr=3e-3, batch_size=16, keep="last")
    state = torch.get_rng_state()
    after = one_class_auroc(fresh, threes, data.test, 3, score)
    assert after > max(0.95, before)
    assert after == one_class_auroc(fresh, threes, data.test, 3, score)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_score_that_does_not_fit_the_model_is_refused() -> None:
    data = digits()
    for variant, score, wanted in (
        ("autoencoder", "negative-elbo", "a posterior with a width"),
        ("autoencoder", "nll", "a posterior with a width"),
        ("vae", "denoising", "a model that undoes corruption"),
    ):
        with pytest.raises(UserError, match=f"^{score} needs {wanted}"):
            one_class_auroc(model(variant), data.train, data.test, 0, score)


def test_the_benchmark_prints_its_setting_and_its_mean_and_keeps_what_it_has_trained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = "--data digits --variant denoising --classes 0 3 --epochs 2 --latent-dim 4 --json --seeds 2"
    more = ["--score", "denoising", "density", "--with", "hidden=[16]", "level=0.2"]
    more += ["--results", str(tmp_path / "kept.json")]
    monkeypatch.setattr("sys.argv", ["one_class", *words.split(), *more])
    one_class.main()
    result = json.loads(capsys.readouterr().out)
    assert result["model"] == {"variant": "denoising", "latent_dim": 4, "hidden": [16], "level": 0.2}
    assert result["fit"]["epochs"] == 2
    assert [row["class"] for row in result["classes"]] == ["0", "3"]
    for score in ("denoising", "density"):
        each = [row[score] for row in result["classes"]]
        assert all(0.3 < value <= 1 for value in each)
        assert result["mean"][score] == pytest.approx(sum(each) / 2)

    def never(*_: Any) -> Any:
        raise AssertionError("it was trained again")

    monkeypatch.setattr(one_class, "run", never)
    one_class.main()
    assert json.loads(capsys.readouterr().out) == result
