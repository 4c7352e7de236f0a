"""``sweep.json``: what a sweep is, what was measured of its members and between them, and its files' sha256.

It is read as strictly as a bundle's card, and sealed by its digest in the same way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

from aecore.bundles.card import seal
from aecore.bundles.parts import DataCard, OnnxFunction, Provenance
from aecore.bundles.reader import Reader, is_name
from aecore.errors import BundleError

SCHEMA = 1
"""Version of ``sweep.json`` that this version of aecore writes."""

CARD = "sweep.json"
CODES, WEIGHTS = "codes.safetensors", "weights.safetensors"
GRAPHS = ("encoder.onnx", "decoder.onnx")
FILES = (CODES, WEIGHTS, *GRAPHS)
MAX_CARD = 8 * 2**20  # bytes
MAPS = ("plane", "pca", "umap")
MOST_WEIGHTS = 1000


@dataclass(frozen=True)
class Member:
    """One trained model.

    Attributes:
        beta: What a nat cost it.
        objective: What it minimised, on the test split, nats per example.
        metrics: On the test split, of the weights as stored, by the names of a bundle's card: ``rate``,
            ``distortion``, ``kl_per_dimension``, ``active_units``, ``mse``; ``negative_elbo`` (at β = 1),
            ``knn5_accuracy``, ``mig`` and others where they exist. At β = 0 nothing holds the rate: it
            is where the training left it.
        epochs: Trained, those of the members it starts from left out.
        seconds: Of training; members that were stacked share theirs evenly.
    """

    beta: float
    objective: float
    metrics: Mapping[str, float | list[float]]
    epochs: int
    seconds: float

    @classmethod
    def read(cls, reader: Reader) -> Member:
        """One item of ``members``."""
        member = cls(
            beta=reader.number("beta"),
            objective=reader.number("objective"),
            metrics=reader.measures("metrics"),
            epochs=reader.integer("epochs", 0, 10**9),
            seconds=reader.number("seconds"),
        )
        for name in ("rate", "distortion", "kl_per_dimension"):
            if name not in member.metrics:
                raise reader.wrong("metrics", sorted(member.metrics), f"measures with {name}")
        reader.done()
        return member

    @property
    def rate(self) -> float:
        """KL(q(z|x) ‖ p(z)), nats."""
        return self._number("rate")

    @property
    def distortion(self) -> float:
        """E[−log p(x|z)] without constants, in the likelihood's unit."""
        return self._number("distortion")

    def _number(self, name: str) -> float:
        found = self.metrics[name]
        assert not isinstance(found, list)
        return found


@dataclass(frozen=True)
class Between:
    """The model whose weights are the mean of two neighbours', measured half way between their β.

    Attributes:
        beta: Half way on the slider, as ``betas.between`` has it.
        objective: Its own there, on the test split, nats per example.
        low, high: Those of the neighbour below and above, there.
        rate, distortion: Its own, at one sample of q(z|x).
        rotation: Degrees by which the codes of the neighbour above are turned against those below.
    """

    beta: float
    objective: float
    low: float
    high: float
    rate: float
    distortion: float
    rotation: float

    @property
    def excess(self) -> float:
        """Nats by which it is worse than the better neighbour; below zero it is better."""
        return self.objective - min(self.low, self.high)

    @classmethod
    def read(cls, reader: Reader) -> Between:
        """One item of ``between``."""
        names = ("beta", "objective", "low", "high", "rate", "distortion", "rotation")
        found = cls(**{name: reader.number(name) for name in names})
        reader.done()
        return found


@dataclass(frozen=True)
class SweepCard:
    """Everything ``sweep.json`` says.

    Attributes:
        plan: What was trained: ``Plan.to_json``; its ``config`` has no β.
        maps: Of ``plane`` (the codes themselves, where they have two dimensions), ``pca`` and ``umap``.
        between: Of each two neighbours, one less than there are members.
        encoder, decoder: The exported graphs: x or z comes first, then the weights by their names in
            ``weights.safetensors``, float32, without the first axis.
        files: sha256 of each other file.
    """

    name: str
    title: str
    data: DataCard
    plan: dict[str, Any]
    dim: int
    maps: tuple[str, ...]
    members: tuple[Member, ...]
    between: tuple[Between, ...]
    encoder: OnnxFunction
    decoder: OnnxFunction
    provenance: Provenance
    files: dict[str, str] = field(default_factory=dict)

    @property
    def betas(self) -> tuple[float, ...]:
        """Of the members, rising."""
        return tuple(member.beta for member in self.members)

    @property
    def config(self) -> dict[str, Any]:
        """Of a training of the variant, complete, without β."""
        config: dict[str, Any] = self.plan["config"]
        return config

    @cached_property
    def digest(self) -> str:
        """The card's last entry: no two sweeps that differ anywhere have the same."""
        digest: str = json.loads(self.to_bytes())["digest"]
        return digest

    def to_bytes(self) -> bytes:
        """The text of ``sweep.json``: one entry a line, sealed.

        Raises:
            TypeError, ValueError: If a measure is no finite number.
        """
        return seal({"schema": SCHEMA} | asdict(self) | {"data": self.data.to_json()})

    @classmethod
    def from_bytes(cls, data: bytes, sweep: str) -> SweepCard:
        """Read ``sweep.json``.

        Args:
            data: Its bytes.
            sweep: Which sweep an error names.

        Raises:
            BundleError: If it is no such card, was changed, or is of a schema we do not read.
        """
        return cls._read(SweepReader(_checked(data, sweep), sweep))

    @classmethod
    def _read(cls, reader: Reader) -> SweepCard:
        card = cls(
            name=reader.name("name"),
            title=reader.text("title"),
            data=DataCard.read(reader.child("data")),
            plan=reader.plain("plan", depth=4),
            dim=reader.integer("dim", 1, 512),
            maps=tuple(reader.names("maps", len(MAPS))),
            members=reader.each("members", Member.read, limit=64),
            between=reader.each("between", Between.read, limit=63),
            encoder=_graph(reader.child("encoder")),
            decoder=_graph(reader.child("decoder")),
            provenance=Provenance.read(reader.child("provenance")),
            files=reader.pairs("files"),
        )
        reader.done()
        if not all(a < b for a, b in pairwise(card.betas)) or len(card.members) < 2 or card.betas[0] < 0:
            raise reader.wrong("members", list(card.betas), "two or more, their β rising from 0 or above")
        if len(card.between) != len(card.members) - 1:
            raise reader.wrong("between", len(card.between), "one less than there are members")
        if unknown := set(card.maps) - set(MAPS):
            raise reader.wrong("maps", sorted(unknown), f"some of {', '.join(MAPS)}")
        for file in FILES:
            if file not in card.files or not all(map(is_name, card.files)):
                raise reader.wrong("files", sorted(card.files), f"names with {file} among them")
        graphs = {
            "encoder": (card.encoder, "x", ("mu", "logvar"), GRAPHS[0]),
            "decoder": (card.decoder, "z", ("x",), GRAPHS[1]),
        }
        for name, (found, first, outputs, file) in graphs.items():
            if found.file != file or found.inputs[:1] != (first,) or found.outputs != outputs:
                raise reader.wrong(
                    name, list(found.inputs[:1]), f"{file}, from {first} to {', '.join(outputs)}"
                )
        if not isinstance(card.plan.get("config"), dict):
            raise reader.wrong("plan", sorted(card.plan), "a plan with a config")
        return card


class SweepReader(Reader):
    """Reads the entries of a sweep's card."""

    what, file = "Sweep", CARD


def _graph(reader: Reader) -> OnnxFunction:
    function = OnnxFunction(
        reader.name("file"), reader.names("inputs", MOST_WEIGHTS), reader.names("outputs", 2)
    )
    reader.done()
    return function


def _checked(data: bytes, sweep: str) -> dict[str, Any]:
    """The entries without schema and digest, once both have been checked."""
    try:
        entries = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"Sweep {sweep}: {CARD} is not readable JSON ({error}).") from None
    schema = entries.get("schema") if isinstance(entries, dict) else None
    if type(schema) is not int:
        raise BundleError(f"Sweep {sweep}: {CARD} does not say its schema version.")
    if schema != SCHEMA:
        raise BundleError(
            f"Sweep {sweep} has a card of schema {schema}; this aecore reads {SCHEMA}: "
            + ("a newer aecore opens it." if schema > SCHEMA else "train it again.")
        )
    said = {key: value for key, value in entries.items() if key != "digest"}
    try:
        whole = seal(said) == data
    except ValueError:  # a number beyond the floats, or half of a surrogate pair
        whole = False
    if not whole:
        raise BundleError(f"Sweep {sweep}: {CARD} was changed after it was written (its digest differs).")
    return {key: value for key, value in said.items() if key != "schema"}
