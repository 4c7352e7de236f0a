"""Finding data sets by name, their options, and what is said when something is wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest

from aecore.data import (
    DataSpec,
    available,
    dataset_options,
    list_datasets,
    load_dataset,
    registry,
)
from aecore.data.registry import Loaded, dataset
from aecore.errors import DataMissing, UserError

NAMES = ["digits", "mnist", "fashion-mnist", "shapes", "shapes-32", "shapes-colour"]
NAMES += ["breast-cancer", "waves", "words"]


def register(name: str, load: registry.Loader) -> None:
    load.__name__ = name
    dataset(
        title="Toy", shape=(1, 2, 2), values="unit", examples=1, validation=0, licence="none", source="here"
    )(load)


@pytest.fixture
def registered() -> Iterator[None]:
    """Forgets afterwards what a test registers."""
    before = dict(registry._ENTRIES)
    yield
    registry._ENTRIES.clear()
    registry._ENTRIES.update(before)


def test_the_data_sets_are_listed() -> None:
    listed = {info.name: info for info in list_datasets()}
    assert list(listed) == NAMES
    assert all(info.available != bool(info.why_missing) for info in listed.values())
    assert all(info.summary.endswith(".") and info.licence and info.source for info in listed.values())
    assert listed["digits"].disk == 0
    assert listed["mnist"].disk == 54_950_048
    assert listed["shapes"].examples == 737_280


def test_listing_loads_no_library() -> None:
    code = (
        "import sys, aecore.data as d; d.list_datasets(); "
        "print({'torch', 'torchvision', 'sklearn'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("name", "near"), [("mnsit", "mnist"), ("Shape", "shapes"), ("fashionmnist", "fashion-mnist")]
)
def test_an_unknown_name_lists_the_nearest(name: str, near: str) -> None:
    with pytest.raises(UserError, match=f"no data set called '{name}'. Did you mean .*{near}") as caught:
        load_dataset(name)
    assert all(known in str(caught.value) for known in NAMES)
    with pytest.raises(UserError):
        available(name)


def test_underscores_and_capitals_are_one_name() -> None:
    sizes = {"train_examples": 4, "test_examples": 2, "validation": 1}
    assert load_dataset("Shapes_32", **sizes).spec.name == "shapes-32"  # type: ignore[arg-type]


def test_an_unknown_option_lists_the_right_ones() -> None:
    with pytest.raises(UserError, match=r"no option of shapes called 'antialiased'. Did you mean antialias"):
        load_dataset("shapes", antialiased=True)
    with pytest.raises(
        UserError, match=r"no option of digits called 'antialias'.*binarise, labelled, seed, validation"
    ):
        load_dataset("digits", antialias=True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"validation": -1}, "from 0 to 1,499: .* training examples of digits; -1 is not"),
        ({"validation": 1_500}, "from 0 to 1,499: .* 1,500 is not"),
        ({"validation": 0.5}, "validation is a whole number"),
        ({"seed": -1}, "seed is a whole number"),
        ({"binarise": "treshold"}, "Did you mean threshold"),
    ],
)
def test_values_that_do_not_fit_are_refused(options: dict[str, int], said: str) -> None:
    with pytest.raises(UserError, match=said):
        load_dataset("digits", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 600_001])
def test_sizes_out_of_range_are_refused(size: int) -> None:
    with pytest.raises(UserError, match="train-examples is a whole number from 1 to 600000"):
        load_dataset("shapes", train_examples=size)


def test_options_come_from_the_loaders_signature() -> None:
    assert list(dataset_options("digits")) == ["binarise", "validation", "seed", "labelled"]
    assert list(dataset_options("shapes"))[4:] == ["antialias", "train_examples", "test_examples"]
    assert dataset_options("mnist")["validation"].default == 5_000


def test_the_options_in_the_spec_load_the_same_examples_again() -> None:
    data = load_dataset("digits", binarise="dynamic", validation=100, seed=5)
    again = load_dataset(data.spec.name, **data.spec.options)  # type: ignore[arg-type]
    assert again.spec == data.spec
    assert again.fingerprint == data.fingerprint
    assert (again.train.x == data.train.x).all()


def test_a_second_data_set_of_one_name_fails_at_import(registered: None) -> None:
    def load(spec: DataSpec) -> Loaded:
        raise NotImplementedError

    with pytest.raises(TypeError, match="Two data sets are called 'shapes-32'"):
        register("shapes_32", load)


def test_an_option_that_hides_a_shared_one_fails_at_import(registered: None) -> None:
    def load(spec: DataSpec, *, seed: Annotated[int, "Another seed."] = 0) -> Loaded:
        raise NotImplementedError

    with pytest.raises(TypeError, match="'seed'"):
        register("toy", load)


@pytest.mark.parametrize(("name", "folder"), [("mnist", "MNIST/raw"), ("fashion-mnist", "FashionMNIST/raw")])
def test_missing_data_are_said_to_be_missing_and_how_to_get_them(
    name: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AECORE_DATA", str(tmp_path))
    with pytest.raises(DataMissing) as caught:
        load_dataset(name)
    said = str(caught.value)
    assert f"`aecore data get {name}`" in said
    assert f"set AECORE_DATA to the folder that holds {folder}" in said
    assert str(tmp_path) in said
    assert not available(name)
    assert said in [info.why_missing for info in list_datasets()]
    assert list(tmp_path.iterdir()) == []
