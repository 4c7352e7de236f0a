"""What a model is called: its variant, and what tells it from the plain one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aecore import scenes
from aecore.bundles import Bundle, list_bundles
from aecore.bundles.titles import SAID, title
from aecore.variants import VARIANTS
from aecore.variants.registry import every_option
from tests.app import make_bundle


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({}, ""),
        ({"net": "mlp", "hidden": [256, 128], "prior": "normal", "posterior": "gaussian"}, ""),
        ({"net": "conv", "block": "residual"}, ", convolutional, residual"),
        ({"hidden": [256, 128, 64], "free_bits": 0.25}, ", deep, free bits"),
        ({"depth": 4}, ", deep"),
        ({"posterior": "iaf", "prior": "vamp"}, ", IAF posterior, VampPrior"),
        ({"corruption": "salt-and-pepper"}, ", salt and pepper"),
    ],
)
def test_what_is_not_plain_is_said(tmp_path: Path, config: dict[str, Any], words: str) -> None:
    card = Bundle.open(make_bundle.write(tmp_path, title="VAE")).card
    assert title(replace(card, config=config)) == f"VAE{words}"


def test_what_is_said_are_choices_that_there_are() -> None:
    choices: dict[str, set[str]] = {}
    for variant in VARIANTS.values():
        for options in every_option(variant):
            for name, option in options.items():
                choices.setdefault(name, set()).update(option.choices)
    for name, said in SAID.items():
        assert said.keys() <= choices[name], name


def test_shipped_models_of_one_data_set_need_no_names_to_be_told_apart() -> None:
    shipped = list_bundles()
    assert scenes.titles(shipped) == {each.id: scenes.title(each) for each in shipped}
