"""Choosing: what a page is about, and how it shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aecore import scenes, studies
from aecore.bundles import Bundle
from aecore.errors import UserError, unknown
from aecore.metrics import METRICS
from aecore.studies import Study
from aecore.studies.comparison import comparable
from app.ui import address, library, states

if TYPE_CHECKING:
    from aecore.variants import Variant

PLANE = "plane"
"""In place of a metric: two of them against each other."""

FIRST = ("mnist/vae-2d", "fashion-mnist/vae-2d", "digits/vae-2d", "shapes/vae-2d")
"""What a visitor sees first, the best that is there."""


def wanted(shelf: Mapping[str, Bundle]) -> Bundle:
    """The bundle that the address names, or the one looked at last, or what a visitor sees first."""
    chosen = shelf[_wanted(list(shelf))]
    address.put(bundle=chosen.id)
    st.session_state["last-bundle"] = chosen.id
    return chosen


def bundle() -> tuple[Bundle, DeltaGenerator]:
    """The bundle this page is about, chosen in two steps: the data, then the model.

    Returns:
        The bundle, and the row of controls, to which a page may add its own.
    """
    row = st.container(horizontal=True, vertical_alignment="center", key="top")
    shelf = library.shelf().bundles
    if not shelf:
        states.no_bundle()
        st.stop()
    chosen = wanted(shelf)
    titles = {each.card.data.name: each.card.data.title for each in shelf.values()}
    same = [each.id for each in shelf.values() if each.card.data.name == chosen.card.data.name]
    titled = scenes.titles(list(shelf.values()))
    st.session_state["pick-data"] = chosen.card.data.name
    st.session_state["pick-bundle"] = chosen.id
    row.selectbox(
        "Data set",
        list(titles),
        format_func=lambda name: titles[name],
        key="pick-data",
        on_change=_other_data,
        label_visibility="collapsed",
        width=180,
        filter_mode=None,
    )
    row.selectbox(
        "Model",
        same,
        format_func=lambda key: titled[key],
        key="pick-bundle",
        on_change=lambda: address.put(bundle=st.session_state["pick-bundle"], point=None, rows=None),
        label_visibility="collapsed",
        width=340,
        filter_mode=None,
    )
    row.space("stretch")
    return chosen, row


def variant() -> tuple[Variant, list[Bundle], DeltaGenerator]:
    """Any variant there is: the one in the address, or that of the bundle looked at last.

    Returns:
        The variant, its bundles on the shelf, and the row of controls. Loads torch.

    Raises:
        UserError: If the address names a variant that there is not.
    """
    from aecore import variants

    row = st.container(horizontal=True, vertical_alignment="center", key="top")
    shelf = library.shelf().bundles
    asked = address.get("bundle") or st.session_state.get("last-bundle")
    usual = shelf[asked].card.variant if asked and asked in shelf else "vae"
    chosen = variants.find(address.get("variant") or usual)
    known = sorted(variants.VARIANTS.values(), key=lambda each: each.title.casefold())
    st.session_state["pick-variant"] = chosen.name
    row.selectbox(
        "Variant",
        [each.name for each in known],
        format_func=lambda name: variants.VARIANTS[name].title,
        key="pick-variant",
        on_change=lambda: address.put(variant=st.session_state["pick-variant"], bundle=None),
        label_visibility="collapsed",
        width=320,
        filter_mode=None,
    )
    row.space("stretch")
    return chosen, [each for each in shelf.values() if each.card.variant == chosen.name], row


def bundle_of(variant: Variant, shelf: Sequence[Bundle]) -> Bundle | None:
    """The bundle of the variant that the address names, or that was looked at last, or its first."""
    asked = (address.get("bundle"), st.session_state.get("last-bundle"))
    usual = sorted(shelf, key=lambda each: each.card.data.kind != "image")
    return next((each for each in usual if each.id in asked), usual[0] if usual else None)


def table_data(shelf: Sequence[Bundle]) -> tuple[str, bool, DeltaGenerator]:
    """A data set of which a table can be made.

    Returns:
        Its name, whether all columns are shown and not the main ones, and the row of controls.

    Raises:
        UserError: If there is none, or the address names one that there is not.
    """
    row = st.container(horizontal=True, vertical_alignment="center", key="top")
    known = comparable(shelf)
    if not known:
        raise UserError("No two variants were trained alike yet: `aecore zoo build` makes a table's worth.")
    asked = address.get("data") or ("mnist" if "mnist" in known else next(iter(known)))
    if asked not in known:
        raise unknown("table of the data set", asked[:80], known)
    st.session_state["pick-table"] = asked
    row.selectbox(
        "Data set",
        list(known),
        format_func=lambda name: known[name],
        key="pick-table",
        on_change=lambda: address.put(data=st.session_state["pick-table"]),
        label_visibility="collapsed",
        width=220,
        filter_mode=None,
    )
    st.session_state["pick-columns"] = "all" if address.get("columns") == "all" else "main"
    row.segmented_control(
        "Columns",
        ["main", "all"],
        format_func=lambda which: f"{which.title()} columns",
        key="pick-columns",
        on_change=lambda: address.put(columns="all" if st.session_state["pick-columns"] == "all" else None),
        label_visibility="collapsed",
    )
    row.space("stretch")
    return asked, address.get("columns") == "all", row


def study() -> tuple[Study, str, DeltaGenerator]:
    """A study, and which of its figures to show.

    Returns:
        The study, the metric's name (or ``PLANE``: two of them against each other), and the row of controls.

    Raises:
        UserError: If the address names a study that there is not.
    """
    row = st.container(horizontal=True, vertical_alignment="center", key="top")
    chosen = studies.find(address.get("study") or next(iter(studies.STUDIES)), studies.STUDIES)
    asked = address.get("metric")
    shown = [*((PLANE,) if chosen.plane else ()), *(m for m in chosen.metrics if m not in beside(chosen))]
    metric = asked if asked and asked in shown else shown[0]
    st.session_state["pick-study"], st.session_state["pick-metric"] = chosen.name, metric
    row.selectbox(
        "Study",
        list(studies.STUDIES),
        format_func=lambda name: studies.STUDIES[name].title,
        key="pick-study",
        on_change=lambda: address.put(study=st.session_state["pick-study"], metric=None),
        label_visibility="collapsed",
        width=380,
        filter_mode=None,
    )
    row.segmented_control(
        "Figure",
        shown,
        format_func=lambda name: (
            " – ".join(METRICS[each].title.lower() for each in chosen.plane).capitalize()
            if name == PLANE
            else METRICS[name].title
        ),
        key="pick-metric",
        on_change=lambda: address.put(metric=st.session_state["pick-metric"]),
        label_visibility="collapsed",
    )
    row.space("stretch")
    return chosen, metric, row


def beside(study: Study) -> set[str]:
    """Figures that stand in the picture of another one."""
    return {name for name, _ in study.beside.values()}


def first(known: list[str]) -> str:
    """The bundle that a visitor sees first, of those there are."""
    return next((key for key in FIRST if key in known), known[0])


def _wanted(known: list[str]) -> str:
    """The bundle in the address, the one looked at last, or the first; says so where the address is wrong."""
    asked = address.get("bundle")
    fallback = st.session_state.get("last-bundle") or first(known)
    if asked is None or asked in known:
        return asked or (fallback if fallback in known else known[0])
    states.refuse(unknown("bundle", asked[:80], known))
    return fallback if fallback in known else known[0]


def _other_data() -> None:
    """Go to the same model of the other data set, or its first."""
    shelf = library.shelf().bundles
    there = [key for key in shelf if shelf[key].card.data.name == st.session_state["pick-data"]]
    before = st.session_state.get("last-bundle", "").partition("/")[2]
    best = next((key for key in there if key.partition("/")[2] == before), there[0])
    address.put(bundle=best, point=None, rows=None)


def stage(row: DeltaGenerator) -> None:
    """The switch for lecture halls, at the end of a row of controls: larger type, no side bar."""
    st.session_state["pick-stage"] = ["stage"] if address.get("stage") == "on" else []
    row.pills(
        "Larger type and no side bar, for a lecture hall.",
        ["stage"],
        selection_mode="multi",
        format_func=str.capitalize,  # as on the canvas's pages
        key="pick-stage",
        on_change=_switch_stage,
        label_visibility="collapsed",
        width="content",
    )
    if st.session_state.pop("stage-switched", False):
        st.rerun()  # the frame around the page changes too


def _switch_stage() -> None:
    address.put(stage="on" if st.session_state["pick-stage"] else None)
    st.session_state["stage-switched"] = True
