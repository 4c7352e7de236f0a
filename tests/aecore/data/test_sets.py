"""The data sets themselves, against what is known of them from elsewhere."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from aecore.data import Dataset, download, load_dataset
from aecore.data.mnist import SIZES as FILE_SIZES
from aecore.data.splits import stratified
from aecore.data.sprites import COLOUR_SIZES, SIZES, index_of, render
from aecore.errors import UserError

SPLITS = ("train", "validation", "test")
SMALL = {"train_examples": 600, "test_examples": 100, "validation": 60}


def pictures(data: Dataset) -> torch.Tensor:
    """Every example, shape (N, C, H, W)."""
    return torch.cat([data.train.x, data.validation.x, data.test.x])


def labels(data: Dataset) -> torch.Tensor:
    """Every label, shape (N,)."""
    found = [split.label for split in (data.train, data.validation, data.test) if split.label is not None]
    return torch.cat(found)


def row_hashes(x: torch.Tensor) -> list[bytes]:
    """A name for each example's pixels."""
    return [hashlib.sha256(row.tobytes()).digest() for row in x.numpy()]


# Of the test splits that the shipped bundles belong to; a change here would orphan their originals.
FINGERPRINTS = {
    "digits": "d56cac383d809b66",
    "shapes": "52d44275662378e5",
    "shapes-32": "597cdae4efbf4d7e",
    "shapes-colour": "a3e43a871790e750",
    "mnist": "310a79d8170296fe",
    "fashion-mnist": "1f464896e3773fa4",
}


@pytest.mark.parametrize("name", FINGERPRINTS)
def test_the_test_split_is_the_one_that_bundles_know(name: str, require_data: Callable[[str], None]) -> None:
    require_data(name)
    assert load_dataset(name).fingerprint.startswith(FINGERPRINTS[name])


@pytest.mark.parametrize("name", ["digits", "shapes-32", "shapes-colour"])
def test_examples_have_the_shape_and_values_that_the_spec_says(name: str) -> None:
    options = {} if name == "digits" else SMALL
    data = load_dataset(name, **options)  # type: ignore[arg-type]
    for split in (data.train, data.validation, data.test):
        assert split.x.shape[1:] == data.spec.shape
        assert split.x.dtype == torch.float32
        assert split.label is not None
        assert split.label.dtype == torch.int64
        assert split.label.max() < len(data.spec.classes)
    x = pictures(data)
    assert (x.min().item(), x.max().item()) == (0, 1)
    assert data.spec.values == "unit" or x.unique().tolist() == [0, 1]


def test_digits_are_scikit_learns() -> None:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    data = load_dataset("digits")
    assert [len(data.train), len(data.validation), len(data.test)] == [1200, 300, 297]
    known = {(image.tobytes(), int(label)) for image, label in zip(bunch.images, bunch.target, strict=True)}
    images = (pictures(data) * 16).double().numpy()[:, 0]
    ours = {(image.tobytes(), int(label)) for image, label in zip(images, labels(data), strict=True)}
    assert ours == known
    test = stratified(bunch.target, 297, seed=0)
    assert (data.test.x[:, 0].numpy() * 16 == bunch.images[test]).all()


def test_digits_are_held_out_in_proportion_and_once_for_all() -> None:
    data, other = load_dataset("digits"), load_dataset("digits", seed=1)
    for split in (data.validation, data.test):
        assert split.label is not None
        counts = torch.bincount(split.label)
        assert (counts - len(split) / 10).abs().max() <= 2  # of 174 to 183 a class
    assert (data.test.x == other.test.x).all()
    assert (data.validation.x != other.validation.x).any()
    assert len(load_dataset("digits", validation=0).train) == 1500


def test_shapes_are_what_their_factors_say() -> None:
    data = load_dataset("shapes", **SMALL)  # type: ignore[arg-type]
    assert data.test.factors is not None
    assert data.test.label is not None
    factors = data.test.factors.numpy()
    assert (data.test.x.numpy() == render(index_of(factors))).all()
    assert torch.equal(data.test.label, data.test.factors[:, 0])
    assert [len(factor.values) for factor in data.spec.factors] == list(SIZES)
    assert data.spec.factors[1].values == pytest.approx((0.5, 0.6, 0.7, 0.8, 0.9, 1.0))


@pytest.mark.parametrize(("name", "sizes"), [("shapes-32", SIZES), ("shapes-colour", COLOUR_SIZES)])
def test_no_sprite_is_in_two_splits(name: str, sizes: tuple[int, ...]) -> None:
    data = load_dataset(name)
    assert [len(data.train), len(data.validation), len(data.test)] == [20_000, 2_000, 5_000]
    factors = np.concatenate([split.factors for split in (data.train, data.validation, data.test)])
    assert len(np.unique(index_of(factors, sizes))) == 27_000
    assert (factors.max(0) == np.array(sizes) - 1 - (np.arange(len(sizes)) == len(sizes) - 3)).all()
    assert data.validation.label is not None
    assert torch.bincount(data.validation.label).min() > 600


@pytest.mark.parametrize(("antialias", "shared"), [(False, 14), (True, 0)])
def test_few_test_pictures_are_training_pictures_too(antialias: bool, shared: int) -> None:
    data = load_dataset("shapes", antialias=antialias)
    known = set(row_hashes(data.train.x))
    assert sum(row in known for row in row_hashes(data.test.x)) == shared


def test_the_test_sprites_do_not_depend_on_what_is_trained_on() -> None:
    few = load_dataset("shapes-32", train_examples=50, test_examples=20, validation=0, seed=9)
    many = load_dataset("shapes-32", train_examples=90, test_examples=20, validation=30)
    assert few.fingerprint == many.fingerprint


def test_hue_and_figure_are_independent() -> None:
    data = load_dataset("shapes-colour")
    factors = data.train.factors
    assert factors is not None
    assert [factor.name for factor in data.spec.factors][:2] == ["hue", "shape"]
    together = torch.bincount(factors[:, 0] * 3 + factors[:, 1], minlength=18).reshape(6, 3).double()
    expected = together.sum(1, keepdim=True) * together.sum(0) / together.sum()
    chi_squared = ((together - expected) ** 2 / expected).sum()
    assert chi_squared < 23.2  # 1 % of the distribution with 10 degrees of freedom lies above


def test_antialiased_sprites_have_unit_values() -> None:
    data = load_dataset("shapes-32", antialias=True, **SMALL)  # type: ignore[arg-type]
    assert data.spec.values == "unit"
    assert data.spec.options["antialias"] is True
    assert len(data.test.x.unique()) == 17


@pytest.fixture(scope="module")
def mnist(require_data: Callable[[str], None]) -> Dataset:
    require_data("mnist")
    return load_dataset("mnist")


def test_mnist_is_mnist(mnist: Dataset) -> None:
    assert mnist.test.label is not None
    assert mnist.test.label[0] == 7
    counts = torch.bincount(mnist.test.label).tolist()
    assert counts == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    train = torch.bincount(labels(mnist)[:60_000]).tolist()
    assert train == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert pictures(mnist).shape == (70_000, 1, 28, 28)
    assert mnist.train.x.dtype == torch.float32
    # Mean and deviation of the 60,000, as every tutorial's Normalize((0.1307,), (0.3081,)) has them.
    x = torch.cat([mnist.train.x, mnist.validation.x])
    assert (x.mean().item(), x.std().item()) == pytest.approx((0.1307, 0.3081), abs=5e-5)


def test_mnist_holds_out_5000_in_proportion(mnist: Dataset) -> None:
    assert [len(mnist.train), len(mnist.validation), len(mnist.test)] == [55_000, 5_000, 10_000]
    assert mnist.validation.label is not None
    share = torch.bincount(labels(mnist)[:60_000]) / 12
    assert (torch.bincount(mnist.validation.label) - share).abs().max() <= 1
    # No two of the 70,000 images are equal, so that disjoint splits share no picture.
    assert len(set(row_hashes(pictures(mnist)))) == 70_000


def test_mnist_without_validation_is_all_60000_in_their_order(mnist: Dataset) -> None:
    whole = load_dataset("mnist", validation=0)
    assert (len(whole.train), len(whole.validation)) == (60_000, 0)
    assert whole.train.label is not None
    assert whole.train.label[:5].tolist() == [5, 0, 4, 1, 9]
    assert whole.fingerprint == mnist.fingerprint


def test_fashion_mnist_is_fashion_mnist(require_data: Callable[[str], None]) -> None:
    require_data("fashion-mnist")
    data = load_dataset("fashion-mnist")
    assert data.test.label is not None
    assert torch.bincount(data.test.label).tolist() == [1000] * 10
    assert data.spec.classes[int(data.test.label[0])] == "Ankle boot"
    x = torch.cat([data.train.x, data.validation.x])
    assert (x.mean().item(), x.std().item()) == pytest.approx((0.2860, 0.3530), abs=5e-5)


def test_a_torchvision_that_cannot_be_imported_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AECORE_DATA", str(tmp_path))
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(UserError, match="torchvision cannot be imported"):
        download("mnist")
    assert not (tmp_path / "MNIST").exists()


@pytest.mark.parametrize(
    ("where", "value"),
    [(2, 7), (2, 18), (3, 9), (3, 2), (7, 1), (4, 0x7F)],
    ids=["type unknown", "no such type", "rank 9", "rank 2", "one more", "far more"],
)
@pytest.mark.parametrize("file", ["images-idx3", "labels-idx1"])
def test_a_damaged_header_is_said_so(
    file: str, where: int, value: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, size in FILE_SIZES.items():
        counts = [60_000 if name.startswith("train") else 10_000, 28, 28][: 3 if "idx3" in name else 1]
        header = bytearray([0, 0, 8, len(counts)]) + b"".join(each.to_bytes(4, "big") for each in counts)
        if name == f"train-{file}-ubyte":
            header[where] = value
        with (raw / name).open("wb") as out:
            out.write(header)
            out.truncate(size)
    monkeypatch.setenv("AECORE_DATA", str(tmp_path))
    with pytest.raises(UserError, match="files of mnist cannot be read .*remove .*aecore data get mnist"):
        load_dataset("mnist")


def test_pictures_of_another_size_are_not_mnist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, size in FILE_SIZES.items():
        count = 60_000 if name.startswith("train") else 10_000
        counts = [count // 2, 56, 28] if "idx3" in name else [count]
        with (raw / name).open("wb") as out:
            out.write(bytes([0, 0, 8, len(counts)]) + b"".join(each.to_bytes(4, "big") for each in counts))
            out.truncate(size)
    monkeypatch.setenv("AECORE_DATA", str(tmp_path))
    with pytest.raises(UserError, match=r"files of mnist cannot be read .*\(30000, 56, 28\) pixels"):
        load_dataset("mnist")


def test_a_data_set_without_files_needs_no_download() -> None:
    download("digits")
    assert len(load_dataset("digits", download=True).test) == 297
