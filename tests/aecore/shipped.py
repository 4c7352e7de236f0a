"""Which recipes there are, and which of them still wait for `aecore zoo build`."""

from __future__ import annotations

from pathlib import Path

import pytest

from aecore import zoo

ROOT = Path(__file__).parents[2] / "checkpoints"
RECIPES = {recipe.id: recipe for recipe in zoo.recipes(ROOT)}
TO_BUILD = Path(__file__).with_name("to_build.txt").read_text("utf-8").split()
BUILT = [name for name in RECIPES if name not in TO_BUILD]

EACH_RECIPE = pytest.mark.parametrize("name", RECIPES)
EACH_BUNDLE = pytest.mark.parametrize("name", BUILT)
