"""A card says which examples its codes are of; one that does not means the test split."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from aecore.bundles import Card
from aecore.bundles.card import seal
from aecore.data.parts import SPLITS, SplitName
from aecore.errors import BundleError
from tests.aecore.bundles.test_card import whole


def test_a_card_of_test_codes_is_written_as_it_always_was() -> None:
    said = json.loads(whole().to_bytes())
    assert not said.keys() & {"codes_split", "codes_fingerprint"}
    assert Card.from_bytes(whole().to_bytes(), "toy").codes_split == "test"


@pytest.mark.parametrize("split", SPLITS)
def test_any_split_reads_back(split: SplitName) -> None:
    card = whole(codes_split=split, codes_fingerprint="1" * 64)
    assert Card.from_bytes(card.to_bytes(), "toy") == card


def test_another_split_is_refused() -> None:
    entries = json.loads(whole().to_bytes())
    del entries["digest"]
    with pytest.raises(BundleError, match="codes_split = 'holdout'; it must be one of test, validation"):
        Card.from_bytes(seal(entries | {"codes_split": "holdout"}), "toy")


def test_the_digest_is_the_last_entry_and_differs_where_anything_does() -> None:
    card = whole()
    assert card.digest == json.loads(card.to_bytes())["digest"]
    others = [replace(card, title="x"), replace(card, files={**card.files, "codes.npz": "1" * 64})]
    assert len({each.digest for each in [card, *others]}) == 3
    assert Card.from_bytes(card.to_bytes(), "toy").digest == card.digest
