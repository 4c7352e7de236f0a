"""Which bundles are listed, which are reported, and what an id opens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from aecore.bundles import (
    damaged,
    list_bundles,
    open_bundle,
    shipped_root,
    user_folder,
    user_root,
)
from aecore.bundles.files import ASIDE
from aecore.errors import BundleError, UserError

Place = Callable[[Path], Path]


def ids() -> list[tuple[str, bool]]:
    return [(bundle.id, bundle.shipped) for bundle in list_bundles()]


@pytest.mark.usefixtures("shipped")
def test_nothing_there_is_an_empty_list() -> None:
    assert list_bundles() == []
    assert damaged() == []
    with pytest.raises(UserError, match=r"no bundle called 'mnist/vae'. Known: none"):
        open_bundle("mnist/vae")


def test_shipped_ones_come_first(shipped: Path, place: Place) -> None:
    place(user_folder("digits", "mine"))
    for name in ("vae", "beta-vae"):
        place(shipped / "mnist" / name)
    (shipped / "mnist" / "recipe.toml").write_text("")
    assert ids() == [("mnist/beta-vae", True), ("mnist/vae", True), ("digits/mine", False)]
    assert damaged() == []
    for id_, is_shipped in ids():
        assert open_bundle(id_).shipped == is_shipped
        assert open_bundle(open_bundle(id_).path).shipped == is_shipped


def test_the_users_place_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AECORE_HOME", str(tmp_path / "elsewhere"))
    assert user_folder("mnist", "mine") == tmp_path / "elsewhere" / "bundles" / "mnist" / "mine"
    monkeypatch.delenv("AECORE_HOME")
    assert user_root() == Path(platformdirs.user_data_dir("aecore", appauthor=False)) / "bundles"


def test_in_a_checkout_the_shipped_ones_are_in_checkpoints() -> None:
    assert shipped_root() == Path(__file__).parents[3] / "checkpoints"


def test_unreadable_ones_are_reported_and_hidden_ones_ignored(shipped: Path, place: Place) -> None:
    place(shipped / "mnist" / "sound")
    (place(shipped / "mnist" / "garbage") / "card.json").write_text("{")
    (place(shipped / "mnist" / "half") / "codes.npz").unlink()
    (place(shipped / "mnist" / "nocard") / "card.json").unlink()
    (place(shipped / "mnist" / "folder") / "card.json").unlink()
    (shipped / "mnist" / "folder" / "card.json").mkdir()
    place(shipped / "mnist" / "Odd Name")
    place(shipped / "mnist" / ".tmp-sound-12ab")
    (shipped / "mnist" / ".tmp-empty-12ab").mkdir()
    assert ids() == [("mnist/sound", True)]
    reasons = {path.name: reason for path, reason in damaged()}
    assert sorted(reasons) == ["Odd Name", "folder", "garbage", "half", "nocard"]
    for name, said in {
        "garbage": "card.json is not readable JSON",
        "half": "codes.npz is missing",
        "nocard": "card.json is missing",
        "folder": "card.json cannot be read",
        "Odd Name": "rename its folder",
    }.items():
        assert reasons[name].startswith(f"Bundle mnist/{name}: {said}")
    with pytest.raises(BundleError, match=r"^Bundle mnist/half: codes\.npz is missing"):
        open_bundle("mnist/half")


def test_an_oversized_card_is_not_even_read(shipped: Path, place: Place) -> None:
    folder = place(shipped / "mnist" / "huge")
    with (folder / "card.json").open("wb") as file:
        file.truncate(2**40)  # sparse: it takes no room
    assert list_bundles() == []
    assert "card.json has 1,099,511,627,776 bytes" in damaged()[0][1]


def test_a_bundle_between_two_renames_is_there(shipped: Path, place: Place) -> None:
    place(shipped / "mnist" / f"{ASIDE}toy")
    assert ids() == [("mnist/toy", True)]
    assert len(open_bundle("mnist/toy").codes) == 40
    place(shipped / "mnist" / "toy")
    assert ids() == [("mnist/toy", True)]


def test_a_name_taken_by_a_shipped_bundle_is_said(shipped: Path, place: Place) -> None:
    place(user_folder("mnist", "vae"))
    place(shipped / "mnist" / "vae")
    assert ids() == [("mnist/vae", True)]
    assert [path for path, _ in damaged()] == [user_root() / "mnist" / "vae"]
    assert "a shipped bundle has this name" in damaged()[0][1]
    with pytest.raises(UserError, match="mnist/vae is a bundle that came with aecore: choose another name"):
        user_folder("mnist", "vae")


@pytest.mark.parametrize("asked", ["mnist/vea", "mnist/VAE", "mnist/vae_2d", "vae"])
def test_an_unknown_id_lists_the_nearest(shipped: Path, place: Place, asked: str) -> None:
    place(shipped / "mnist" / "vae")
    with pytest.raises(UserError, match=r"There is no bundle called .*Known: mnist/vae\."):
        open_bundle(asked)


@pytest.mark.parametrize(
    "asked", ["../secret/toy", "mnist/../../secret/toy", "/secret", "secret/./toy", "", "mnist/"]
)
def test_a_text_is_never_a_path(
    tmp_path: Path, shipped: Path, place: Place, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    folder = place(tmp_path / "secret" / "toy")
    place(shipped / "mnist" / "toy")
    monkeypatch.chdir(tmp_path)
    for text in (asked, str(folder)):
        with pytest.raises(UserError, match="There is no bundle called"):
            open_bundle(text)
    assert open_bundle(Path("secret/toy")).id == "secret/toy"


@pytest.mark.parametrize("name", ["..", "a/b", "", "A", ".tmp-x", "x" * 81, "a\\b", "a\0"])
def test_a_new_bundle_needs_a_plain_name(name: str) -> None:
    for names in (("mnist", name), (name, "vae")):
        with pytest.raises(UserError, match="does not do as a name"):
            user_folder(*names)
