"""The lesson of a variant: its module's docstring, its options and its file, shown with its equations.

Everything here is read from the variant's own file, so that what is shown cannot drift from it.
Loads torch, so nothing on the first screen calls it.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from aecore.bundles import Bundle
from aecore.studies.claims import CLAIMS, Shown
from app.ui import numbers, states

if TYPE_CHECKING:
    from aecore.variants import Variant

ERR = "Where guides err"
HEADED = re.compile(r"\*\*(.+?)\.\*\*\s*(.*)", re.DOTALL)
GUIDES = 300  # seconds for which what a claim shows is kept: studies may get new results


@dataclass(frozen=True)
class Lesson:
    """A variant's docstring in parts, Markdown all of them.

    Attributes:
        summary: What it does, in one line.
        equation: The first equation, in LaTeX.
        body: What explains it.
        sections: Further parts by title, as in ``When to use it``.
        errors: What guides have wrong, one paragraph each.
    """

    summary: str
    equation: str
    body: str
    sections: dict[str, str]
    errors: tuple[str, ...]


def parts(lesson: str) -> Lesson:
    """A lesson, as ``Variant.lesson`` has it, taken apart."""
    title, *paragraphs = lesson.split("\n\n")
    equation, body, errors = "", [], []
    sections: dict[str, str] = {}
    for text in paragraphs:
        headed = HEADED.match(text)
        if headed and headed[1] == ERR:
            errors.append(headed[2])
        elif headed:
            sections[headed[1]] = headed[2]
        elif sections:
            last = list(sections)[-1]
            sections[last] += f"\n\n{text}"
        elif text.startswith("$$") and not equation:
            equation = text.strip("$\n")
        else:
            body.append(text)
    said = title.partition(": ")[2]
    return Lesson(said[:1].upper() + said[1:], equation, "\n\n".join(body), sections, tuple(errors))


def show(variant: Variant, bundle: Bundle | None) -> None:
    """The lesson: equation, the same with a bundle's numbers, text, and what guides have wrong."""
    lesson = parts(variant.lesson)
    with st.container(key="lesson"):
        st.html(f'<div class="lp-lesson"><h1>{escape(variant.title)}</h1></div>')
        st.markdown(lesson.summary)
        with st.container(key="equation"):
            st.markdown(_breaking(lesson.equation))
        st.markdown(lesson.body)
        for title, text in lesson.sections.items():
            st.markdown(f"#### {title}\n\n{text}")
    with st.container(border=True, key="card-live"):
        whose = f"of {bundle.id}" if bundle else "with its default options, on digits"
        numbers.heading("The objective as it is minimised", f"{whose}, at the end of its training")
        with states.guard():
            st.markdown(_breaking(live_equation(variant.name, bundle)))
    if lesson.errors:
        _errors(variant.name, lesson.errors)


def _breaking(latex: str) -> str:
    """An equation that goes on in the next line where there is no more room, as Markdown."""
    return rf"$\displaystyle {' '.join(latex.split())}$"


def _errors(name: str, errors: tuple[str, ...]) -> None:
    with st.container(border=True, key="card-errs"):
        numbers.heading(ERR, "what is right, and computed here")
        for text, claim in zip(errors, CLAIMS.get(name, ()), strict=True):
            st.markdown(text)
            with states.guard():
                shown = _shown(claim)
                cells = [
                    (str(row[0]), *(numbers.digits(float(value)) for value in row[1:])) for row in shown.rows
                ]
                if cells:
                    numbers.table(cells, head=shown.head)
                st.caption(shown.note)


@st.cache_data(ttl=GUIDES, show_spinner=False, hash_funcs={"builtins.function": lambda claim: claim.__name__})
def _shown(claim: Callable[[], Shown]) -> Shown:
    return claim()


def live_equation(name: str, bundle: Bundle | None) -> str:
    """The objective of a bundle's model, or of the variant with its defaults, weights filled in, in LaTeX.

    Raises:
        UserError: If the model cannot be made.
    """
    return _equation(name, bundle.card.digest if bundle else "", bundle)


@st.cache_data(max_entries=200, show_spinner=False)
def _equation(name: str, digest: str, _bundle: Bundle | None) -> str:
    import torch

    from aecore import variants
    from aecore.data import load_dataset

    config = _bundle.card.config if _bundle else {}
    spec = _bundle.card.data.spec if _bundle else load_dataset("digits").spec
    with torch.random.fork_rng(devices=[]):
        model = variants.build({**config, "variant": name}, spec)
    return rf"\mathcal{{L}} = {model.objective.equation(model)}"


def options(variant: Variant) -> None:
    """Every option of the variant: its default, its range or its choices, and what it does to the model."""
    from aecore.variants import schema

    rows = []
    for option in schema(variant.name).values():
        if option.choices:
            among = ", ".join(option.choices)
        else:
            among = f"{option.range.low:g} to {option.range.high:g}" if option.range else ""
        default = ", ".join(map(str, option.default)) if option.type is tuple else str(option.default)
        rows.append((option.name, default, among, option.help))
    numbers.heading("Options", "name, default, range; the same on the command line", str(len(rows)))
    numbers.described(rows)


def source(variant: Variant) -> None:
    """The paper, and the variant's own file."""
    numbers.heading("Source")
    st.markdown(f"[{variant.source.removeprefix('https://')}]({variant.source})")
    module = sys.modules[variant.make.__module__]
    file = Path(inspect.getsourcefile(module) or "")
    with st.expander(f"One readable file: {file.name}"):
        st.code(file.read_text("utf-8"), language="python")


def link(bundle: Bundle) -> str:
    """A link to the lesson of a bundle's variant, as HTML."""
    card = bundle.card
    to = f"./learn?variant={escape(card.variant)}&bundle={escape(bundle.id)}"
    return f'<p class="lp-links"><a href="{to}" target="_self">Learn: {escape(card.title)}</a></p>'


def bundles(variant: Variant, shelf: list[tuple[str, str]]) -> None:
    """Links to the map of each bundle of the variant: id and title."""
    numbers.heading("Bundles of it", "open one on the Map" if shelf else "", str(len(shelf)))
    if not shelf:
        st.text(f"None yet: aecore train --variant {variant.name} --data digits")
        return
    links = "".join(
        f'<li><a href="./?bundle={escape(key)}" target="_self">{escape(key)}</a> {escape(title)}</li>'
        for key, title in shelf
    )
    st.html(f'<ul class="lp-links">{links}</ul>')
