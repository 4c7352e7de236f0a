"""The parts of a card: the data, the exported functions, the provenance; the code is in ``latents``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from aecore.bundles.reader import Reader, is_integer
from aecore.data import Dataset, dataset_options, load_dataset
from aecore.data.dataset import DataSpec, Factor, Kind, Values

MAX_EXAMPLE = 2**26  # numbers in one example
MOST_COLUMNS = 100_000

KINDS: tuple[Kind, ...] = get_args(Kind)
VALUES: tuple[Values, ...] = get_args(Values)


SELDOM = ("vocabulary", "columns", "centre", "scale")


@dataclass(frozen=True)
class DataCard:
    """The data set a bundle was trained on, as ``DataSpec`` has it, and where it is from.

    Attributes:
        fingerprint: sha256 of the test split; data at hand that have another are other data.
    """

    name: str
    title: str
    kind: Kind
    shape: tuple[int, ...]
    values: Values
    options: dict[str, str | int | float | bool]
    classes: tuple[str, ...]
    factors: tuple[Factor, ...]
    licence: str
    source: str
    fingerprint: str
    vocabulary: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    centre: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    @classmethod
    def of(cls, data: Dataset) -> DataCard:
        """What a card says of a data set at hand."""
        spec = data.spec
        return cls(
            name=spec.name,
            title=data.title,
            kind=spec.kind,
            shape=spec.shape,
            values=spec.values,
            options=spec.options,
            classes=spec.classes,
            factors=spec.factors,
            licence=data.licence,
            source=data.source,
            fingerprint=data.fingerprint,
            vocabulary=spec.vocabulary,
            columns=spec.columns,
            centre=spec.centre,
            scale=spec.scale,
        )

    @property
    def spec(self) -> DataSpec:
        """What a network needs to know of the data."""
        return DataSpec(
            name=self.name,
            kind=self.kind,
            shape=self.shape,
            values=self.values,
            classes=self.classes,
            factors=self.factors,
            options=dict(self.options),
            vocabulary=self.vocabulary,
            columns=self.columns,
            centre=self.centre,
            scale=self.scale,
        )

    def to_json(self) -> dict[str, Any]:
        """The entry as it stands in ``card.json``: what most data lack is left out where it is empty."""
        said = vars(self) | {"factors": [vars(factor) for factor in self.factors]}
        return {key: value for key, value in said.items() if value or key not in SELDOM}

    def load(self) -> Dataset:
        """The data set, with the options it was loaded with.

        A card comes from anywhere: of its options only those of the data set count, so that
        it cannot ask for a download.

        Raises:
            UserError: If there is no such data set, or an option does not fit.
            DataMissing: If it is not on this machine.
        """
        known = dataset_options(self.name)
        options: dict[str, Any] = {key: self.options[key] for key in self.options if key in known}
        return load_dataset(self.name, **options)

    @classmethod
    def read(cls, reader: Reader) -> DataCard:
        """The card's entry ``data``."""
        card = cls(
            name=reader.name("name"),
            title=reader.text("title"),
            kind=reader.choice("kind", KINDS),
            shape=_shape(reader),
            values=reader.choice("values", VALUES),
            options=reader.plain("options", depth=1),
            classes=reader.texts("classes"),
            factors=reader.each("factors", _factor, limit=1_000),
            licence=reader.text("licence"),
            source=reader.text("source"),
            fingerprint=reader.text("fingerprint"),
            vocabulary=reader.texts("vocabulary") if reader.has("vocabulary") else (),
            columns=reader.texts("columns") if reader.has("columns") else (),
            centre=reader.numbers("centre", MOST_COLUMNS) if reader.has("centre") else (),
            scale=reader.numbers("scale", MOST_COLUMNS) if reader.has("scale") else (),
        )
        reader.done()
        return card


def _shape(reader: Reader) -> tuple[int, ...]:
    shape = reader.items("shape", is_integer, "whole numbers", limit=4)
    if not shape or min(shape) < 1 or math.prod(shape) > MAX_EXAMPLE:
        raise reader.wrong("shape", list(shape), f"sides of 1 or more, {MAX_EXAMPLE:,} numbers at most")
    return shape


def _factor(reader: Reader) -> Factor:
    factor = Factor(reader.text("name"), reader.numbers("values", limit=100_000))
    reader.done()
    return factor


@dataclass(frozen=True)
class OnnxFunction:
    """An exported function: its file, and the names of its inputs and outputs in order."""

    file: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @classmethod
    def read(cls, reader: Reader) -> OnnxFunction:
        """One entry of the card's ``onnx``."""
        function = cls(reader.name("file"), reader.names("inputs", 16), reader.names("outputs", 16))
        reader.done()
        return function


@dataclass(frozen=True)
class Provenance:
    """How a bundle came to be.

    Attributes:
        seconds: Training time, wall clock.
        created: ISO 8601 time, UTC.
        versions: Version of each library that mattered.
        command: A command line that makes it again; empty where its data set was handed over as an object.
    """

    seed: int
    device: str
    seconds: float
    created: str
    versions: dict[str, str]
    command: str

    @classmethod
    def read(cls, reader: Reader) -> Provenance:
        """The card's entry ``provenance``."""
        provenance = cls(
            seed=reader.integer("seed", -(2**63), 2**64 - 1),
            device=reader.text("device"),
            seconds=reader.number("seconds"),
            created=reader.text("created"),
            versions=reader.pairs("versions"),
            command=reader.text("command"),
        )
        try:
            datetime.fromisoformat(provenance.created)
        except ValueError:
            raise reader.wrong("created", provenance.created, "an ISO 8601 time") from None
        reader.done()
        return provenance
