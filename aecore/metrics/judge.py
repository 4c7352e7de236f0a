"""The judge of a data set: a small classifier trained here, in whose features samples are compared.

An Inception network knows photographs and nothing of 8×8 digits. Each judge lies beside the
bundles, ``checkpoints/<data>/judge.safetensors`` in half precision, with ``judge.json``; the
features are its penultimate layer's.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aecore.bundles.files import sha256
from aecore.data import Dataset, DataSpec, Split, load_dataset
from aecore.errors import UserError, unknown
from aecore.nets.classifier import Classifier, accuracy, fit_classifier
from aecore.places import shipped_root

JUDGED = ("digits", "mnist", "fashion-mnist")
"""Data sets that have a judge."""

REPORT, WEIGHTS = "judge.json", "judge.safetensors"
SEEN = 60_000  # training examples a judge sees, at least four times each


@dataclass(frozen=True)
class Judge:
    """A classifier whose features are stated with its name and weights.

    Attributes:
        classifier: On the CPU, evaluating.
        name: The data set it was trained on.
        sha256: Of the file of its weights.
    """

    classifier: Classifier
    name: str
    sha256: str

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """Penultimate features of images, shape (B, C, H, W) to (B, 64), double precision."""
        return torch.cat([self.classifier.features(part)[-1].double() for part in x.split(500)])


def find_judge(data: DataSpec, root: Path | None = None) -> Judge | None:
    """The judge of some images, or None where their data set has none.

    Args:
        data: What the examples are.
        root: Where judges lie; by default beside the shipped bundles.

    Raises:
        UserError: If its files are damaged.
    """
    import safetensors.torch

    folder = (root or shipped_root()) / data.name
    if not (folder / REPORT).is_file():
        return None
    try:
        said = json.loads((folder / REPORT).read_text(encoding="utf-8"))
        weights = (folder / WEIGHTS).read_bytes()
        if sha256(weights) != said["sha256"]:
            raise ValueError("its sha256 differs")
        if tuple(said["shape"]) != data.shape or tuple(said["classes"]) != data.classes:
            return None  # pictures of other sizes under the same name
        with torch.device("meta"):  # its weights are read, not drawn
            classifier = Classifier(data)
        halves = safetensors.torch.load(weights)
        floats = {name: value.float() for name, value in halves.items()}
        classifier.load_state_dict(floats, assign=True)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, safetensors.SafetensorError) as error:
        raise UserError(
            f"The judge of {data.name} in {folder} is damaged ({error}): make it again with "
            f"`aecore zoo judge {data.name}`."
        ) from error
    return Judge(classifier.eval(), data.name, said["sha256"])


def is_judged(name: str, root: Path | None = None) -> bool:
    """Whether a data set that is to have a judge has its two files.

    Raises:
        UserError: If it is to have none.
    """
    if name not in JUDGED:
        raise unknown("judge", name, JUDGED)
    folder = (root or shipped_root()) / name
    return all((folder / file).is_file() for file in (REPORT, WEIGHTS))


@dataclass(frozen=True)
class Report:
    """What ``judge.json`` says of a judge.

    Attributes:
        name: The data set, whose training split it saw, each pixel grey, at a threshold or drawn.
        shape: Of an example.
        classes: What it tells apart.
        sha256: Of ``judge.safetensors``.
        test_accuracy: Share of grey test examples that it names rightly, with the stored weights.
        test_accuracy_binarised: The same above one half, black and white.
        epochs: Times every example was seen.
        command: What makes it.
    """

    name: str
    shape: tuple[int, ...]
    classes: tuple[str, ...]
    sha256: str
    test_accuracy: float
    test_accuracy_binarised: float
    epochs: int
    command: str


def train_judge(data: Dataset, *, epochs: int | None = None) -> tuple[Report, bytes]:
    """A judge of some labelled images, on the CPU with a fixed seed: its report and its weights.

    Args:
        data: With grey pixels, where it has them.
        epochs: By default as many as show it 60,000 examples, and at least four.
    """
    import safetensors.torch

    spec, test = data.spec, data.test
    epochs = epochs or max(4, SEEN // max(len(data.train), 1))
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        classifier = Classifier(spec)
    fit_classifier(classifier, data.train, epochs=epochs)
    halves = {name: value.half() for name, value in classifier.state_dict().items()}
    classifier.load_state_dict({name: value.float() for name, value in halves.items()})
    weights: bytes = safetensors.torch.save(halves)
    report = Report(
        name=spec.name,
        shape=spec.shape,
        classes=spec.classes,
        sha256=sha256(weights),
        test_accuracy=round(accuracy(classifier, test), 4),
        test_accuracy_binarised=round(accuracy(classifier, Split((test.x > 0.5).float(), test.label)), 4),
        epochs=epochs,
        command=f"aecore zoo judge {spec.name}",
    )
    return report, weights


def make_judge(name: str, root: Path | None = None, *, epochs: int | None = None) -> Report:
    """Trains the judge of a data set and puts its two files beside the data set's bundles.

    Raises:
        UserError: If the data set has none, its data are missing or the disk is full.
    """
    is_judged(name, root)
    report, weights = train_judge(load_dataset(name), epochs=epochs)
    folder = (root or shipped_root()) / name
    said: dict[str, Any] = asdict(report)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / WEIGHTS).write_bytes(weights)
        (folder / REPORT).write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise UserError(f"The judge of {name} cannot be written in {folder} ({error.strerror}).") from error
    return report
