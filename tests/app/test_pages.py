"""Every page on every kind of bundle: what Python gives it, and that it never raises."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from aecore import scenes
from aecore.bundles import Bundle
from aecore.places import shipped_root
from aecore.runs import command
from aecore.runs.recipe import config_of, from_toml
from aecore.scripts import script
from app import routes
from tests.app import make_bundle
from tests.app.conftest import OpenPage

PAGES = (*routes.PAGES, "about", "layers")
BUNDLES = ("digits/pca-2d", "digits/pca-5d", "digits/pca-point-5d", "digits/pca-other-data")


def html(page: AppTest) -> str:
    """All of our own HTML on a page."""
    return "\n".join(str(element.proto.body) for element in page.get("html"))


def said(page: AppTest) -> str:
    """All text of messages on a page."""
    return "\n".join(element.value for element in [*page.text, *page.markdown])


def host(page: AppTest) -> dict[str, Any]:
    """What the canvas is told; an empty one on a page without a canvas."""
    canvases = page.get("bidi_component")
    return json.loads(canvases[0].proto.bytes)["host"] if canvases else {}


@pytest.mark.parametrize("name", routes.PAGES)
@pytest.mark.parametrize("bundle", BUNDLES)
def test_the_canvas_is_told_what_there_is_and_what_is_asked(
    open_page: OpenPage, name: str, bundle: str
) -> None:
    page = open_page(name, bundle=bundle, point="7", colour="error")
    assert not page.exception
    told = host(page)
    assert (told["page"], told["bundle"]) == (name, bundle)
    assert told["saved"] == {"bundle": bundle, "point": "7", "colour": "error"}
    assert {each["id"] for each in told["shelf"]} >= set(BUNDLES)
    assert all(each["url"].startswith(f"loupe/bundles/{each['id']}/") for each in told["shelf"])
    assert "pca-broken" not in str(told)


@pytest.mark.parametrize("bundle", BUNDLES)
def test_about_shows_card_figures_and_history(open_page: OpenPage, bundle: str) -> None:
    page = open_page("about", bundle=bundle)
    assert not page.exception
    for text in ("How it was made", "<i>Latent dimensions</i>", "<td>licence</td>", "Key figures"):
        assert html(page).count(text) == 1, text
    assert len(page.get("plotly_chart")) == 1  # the loss, which is all that its history has
    assert f'href="./learn?variant={"autoencoder" if "point" in bundle else "vae"}' in html(page)


def test_about_writes_down_how_a_bundle_is_made_again(
    open_page: OpenPage, on_shelf: Callable[[Path], None], tmp_path: Path
) -> None:
    root = shipped_root()
    shutil.copytree(root / "digits" / "vae-2d", tmp_path / "digits" / "vae-2d")
    make_bundle.write(tmp_path)
    on_shelf(tmp_path)
    shipped = Bundle.open(tmp_path / "digits" / "vae-2d")
    page = open_page("about", bundle=shipped.id)
    assert not page.code, "nobody has asked yet, and it loads torch"
    page.session_state[f"again-{shipped.id}"] = True
    page.run()
    assert not page.exception
    recipe, code = (each.value for each in page.code)
    (tmp_path / "run.toml").write_text(recipe, encoding="utf-8")
    assert from_toml(tmp_path / "run.toml", {}) == config_of(shipped)
    assert code == script(config_of(shipped), shipped.card.data.spec).strip()
    page.query_params["bundle"] = "digits/pca-2d"  # nobody's training made it
    page.session_state["again-digits/pca-2d"] = True
    page.run()
    assert not page.exception
    assert "no recipe makes it again" in said(page)
    assert not page.code


def test_about_says_the_command_that_makes_it_again_today(
    open_page: OpenPage, on_shelf: Callable[[Path], None], tmp_path: Path
) -> None:
    shutil.copytree(shipped_root() / "digits" / "vae-2d", tmp_path / "digits" / "vae-2d")
    made = Bundle.open(tmp_path / "digits" / "vae-2d")
    then = replace(
        made.card.provenance, command="aecore train --variant vae --data digits"
    )  # all was default
    (made.path / "card.json").write_bytes(replace(made.card, provenance=then).to_bytes())
    make_bundle.write(tmp_path)
    on_shelf(tmp_path)
    words = command(made.card.config).split()
    assert words[:6] == then.command.split()
    assert len(words) > 6
    assert " ".join(words) in html(open_page("about", bundle=made.id))
    by_hand = Bundle.open(tmp_path / "digits" / "pca-2d")
    assert by_hand.card.provenance.command in html(open_page("about", bundle=by_hand.id))


def test_about_shows_what_its_owner_says_and_reads_no_html_in_it(
    open_page: OpenPage, on_shelf: Callable[[Path], None], tmp_path: Path
) -> None:
    folder = make_bundle.write(tmp_path)
    note = "<b>For the lecture</b>, *not* at β = 1\nsecond line"
    card = replace(Bundle.open(folder).card, note=note)
    (folder / "card.json").write_bytes(card.to_bytes())
    make_bundle.write(tmp_path, "silent")
    on_shelf(tmp_path)
    page = open_page("about", bundle="digits/pca-2d")
    assert not page.exception
    assert note in [element.value for element in page.text]  # st.text: as it is
    assert "For the lecture" not in html(page)
    assert note not in [element.value for element in open_page("about", bundle="digits/silent").text]
    assert scenes.describe(Bundle.open(folder))["note"] == note


@pytest.mark.parametrize("name", sorted({*PAGES} - {"beta", "train"}))  # which need none
def test_without_bundles_a_page_says_how_to_get_some(
    open_page: OpenPage, on_shelf: Callable[[Path], None], tmp_path: Path, name: str
) -> None:
    on_shelf(tmp_path)
    page = open_page(name)
    assert not page.exception
    assert "aecore train" in said(page)


@pytest.mark.parametrize("name", PAGES)
def test_an_unknown_bundle_in_the_address_is_named(open_page: OpenPage, name: str) -> None:
    page = open_page(name, bundle="digits/<b>nothing</b>")
    assert not page.exception
    assert "digits/<b>nothing</b>" in said(page)
    assert "<b>nothing" not in html(page)
    assert page.query_params["bundle"] != "digits/<b>nothing</b>"


@pytest.mark.parametrize("name", PAGES)
def test_a_bundle_damaged_after_the_list_was_made_breaks_no_page(
    open_page: OpenPage, on_shelf: Callable[[Path], None], tmp_path: Path, name: str
) -> None:
    folder = make_bundle.write(tmp_path)
    for file in ("codes.npz", "decoder.onnx", "history.jsonl"):
        (folder / file).write_bytes(b"not this")
    on_shelf(tmp_path)
    page = open_page(name)
    assert not page.exception
    assert ("That did not work" in said(page) or "cannot be read" in said(page)) is (
        name in ("about", "layers")
    )


def test_damaged_bundles_are_listed_and_the_rest_load(open_page: OpenPage) -> None:
    page = open_page("about")
    assert "pca-broken" in said(page)
    assert "digits/pca-broken" not in page.selectbox(key="pick-bundle").options


def test_another_data_set_or_model_goes_into_the_address(open_page: OpenPage) -> None:
    page = open_page("about", bundle="digits/pca-2d", point="7")
    page.selectbox(key="pick-bundle").set_value("digits/pca-5d").run()
    assert page.query_params["bundle"] == "digits/pca-5d"
    assert "point" not in page.query_params


def test_coming_back_to_a_page_finds_it_as_it_was(open_page: OpenPage) -> None:
    page = open_page("map", bundle="digits/pca-2d", view="umap", point="7")
    page.query_params.clear()
    page.run()
    assert host(page)["saved"] == {"bundle": "digits/pca-2d", "view": "umap", "point": "7"}
    page.session_state["last-bundle"] = "digits/pca-5d"
    page.query_params.clear()
    page.run()
    assert host(page)["saved"] == {"bundle": "digits/pca-5d"}
