"""A bundle gives back what was written, and a damaged one says which file is damaged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aecore.bundles import Bundle, Card, list_bundles, open_bundle, write_bundle
from aecore.bundles.card import seal
from aecore.bundles.files import sha256
from aecore.errors import BundleError, UserError
from tests.aecore.bundles import standin

ROOT = Path(__file__).parents[3]
Place = Callable[[Path], Path]

USES: dict[str, list[Callable[[Bundle], object]]] = {
    "model.safetensors": [
        lambda bundle: bundle.model(),
        lambda bundle: bundle.decode(np.zeros((1, standin.DIM))),
        lambda bundle: bundle.encode(np.zeros((1, 1, 28, 28))),
    ],
    "encoder.onnx": [lambda bundle: bundle.encode(np.zeros((1, 1, 28, 28)))],
    "decoder.onnx": [lambda bundle: bundle.decode(np.zeros((1, standin.DIM)))],
    "codes.npz": [lambda bundle: bundle.codes, lambda bundle: bundle.file("codes.npz")],
    "history.jsonl": [lambda bundle: bundle.history],
}
CASES = [(file, use) for file, uses in USES.items() for use in uses]


@pytest.fixture(autouse=True)
def variants(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundles here are of the stand-in."""
    monkeypatch.setattr("aecore.variants.build", standin.build)


def damage(path: Path, where: float) -> None:
    data = bytearray(path.read_bytes())
    data[int(where * (len(data) - 1))] ^= 1
    path.write_bytes(data)


def resealed(folder: Path, **changes: Any) -> None:
    """Change the card as somebody would who knows how it is sealed."""
    raw = json.loads((folder / "card.json").read_bytes())
    raw["files"] = {name: sha256((folder / name).read_bytes()) for name in raw["files"]}
    del raw["digest"]
    (folder / "card.json").write_bytes(seal(raw | changes))


def test_a_bundle_reads_back(written: Path) -> None:
    bundle = open_bundle(written)
    assert (bundle.id, bundle.shipped, bundle.path) == ("mnist/toy", False, written)
    assert bundle.history == standin.HISTORY
    np.testing.assert_array_equal(bundle.codes.tsne, standin.codes().tsne)
    assert replace(bundle.card, onnx={}, files={}, parameters=0) == standin.card(
        precision="half", config={"net": "conv"}
    )
    assert {name: sha256((written / name).read_bytes()) for name in bundle.card.files} == bundle.card.files
    assert {path.name for path in written.iterdir()} == {"card.json", *bundle.card.files}
    assert bundle.read("history.jsonl") == (written / "history.jsonl").read_bytes()
    with pytest.raises(UserError, match="no file in bundle mnist/toy called"):
        bundle.file("../card.json")


def test_the_model_is_rebuilt_with_the_stored_weights(written: Path) -> None:
    bundle = open_bundle(written)
    model = bundle.model()
    assert not model.training
    z = torch.randn(4, standin.DIM)
    with torch.no_grad():
        np.testing.assert_allclose(bundle.decode(z.numpy()), model.decode(z).numpy(), atol=1e-4)
    assert {t.dtype for t in model.parameters()} == {torch.float32}


def test_a_condition_that_the_model_is_not_told_is_refused(written: Path) -> None:
    with pytest.raises(UserError, match="is told nothing beside: leave condition out"):
        open_bundle(written).decode(np.zeros((1, standin.DIM)), np.eye(1, 10))


def test_the_same_again_gives_the_same_bytes(tmp_path: Path) -> None:
    model = standin.StandIn("mlp")
    one, two = (
        write_bundle(
            tmp_path / n / "toy",
            model=model,
            card=standin.card(),
            codes=standin.codes(),
            history=standin.HISTORY,
        )
        for n in "12"
    )
    assert {path.name: path.read_bytes() for path in one.path.iterdir()} == {
        path.name: path.read_bytes() for path in two.path.iterdir()
    }


@pytest.mark.parametrize("where", [0.0, 0.37, 0.8, 1.0])
@pytest.mark.parametrize(("file", "use"), CASES)
def test_one_changed_bit_is_refused_by_name_while_others_load(
    shipped: Path, place: Place, file: str, use: Callable[[Bundle], object], where: float
) -> None:
    folder = place(shipped / "mnist" / "toy")
    place(shipped / "mnist" / "sound")
    damage(folder / file, where)
    assert [bundle.id for bundle in list_bundles()] == ["mnist/sound", "mnist/toy"]
    with pytest.raises(BundleError, match=f"^Bundle mnist/toy: {file} is not the file"):
        use(open_bundle("mnist/toy"))
    use(open_bundle("mnist/sound"))


@pytest.mark.parametrize(("file", "use"), CASES)
def test_damage_after_the_first_use_is_seen_by_the_next_to_open(
    shipped: Path, place: Place, file: str, use: Callable[[Bundle], object]
) -> None:
    folder = place(shipped / "mnist" / "toy")
    use(open_bundle("mnist/toy"))
    damage(folder / file, 0.5)
    with pytest.raises(BundleError, match=f"^Bundle mnist/toy: {file} is not the file"):
        use(open_bundle("mnist/toy"))


@pytest.mark.parametrize(("file", "use"), CASES)
def test_a_truncated_file_is_refused_and_a_missing_one_at_once(
    shipped: Path, place: Place, file: str, use: Callable[[Bundle], object]
) -> None:
    folder = place(shipped / "mnist" / "toy")
    bundle = open_bundle("mnist/toy")
    (folder / file).write_bytes((folder / file).read_bytes()[:-1])
    with pytest.raises(BundleError, match=f"^Bundle mnist/toy: {file} is not the file"):
        use(bundle)
    (folder / file).unlink()
    with pytest.raises(BundleError, match=f"^Bundle mnist/toy: {file} cannot be read"):
        use(bundle)
    with pytest.raises(BundleError, match=f"^Bundle mnist/toy: {file} is missing"):
        open_bundle("mnist/toy")


@pytest.mark.parametrize(
    ("file", "content", "use"),
    [
        ("codes.npz", b"PK", lambda bundle: bundle.codes),
        ("history.jsonl", b"[1]\n", lambda bundle: bundle.history),
        ("history.jsonl", b"{\n", lambda bundle: bundle.history),
        ("model.safetensors", b"\xff" * 8 + b"{}", lambda bundle: bundle.model()),
        ("model.safetensors", b"", lambda bundle: bundle.decode(np.zeros((1, standin.DIM)))),
        ("decoder.onnx", b"garbage", lambda bundle: bundle.decode(np.zeros((1, standin.DIM)))),
    ],
)
def test_garbage_under_a_right_seal_is_an_error_and_no_crash(
    tmp_path: Path, place: Place, file: str, content: bytes, use: Callable[[Bundle], object]
) -> None:
    folder = place(tmp_path / "mnist" / "toy")
    (folder / file).write_bytes(content)
    resealed(folder)
    with pytest.raises(BundleError, match="toy"):
        use(open_bundle(folder))


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        (standin.codes(kind="point"), "other posteriors"),
        (replace(standin.codes(), label=np.full(40, 2)), "other labels"),
        (replace(standin.codes(), factors=np.full((40, 1), 3)), "other factors"),
        (replace(standin.codes(), factors=np.zeros((40, 2), int)), "other factors"),
        (
            replace(
                standin.codes(kind="point"),
                mu=np.zeros((40, 2), np.float32),
                pca_mean=None,
                pca_components=None,
            ),
            "codes of 2 dimensions",
        ),
    ],
)
def test_codes_of_something_else_are_refused(tmp_path: Path, place: Place, codes: Any, said: str) -> None:
    folder = place(tmp_path / "mnist" / "toy")
    (folder / "codes.npz").write_bytes(codes.to_bytes())
    resealed(folder)
    with pytest.raises(BundleError, match=f"codes.npz holds {said}"):
        _ = open_bundle(folder).codes


def test_weights_of_another_model_are_refused(tmp_path: Path, place: Place) -> None:
    folder = place(tmp_path / "mnist" / "toy")
    resealed(folder, config={"net": "mlp"})
    with pytest.raises(BundleError, match="the model cannot be rebuilt"):
        open_bundle(folder).model()


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 28), (2, 1, 28, 27), (0, 1, 28, 28), ()])
def test_inputs_of_another_shape_are_refused(written: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match=r"encoder of bundle mnist/toy reads shape \(B, 1, 28, 28\), not"):
        open_bundle(written).encode(np.zeros(shape))


@pytest.mark.parametrize("name", ["Toy", "toy toy", ".toy", "tö", "a" * 81, "", "-toy", "toy\n", "other"])
def test_names_that_do_not_do_are_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / ("toy" if name == "other" else name)
    with pytest.raises(UserError, match="cannot be called"):
        write_bundle(
            folder, model=standin.StandIn("mlp"), card=standin.card(name), codes=standin.codes(), history=[]
        )
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(UserError, match=r"^The disk is full: toy needs 0\.\d MB in "):
        write_bundle(
            tmp_path / "mnist" / "toy",
            model=standin.StandIn("mlp"),
            card=standin.card(),
            codes=standin.codes(),
            history=[],
        )
    assert not list(tmp_path.iterdir())


def test_a_replaced_bundle_is_read_anew(tmp_path: Path) -> None:
    def write(value: float) -> Bundle:
        model = standin.StandIn("mlp")
        with torch.no_grad():
            for parameter in model.decoder.parameters():
                parameter.fill_(value)
        return write_bundle(
            tmp_path / "toy", model=model, card=standin.card(), codes=standin.codes(), history=[]
        )

    old = write(0.0)
    z = np.zeros((1, standin.DIM))
    assert np.unique(old.decode(z)) == 0.5
    new = write(1.0)
    assert new.decode(z).min() > 0.5
    with pytest.raises(BundleError, match="has just been replaced"):
        old.decode(z)


def test_reading_needs_no_torch(written: Path) -> None:
    code = f"""
import sys, pathlib, numpy
import aecore.bundles as bundles
assert "onnxruntime" not in sys.modules
bundle = bundles.open_bundle(pathlib.Path({str(written)!r}))
bundle.codes, bundle.history, bundle.decode(numpy.zeros((2, {standin.DIM})))
assert not {{"torch", "onnx", "streamlit"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=ROOT, check=True)


@pytest.mark.slow
def test_killed_while_writing_a_bundle(tmp_path: Path) -> None:
    """Kill a process that writes two versions in turn; what is there is always one of them, whole."""
    code = """
import itertools, pathlib, sys
import torch
from aecore.bundles import write_bundle
from tests.aecore.bundles import standin
torch.manual_seed(0)
model = standin.StandIn("mlp")
for n in itertools.count():
    write_bundle(pathlib.Path(sys.argv[1]), model=model, card=standin.card(title=f"version {n}"),
                 codes=standin.codes(seed=n), history=[{"epoch": n}])
    print(n, flush=True)
"""
    folder = tmp_path / "mnist" / "toy"
    for wait in (0.0, 0.35, 0.6):
        run = [sys.executable, "-c", code, str(folder)]
        with subprocess.Popen(run, cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout
            process.stdout.readline()
            try:
                process.wait(wait)
            except subprocess.TimeoutExpired:
                process.kill()
        bundle = Bundle.open(folder)
        n = int(bundle.card.title.removeprefix("version "))
        assert bundle.history == [{"epoch": n}]
        np.testing.assert_array_equal(bundle.codes.index, standin.codes(seed=n).index)
        bundle.decode(np.zeros((1, standin.DIM)))
    assert isinstance(bundle.card, Card)
