"""Learn: every lesson as its file has it, its options, and what guides have wrong."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from aecore.studies.claims import CLAIMS
from aecore.variants import VARIANTS, schema
from app.ui import lessons
from tests.app.conftest import OpenPage
from tests.app.test_pages import html, said

LESSON = r"""VAE: a code.

$$
a = b
$$

First :math, then

$$
c
$$

more.

**When to use it.** Now
and then.

Still the same.

**Where guides err.** One.

**Where guides err.** Two."""


def test_a_lesson_is_taken_apart() -> None:
    found = lessons.parts(LESSON)
    assert (found.summary, found.equation) == ("A code.", "a = b")
    assert found.body == "First :math, then\n\n$$\nc\n$$\n\nmore."
    assert found.sections == {"When to use it": "Now\nand then.\n\nStill the same."}
    assert found.errors == ("One.", "Two.")


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_every_lesson_has_all_its_parts_and_nothing_is_lost(name: str) -> None:
    lesson = VARIANTS[name].lesson
    found = lessons.parts(lesson)
    assert found.equation
    assert found.summary.endswith(".")
    assert {"When to use it", "What to look for", "Limits"} <= found.sections.keys()
    shown = " ".join([found.summary[1:], found.equation, found.body, *found.sections.values(), *found.errors])
    for word in lesson.split("\n", 1)[1].replace("**", " ").replace("$$", " ").split():
        assert word.rstrip(".") in shown or word.rstrip(".") in " ".join((*found.sections, lessons.ERR)), word


@pytest.mark.parametrize("name", ["vae", "autoencoder", "vq-vae", "iwae"])
def test_a_page_shows_the_variants_own_file(open_page: OpenPage, name: str) -> None:
    variant = VARIANTS[name]
    page = open_page("learn", variant=name)
    assert not page.exception
    assert f"<h1>{variant.title}</h1>" in html(page)
    text = said(page)
    found = lessons.parts(variant.lesson)
    assert found.summary in text
    assert " ".join(found.equation.split()) in text
    assert all(part in text for part in (found.body, *found.sections.values(), *found.errors))
    assert variant.source in text
    assert page.code[0].value == Path(str(inspect.getsourcefile(variant.make))).read_text("utf-8").strip()
    for option in schema(name).values():
        assert f"<code>{option.name}</code>" in html(page)
    assert len(page.caption) == len(CLAIMS.get(name, ()))


def test_any_variant_can_be_chosen_and_the_bundle_chooses_at_first(open_page: OpenPage) -> None:
    page = open_page("learn", bundle="digits/pca-point-5d")
    assert len(page.selectbox(key="pick-variant").options) == len(VARIANTS)
    assert page.selectbox(key="pick-variant").value == "autoencoder"
    page.selectbox(key="pick-variant").set_value("iwae").run()
    assert page.query_params["variant"] == "iwae"
    assert "<h1>IWAE</h1>" in html(page)
    assert "None yet: aecore train --variant iwae" in said(page)


def test_the_objective_has_the_weights_of_the_bundle(open_page: OpenPage) -> None:
    page = open_page("learn", variant="beta-vae")
    assert r"4\,\mathrm{KL}" in said(page)
    assert "with its default options" in html(page)
    page = open_page("learn", bundle="digits/pca-2d")
    assert "of digits/pca-2d" in html(page)
    assert '<a href="./?bundle=digits/pca-2d"' in html(page)


def test_without_bundles_there_are_lessons_all_the_same(
    open_page: OpenPage, on_shelf: Callable[[Path], None], tmp_path: Path
) -> None:
    on_shelf(tmp_path)
    page = open_page("learn")
    assert not page.exception
    assert "<h1>" in html(page)


def test_an_unknown_variant_is_named(open_page: OpenPage) -> None:
    page: AppTest = open_page("learn", variant="<b>vea</b>")
    assert not page.exception
    assert "There is no variant called '<b>vea</b>'" in said(page)
    assert "<b>vea" not in html(page)
