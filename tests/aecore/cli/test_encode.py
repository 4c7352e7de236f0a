"""``aecore encode``: the same model, the codes of every example of a split."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from aecore import scenes
from aecore.bundles import Bundle, Codes, damaged, open_bundle
from aecore.bundles.files import sha256
from aecore.cli import main
from aecore.data import load_dataset
from aecore.data.parts import SPLITS, SplitName, part
from aecore.runs.encode import encode_split

pytestmark = pytest.mark.usefixtures("quick_maps")


@pytest.fixture
def mine(bundles: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Bundle]:
    """Opens one of the trained bundles; what is written goes to this test's own home."""
    opened = {name: open_bundle(f"digits/{name}") for name in ("half", "full")}
    monkeypatch.setenv("AECORE_HOME", str(own_home))
    return opened.__getitem__


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_training_split_of_few_labels_is_encoded_and_read(own_home: Path) -> None:
    label = encode_split(open_bundle("digits/m2"), "train").codes.label
    assert label is not None
    assert set(label.tolist()) == {-1, *range(10)}
    assert (label >= 0).sum() == 50


@pytest.mark.parametrize("name", ["half", "full"])
@pytest.mark.parametrize("split", SPLITS)
def test_every_example_of_the_split_is_encoded_by_the_same_model(
    mine: Callable[[str], Bundle], own_home: Path, name: str, split: SplitName
) -> None:
    bundle, told = mine(name), []
    made = encode_split(bundle, split, listen=lambda *said: told.append(said))
    assert made.id == f"digits/{name}-{split}"
    assert made.path == own_home / "bundles" / "digits" / f"{name}-{split}"
    for file in bundle.card.files:
        assert (made.read(file) == bundle.read(file)) == (file != "codes.npz")
    changed = ("name", "files", "codes_split", "codes_fingerprint")
    as_before = dataclasses.replace(made.card, **{each: getattr(bundle.card, each) for each in changed})
    assert as_before == bundle.card
    data = bundle.card.data.load()
    examples = part(data, split)
    assert [done for done, *_ in told] == [*range(500, len(examples), 500), len(examples)]
    codes = made.codes
    np.testing.assert_array_equal(codes.index, np.arange(len(examples)))
    assert examples.label is not None
    np.testing.assert_array_equal(codes.label, examples.label)
    np.testing.assert_allclose(
        codes.mu, next(iter(bundle.encode(examples.x.numpy()).values())), rtol=2e-3, atol=2e-3
    )  # half precision
    assert codes.maps.keys() == {"pca"}
    assert codes.umap3 is None
    np.testing.assert_array_equal(scenes.originals(made).x, examples.x)


def test_codes_of_the_test_split_are_those_of_the_bundle(mine: Callable[[str], Bundle]) -> None:
    bundle = mine("half")
    made = encode_split(bundle, "test", "again").codes
    rows = bundle.codes.index
    for name in ("mu", "logvar", "error", "kl", "label"):
        want, got = getattr(bundle.codes, name), getattr(made, name)[rows]
        np.testing.assert_allclose(got, want, rtol=1e-3, atol=1e-3, err_msg=name)


def test_maps_are_made_where_they_are_asked_for(mine: Callable[[str], Bundle]) -> None:
    made = encode_split(mine("half"), "validation", "mapped", maps=("tsne", "umap"))
    assert made.codes.maps.keys() == {"umap", "tsne"}
    assert made.codes.umap3 is not None
    assert made.codes.pca_mean is None


def test_the_command(
    mine: Callable[[str], Bundle],
    bundles: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("AECORE_HOME", str(bundles))
    assert main(["encode", "digits/half", "--split", "validation", "--name", "held", "--json"]) == 0
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert err == ""
    assert said == {"id": "digits/held", "path": said["path"], "codes": 300}
    assert main(["encode", "digits/half", "--split", "validation", "--name", "held"]) == 2
    assert "digits/held is there already: choose another --name, or --replace it." in capsys.readouterr().err
    assert main(["encode", "digits/half", "--split", "test", "--name", "held", "--replace"]) == 0
    out, _ = capsys.readouterr()
    assert out.startswith("digits/held: 297 codes\nBundle: ")
    assert open_bundle("digits/held").card.codes_split == "test"
    for path in (bundles / "bundles" / "digits" / "held").iterdir():
        path.unlink()
    (bundles / "bundles" / "digits" / "held").rmdir()


MISTAKES = {
    "encode digits/half": "--split",
    "encode digits/half --split tset": "no split called 'tset'. Did you mean test?",
    "encode digits/half --split test --maps pac": "no map called 'pac'. Did you mean pca?",
    "encode digits/nothing --split test": "no bundle called 'digits/nothing'",
    "encode digits/half --split test --name ../x": "'../x' does not do as a name",
    "encode digits/half --split test --name half --replace": "is what is to be encoded: choose another",
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_one_sentence_and_leaves_nothing(
    bundles: Path, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(bundles)
    assert main(words.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert MISTAKES[words] in err
    assert len(err.splitlines()) == 1
    assert everything(bundles) == before


def test_an_empty_split_and_other_data_are_refused(
    mine: Callable[[str], Bundle], own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = mine("half")
    monkeypatch.setattr(
        "aecore.bundles.parts.load_dataset", lambda *_, **__: load_dataset("digits", validation=0)
    )
    with pytest.raises(ValueError, match="has no validation examples"):
        encode_split(bundle, "validation")
    other = dataclasses.replace(load_dataset("digits"), test=load_dataset("digits").train)
    monkeypatch.setattr("aecore.bundles.parts.load_dataset", lambda *_, **__: other)
    with pytest.raises(ValueError, match="differs from what digits/half was trained on"):
        encode_split(bundle, "train")
    assert everything(own_home) == {}


@pytest.mark.parametrize("at", ["encoding", "maps", "writing"])
def test_ctrl_c_leaves_nothing_behind(
    mine: Callable[[str], Bundle], own_home: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    def stop(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    bundle = mine("half")
    steps = {"encoding": "aecore.runs.finish.torch.cat", "maps": "aecore.latent.projections.pca"}
    with monkeypatch.context() as patch:
        patch.setattr(steps.get(at, "aecore.bundles.files._swap"), stop)
        with pytest.raises(KeyboardInterrupt):
            encode_split(bundle, "train")
    assert not own_home.exists() or list(own_home.rglob("*")) == []
    assert damaged() == []
    assert encode_split(bundle, "train").card.codes_split == "train"


def test_the_name_is_held_meanwhile(mine: Callable[[str], Bundle]) -> None:
    bundle = mine("half")

    def again(*_: Any) -> None:
        with pytest.raises(ValueError, match="digits/half-test is being trained by another process"):
            encode_split(bundle, "test")

    assert encode_split(bundle, "test", listen=again).id == "digits/half-test"


def test_what_is_drawn_in_training_is_encoded_as_it_was_drawn(
    mine: Callable[[str], Bundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = load_dataset("digits", binarise="dynamic")
    bundle = mine("half")
    card = dataclasses.replace(
        bundle.card,
        data=dataclasses.replace(bundle.card.data, options=data.spec.options, fingerprint=data.fingerprint),
    )
    made = encode_split(dataclasses.replace(bundle, card=card), "train")
    shown = scenes.originals(made).x
    assert shown is not None
    assert set(np.unique(shown)) == {0, 1}
    with torch.no_grad():
        want = bundle.model().encode(torch.from_numpy(shown)).numpy()
    np.testing.assert_allclose(made.codes.mu, want, rtol=2e-3, atol=2e-3)


def test_all_of_it_is_sealed(mine: Callable[[str], Bundle]) -> None:
    made = encode_split(mine("full"), "all")
    assert made.card.files["codes.npz"] == sha256((made.path / "codes.npz").read_bytes())
    assert isinstance(Codes.from_bytes(made.read("codes.npz"), made.id), Codes)
    assert len(made.codes) == 1797
