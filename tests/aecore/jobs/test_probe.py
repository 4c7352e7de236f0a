"""What a frame shows of any model: the same examples and noise each time, and no trace left behind."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
import safetensors.numpy
import torch
from PIL import Image
from torch.distributions import Normal, kl_divergence

from aecore.bottlenecks import Point
from aecore.data import Dataset, load_dataset
from aecore.jobs.probe import Probe
from aecore.metrics.probabilistic import variational
from aecore.variants import VARIANTS
from tests.aecore.small import digits, equal, head, model, weights


def small(name: str) -> Dataset:
    whole = digits() if name == "digits" else load_dataset(name)
    return replace(whole, test=head(whole.test, 40))


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_every_variant_can_be_looked_at(variant: str) -> None:
    data, made = small("digits"), model(variant).eval()
    before, state = weights(made), torch.get_rng_state()
    probe = Probe(data, made, {"variant": variant})
    first, second = probe.look(made), probe.look(made)
    assert equal(before, weights(made))
    assert torch.equal(state, torch.get_rng_state())
    assert first.parts.keys() == second.parts.keys() >= {"mu", "grid.png", "reconstructions.png"}
    for name, part in first.parts.items():
        assert (
            np.array_equal(part, second.parts[name])
            if isinstance(part, np.ndarray)
            else part == second.parts[name]
        )
    codes = made.codes(data.test.take(torch.tensor(probe.manifest.index))).detach().numpy()
    assert np.allclose(first.parts["mu"], codes, atol=1e-2, rtol=1e-2)
    assert first.distortion is not None
    choice = made.latent_spec()["kind"] == "codebook"
    assert ("traversals.png" in first.parts) == bool(first.traversed) == (not choice)


def test_samples_without_a_prior_are_drawn_where_the_codes_are() -> None:
    table = small("breast-cancer")
    made = model("autoencoder", data=table, latent_dim=3).eval()
    assert isinstance(made.bottleneck, Point)
    with torch.no_grad():
        made.bottleneck.z.weight.zero_()
        made.bottleneck.z.bias.copy_(torch.tensor([7.0, -7.0, 7.0]))
        there = made.decode(made.encode(table.test.x[:1])).numpy()
    probe = Probe(table, made, {"variant": "autoencoder"})
    assert probe.manifest.fitted
    assert np.allclose(probe.look(made).parts["samples"], there, atol=0.05)
    held = model("wae-mmd", data=table, latent_dim=3).eval()
    assert not Probe(table, held, {"variant": "wae-mmd"}).manifest.fitted


@pytest.mark.parametrize("name", ["waves", "words", "breast-cancer"])
def test_every_kind_of_data_can_be_looked_at(name: str) -> None:
    data = small(name)
    made = model("vae", data=data, net="mlp" if name == "breast-cancer" else "recurrent").eval()
    probe = Probe(data, made, {"variant": "vae"})
    look = probe.look(made)
    assert look.parts.keys() == {"mu", "logvar", "samples", "reconstructions"}
    manifest, spec = probe.manifest, data.spec
    assert len(look.parts["samples"]) == len(look.parts["reconstructions"]) == len(manifest.shown) == 8
    # The examples themselves, in the same order, and how they are read.
    shown = data.test.x[torch.tensor(manifest.index)[torch.tensor(manifest.shown)]]
    originals = safetensors.numpy.load(probe.originals)["x"]
    assert np.array_equal(originals, shown.numpy())
    assert originals.dtype == (np.int32 if name == "words" else np.float32)
    with torch.no_grad():
        again = made.decode(made.encode(shown)).numpy()
    assert np.allclose(look.parts["reconstructions"], again, atol=2e-3, rtol=2e-3)
    assert manifest.legend == {
        "vocabulary": list(spec.vocabulary), "columns": list(spec.columns),
        "centre": list(spec.centre), "scale": list(spec.scale),
    }  # fmt: skip
    assert any(manifest.legend.values())
    assert manifest.originals == "originals.safetensors"
    factors = data.test.factors
    assert bool(manifest.factors) == (factors is not None) == (name != "breast-cancer")
    for f, told in enumerate(manifest.factors):
        assert told["name"] == spec.factors[f].name
        values = torch.tensor(told["of"])
        assert factors is not None
        assert torch.equal(values, factors[torch.tensor(manifest.index), f])
        assert told["values"] == list(spec.factors[f].values)


@pytest.mark.parametrize(("dim", "wide"), [(3, False), (3, True), (12, False)])
def test_a_strip_is_what_is_decoded_along_a_dimension(dim: int, wide: bool) -> None:
    data, made = small("digits"), model("vae", latent_dim=dim).eval()
    if wide:
        with torch.no_grad():
            for parameter in made.bottleneck.parameters():
                parameter.mul_(30)
    probe = Probe(data, made, {"variant": "vae"})
    look = probe.look(made)
    mu = look.parts["mu"].astype(np.float64)  # type: ignore[union-attr]
    sigma = mu.std(0)
    assert (sigma > 1).any() == wide
    most = sorted(range(dim), key=lambda d: -look.kl[d])[:10]
    assert look.traversed == tuple(sorted(most))
    picture = np.asarray(Image.open(io.BytesIO(bytes(look.parts["traversals.png"]))))
    assert picture.shape == (8 * len(most), 8 * 7)
    shown = data.test.x[torch.tensor(probe.manifest.index)[torch.tensor(probe.manifest.shown[:1])]]
    for row, d in enumerate(look.traversed):
        centre, reach = (mu[:, d].mean(), 3 * sigma[d]) if sigma[d] > 1 else (0.0, 3.0)
        for column, value in enumerate(np.linspace(centre - reach, centre + reach, 7)):
            with torch.no_grad():
                z = made.encode(shown)
                z[0, d] = value
                cell = made.decode(z)[0, 0].numpy()
            seen = picture[8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
            assert np.allclose(seen / 255, cell, atol=2 / 255 if not wide else 0.02)


def test_strips_have_no_more_pixels_than_the_grid() -> None:
    data = small("digits")
    large = replace(data.test, x=torch.zeros(40, 1, 64, 64))
    data = replace(data, spec=replace(data.spec, shape=(1, 64, 64)), test=large)
    made = model("vae", data=data, latent_dim=10).eval()
    look = Probe(data, made, {"variant": "vae"}).look(made)
    picture = Image.open(io.BytesIO(bytes(look.parts["traversals.png"])))
    assert (len(look.traversed), picture.size) == (3, (64 * 7, 64 * 3))


def test_the_grid_is_the_plane_and_the_strip_the_examples() -> None:
    data, made = small("digits"), model("vae", latent_dim=2).eval()
    probe = Probe(data, made, {"variant": "vae"})
    look, side = probe.look(made), probe.manifest.columns
    assert (probe.manifest.manifold, look.bounds) == (True, (-2.5, 2.5, -2.5, 2.5))
    picture = np.asarray(Image.open(io.BytesIO(bytes(look.parts["grid.png"]))))
    assert picture.shape == (8 * side, 8 * side)
    for row, column, z in ((0, 0, (-2.5, 2.5)), (0, side - 1, (2.5, 2.5)), (side - 1, 0, (-2.5, -2.5))):
        with torch.no_grad():
            cell = made.decode(torch.tensor([z]))[0, 0].numpy()
        seen = picture[8 * row : 8 * row + 8, 8 * column : 8 * column + 8]
        assert np.allclose(seen / 255, cell.clip(0, 1), atol=1 / 255)
    assert (probe.manifest.originals, probe.manifest.legend) == ("originals.png", {})
    strip = np.asarray(Image.open(io.BytesIO(probe.originals)))
    chosen = torch.tensor(probe.manifest.index)[torch.tensor(probe.manifest.shown)]
    assert np.allclose(strip / 255, np.hstack(list(data.test.x[chosen, 0].numpy())), atol=1 / 255)
    assert data.test.label is not None
    assert probe.manifest.label == tuple(data.test.label[torch.tensor(probe.manifest.index)].tolist())


@pytest.mark.parametrize(
    ("likelihood", "binarise", "constants"),
    [("bernoulli", "threshold", 0.0), ("mse", "none", 32 * np.log(2 * np.pi)), ("huber", "none", None)],
)
def test_the_figures_of_a_frame_are_torchs(
    likelihood: str, binarise: Literal["none", "threshold"], constants: float | None
) -> None:
    data = digits(binarise=binarise)
    made = model("vae", data=data, likelihood=likelihood).eval()
    with torch.no_grad():
        made.bottleneck.mu.weight[:2] *= 0  # type: ignore[union-attr, index, operator]
        made.bottleneck.mu.weight[2:] *= 3  # type: ignore[union-attr, index, operator]
        made.bottleneck.logvar.bias += 5  # type: ignore[union-attr, operator]
    look = Probe(data, made, {"variant": "vae"}).look(made)
    mu, logvar = (torch.tensor(look.parts[name], dtype=torch.float64) for name in ("mu", "logvar"))
    kl = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(0.0, 1.0))
    assert look.kl == pytest.approx(kl.mean(0).tolist(), rel=1e-3)
    assert look.rate == pytest.approx(kl.sum(1).mean().item(), rel=1e-3)
    assert look.active_units == int((mu.var(0, correction=0) > 0.01).sum()) == 2
    assert look.distortion is not None
    draws = 50
    with torch.no_grad():  # one draw is near to the mean over many, and the code's mean is not
        posterior = made.posterior(data.test.x)
        raws = (made.decode_raw(posterior.sample(), None, data.test.x) for _ in range(draws))
        each = torch.stack([made.likelihood.distortion(raw, data.test.x).mean() for raw in raws])
        at_mean = made.likelihood.distortion(made.decode_raw(posterior.mean, None, data.test.x), data.test.x)
    assert abs(look.distortion - each.mean()) < 4 * each.std() < abs(at_mean.mean() - each.mean())
    if constants is None:
        assert look.negative_elbo is None
    else:
        assert look.rate is not None
        assert look.negative_elbo == pytest.approx(look.distortion + look.rate + constants, rel=1e-5)


@pytest.mark.parametrize("options", [{"posterior": "iaf"}, {"prior": "vamp"}])
def test_a_kl_that_has_no_parts_is_a_rate_and_no_bar_of_a_dimension(options: dict[str, Any]) -> None:
    data, made = small("digits"), model("vae", **options).eval()
    look = Probe(data, made, {"variant": "vae"}).look(made)
    assert look.kl == ()
    assert look.rate is not None
    with torch.no_grad():
        rates = [variational(made.posterior(data.test.x)).kl().mean().item() for _ in range(50)]
    assert abs(look.rate - np.mean(rates)) < 4 * np.std(rates)
    spread = look.parts["mu"].astype(float).std(0)  # type: ignore[union-attr]
    assert len(look.traversed) > 1
    assert set(look.traversed) == set(np.argsort(-spread)[: len(look.traversed)].tolist())


def test_codes_beyond_half_precision_are_the_largest_there_are() -> None:
    data, made = small("digits"), model("vae").eval()
    with torch.no_grad():
        made.bottleneck.mu.bias[:] = torch.tensor([1e6, -1e6, 7e4, 0.0])  # type: ignore[union-attr, operator]
    mu = Probe(data, made, {"variant": "vae"}).look(made).parts["mu"]
    assert isinstance(mu, np.ndarray)
    assert mu.dtype == np.float16
    assert (mu[:, :3] == [65504, -65504, 65504]).all()
