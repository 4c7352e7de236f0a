"""Recipes of the shipped sweeps: they fit, they build, and no list of bundles trips over them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from aecore import bundles, zoo
from aecore.bundles.files import write_folder
from aecore.cli import main
from aecore.errors import UserError
from aecore.places import shipped_root
from aecore.sweeps import open_sweep
from aecore.sweeps.recipes import SweepRecipe, is_built, open_run, recipes
from tests.aecore.conftest import flat_maps

TINY = 'variant = "vae"\nbeta = "0.1,1,4"\norder = "down"\nlatent_dim = 2\nhidden = [8]\nepochs = 2\n'
RECIPES = {recipe.id: recipe for recipe in recipes(shipped_root())}
LARGEST = 7e6  # bytes of a shipped sweep


def test_there_are_those_that_the_page_shows() -> None:
    assert RECIPES.keys() >= {"digits/vae-2d", "digits/vae-8d", "mnist/vae-2d", "shapes/vae-10d"}


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_of_fourteen_betas_in_an_order_that_no_machine_changes(name: str) -> None:
    recipe = RECIPES[name]
    assert recipe.folder == shipped_root() / name.replace("/", "/sweeps/")
    betas = recipe.plan.betas
    assert (len(betas), betas[:2], betas[-1]) == (14, (0, 0.05), 16)
    assert 'order = "' in recipe.folder.with_suffix(".toml").read_text("utf-8")
    assert recipe.plan.config["device"] == "auto"
    assert recipe.plan.config["latent_dim"] == int(name.rpartition("-")[2].removesuffix("d"))


def test_a_built_sweep_is_of_its_recipe_and_small() -> None:
    for name, recipe in RECIPES.items():
        if recipe.folder.exists():
            assert is_built(recipe), f"run `aecore sweep build {name}`: it is damaged or of another recipe"
            assert sum(file.stat().st_size for file in recipe.folder.iterdir()) < LARGEST
            assert len(open_sweep(name).codes) <= 2000


def test_as_beta_grows_on_shapes_position_outlives_shape() -> None:
    """As the lab says of β = 4: neighbours of a sampled code know where a shape is long after what it is."""
    sweep = open_sweep("shapes/vae-10d")
    codes, factors, noise = sweep.codes, sweep.codes.factors, np.random.default_rng(0)
    assert factors is not None
    shape, place = [], []
    for beta in (min(sweep.card.betas, key=lambda each: abs(each - 4)), 16.0):
        k = sweep.card.betas.index(beta)
        mu, logvar = codes.mu[k].astype(float), codes.logvar[k].astype(float)
        z = mu + noise.standard_normal(mu.shape) * np.exp(logvar / 2)
        knows = KNeighborsClassifier(5).fit(z[:1500], factors[:1500, 0])
        finds = KNeighborsRegressor(5).fit(z[:1500], factors[:1500, 3:])
        shape.append(knows.score(z[1500:], factors[1500:, 0]))
        place.append(finds.score(z[1500:], factors[1500:, 3:]))
    assert shape[0] > 0.6
    assert shape[1] < 0.5  # of three
    assert min(place) > 0.9


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one recipe of a sweep that takes no time."""
    flat_maps(monkeypatch)
    for module in ("aecore.places", "aecore.sweeps.store", "aecore.bundles.store"):
        monkeypatch.setattr(f"{module}.shipped_root", lambda: tmp_path / "zoo")
    (tmp_path / "zoo" / "digits" / "sweeps").mkdir(parents=True)
    (tmp_path / "zoo" / "digits" / "sweeps" / "tiny.toml").write_text(TINY)
    return tmp_path / "zoo"


def only(root: Path) -> SweepRecipe:
    (recipe,) = recipes(root)
    return recipe


def test_a_sweep_is_built_once_and_again_when_its_recipe_or_its_files_change(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not is_built(only(root))
    assert main(["sweep", "build", "digits/tiny"]) == 0
    assert "1/1 digits/tiny: " in capsys.readouterr().out
    assert is_built(only(root))
    sweep = open_sweep("digits/tiny")
    assert sweep.shipped
    assert sweep.id == "digits/tiny"
    assert "plane" in sweep.card.maps
    assert bundles.damaged() == []
    assert zoo.recipes(root) == []
    assert main(["sweep", "build"]) == 0
    assert capsys.readouterr().out == "All 1 sweeps are up to date.\n"
    (root / "digits" / "sweeps" / "tiny.toml").write_text(TINY + "lr = 5e-3\n")
    assert not is_built(only(root))
    (root / "digits" / "sweeps" / "tiny.toml").write_text(TINY)
    files = {path.name: path.read_bytes() for path in sweep.path.iterdir()}
    write_folder(sweep.path, files | {"decoder.onnx": b"not this"})
    assert not is_built(only(root))


def test_a_build_goes_on_where_it_was_interrupted(root: Path) -> None:
    def stop(moment: object) -> None:
        if getattr(moment, "leg", 0) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_run(only(root)).train(stop)
    stored = open_run(only(root)).state / "sweep-run.json"
    saved = json.loads(stored.read_bytes())
    del saved["plan"]["config"]["l1"]  # as an aecore without --l1 wrote it
    stored.write_text(json.dumps(saved))
    again = open_run(only(root))
    assert again.resumable
    assert again.training.done == 1
    again.train()
    assert is_built(only(root))
    assert not open_run(only(root)).resumable


def test_a_recipe_that_does_not_fit_is_named(root: Path) -> None:
    (root / "digits" / "sweeps" / "odd.toml").write_text('variant = "vae"\nbeta = "3"\n')
    with pytest.raises(UserError, match=r"The recipe digits/odd does not fit: .*gives 1"):
        recipes(root)
    with pytest.raises(UserError, match="Did you mean digits/tiny"):
        recipes(root, ["digits/tin"])
