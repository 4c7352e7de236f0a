"""Data sets by name: a loader registers itself, ``load_dataset`` finds it.

A loader is a function. Its name is the key, its keyword-only signature lists its options,
its docstring's first line is what pages and the command line say about it. It returns the
examples that may be trained on and those for testing; what all data sets share (the
validation split, binarisation of images, standardisation of tables, downloads) happens here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Annotated, Literal

from aecore.data.binarise import Binarise, binarised
from aecore.data.dataset import Dataset, DataSpec, Factor, Kind, Split, Values
from aecore.data.folders import Files
from aecore.data.splits import hold_out, unlabel
from aecore.data.standardise import standardised
from aecore.errors import DataMissing, unknown
from aecore.options import Option, Range, fill, merge, options_of


@dataclass(frozen=True)
class Loaded:
    """What a loader returns.

    Attributes:
        spec: The spec it was given, changed where its options change it.
        pool: Every example that may be trained on.
        test: Those for testing: the same whatever the seed.
    """

    spec: DataSpec
    pool: Split
    test: Split


Loader = Callable[..., Loaded]  # (spec, *, its options)


@dataclass(frozen=True)
class DatasetInfo:
    """A data set as lists show it.

    Attributes:
        name: The key for ``load_dataset``.
        title: Name for people.
        summary: What it is, in one line.
        kind, shape, values: As in :class:`~aecore.data.dataset.DataSpec`, with default options.
        examples: How many examples there are; options may load fewer.
        disk: Bytes of its files; 0 where it has none.
        licence: Licence of the data.
        source: Where it is from.
        available: Whether it can be loaded without a download.
        why_missing: If not, what to do about it: a sentence.
    """

    name: str
    title: str
    summary: str
    kind: Kind
    shape: tuple[int, ...]
    values: Values
    examples: int
    disk: int
    licence: str
    source: str
    available: bool
    why_missing: str


@dataclass(frozen=True)
class _Entry:
    load: Loader
    spec: DataSpec
    title: str
    examples: int
    licence: str
    source: str
    files: Files | None
    options: Mapping[str, Option]
    training: Mapping[str, int | float]

    def why_missing(self) -> str:
        reason = self.files.why_missing() if self.files else ""
        if not self.files or not reason:
            return ""
        return (
            f"{self.title} is not on this machine: {reason}. Get it with `aecore data get {self.spec.name}`, "
            f"or set AECORE_DATA to the folder that holds {self.files.folder}."
        )


_ENTRIES: dict[str, _Entry] = {}


def _shared(
    *,
    binarise: Annotated[
        Literal["none", "threshold", "dynamic"],
        "Make grey pixels black or white: above one half, or drawn anew at each training step.",
    ] = "none",
    validation: Annotated[int, "Training examples held out to watch over the training."] = 0,
    seed: Annotated[int, Range(0, 2**32 - 1), "Which training examples are held out."] = 0,
    labelled: Annotated[
        int, Range(0, 10**9), "Training examples whose label is known, equally many of each class; 0: all."
    ] = 0,
) -> None:
    """The options of every data set, ``binarise`` of images alone; only their signature matters."""


def dataset(
    *,
    title: str,
    shape: tuple[int, ...],
    values: Values,
    examples: int,
    validation: int,
    licence: str,
    source: str,
    classes: tuple[str, ...] = (),
    factors: tuple[Factor, ...] = (),
    files: Files | None = None,
    kind: Kind = "image",
    vocabulary: tuple[str, ...] = (),
    columns: tuple[str, ...] = (),
    training: Mapping[str, int | float] = MappingProxyType({}),
) -> Callable[[Loader], Loader]:
    """Register a loader; ``validation`` is the default of the option of that name.

    ``training`` holds the defaults of a training's options that these data ask for: few examples
    have to be seen more often than many.

    Raises:
        TypeError: If two loaders share a name, or an option a shared option's name.
    """

    def register(load: Loader) -> Loader:
        name = load.__name__.replace("_", "-")
        if name in _ENTRIES:
            raise TypeError(f"Two data sets are called {name!r}.")
        shared = options_of(_shared)
        shared["validation"] = replace(shared["validation"], default=validation)
        if kind != "image":
            del shared["binarise"]
        spec = DataSpec(name, kind, shape, values, classes, factors, vocabulary=vocabulary, columns=columns)
        options = merge(shared, options_of(load))
        _ENTRIES[name] = _Entry(load, spec, title, examples, licence, source, files, options, training)
        return load

    return register


def list_datasets() -> list[DatasetInfo]:
    """Every data set, in the order of registration; reads no data and loads no library."""
    return [
        DatasetInfo(
            name=name,
            title=entry.title,
            summary=(entry.load.__doc__ or "").partition("\n")[0],
            kind=entry.spec.kind,
            shape=entry.spec.shape,
            values=entry.spec.values,
            examples=entry.examples,
            disk=sum(entry.files.sizes.values()) if entry.files else 0,
            licence=entry.licence,
            source=entry.source,
            available=not (why := entry.why_missing()),
            why_missing=why,
        )
        for name, entry in _ENTRIES.items()
    ]


def available(name: str) -> bool:
    """Whether a data set can be loaded without a download."""
    return not _entry(name).why_missing()


def kind_of(name: str) -> Kind:
    """What an example of this data set is."""
    return _entry(name).spec.kind


def spec_of(name: str) -> DataSpec:
    """What an example is, with default options; reads no data, so that a table's units are not known."""
    return _entry(name).spec


def dataset_options(name: str) -> dict[str, Option]:
    """What ``load_dataset`` lets one choose for this data set."""
    return dict(_entry(name).options)


def training_defaults(name: str) -> dict[str, int | float]:
    """Defaults of a training's options that this data set asks for."""
    return dict(_entry(name).training)


def download(name: str) -> None:
    """Fetch a data set's files, showing progress, unless they are there or it has none.

    Raises:
        UserError: If that fails.
    """
    entry = _entry(name)
    if entry.files and entry.files.why_missing():
        entry.files.download()


def load_dataset(
    name: str,
    *,
    binarise: Binarise = "none",
    validation: int | None = None,
    seed: int = 0,
    download: bool = False,
    **options: str | int | float | bool,
) -> Dataset:
    """A data set as tensors.

    Args:
        name: One of ``list_datasets()``.
        binarise: ``threshold`` at ½, or ``dynamic``, for images: see :mod:`aecore.data.binarise`.
        validation: Training examples to hold out, every class in proportion; 0 for none,
            None for the data set's default.
        seed: Which ones. The test split never depends on it.
        download: Fetch the files if they are missing.
        options: ``labelled``, the training examples that keep their label (the others get −1; the
            same ones whatever the seed), and the loader's own, as ``antialias`` for shapes.

    Raises:
        UserError: If a name is unknown or a value does not fit.
        DataMissing: If the files are not on this machine.
    """
    entry = _entry(name)
    given = {"validation": validation, "seed": seed, **options}
    if "binarise" in entry.options:
        given["binarise"] = binarise
    chosen = fill(entry.options, given, entry.spec.name)
    if download and entry.files and entry.files.why_missing():
        entry.files.download()
    if why := entry.why_missing():
        raise DataMissing(why)
    own = {key: value for key, value in chosen.items() if key not in _SHARED}
    said = {
        key: value for key, value in chosen.items() if key != "labelled" or value
    }  # most data say no more
    loaded = entry.load(replace(entry.spec, options=said), **own)
    train, held_out = hold_out(loaded.pool, chosen["validation"], chosen["seed"], entry.spec.name)
    train = unlabel(train, chosen["labelled"], entry.spec.name)
    whole = Dataset(loaded.spec, entry.title, entry.licence, entry.source, train, held_out, loaded.test)
    if loaded.spec.kind == "table":
        whole = standardised(whole)
    return binarised(whole, chosen.get("binarise", binarise))


_SHARED = options_of(_shared).keys()


def _entry(name: str) -> _Entry:
    key = name.lower().replace("_", "-")
    if key not in _ENTRIES:
        raise unknown("data set", name, _ENTRIES)
    return _ENTRIES[key]
