"""Recipes of the shipped bundles: they fit, they build, and what is shipped is what they say."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aecore import zoo
from aecore.bundles import Bundle, shipped_root
from aecore.cli import main
from aecore.errors import UserError
from aecore.runs import complete, runs_root
from aecore.training import EpochEnd, Event
from aecore.variants import VARIANTS
from aecore.zoo import Recipe
from tests.aecore.conftest import flat_maps
from tests.aecore.shipped import EACH_BUNDLE, EACH_RECIPE, RECIPES, ROOT, TO_BUILD

README = Path(__file__).parents[2] / "README.md"
TINY = 'variant = "vae"\nlatent_dim = 2\nhidden = [8]\nepochs = 3\ndevice = "cpu"\n'


@EACH_RECIPE
def test_a_recipe_is_complete_and_small(name: str) -> None:
    recipe = RECIPES[name]
    assert recipe.folder == ROOT / name
    assert recipe.config["data"] == name.partition("/")[0]
    assert recipe.config["store"] == "half"
    if name.endswith("-2d"):
        assert recipe.config["latent_dim"] == 2


def in_the_readme() -> set[str]:
    """The variants of its table: what is promised; a new one is there when it is shipped."""
    table = README.read_text("utf-8").partition("| variant | what it does")[2].partition("\n\n")[0]
    return {
        name for line in table.splitlines() for name in re.findall(r"`([\w-]+)`", line.split("|")[1:2][0])
    }


def test_every_data_set_has_every_variant_and_its_planes() -> None:
    names = ("autoencoder", "denoising", "vae", "beta-vae", "vae-2d", "beta-vae-2d")
    wanted = {f"{data}/{name}" for data in ("digits", "shapes", "mnist", "fashion-mnist") for name in names}
    assert wanted <= RECIPES.keys()
    for data in ("digits", "mnist"):
        of_data = [recipe for name, recipe in RECIPES.items() if name.startswith(f"{data}/")]
        assert {recipe.config["variant"] for recipe in of_data} == in_the_readme() <= VARIANTS.keys()


def test_what_is_to_be_built_is_not_built() -> None:
    assert set(TO_BUILD) <= RECIPES.keys()
    built = [name for name in TO_BUILD if RECIPES[name].folder.exists()]
    assert not built, f"take these out of to_build.txt: {built}"


# Fails until `aecore zoo build` has built what a recipe was added or changed for.
@EACH_BUNDLE
def test_a_recipe_has_its_bundle(name: str) -> None:
    recipe = RECIPES[name]
    assert zoo.is_built(recipe), (
        f"run `aecore zoo build {name}`: the bundle is missing, damaged or of another recipe"
    )
    bundle = Bundle.open(recipe.folder, shipped=True)
    assert complete(bundle.card.config) == recipe.config
    assert bundle.card.variant == recipe.config["variant"]
    assert bundle.card.latent.dim == recipe.config["latent_dim"]
    assert 1 <= len(bundle.codes.mu) <= 2000
    told = bundle.card.latent.condition
    beside = np.resize(np.eye(told.size), (2, told.size)) if told else None
    decoded = bundle.decode(bundle.codes.mu[:2], beside)
    data = bundle.card.data
    assert decoded.shape == (2, *data.shape, *([len(data.vocabulary)] if data.vocabulary else []))
    assert bundle.history


def test_all_that_is_shipped_is_small() -> None:
    sizes = {path: path.stat().st_size for path in shipped_root().rglob("*") if path.is_file()}
    assert sum(sizes.values()) < 100e6
    strange = [path for path in sizes if path.parent.name.startswith(".")]
    assert not strange, "a build was killed: run it again"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one recipe that takes no time."""
    flat_maps(monkeypatch)
    monkeypatch.setattr("aecore.cli.zoo.shipped_root", lambda: tmp_path / "zoo")
    (tmp_path / "zoo" / "digits").mkdir(parents=True)
    (tmp_path / "zoo" / "digits" / "tiny.toml").write_text(TINY)
    return tmp_path / "zoo"


def only(root: Path) -> Recipe:
    (recipe,) = zoo.recipes(root)
    return recipe


def crash(event: Event) -> None:
    if isinstance(event, EpochEnd) and event.epoch == 2:
        raise KeyboardInterrupt


def test_a_build_goes_on_where_it_was_interrupted(root: Path) -> None:
    whole = zoo.build(only(root))
    weights = whole.read("model.safetensors")
    (root / "digits" / "tiny").rename(root / "aside")
    run = zoo.open_run(only(root))
    with pytest.raises(KeyboardInterrupt):
        run.train(crash)
    assert not zoo.is_built(only(root))
    again = zoo.open_run(only(root))
    assert again.fit.epoch == 2
    assert again.train().read("model.safetensors") == weights
    assert zoo.is_built(only(root))
    assert not runs_root().exists()
    assert not (runs_root().parent / "zoo").exists()
    damage(root / "digits" / "tiny" / "codes.npz")
    assert not zoo.is_built(only(root))


def test_an_option_that_came_later_does_not_make_a_bundle_stale(root: Path) -> None:
    card = zoo.build(only(root)).card

    def stored(config: dict[str, Any]) -> bool:
        sealed = replace(card, config=config).to_bytes()
        (root / "digits" / "tiny" / "card.json").write_bytes(sealed)
        return zoo.is_built(only(root))

    assert stored({key: value for key, value in card.config.items() if key != "lr_warmup"})
    assert stored(dict(card.config))
    assert not stored({**card.config, "lr_warmup": 0.5})  # asked for something else
    assert not stored({**card.config, "gone": 1})  # made with what there is no longer


def damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


@pytest.fixture
def built(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of what is built, in order; the building itself is left out."""
    done: list[str] = []

    class Quick:
        def __init__(self, recipe: Recipe) -> None:
            self.id, self.recipe = recipe.id, recipe

        def train(self, _: Any) -> Quick:
            done.append(self.id)
            return self

    monkeypatch.setattr(zoo, "open_run", Quick)
    monkeypatch.setattr(zoo, "is_built", lambda recipe: recipe.id in done and recipe.config["epochs"] == 3)
    monkeypatch.setattr("aecore.cli.zoo.Bar", lambda *_: memoryview(b""))  # a context that does nothing
    return done


def test_the_command_builds_what_is_not_up_to_date(
    root: Path, built: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["zoo", "list"]) == 0
    assert capsys.readouterr().out == "digits/tiny: to be built\n"
    assert main(["zoo", "build"]) == 0
    assert re.fullmatch(r"1/1 digits/tiny: \d+ s\nBuilt 1 bundles in \d+ s\.\n", capsys.readouterr().out)
    assert main(["zoo", "build"]) == 0
    assert capsys.readouterr().out == "All 1 bundles are up to date.\n"
    (root / "digits" / "tiny.toml").write_text(TINY.replace("epochs = 3", "epochs = 4"))
    assert main(["zoo", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"stale": ["digits/tiny"], "recipes": 1}
    assert main(["zoo", "build", "digits/tiny", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"built": ["digits/tiny"], "recipes": 1}
    assert built == ["digits/tiny"] * 2


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("variant = ", "recipe digits/tiny does not fit: Invalid value"),
        ('variant = "veа"', "recipe digits/tiny does not fit: There is no variant"),
        ('variant = "vae"\nlatent_dim = 0', "does not fit: --latent-dim is a whole number from 1 to 512"),
    ],
)
def test_a_recipe_that_does_not_fit_is_named(text: str, wrong: str, root: Path) -> None:
    (root / "digits" / "tiny.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=wrong):
        zoo.recipes(root)
