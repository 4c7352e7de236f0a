"""A card reads back as what was written, and nothing else reads as a card."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aecore.bundles import Card, DataCard, LatentSpec, OnnxFunction, Provenance
from aecore.bundles import card as card_module
from aecore.bundles.card import REQUIRED, seal
from aecore.data.dataset import DataSpec, Factor
from aecore.errors import BundleError
from tests.aecore.bundles import standin


def whole(kind: str = "gaussian", **changes: Any) -> Card:
    """A card as it stands in a written bundle."""
    made = standin.card(kind=kind)
    onnx = {
        "encoder": OnnxFunction("encoder.onnx", ("x",), made.latent.outputs),
        "decoder": OnnxFunction("decoder.onnx", ("z",), ("x",)),
    }
    return replace(made, parameters=10, onnx=onnx, files=dict.fromkeys(REQUIRED, "0" * 64), **changes)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
names = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,79}", fullmatch=True)
floats = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | st.integers() | floats | texts
plain = scalars | st.lists(scalars | st.lists(scalars, max_size=2), max_size=3)
matrices = st.integers(1, 4).flatmap(
    lambda d: st.tuples(
        st.lists(floats, min_size=d, max_size=d),
        st.lists(st.lists(floats, min_size=d, max_size=d), min_size=d, max_size=d),
    )
)
latents = st.builds(lambda d: LatentSpec("gaussian", d), st.integers(1, 4096)) | matrices.map(
    lambda m: LatentSpec.from_json(
        {
            "kind": "point",
            "dim": len(m[0]),
            "prior": {"kind": "fitted-gaussian", "mean": m[0], "cholesky": m[1]},
        }
    )
)
data_cards = st.builds(
    DataCard,
    name=names,
    title=texts,
    kind=st.just("image"),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 99), st.integers(1, 99)),
    values=st.sampled_from(["binary", "unit", "real"]),
    options=st.dictionaries(texts, texts | st.integers() | st.booleans(), max_size=3),
    classes=st.lists(texts, max_size=3).map(tuple),
    factors=st.lists(st.builds(Factor, texts, st.lists(floats, max_size=3).map(tuple)), max_size=2).map(
        tuple
    ),
    licence=texts,
    source=texts,
    fingerprint=texts,
)
provenances = st.builds(
    Provenance,
    seed=st.integers(0, 2**63),
    device=texts,
    seconds=floats | st.integers(),
    created=st.datetimes().map(lambda d: d.isoformat()),
    versions=st.dictionaries(texts, texts, max_size=3),
    command=texts,
)


@given(
    latents,
    data_cards,
    provenances,
    st.dictionaries(texts, plain, max_size=4),
    st.dictionaries(texts, floats | st.integers() | st.lists(floats, max_size=3), max_size=4),
    st.lists(names, max_size=3).map(tuple),
    names,
    texts,
)
def test_every_card_reads_back_as_it_was_written(
    latent: LatentSpec,
    data: DataCard,
    provenance: Provenance,
    values: dict[str, Any],
    metrics: dict[str, float | list[float]],
    views: tuple[str, ...],
    name: str,
    title: str,
) -> None:
    made = whole(latent.kind)
    made = replace(made, latent=latent, data=data, provenance=provenance, config=values, metrics=metrics)
    made = replace(made, views=views, name=name, title=title)
    assert Card.from_bytes(made.to_bytes(), "x/y") == made


@given(st.data())
def test_no_changed_bit_goes_unseen(data: st.DataObject) -> None:
    text = bytearray(whole("point").to_bytes())
    place = data.draw(st.integers(0, 8 * len(text) - 1))
    text[place // 8] ^= 1 << place % 8
    with pytest.raises(BundleError, match=r"^Bundle mnist/toy"):
        Card.from_bytes(bytes(text), "mnist/toy")


@given(st.binary(max_size=200) | st.from_regex(r'\{"schema": 1, .{0,40}\}', fullmatch=True).map(str.encode))
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(BundleError, match=r"^Bundle mnist/toy"):
        Card.from_bytes(garbage, "mnist/toy")


@pytest.mark.parametrize(
    "garbage", [b"[" * 200_000, b'{"schema": ' + b"9" * 9_000 + b"}", b"", b"null", b"[1]"]
)
def test_deep_and_long_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises(BundleError):
        Card.from_bytes(garbage, "mnist/toy")


def entries(**kwargs: Any) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads(whole(**kwargs).to_bytes())
    del raw["digest"]
    return raw


def set_at(raw: dict[str, Any], path: str, value: object) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        raw = raw[parent]
    raw[last] = value


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("name", "../../etc", "name = '../../etc'; it must be lower-case"),
        ("name", 3, "name = 3; it must be a text"),
        ("data.name", "A", "data.name = 'A'"),
        ("data.kind", "smell", "data.kind = 'smell'; it must be one of image"),
        ("data.shape", [1, 28, -28], "data.shape"),
        ("data.shape", [10**6, 10**6, 3], "data.shape"),
        ("data.shape", [1, 2.5], "data.shape = 2.5; it must be a list of whole numbers"),
        ("data.shape", [], "data.shape"),
        ("data.classes", "ab", "data.classes"),
        ("data.classes", ["a", None], "data.classes = None; it must be a list of texts"),
        ("data.factors", [{"name": "hue"}], "no entry data.factors[0].values"),
        ("data.options", {"deep": [1]}, "data.options"),
        ("latent.dim", 0, "latent.dim = 0; it must be a whole number from 1"),
        ("latent.dim", 10**9, "latent.dim = 1000000000"),
        ("latent.dim", True, "latent.dim = True"),
        ("latent.prior", {"kind": "fitted-gaussian", "mean": [1.0], "cholesky": []}, "latent.prior.mean"),
        (
            "latent.prior",
            {"kind": "fitted-gaussian", "mean": [0.0] * 3, "cholesky": [[1.0]] * 3},
            "rows of 3",
        ),
        ("latent.prior.kind", "flat", "latent.prior.kind = 'flat'"),
        ("precision", "double", "precision = 'double'; it must be one of half, full"),
        ("parameters", 10**30, "parameters"),
        ("metrics", [1], "metrics"),
        ("metrics.rmse", "0.1", "metrics.rmse = '0.1'; it must be a finite number or a list of such"),
        ("metrics.rmse", True, "metrics.rmse = True"),
        ("metrics.rmse", None, "metrics.rmse = None"),
        ("metrics.rmse", {"mean": 0.1}, "metrics.rmse = {'mean': 0.1}"),
        ("metrics.rmse", [0.1, [0.2]], "metrics.rmse = [0.1, [0.2]]"),
        ("config", {"a": {"b": {"c": {"d": 1}}}}, "config"),
        ("provenance.created", "yesterday", "provenance.created = 'yesterday'; it must be an ISO 8601 time"),
        ("provenance.seconds", "long", "provenance.seconds = 'long'; it must be a number"),
        ("provenance.versions", {"torch": 2.6}, "provenance.versions.torch = 2.6"),
        ("onnx.encoder.file", "/etc/passwd", "onnx.encoder.file = '/etc/passwd'"),
        ("onnx.encoder.file", "other.onnx", "a list that has other.onnx"),
        ("onnx.encoder.outputs", ["z"], "an encoder from x to mu, logvar"),
        ("onnx.encoder.inputs", [], "an encoder from x to mu, logvar"),
        ("files", {}, "a list that has model.safetensors"),
        ("files", dict.fromkeys(("../x", *REQUIRED), "0"), "files = '../x'"),
        ("typo", 1, "an unknown entry 'typo'"),
        ("latent.typo", 1, "an unknown entry 'latent.typo'"),
        ("latent", 7, "no JSON object at latent"),
        ("title", "x" * 500 + "!", "title"),
    ],
)
def test_a_wrong_entry_is_named(path: str, value: object, said: str) -> None:
    raw = entries()
    set_at(raw, path, value)
    if path == "title":
        raw["title"] = [raw["title"]]  # long values are cut in the message
    with pytest.raises(BundleError, match="^Bundle mnist/toy: card.json.*" + re.escape(said)) as caught:
        Card.from_bytes(seal(raw), "mnist/toy")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("key", [key for key in entries() if key != "schema"])
def test_a_missing_entry_is_named(key: str) -> None:
    raw = entries()
    del raw[key]
    with pytest.raises(BundleError, match=f"no entry {key}"):
        Card.from_bytes(seal(raw), "mnist/toy")


def test_a_number_beyond_the_floats_is_refused() -> None:
    text = whole().to_bytes().replace(b"0.125", b"1e999")
    with pytest.raises(BundleError, match="changed after it was written"):
        Card.from_bytes(text, "mnist/toy")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_metric_that_is_not_finite_is_not_written(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        whole(metrics={"psnr": value}).to_bytes()


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (2, "a newer aecore opens it"),
        (0, "schema 0, which is no longer read"),
        ("1", "does not say its schema"),
    ],
)
def test_another_schema_is_refused_with_the_reason(schema: object, said: str) -> None:
    with pytest.raises(BundleError, match=said):
        Card.from_bytes(seal(entries() | {"schema": schema}), "mnist/toy")


def test_an_older_schema_is_migrated(monkeypatch: pytest.MonkeyPatch) -> None:
    old = entries() | {"schema": 0}
    old["heading"] = old.pop("title")
    migrate: Callable[[dict[str, Any]], dict[str, Any]] = lambda raw: (  # noqa: E731
        {key: value for key, value in raw.items() if key != "heading"} | {"title": raw["heading"]}
    )
    monkeypatch.setitem(card_module.MIGRATIONS, 0, migrate)
    assert Card.from_bytes(seal(old), "mnist/toy") == whole()


def test_the_card_gives_the_spec_that_builds_the_model() -> None:
    spec = whole().data.spec
    assert spec == DataSpec(
        "mnist",
        "image",
        (1, 28, 28),
        "unit",
        ("zero", "one"),
        (Factor("scale", (0.5, 1.0, 1.5)),),
        {"binarise": "none"},
    )
