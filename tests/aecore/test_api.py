"""The public functions, as the README uses them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

import aecore
from aecore.bundles import Bundle, open_bundle
from aecore.errors import BundleError, UserError
from aecore.runs import interrupted
from aecore.training import EpochEnd, Event, Finished
from tests.aecore.conftest import TINY
from tests.aecore.small import head


def test_the_public_names_are_all_there() -> None:
    assert set(aecore.__all__) <= set(dir(aecore))
    assert all(callable(getattr(aecore, name)) for name in aecore.__all__)
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = aecore.trian


@pytest.mark.parametrize("given", ["id", "folder", "bundle"])
def test_a_bundle_loads_by_id_folder_or_itself(given: str, bundles: Path) -> None:
    bundle = open_bundle("digits/half")
    same: dict[str, Any] = {"id": bundle.id, "folder": bundle.path, "bundle": bundle}
    model = aecore.load(same[given])
    x = aecore.load_dataset("digits").test.x[:5]
    with torch.no_grad():
        z = model.encode(x)
        assert z.shape == (5, 3)
        assert model.decode(z).shape == (5, 1, 8, 8)
        torch.testing.assert_close(model.reconstruct(x), model.decode(z))
        drawn = model.sample(4, temperature=0.5)
    assert drawn.shape == (4, 1, 8, 8)
    assert 0 <= drawn.min() <= drawn.max() <= 1
    assert not model.training


def test_lists_name_what_there_is(bundles: Path) -> None:
    names = [each.name for each in aecore.list_variants()]
    assert names == sorted(names)
    assert {"autoencoder", "beta-vae", "denoising", "vae"} <= set(names)
    assert {"digits", "shapes", "mnist", "fashion-mnist"} <= {each.name for each in aecore.list_datasets()}
    assert {"digits/half", "digits/full"} <= {each.id for each in aecore.list_bundles() if not each.shipped}


@pytest.mark.usefixtures("quick_maps")
def test_train_tells_its_listener_and_replaces_only_when_told() -> None:
    events: list[Event] = []
    bundle = aecore.train("autoencoder", name="mine", hidden=[8], listen=events.append, **TINY)
    assert isinstance(bundle, Bundle)
    assert bundle.id == "digits/mine"
    assert [type(event) for event in events if isinstance(event, EpochEnd | Finished)] == [
        EpochEnd,
        EpochEnd,
        Finished,
    ]
    with pytest.raises(UserError, match="digits/mine is there already"):
        aecore.train("vae", name="mine", hidden=[8], **TINY)
    replaced = aecore.train("vae", name="mine", replace=True, hidden=[8], **TINY)
    assert open_bundle("digits/mine").card == replaced.card
    assert replaced.card.variant == "vae"
    assert interrupted() == {}


@pytest.mark.usefixtures("quick_maps")
def test_a_data_set_at_hand_is_trained_on_as_it_is() -> None:
    data = aecore.load_dataset("digits", binarise="threshold", validation=100, seed=7)
    few = replace(data, train=head(data.train, 128))
    options = {key: value for key, value in TINY.items() if key != "data"}
    losses: list[float] = []

    def listen(event: Event) -> None:
        if isinstance(event, EpochEnd):
            losses.append(event.train["loss"])
            assert interrupted() == {}

    bundle = aecore.train("vae", few, hidden=[8], likelihood="bernoulli", listen=listen, **options)
    assert len(losses) == 2
    config = bundle.card.config
    assert (config["binarise"], config["validation"], config["seed"]) == ("threshold", 100, 0)
    assert bundle.card.data.values == "binary"
    assert bundle.card.provenance.command == ""  # none would make these examples
    with pytest.raises(UserError, match="binarise is chosen when Digits is loaded|binarise is chosen when"):
        aecore.train("vae", few, binarise="none", **options)


@pytest.mark.parametrize(
    ("variant", "data", "options"),
    [
        ("vea", "digits", {}),
        ("vae", "digit", {}),
        ("vae", "digits", {"latent_dim": 0}),
        ("vae", "digits", {"beta": 2}),
        ("vae", "digits", {"name": "../outside"}),
        ("vae", "digits", {"optimiser": "sgd", "lr": 10, "epochs": 40, "device": "cpu"}),
    ],
)
def test_what_cannot_be_trained_leaves_nothing(
    variant: str, data: str, options: dict[str, object], own_home: Path
) -> None:
    with pytest.raises(UserError):
        aecore.train(variant, data, **options)  # type: ignore[arg-type]
    assert not own_home.exists()


def test_what_cannot_be_loaded_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no bundle called 'digits/nothing'"):
        aecore.load("digits/nothing")
    with pytest.raises(BundleError, match=r"card.json is missing"):
        aecore.load(tmp_path)
