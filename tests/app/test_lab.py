"""What the β lab is given: its list, scenes of sweeps and multi-rate models, in the app and on a site."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from aecore import api, bundles, scenes, studies
from aecore.bundles import Bundle, store
from aecore.cli import main
from aecore.runs import complete
from aecore.scenes import sweep as of_sweep
from aecore.sweeps import Sweep, open_sweep
from aecore.sweeps.run import SweepRun
from app import kept, lab, originals, routes, server
from app.scene import scene_url
from app.ui import library
from tests.aecore.conftest import flat_maps
from tests.app.conftest import CANVAS, OpenPage
from tests.app.served import Client, is_sentence, served

LIST = "/" + lab.LIST
TINY: dict[str, Any] = {
    "data": "digits", "binarise": "threshold", "hidden": [6], "latent_dim": 3, "epochs": 2, "batch_size": 256,
    "device": "cpu",
}  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ``$AECORE_HOME`` with the sweep ``digits/swept`` and the multi-rate bundle ``digits/rated``."""
    home = tmp_path_factory.mktemp("lab")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(home))
        flat_maps(patch)
        SweepRun.begin({**TINY, "variant": "vae", "beta": "0.5,2"}, "swept").train()
        api.train(variant="multi-rate-vae", name="rated", **TINY)
    return home


@pytest.fixture
def home(trained: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The same, and nothing that was shipped."""
    from aecore.sweeps import store as sweeps

    monkeypatch.setenv("AECORE_HOME", str(trained))
    for module in (store, sweeps):
        monkeypatch.setattr(module, "shipped_root", lambda: tmp_path / "nothing-shipped")
    library.shelf.clear()
    return trained


@pytest.fixture
def client(home: Path, dist: Path) -> Iterator[Client]:
    with served(Starlette(routes=server.guarded(routes.routes(dist)))) as client:
        yield client
    kept.answers.clear()
    originals.atlases.clear()
    library.shelf.clear()


def swept() -> Sweep:
    return open_sweep("digits/swept")


def rated() -> Bundle:
    return bundles.open_bundle("digits/rated")


# The list


def test_the_list_names_what_there_is_and_every_address_answers(client: Client) -> None:
    answer = client.get(LIST)
    assert answer.headers["cache-control"] == "no-cache"
    said = answer.json()
    assert (said["version"], said["train"]) == (1, True)
    (digits,) = [each for each in said["data"] if each["name"] == "digits"]
    assert digits["sweeps"] == [
        {"id": "digits/swept", "title": "VAE · 3 dims · 2 β from 0.5 to 2", "url": scene_url(swept())}
    ]
    assert digits["multi_rate"] == [
        {"id": "digits/rated", "title": "Multi-rate VAE · 3 dims", "url": scene_url(rated())}
    ]
    assert client.get("/" + digits["sweeps"][0]["url"] + "sweep.json").json() == of_sweep.describe(swept())
    assert client.get("/" + digits["multi_rate"][0]["url"] + "scene.json").json() == scenes.describe(rated())
    assert client.get(LIST, if_none_match=answer.headers["etag"]).status == 304


def test_every_live_training_that_is_offered_can_be_started(client: Client) -> None:
    offered = {each["name"]: each["live"] for each in client.get(LIST).json()["data"] if each["live"]}
    assert "digits" in offered
    assert "waves" not in offered
    for name, live in offered.items():
        config = complete({"variant": live["variant"], "data": name, **live["options"]})
        assert live["betas"][0] < config["beta"] < live["betas"][1]
        assert config["latent_dim"] == 2


def test_what_a_study_measured_of_factors_is_beside_the_sweeps_of_its_data(client: Client) -> None:
    told = {each["name"]: each["studied"] for each in client.get(LIST).json()["data"]}
    shapes = told.pop("shapes")
    assert shapes["title"] == "β-TCVAE, mean of 12 seeds"
    assert set(told.values()) == {None}
    rows = json.loads((Path(studies.__file__).parent / "results" / "factors.json").read_text())["rows"]
    for name, found in shapes["measures"].items():
        for point in found:
            of = [row["figures"][name] for row in rows if row["config"]["beta"] == point["beta"]]
            assert len(of) == 12
            assert point["value"] == pytest.approx(sum(of) / 12)
        assert len(found) == 4


def test_a_server_that_does_not_train_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOUPE_TRAIN", "0")
    assert client.get(LIST).json()["train"] is False


# Scenes of sweeps


def test_the_files_of_a_sweep_are_its_own(client: Client) -> None:
    sweep, url = swept(), "/" + scene_url(swept())
    for file in client.get(url + "sweep.json").json()["files"]:
        answer = client.get(url + file)
        assert answer.content == (sweep.path / file).read_bytes()
        assert answer.headers["etag"] == f'"{sweep.card.files[file]}"'
        assert "immutable" in answer.headers["cache-control"]


def test_a_sweep_and_a_bundle_share_the_tiles_of_their_examples(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    atlas = scenes.atlas

    def counted(found: Bundle | Sweep) -> scenes.Atlas:
        made.append(found.id)
        return atlas(found)

    monkeypatch.setattr(scenes, "atlas", counted)
    urls = ["/" + scene_url(found) for found in (swept(), rated())]
    assert client.get(urls[0] + "originals.json").json()["tiles"] == ["originals-0.png"]
    tiles = [client.get(url + "originals-0.png") for url in urls]
    assert tiles[0].content == tiles[1].content
    assert made == ["digits/swept"]
    x = scenes.originals(swept()).x
    assert x is not None
    np.testing.assert_array_equal(x, swept().card.data.load().test.x.numpy()[swept().codes.index])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("{url}card.json", 404),
        ("{url}../sweep.json", 404),
        ("{url}originals-1.png", 404),
        ("{url}scene.json", 404),
        ("/loupe/sweeps/digits/nothing/0/sweep.json", 404),
        ("/loupe/sweeps/digits/swept/0123456789abcdef/sweep.json", 410),
        ("/loupe/sweeps/..%2f../swept/0/sweep.json", 404),
    ],
)
def test_of_a_sweep_nothing_else_is_given(client: Client, path: str, status: int) -> None:
    is_sentence(client.get(path.format(url="/" + scene_url(swept()))), status)


# Scenes of multi-rate models


def test_the_scene_of_a_multi_rate_model_has_its_curve_and_its_range(client: Client) -> None:
    scene = client.get("/" + scene_url(rated()) + "scene.json").json()
    assert scene["latent"]["condition"] == {"kind": "log-beta", "size": 1, "range": [0.01, 10.0]}
    curve = scene["rate_distortion"]
    assert len(curve) > 4
    assert curve[0].keys() == {"beta", "rate", "distortion", "kl_per_dimension", "active_units"}
    for point in curve:
        assert sum(point["kl_per_dimension"]) == pytest.approx(point["rate"], rel=1e-3, abs=1e-3)
    assert [point["beta"] for point in curve] == sorted(point["beta"] for point in curve)
    assert scene["decoder"]["inputs"] == ["z", "condition"]


def test_codes_at_the_knots_are_the_encoders_and_their_planes_lie_on_each_other(client: Client) -> None:
    bundle = rated()
    codes = safetensors.numpy.load(client.get("/" + scene_url(bundle) + "codes.safetensors").content)
    k, n, d = codes["mu_knots"].shape
    assert (n, d) == (len(codes["mu"]), 3)
    assert [str(codes[name].dtype) for name in ("mu_knots", "knots")] == ["float16", "float32"]
    assert codes["knots"] == pytest.approx(np.linspace(np.log(0.01), np.log(10), k), abs=1e-5)
    x = scenes.originals(bundle).x
    assert x is not None
    for knot in (0, k - 1):
        encoded = bundle.encode(x[:20], np.full((20, 1), codes["knots"][knot]))
        assert np.allclose(encoded["mu"], codes["mu_knots"][knot, :20], atol=2e-3)
    points, mean, axes = (codes[name] for name in ("pca_knots", "pca_mean_knots", "pca_components_knots"))
    assert (points.shape, mean.shape, axes.shape) == ((k, n, 2), (k, d), (k, 2, d))
    for knot in range(k):
        z = codes["mu_knots"][knot].astype(np.float64)
        np.testing.assert_allclose((z - mean[knot]) @ axes[knot].T, points[knot], atol=5e-3)
        np.testing.assert_allclose(axes[knot] @ axes[knot].T, np.eye(2), atol=1e-5)
        kept_ = np.linalg.svd(z - z.mean(0), compute_uv=False)[:2] ** 2  # no plane keeps more of the variance
        assert (points[knot] ** 2).sum() == pytest.approx(kept_.sum(), rel=1e-2)
    laid = [codes["pca"].astype(np.float64)]
    middle = int(np.abs(codes["knots"]).argmin())
    for a, b in itertools.pairwise([*range(middle, k)]):
        turned(points[a], points[b])
    for a, b in itertools.pairwise([*range(middle, -1, -1)]):
        turned(points[a], points[b])
    turned(laid[0], points[middle])


def turned(a: Any, b: Any) -> None:
    """Asserts that no turn brings b nearer to a: aᵀ b is symmetric, with no negative eigenvalue."""
    product = np.asarray(a, np.float64).T @ np.asarray(b, np.float64)
    size = np.abs(product).max()
    assert product[0, 1] == pytest.approx(product[1, 0], abs=2e-3 * size)
    assert np.linalg.eigvalsh((product + product.T) / 2).min() > -2e-3 * size


# The page


def test_the_page_is_told_where_the_list_is(open_page: OpenPage) -> None:
    page = open_page("beta", job="0123456789", way="live")
    assert not page.exception
    told = json.loads(page.get("bidi_component")[0].proto.bytes)["host"]
    assert (told["page"], told["lab"]) == ("beta", "loupe/lab.json")
    assert told["saved"].items() >= {"job": "0123456789", "way": "live"}.items()


def test_without_a_bundle_the_page_is_there_all_the_same(
    on_shelf: Callable[[Path], None], tmp_path: Path
) -> None:
    on_shelf(tmp_path)
    page = AppTest.from_string(CANVAS.format("beta"), default_timeout=60).run()
    assert not page.exception
    told = json.loads(page.get("bidi_component")[0].proto.bytes)["host"]
    assert (told["bundle"], told["shelf"], told["lab"]) == ("", [], "loupe/lab.json")


# A static site


def test_a_site_has_the_lab_without_live_training(
    home: Path,
    dist: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("aecore.scenes.site.canvas_folder", lambda: dist)
    out = tmp_path / "site"
    assert main(["site", "digits/rated", "--sweep", "digits/swept", "--out", str(out)]) == 0
    said = json.loads((out / "lab.json").read_text())
    assert said["train"] is False
    (digits,) = said["data"]
    assert digits["live"] is None
    (sweep,), (bundle,) = digits["sweeps"], digits["multi_rate"]
    assert (sweep["url"], bundle["url"]) == ("sweeps/digits/swept/", "bundles/digits/rated/")
    described = json.loads((out / sweep["url"] / "sweep.json").read_text())
    assert described == json.loads(json.dumps(of_sweep.describe(swept())))
    for file in described["files"]:
        assert (out / sweep["url"] / file).read_bytes() == swept().read(file)
    tiles = json.loads((out / sweep["url"] / "originals.json").read_text())["tiles"]
    assert [(out / sweep["url"] / tile).read_bytes() for tile in tiles] == [
        (out / bundle["url"] / tile).read_bytes() for tile in tiles
    ]
    assert main(["site", "digits/rated", "--out", str(out)]) == 0  # takes the place of the earlier one
    assert not (out / "sweeps").exists()
    assert json.loads((out / "lab.json").read_text())["data"][0]["sweeps"] == []
    assert main(["site", "--all", "--sweep", "digits/swept", "--out", str(out)]) == 2
    assert "leave out the names" in capsys.readouterr().err
