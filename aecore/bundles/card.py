"""The card of a bundle: what it is, where it came from, and the sha256 of every other file.

``card.json`` is read strictly. Its last entry, ``digest``, is the sha256 of the entries
before it, so that one changed byte shows here as it does in every other file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal

from aecore.bundles.latents import LatentSpec
from aecore.bundles.parts import DataCard, OnnxFunction, Provenance
from aecore.bundles.rates import MOST_POINTS, RatePoint
from aecore.bundles.reader import Reader, is_name
from aecore.data.parts import SPLITS, SplitName
from aecore.errors import BundleError

SCHEMA = 1
"""Version of ``card.json`` that this version of aecore writes."""

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""For each older schema that is still read: its entries to those of the next schema."""

REQUIRED = ("model.safetensors", "encoder.onnx", "decoder.onnx", "codes.npz", "history.jsonl")
MAX_CARD = 32 * 2**20  # bytes; a Gaussian fitted over 512 dimensions takes about 5 MB
USUAL: dict[str, Any] = {
    "codes_split": "test",
    "codes_fingerprint": "",
    "rate_distortion": [],
    "note": "",
    "job": "",
}
"""Entries that a card leaves out where they are these: most do, and older ones have none."""

PRECISIONS: tuple[Literal["half", "full"], ...] = ("half", "full")


@dataclass(frozen=True)
class Card:
    """Everything ``card.json`` says.

    Whoever writes a bundle leaves out ``parameters``, ``onnx`` and ``files``: they are
    filled in from what is written.

    Attributes:
        views: Pages of the app that apply.
        config: Every option of variant, net, likelihood and fit, flat.
        precision: Of the weights as stored.
        metrics: On the test split, of the weights as stored.
        parameters: Trained numbers in the model.
        onnx: The exported functions, ``encoder`` and ``decoder`` among them.
        files: sha256 of each other file of the bundle.
        codes_split: Which examples ``codes.npz`` encodes; its ``index`` counts from their first.
        codes_fingerprint: sha256 of those examples, as ``Dataset.fingerprint`` makes it; empty
            for the test split, whose fingerprint stands in ``data``.
        rate_distortion: Of a multi-rate model: its curve on the test split; ``metrics`` are at β = 1.
        note: What its owner has to say about it.
        job: Id of the job that made it, whatever it is called by now; empty where none did.
    """

    name: str
    title: str
    data: DataCard
    views: tuple[str, ...]
    variant: str
    config: dict[str, Any]
    latent: LatentSpec
    precision: Literal["half", "full"]
    metrics: Mapping[str, float | list[float]]
    provenance: Provenance
    parameters: int = 0
    onnx: dict[str, OnnxFunction] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    codes_split: SplitName = "test"
    codes_fingerprint: str = ""
    rate_distortion: tuple[RatePoint, ...] = ()
    note: str = ""
    job: str = ""

    @cached_property
    def digest(self) -> str:
        """``card.json``'s last entry: no two bundles that differ anywhere have the same."""
        return _digest(self._entries())

    @property
    def scalars(self) -> dict[str, float]:
        """Those metrics that are one number."""
        return {name: value for name, value in self.metrics.items() if not isinstance(value, list)}

    def to_bytes(self) -> bytes:
        """The text of ``card.json``: one entry a line, sealed by its digest.

        Raises:
            TypeError, ValueError: If a metric or an option is no finite JSON value.
        """
        return seal(self._entries())

    def _entries(self) -> dict[str, Any]:
        parts = {
            "data": self.data.to_json(),
            "latent": self.latent.to_json(),
            "provenance": vars(self.provenance),
            "onnx": {name: vars(function) for name, function in self.onnx.items()},
            "rate_distortion": [vars(point) for point in self.rate_distortion],
        }
        said = {"schema": SCHEMA} | {each.name: getattr(self, each.name) for each in fields(self)} | parts
        return {key: value for key, value in said.items() if key not in USUAL or value != USUAL[key]}

    @classmethod
    def from_bytes(cls, data: bytes, bundle: str) -> Card:
        """Read ``card.json``.

        Args:
            data: Its bytes.
            bundle: Which bundle an error names.

        Raises:
            BundleError: If it is not a card, was changed, or is of a schema we do not read.
        """
        return cls._read(Reader(USUAL | _todays(_parse(data, bundle), data, bundle), bundle))

    @classmethod
    def _read(cls, reader: Reader) -> Card:
        card = cls(
            name=reader.name("name"),
            title=reader.text("title"),
            data=DataCard.read(reader.child("data")),
            views=reader.names("views", limit=100),
            variant=reader.name("variant"),
            config=reader.plain("config", depth=3),
            latent=LatentSpec.read(reader.child("latent")),
            precision=reader.choice("precision", PRECISIONS),
            metrics=reader.measures("metrics"),
            provenance=Provenance.read(reader.child("provenance")),
            parameters=reader.integer("parameters", 0, 10**12),
            onnx=reader.every("onnx", OnnxFunction.read),
            files=reader.pairs("files"),
            codes_split=reader.choice("codes_split", SPLITS),
            codes_fingerprint=reader.text("codes_fingerprint"),
            rate_distortion=reader.each("rate_distortion", RatePoint.read, MOST_POINTS),
            note=reader.text("note"),
            job=reader.text("job"),
        )
        reader.done()
        for file in card.files:
            if not is_name(file) or file == "card.json":
                raise reader.wrong("files", file, "names of the bundle's other files")
        for file in (*REQUIRED, *(function.file for function in card.onnx.values())):
            if file not in card.files:
                raise reader.wrong("files", list(card.files), f"a list that has {file}")
        told = ("condition",) if card.latent.condition else ()
        known = {
            "encoder": [(("x", *told), card.latent.outputs)],
            "decoder": [(("z", *told), ("x",)), (("z", "prefix", "length", *told), ("logits", "x"))],
        }
        for name, forms in known.items():
            function = card.onnx.get(name)
            if not function or (function.inputs, function.outputs) not in forms:
                inputs, outputs = (", ".join(names) for names in forms[0])
                raise reader.wrong(
                    "onnx", list(card.onnx), f"functions with an {name} from {inputs} to {outputs}"
                )
        return card


def seal(entries: dict[str, Any]) -> bytes:
    """JSON with one entry a line, and last their sha256."""
    return _lines(entries | {"digest": _digest(entries)})


def _digest(entries: dict[str, Any]) -> str:
    return hashlib.sha256(_lines(entries)).hexdigest()


def _lines(entries: dict[str, Any]) -> bytes:
    def text(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)

    return ("{\n" + ",\n".join(f"  {text(k)}: {text(v)}" for k, v in entries.items()) + "\n}\n").encode()


def _parse(data: bytes, bundle: str) -> dict[str, Any]:
    try:
        entries = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"Bundle {bundle}: card.json is not readable JSON ({error}).") from None
    if not isinstance(entries, dict):
        raise BundleError(f"Bundle {bundle}: card.json holds no JSON object.")
    return entries


def _todays(entries: dict[str, Any], data: bytes, bundle: str) -> dict[str, Any]:
    """The entries in today's schema, without schema and digest, once the digest has been checked."""
    schema = entries.get("schema")
    if type(schema) is not int:
        raise BundleError(f"Bundle {bundle}: card.json does not say its schema version.")
    if schema > SCHEMA:
        raise BundleError(
            f"Bundle {bundle} has a card of schema {schema}; this aecore reads up to {SCHEMA}: a newer "
            "aecore opens it."
        )
    if not _sealed(entries, data):
        raise BundleError(
            f"Bundle {bundle}: card.json was changed after it was written (its digest differs)."
        )
    for old in range(schema, SCHEMA):
        if old not in MIGRATIONS:
            raise BundleError(
                f"Bundle {bundle} has a card of schema {schema}, which is no longer read: train it again."
            )
        entries = MIGRATIONS[old](entries)
    return {key: value for key, value in entries.items() if key not in ("schema", "digest")}


def _sealed(entries: dict[str, Any], data: bytes) -> bool:
    try:
        return seal({key: value for key, value in entries.items() if key != "digest"}) == data
    except ValueError:  # a number beyond the floats, or half of a surrogate pair
        return False
