"""What a browser reads of the codes, read as a browser would: by the layout, without our code."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from aecore import scenes
from aecore.bundles import Codes, LatentSpec
from aecore.data import Factor
from aecore.scenes import scene
from aecore.scenes.views import views
from tests.aecore import small
from tests.aecore.scenes.conftest import Make, changed

KINDS = {"F16": "<f2", "F32": "<f4", "I32": "<i4"}


def read(blob: bytes) -> dict[str, NDArray[Any]]:
    """The tensors of a safetensors file by its description alone, each where it lies."""
    size = int.from_bytes(blob[:8], "little")
    start = 8 + size
    assert start % 8 == 0
    header = json.loads(blob[8:start])
    found, end = {}, start
    for name, entry in header.items():
        begin, stop = (start + offset for offset in entry["data_offsets"])
        kind = np.dtype(KINDS[entry["dtype"]])
        assert begin % kind.itemsize == 0, f"a typed array cannot start at {begin}"
        found[name] = np.frombuffer(blob[begin:stop], kind).reshape(entry["shape"])
        end = max(end, stop)
    assert end == len(blob)
    return found


def test_the_library_reads_the_same(make: Make) -> None:
    blob = scenes.codes(make("pca-5d", dim=5))
    ours, theirs = read(blob), safetensors.numpy.load(blob)
    assert ours.keys() == theirs.keys()
    for name, array in ours.items():
        assert array.dtype == theirs[name].dtype, name
        np.testing.assert_array_equal(array, theirs[name])


def test_everything_is_there_in_its_type_and_value(make: Make) -> None:
    bundle = make("pca-5d", dim=5)
    codes, found = bundle.codes, read(scenes.codes(bundle))
    assert {name: array.dtype.str for name, array in found.items()} == {
        "mu": "<f2", "logvar": "<f2", "error": "<f4", "kl": "<f4", "label": "<i4", "index": "<i4",
        "pca": "<f4", "umap": "<f4", "tsne": "<f4", "pca3": "<f4", "pca_mean": "<f4", "pca_components": "<f4",
        "prior_mean": "<f4", "prior_cholesky": "<f4",
    }  # fmt: skip
    for name in ("mu", "logvar", "error", "kl", "label", "index", "pca", "umap", "tsne", "pca_components"):
        np.testing.assert_array_equal(found[name], getattr(codes, name), err_msg=name)
    np.testing.assert_array_equal(found["prior_mean"], np.zeros(5))
    np.testing.assert_array_equal(found["prior_cholesky"], np.eye(5))
    solid = PCA(3).fit_transform(codes.mu)
    np.testing.assert_allclose(np.abs(found["pca3"]), np.abs(solid), atol=1e-4)


def test_the_mixture_is_the_one_that_fits_the_codes(make: Make) -> None:
    bundle = make("pca-5d", dim=5)
    found = read(scenes.mixture(bundle))
    assert {name: array.shape[1:] for name, array in found.items()} == {
        "weights": (), "means": (5,), "cholesky": (5, 5),
    }  # fmt: skip
    mean = found["weights"] @ found["means"]
    np.testing.assert_allclose(mean, bundle.codes.mu.mean(0), atol=1e-2 * bundle.codes.mu.std())


def test_a_point_code_has_no_posterior_and_its_own_prior(make: Make) -> None:
    bundle = make("points", dim=5, kind="point")
    factor = np.tril(np.random.default_rng(0).normal(size=(5, 5))) + 3 * np.eye(5)
    prior = {"kind": "fitted-gaussian", "mean": [1.0, 2.0, 3.0, 4.0, 5.0], "cholesky": factor.tolist()}
    latent = LatentSpec.from_json({"kind": "point", "dim": 5, "prior": prior})
    found = read(scenes.codes(changed(bundle, latent=latent)))
    assert not found.keys() & {"logvar", "kl"}
    np.testing.assert_array_equal(found["prior_mean"], [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(found["prior_cholesky"], factor.astype(np.float32))


@pytest.mark.parametrize("dim", [1, 2])
def test_there_is_no_third_axis_where_codes_have_two(make: Make, dim: int) -> None:
    bundle = make("few", dim=dim)
    assert "pca3" not in read(scenes.codes(bundle))
    assert scenes.describe(bundle)["maps"] == ["pca", "umap", "tsne"]


def test_codes_with_factors_and_without_labels_or_maps(make: Make) -> None:
    bundle = make("factors", dim=3)
    codes = bundle.codes
    factors = np.stack([np.arange(len(codes)) % 3, np.arange(len(codes)) % 2], axis=1)
    bare = Codes(
        mu=codes.mu, index=codes.index, error=codes.error, logvar=codes.logvar, kl=codes.kl,
        factors=factors, umap3=codes.mu,
    )  # fmt: skip
    two = (Factor("x", (0.0, 0.5, 1.0)), Factor("y", (0.0, 0.5)))
    bundle = changed(bundle, bare, data=replace(bundle.card.data, factors=two))
    found, scene = read(scenes.codes(bundle)), scenes.describe(bundle)
    np.testing.assert_array_equal(found["factors"], factors)
    assert found["factors"].dtype == np.int32
    assert not found.keys() & {"label", "pca", "umap", "tsne", "pca_mean"}
    assert scene["maps"] == ["pca3", "umap3"]
    assert scene["data"]["factors"] == [
        {"name": "x", "values": [0.0, 0.5, 1.0]},
        {"name": "y", "values": [0.0, 0.5]},
    ]


def test_the_scene_says_what_the_codes_hold(make: Make) -> None:
    bundle = make("pca-5d", dim=5)
    kl = [1.5, 0.5, 0.25, 0.0, 0.0]
    bundle = changed(
        bundle,
        metrics={**bundle.card.metrics, "kl_per_dimension": kl},
        config={**bundle.card.config, "beta": 0.5, "likelihood": "pseudo-bernoulli"},
    )
    scene = json.loads(json.dumps(scenes.describe(bundle)))
    assert scene == {
        "version": 7,
        "id": "digits/pca-5d",
        "title": "VAE · 5 dims · β = 0.5",
        "note": "",
        "data": {
            "name": "digits", "title": bundle.card.data.title, "kind": "image", "shape": [1, 8, 8],
            "values": "unit", "classes": list("0123456789"), "factors": [],
            "vocabulary": [], "columns": [], "centre": [], "scale": [],
        },
        "latent": {
            "kind": "gaussian", "dim": 5, "prior": "standard-normal", "prior_title": "Prior N(0, I)",
            "levels": [], "codebook": None, "condition": None,
        },
        "views": views("image", bundle.card.latent),
        "score": None,
        "measured": {"rmse": 0.2},
        "beta": 0.5,
        "split": "test",
        "examples": scenes.examples(bundle),
        "error_unit": "pseudo-nats",
        "likelihood": "pseudo-bernoulli",
        "binarise": "none",
        "constants": None,
        "count": 150,
        "maps": ["pca", "umap", "tsne", "pca3"],
        "kl_per_dimension": kl,
        "rate_distortion": [],
        "encoder": {"file": "encoder.onnx", "inputs": ["x"], "outputs": ["mu", "logvar"]},
        "decoder": {"file": "decoder.onnx", "inputs": ["z"], "outputs": ["x"]},
        "weights": "model.safetensors",
    }  # fmt: skip
    assert scenes.own_files(bundle) == ["decoder.onnx", "encoder.onnx", "model.safetensors"]


def test_without_a_rate_by_dimension_there_is_none_and_one_dimension_is_one(make: Make) -> None:
    scene = scenes.describe(make("points", dim=1, kind="point", title="Autoencoder"))
    assert scene["kl_per_dimension"] is None
    assert scene["title"] == "Autoencoder · 1 dim"
    latent = scene["latent"]
    assert (latent["kind"], latent["dim"], latent["prior"]) == ("point", 1, "fitted-gaussian")
    assert latent["prior_title"] == "Fitted Gaussian"
    assert scene["encoder"]["outputs"] == ["z"]


def test_the_unit_of_the_error_is_that_of_the_likelihood(make: Make) -> None:
    from aecore import likelihoods

    bundle = make()
    concrete = [
        each
        for each in vars(likelihoods).values()
        if isinstance(each, type)
        and issubclass(each, likelihoods.Likelihood)
        and each is not likelihoods.Likelihood
    ]
    assert {each.name for each in concrete} == likelihoods.LIKELIHOODS.keys() - {"natural"}
    for each in concrete:
        config = {**bundle.card.config, "likelihood": each.name}
        assert scenes.error_unit(changed(bundle, config=config)) == each.unit


def test_the_likelihood_that_is_natural_is_called_by_its_name(make: Make) -> None:
    from aecore.likelihoods import natural

    bundle = make()
    for values in ("binary", "unit", "real", "token"):
        spec = replace(small.digits().spec, values=values)
        data = replace(bundle.card.data, values=values)
        assert scene.likelihood({"likelihood": "natural"}, data) == natural(spec).name
        assert scene.likelihood({"likelihood": "huber"}, data) == "huber"
    assert scene.likelihood({}, bundle.card.data) == ""


@pytest.mark.parametrize(
    ("likelihood", "constants"),
    [
        ("mse", 32 * math.log(2 * math.pi)),
        ("continuous-bernoulli", 0.0),
        ("huber", None),
        ("pseudo-bernoulli", None),
    ],
)
def test_constants_are_what_the_bound_has_beside_rate_and_distortion(
    likelihood: str, constants: float | None
) -> None:
    from aecore.metrics import evaluate

    data = small.digits()
    metrics = evaluate(
        small.model("vae", likelihood=likelihood), data, only=("rate", "distortion", "negative_elbo")
    )
    assert scene.constants(metrics) == (None if constants is None else pytest.approx(constants, abs=1e-5))
    assert scene.constants({**metrics, "rate": []}) is None


def test_examples_are_the_same_where_data_options_and_split_are(make: Make) -> None:
    one, same = make("pca-2d"), make("pca-5d", dim=5)
    assert scenes.examples(one) == scenes.examples(same)
    others = [
        changed(one, data=replace(one.card.data, fingerprint="0" * 64)),
        changed(one, data=replace(one.card.data, options={"seed": 1})),
        changed(one, codes_split="all"),
    ]
    assert len({scenes.examples(each) for each in (one, *others)}) == 4


def test_no_two_titles_of_one_data_set_are_the_same(make: Make) -> None:
    bundles = [make("pca-2d"), make("pca-2d2"), make("pca-5d", dim=5)]
    titles = scenes.titles(bundles)
    assert len(set(titles.values())) == 3
    assert titles["digits/pca-5d"] == scenes.title(bundles[2])
    assert titles["digits/pca-2d2"].endswith(" · pca-2d2")
