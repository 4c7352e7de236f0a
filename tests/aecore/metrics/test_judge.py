"""Judges: made twice the same, loaded as stored, refused when damaged; and what a model's samples score."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from statistics import fmean, stdev

import pytest
import torch
from torch import Tensor

from aecore.bundles import list_bundles
from aecore.bundles.files import sha256
from aecore.data import Dataset
from aecore.errors import UserError
from aecore.metrics import METRICS, evaluate
from aecore.metrics.generation import prior_metrics, prior_samples, sample_metrics
from aecore.metrics.judge import JUDGED, Judge, find_judge, is_judged, make_judge, train_judge
from aecore.metrics.table_samples import judges
from aecore.model import Autoencoder
from aecore.places import shipped_root
from tests.aecore.small import digits, fit, model

CPU = torch.device("cpu")
NAMES = {name for name in METRICS if name.startswith("sample_")} | {"train_frechet"}


@pytest.fixture
def made(tmp_path: Path) -> Path:
    make_judge("digits", tmp_path, epochs=1)
    return tmp_path


def shipped() -> Judge:
    judge = find_judge(digits().spec)
    assert judge
    return judge


@pytest.mark.parametrize("name", JUDGED)
def test_what_is_shipped_is_stated_and_small(name: str) -> None:
    assert is_judged(name)
    folder = shipped_root() / name
    weights, said = (
        (folder / "judge.safetensors").read_bytes(),
        json.loads((folder / "judge.json").read_text()),
    )
    assert sha256(weights) == said["sha256"] == judges()[name]
    assert len(weights) < 400_000
    assert said["name"] == name
    assert said["test_accuracy"] > (0.88 if name == "fashion-mnist" else 0.95)
    assert said["command"] == f"aecore zoo judge {name}"
    assert f"{name} {said['sha256'][:8]}" in METRICS["sample_frechet"].help


def test_it_lies_beside_bundles_and_is_none() -> None:
    assert not [bundle for bundle in list_bundles() if "judge" in bundle.id]


def test_it_is_loaded_as_it_was_measured(made: Path) -> None:
    data = digits()
    judge = find_judge(data.spec, made)
    assert judge
    report, weights = train_judge(replace_whole(), epochs=1)
    assert report.sha256 == judge.sha256 == sha256(weights)  # the same training, the same bytes
    features = judge.features(data.test.x)
    assert features.dtype == torch.float64
    assert features.shape == (len(data.test), 64)
    assert torch.allclose(features.float(), judge.classifier.features(data.test.x)[-1], atol=1e-6)


def replace_whole() -> Dataset:
    from aecore.data import load_dataset

    return load_dataset("digits")


def test_other_pictures_under_its_name_have_none(made: Path) -> None:
    spec = digits().spec
    assert find_judge(replace(spec, name="waves"), made) is None
    assert find_judge(replace(spec, shape=(1, 16, 16)), made) is None
    assert find_judge(replace(spec, classes=("a", "b")), made) is None
    with pytest.raises(UserError, match="There is no judge called 'mnits'. Did you mean mnist"):
        make_judge("mnits", made)


@pytest.mark.parametrize("damage", ["weights", "report", "missing"])
def test_a_damaged_one_is_refused(made: Path, damage: str) -> None:
    weights, report = made / "digits" / "judge.safetensors", made / "digits" / "judge.json"
    if damage == "weights":
        content = bytearray(weights.read_bytes())
        content[-1] ^= 1
        weights.write_bytes(content)
    elif damage == "report":
        report.write_text("{")
    else:
        weights.unlink()
    with pytest.raises(UserError, match=re.escape("`aecore zoo judge digits`")):
        find_judge(digits().spec, made)


def test_training_examples_are_the_best_samples_and_noise_the_worst() -> None:
    data = replace_whole()

    class Pretended(Autoencoder):
        source: Tensor

        def sample(self, n: int, temperature: float = 1.0, condition: Tensor | None = None) -> Tensor:
            return self.source[torch.randint(len(self.source), (n,))]

    def scored(source: Tensor) -> dict[str, float]:
        vae = model("vae", data=data)
        vae.__class__ = Pretended
        vae.source = source
        return sample_metrics(vae, data, CPU, seed=0)

    real, noise, one = scored(data.train.x), scored(torch.rand_like(data.train.x)), scored(data.train.x[:1])
    assert real.keys() == NAMES
    assert real["sample_count"] == len(data.test)
    assert real["sample_precision"] > 0.85 > noise["sample_precision"]
    assert real["sample_coverage"] > 0.8 > 0.1 > one["sample_coverage"]
    assert real["sample_recall"] > 0.85 > one["sample_recall"]
    assert 2 * real["sample_frechet"] < min(noise["sample_frechet"], one["sample_frechet"])
    assert real["sample_frechet"] == pytest.approx(real["train_frechet"], rel=0.5)


def test_samples_are_repeated_by_their_seed_and_leave_no_trace() -> None:
    data, vae = digits(), model("vae")
    torch.manual_seed(5)
    state = torch.get_rng_state()
    first, again = (sample_metrics(vae, data, CPU, seed=1) for _ in range(2))
    assert first == again != sample_metrics(vae, data, CPU, seed=2)
    assert torch.equal(torch.get_rng_state(), state)
    with torch.no_grad():
        assert torch.equal(prior_drawn(vae, data, 300)[:250], vae_sampled(vae, data))


def prior_drawn(vae: Autoencoder, data: Dataset, n: int) -> Tensor:
    torch.manual_seed(0)
    return prior_samples(vae.eval(), data, n)


def vae_sampled(vae: Autoencoder, data: Dataset) -> Tensor:
    torch.manual_seed(0)
    torch.randint(len(data.train), (300,))  # which classes, had it been told
    return vae.eval().sample(250)


def test_what_a_model_is_told_comes_as_often_as_in_training() -> None:
    data = digits()
    assert data.train.label is not None
    rare = torch.where(torch.arange(len(data.train)) % 4 > 0, 3, 7)
    rare[:50] = -1  # unknown: never drawn
    skewed = replace(data, train=replace(data.train, label=rare))
    told: list[Tensor] = []

    class Listening(Autoencoder):
        def told(self, step: object) -> Tensor | None:
            told.append(step.label)  # type: ignore[attr-defined]
            return None

    vae = model("vae")
    vae.__class__ = Listening
    with torch.no_grad():
        prior_drawn(vae, skewed, 2000)
    labels = torch.cat(told)
    assert set(labels.tolist()) == {3, 7}
    assert (labels == 3).float().mean() == pytest.approx(0.75, abs=0.04)


@torch.no_grad()
def test_codes_that_are_drawn_as_the_prior_is_are_at_no_distance_from_it() -> None:
    vae = model("vae")
    for parameter in vae.bottleneck.parameters():
        parameter.zero_()
    values = [prior_metrics(vae, digits().test, CPU, seed)["aggregate_mmd"] for seed in range(20)]
    assert abs(fmean(values)) < 3 * stdev(values) / 20**0.5


def test_the_prior_is_compared_where_it_was_there_before_the_codes() -> None:
    data = digits()
    vae, point = model("vae"), model("autoencoder")
    fit(point, epochs=1)
    assert prior_metrics(point, data.test, CPU, 0) == {}
    found = prior_metrics(vae, data.test, CPU, 0)
    assert found.keys() == {"aggregate_mmd"}
    values = evaluate(vae, data, nll_samples=1)
    assert values["aggregate_mmd"] == found["aggregate_mmd"]
    assert "sharpness" in values
