"""A stored sweep: tweened weights by hand, ONNX beside PyTorch, what was measured, damage refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import safetensors.numpy
import torch
from torch.distributions import Normal, kl_divergence

from aecore.bundles.card import seal
from aecore.data import load_dataset
from aecore.errors import BundleError, UserError
from aecore.latent import aligned, projections
from aecore.sweeps import Sweep, SweepCard, damaged, list_sweeps, locate, open_sweep
from aecore.sweeps.card import FILES
from aecore.sweeps.plan import Plan
from aecore.sweeps.training import build_member

BETAS: tuple[float, ...] = (0.0, 0.1, 0.4, 1.6, 6.4)


def by_hand(sweep: Sweep, k: int, t: float) -> dict[str, Any]:
    """The tween of the stored weights, read by safetensors alone."""
    stored = safetensors.numpy.load((sweep.path / "weights.safetensors").read_bytes())
    return {
        name: (1 - t) * np.float32(each[k]) + t * np.float32(each[k + 1]) for name, each in stored.items()
    }


def test_between_two_members_the_weights_are_their_mean(sweep: Sweep) -> None:
    assert sweep.card.betas == BETAS
    for k in range(4):
        low, high = BETAS[k : k + 2]
        middle = np.sqrt(low * high) if low else high / 4
        assert sweep.half_way(k) == pytest.approx(middle)
        found = sweep.weights_at(sweep.half_way(k))
        for name, wanted in by_hand(sweep, k, 0.5).items():
            assert found[name].dtype == np.float32
            assert np.allclose(found[name], wanted, atol=1e-6)
        assert sweep.is_tweened(sweep.half_way(k))
    stored = safetensors.numpy.load((sweep.path / "weights.safetensors").read_bytes())
    for k, beta in enumerate(BETAS):
        assert not sweep.is_tweened(beta)
        assert all(np.array_equal(each, stored[name][k]) for name, each in sweep.weights_at(beta).items())
    with pytest.raises(UserError, match="beyond"):
        sweep.weights_at(7)


@pytest.mark.parametrize("beta", [0, 0.025, 0.1, 0.2, 1.6, 3, 6.4])
@torch.no_grad()
def test_graphs_fed_with_weights_are_pytorchs(sweep: Sweep, beta: float) -> None:
    card, x = sweep.card, load_dataset("digits", binarise="threshold").test.x[:5]
    model = build_member(Plan.from_json(card.plan), card.data.spec, 1.0).eval()
    model.load_state_dict({n: torch.tensor(w) for n, w in by_hand(sweep, *locate(BETAS, beta)).items()})
    found = sweep.encode(x.numpy(), beta)
    for name, wanted in model.posterior(x).tensors().items():
        assert np.allclose(found[name], wanted.numpy(), rtol=1e-4, atol=1e-4)
    z = torch.randn(7, 3)
    assert np.allclose(sweep.decode(z.numpy(), beta), model.decode(z).numpy(), atol=1e-5)
    assert torch.allclose(sweep.model(beta).decode(z), model.decode(z), atol=1e-6)


def test_graphs_hold_no_weights_and_name_them_all(sweep: Sweep) -> None:
    named = set()
    for function in (sweep.card.encoder, sweep.card.decoder):
        graph = onnx.load_from_string(sweep.read(function.file)).graph
        assert sum(np.prod(each.dims) for each in graph.initializer) < 24
        assert tuple(each.name for each in graph.input) == function.inputs
        named |= set(function.inputs[1:])
    assert named == set(sweep.weights)
    sizes = {file: (sweep.path / file).stat().st_size for file in FILES}
    assert sizes["encoder.onnx"] + sizes["decoder.onnx"] < 10_000


def test_the_rate_falls_and_the_distortion_rises_with_beta(sweep: Sweep) -> None:
    rates = [member.rate for member in sweep.card.members]
    distortions = [member.distortion for member in sweep.card.members]
    assert rates == sorted(rates, reverse=True)
    assert distortions[2:] == sorted(distortions[2:])
    assert rates[1] > rates[-1] + 3
    assert distortions[-1] > distortions[1] + 3


def test_what_a_member_costs_is_distortion_and_beta_nats(sweep: Sweep) -> None:
    test = load_dataset("digits", binarise="threshold").test.x
    for k, member in enumerate(sweep.card.members):
        assert member.objective == pytest.approx(member.distortion + member.beta * member.rate, rel=0.03)
        q = {name: torch.tensor(each) for name, each in sweep.encode(test.numpy(), member.beta).items()}
        nats = kl_divergence(Normal(q["mu"], (q["logvar"] / 2).exp()), Normal(0.0, 1.0)).mean(0)
        assert nats.sum().item() == pytest.approx(member.rate, rel=1e-4)
        assert np.allclose(member.metrics["kl_per_dimension"], nats.numpy(), rtol=1e-3, atol=1e-4)
        assert member.epochs == (25 if k == 1 else 10)
        assert member.seconds > 0
    assert {"mse", "knn5_accuracy", "active_units", "negative_elbo"} <= member.metrics.keys()


@torch.no_grad()
def test_half_way_is_measured_of_the_mean_weights_and_of_both_neighbours(sweep: Sweep) -> None:
    test = load_dataset("digits", binarise="threshold").test.x
    for k, found in enumerate(sweep.card.between):
        assert found.beta == sweep.half_way(k)
        assert found.excess == found.objective - min(found.low, found.high)
        q = sweep.encode(test.numpy(), found.beta)
        nats = kl_divergence(
            Normal(torch.tensor(q["mu"]), (torch.tensor(q["logvar"]) / 2).exp()), Normal(0.0, 1.0)
        )
        assert found.rate == pytest.approx(nats.sum(1).mean().item(), rel=1e-3)
        assert found.objective == pytest.approx(found.distortion + found.beta * found.rate, rel=1e-5)
        low, high = sweep.card.members[k : k + 2]
        assert found.low == pytest.approx(low.distortion + found.beta * low.rate, rel=0.03)
        assert found.high == pytest.approx(high.distortion + found.beta * high.rate, rel=0.03)
    assert max(found.excess / found.objective for found in sweep.card.between) < 0.03


def test_codes_are_the_members_and_maps_are_of_them(sweep: Sweep) -> None:
    codes, test = sweep.codes, load_dataset("digits", binarise="threshold").test
    assert len(codes) == len(test)
    assert codes.label is not None
    assert test.label is not None
    assert np.array_equal(codes.label, test.label.numpy())
    x = test.x.numpy()[codes.index]
    for k, beta in enumerate(BETAS):
        found = sweep.encode(x, beta)
        assert np.allclose(codes.mu[k], found["mu"], rtol=2e-3, atol=2e-3)
        assert np.allclose(codes.logvar[k], found["logvar"], rtol=2e-3, atol=2e-3)
        image = sweep.decode(found["mu"], beta)
        missed = -np.log(np.where(x > 0.5, image, 1 - image).astype(np.float64)).sum((1, 2, 3))
        assert np.allclose(codes.error[k], missed, rtol=5e-3)
        own = projections.pca(codes.mu[k].astype(np.float32)).points
        apart = np.linalg.norm(codes.map("pca")[k, :20, None] - codes.map("pca")[k, None, :20], axis=-1)
        wanted = np.linalg.norm(own[:20, None] - own[None, :20], axis=-1)
        assert np.allclose(apart, wanted, atol=0.02 * wanted.max())
    assert np.array_equal(codes.kl.shape, (5, len(test)))
    assert codes.map("umap").shape == (5, len(test), 2)
    with pytest.raises(KeyError):
        codes.map("plane")
    turned = aligned.rotation(codes.mu[3].astype(float), codes.mu[2].astype(float))
    assert sweep.card.between[2].rotation == pytest.approx(turned, abs=0.2)


def test_the_card_survives_json(sweep: Sweep) -> None:
    text = sweep.card.to_bytes()
    assert SweepCard.from_bytes(text, "x") == sweep.card
    assert json.loads(text)["digest"] == sweep.card.digest
    assert text == (sweep.path / "sweep.json").read_bytes()


@pytest.fixture
def copy(sweep: Sweep, tmp_path: Path) -> Path:
    """The sweep in a folder that may be damaged."""
    return Path(shutil.copytree(sweep.path, tmp_path / "digits" / "copy"))


@pytest.mark.parametrize("file", FILES)
def test_a_changed_or_missing_file_is_refused(copy: Path, file: str) -> None:
    content = bytearray((copy / file).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / file).write_bytes(content)
    broken = open_sweep(copy)
    with pytest.raises(BundleError, match=rf"Sweep digits/copy: {file} is not the file"):
        broken.read(file)
    (copy / file).unlink()
    with pytest.raises(BundleError, match=rf"{file} is missing"):
        open_sweep(copy)


def test_every_changed_byte_of_the_card_is_refused(copy: Path) -> None:
    text = (copy / "sweep.json").read_bytes()
    for place in range(0, len(text), max(1, len(text) // 60)):
        changed = bytearray(text)
        changed[place] ^= 1
        (copy / "sweep.json").write_bytes(changed)
        with pytest.raises(BundleError):
            open_sweep(copy)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"schema": 2}, "a newer aecore opens it"),
        ({"schema": 0}, "train it again"),
        ({"between": []}, "one less than there are members"),
        ({"members": []}, "two or more"),
        ({"maps": ["tsne"]}, "some of plane, pca, umap"),
        ({"files": {}}, "names with codes.safetensors"),
        ({"dim": 0}, "a whole number from 1"),
        ({"plan": {}}, "a plan with a config"),
        ({"strange": 1}, "unknown entry 'strange'"),
    ],
)
def test_a_sealed_card_that_says_nonsense_is_refused(
    copy: Path, change: dict[str, Any], sentence: str
) -> None:
    entries = {**json.loads((copy / "sweep.json").read_bytes()), **change}
    entries.pop("digest")
    (copy / "sweep.json").write_bytes(seal(entries))
    with pytest.raises(BundleError, match=rf"^Sweep digits/copy.*{sentence}"):
        open_sweep(copy)


def test_other_codes_or_weights_than_the_card_describes_are_refused(sweep: Sweep) -> None:
    other = SweepCard.from_bytes(sweep.card.to_bytes(), "x")
    wrong = Sweep("digits/x", sweep.path, False, other.__class__(**{**vars_of(other), "dim": 4}))
    with pytest.raises(BundleError, match="other members or dimensions"):
        _ = wrong.codes
    fewer = Sweep(
        "digits/x", sweep.path, False, other.__class__(**{**vars_of(other), "members": other.members[:4]})
    )
    with pytest.raises(BundleError, match="other weights"):
        _ = fewer.weights


def vars_of(card: SweepCard) -> dict[str, Any]:
    """The fields of a card."""
    return {name: getattr(card, name) for name in card.__dataclass_fields__}


def test_wrong_shapes_and_unknown_names_are_said(sweep: Sweep) -> None:
    with pytest.raises(UserError, match=r"reads shape \(B, 1, 8, 8\), not \(2, 3\)"):
        sweep.encode(np.zeros((2, 3)), 1)
    with pytest.raises(UserError, match=r"reads shape \(B, 3\), not \(2, 2\)"):
        sweep.decode(np.zeros((2, 2)), 1)
    with pytest.raises(UserError, match="Did you mean digits/small"):
        open_sweep("digits/smal")
    with pytest.raises(UserError, match="no file in sweep"):
        sweep.file("card.json")


def test_sweeps_are_listed_and_what_is_damaged_is_said(sweep: Sweep) -> None:
    assert [each.id for each in list_sweeps() if not each.shipped] == ["digits/small"]
    folder = sweep.path.parent / "half"
    folder.mkdir()
    try:
        assert damaged() == [(folder, f"Sweep digits/half: sweep.json is missing in {folder}.")]
        assert [each.id for each in list_sweeps() if not each.shipped] == ["digits/small"]
    finally:
        folder.rmdir()


def test_reading_needs_no_pytorch(sweep: Sweep) -> None:
    code = """
import sys
import numpy as np
from aecore.scenes.sweep import describe
from aecore.sweeps import list_sweeps, open_sweep
sweep = open_sweep("digits/small")
describe(sweep)
assert sweep in list_sweeps() and sweep.encode(sweep.decode(np.zeros((1, 3)), 1), 2)
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("False\n", "")
