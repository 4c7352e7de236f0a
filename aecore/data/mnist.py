"""MNIST and Fashion-MNIST: 60,000 images to train on, 10,000 to test on, 28×28 grey pixels.

torchvision knows where they are published, their checksums and how to read them. It is
imported when one of them is loaded or downloaded and not before: that takes a second,
and a build that does not fit the installed torch cannot be imported at all.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from aecore.data.dataset import DataSpec, Split
from aecore.data.folders import Files, data_folder
from aecore.data.registry import Loaded, dataset
from aecore.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

# IDX: 16 bytes of header before images, 8 before labels.
SIZES = {
    "train-images-idx3-ubyte": 16 + 60_000 * 28 * 28,
    "train-labels-idx1-ubyte": 8 + 60_000,
    "t10k-images-idx3-ubyte": 16 + 10_000 * 28 * 28,
    "t10k-labels-idx1-ubyte": 8 + 10_000,
}


@dataset(
    title="MNIST",
    shape=(1, 28, 28),
    values="unit",
    classes=tuple("0123456789"),
    examples=70_000,
    validation=5_000,
    licence="CC BY-SA 3.0",
    source="http://yann.lecun.com/exdb/mnist/",
    files=Files("MNIST/raw", SIZES, lambda root: _fetch("MNIST", root)),
)
def mnist(spec: DataSpec) -> Loaded:
    """Handwritten digits of 28×28 pixels, by LeCun, Cortes and Burges (1998)."""
    return _load("MNIST", spec)


@dataset(
    title="Fashion-MNIST",
    shape=(1, 28, 28),
    values="unit",
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    examples=70_000,
    validation=5_000,
    licence="MIT",
    source="https://github.com/zalandoresearch/fashion-mnist",
    files=Files("FashionMNIST/raw", SIZES, lambda root: _fetch("FashionMNIST", root)),
)
def fashion_mnist(spec: DataSpec) -> Loaded:
    """Pictures of clothes of 28×28 pixels, by Xiao, Rasul and Vollgraf (2017)."""
    return _load("FashionMNIST", spec)


def _load(kind: str, spec: DataSpec) -> Loaded:
    read = getattr(_torchvision_datasets(), kind)

    def split(train: bool) -> Split:
        part = read(data_folder(), train=train)
        x: Tensor = part.data.unsqueeze(1).float().div_(255)
        if x.shape[1:] != spec.shape or part.targets.shape != x.shape[:1]:
            raise ValueError(f"{tuple(part.data.shape)} pixels, {tuple(part.targets.shape)} labels")
        return Split(x, part.targets)

    try:
        return Loaded(spec, split(train=True), split(train=False))
    # What torchvision raises for a header that says another type, another rank or another size.
    except (OSError, KeyError, ValueError, AssertionError, RuntimeError) as error:
        raise UserError(
            f"The files of {spec.name} cannot be read ({type(error).__name__}: {error}): remove "
            f"{data_folder() / kind}, and get them again with `aecore data get {spec.name}`."
        ) from error


def _fetch(kind: str, root: Path) -> None:
    getattr(_torchvision_datasets(), kind)(root, download=True)


def _torchvision_datasets() -> ModuleType:
    try:
        import torchvision.datasets
    except (ImportError, OSError, RuntimeError, AttributeError) as error:  # what a mismatched build raises
        raise UserError(
            f"torchvision cannot be imported ({error}): install the one made for the installed torch."
        ) from error
    datasets: ModuleType = torchvision.datasets
    return datasets
