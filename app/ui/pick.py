"""Choosing: what a page is about, and how it shows it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aecore import scenes
from aecore.bundles import Bundle
from aecore.errors import unknown
from app.ui import address, library, states

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
        format_func=lambda key: scenes.title(shelf[key]),
        key="pick-bundle",
        on_change=lambda: address.put(bundle=st.session_state["pick-bundle"], point=None, rows=None),
        label_visibility="collapsed",
        width=250,
        filter_mode=None,
    )
    row.space("stretch")
    return chosen, row


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
