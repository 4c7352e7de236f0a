"""Asking: the controls of a page. Each writes its answer into the address under its ``key``."""

from __future__ import annotations

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from aecore.bundles import Bundle


def segment(key: str, titles: dict[str, str], row: DeltaGenerator, help: str) -> str:  # noqa: A002
    """One of a few, shown side by side; the choice stands in the address as ``key``."""
    names = list(titles)
    chosen = row.segmented_control(
        help,
        names,
        default=names[0],
        required=True,
        format_func=lambda name: titles.get(name, name),
        key=key,
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen if chosen in titles else names[0]


def one(key: str, names: list[str], row: DeltaGenerator, help: str, icon: str | None = None) -> str:  # noqa: A002
    """One of many, in a list that opens; the choice stands in the address as ``key``."""
    chosen = row.selectbox(
        help,
        names,
        key=key,
        bind="query-params",
        label_visibility="collapsed",
        icon=icon,
        width=150,
        filter_mode=None,
    )
    return chosen if chosen in names else names[0]


def chip(key: str, row: DeltaGenerator, help: str) -> bool:  # noqa: A002
    """Something that is on until it is switched off; it stands in the address as ``key``."""
    chosen = row.pills(
        help,
        [key],
        selection_mode="multi",
        default=[key],
        key=key,
        bind="query-params",
        label_visibility="collapsed",
        width="content",
    )
    return bool(chosen)


def dimensions(bundle: Bundle, place: DeltaGenerator) -> tuple[int, int]:
    """Two latent dimensions, where there are more than two."""
    last = bundle.card.latent.dim
    if last == 2:
        return 0, 1
    row = place.container(horizontal=True, key="dimensions")
    right = row.number_input("Dimension to the right", 1, last, 1, key="right", bind="query-params")
    up = row.number_input("Dimension upwards", 1, last, 2, key="up", bind="query-params")
    return int(right) - 1, int(up) - 1


def position(axis: str, low: float, high: float, key: str, place: DeltaGenerator) -> float:
    """A place along one axis of the map."""
    return float(
        place.slider(
            axis,
            min_value=round(low, 2),
            max_value=round(high, 2) if high - low > 0.02 else round(low, 2) + 1.0,
            value=round((low + high) / 2, 2),
            step=0.01,
            key=key,
            bind="query-params",
        )
    )


def smooth(row: DeltaGenerator) -> bool:
    """Whether images are blurred between pixels instead of showing each as a square."""
    chosen = row.pills(
        "Blur between pixels. Off, each pixel the model decodes is a square.",
        ["smooth"],
        selection_mode="multi",
        key="smooth",
        bind="query-params",
        label_visibility="collapsed",
        width="content",
    )
    return bool(chosen)


def of_class(bundle: Bundle, row: DeltaGenerator) -> str:
    """A class of the data, or the empty string for all of them."""
    classes = bundle.card.data.classes
    if bundle.codes.label is None or not classes:
        return ""
    chosen = one("class", ["all classes", *classes], row, "Which class to show.", ":material/filter_alt:")
    return "" if chosen == "all classes" else chosen


def count(key: str, start: int, most: int, name: str, low: int = 4) -> int:
    """How many, from ``low`` to ``most``."""
    return int(st.slider(name, low, most, start, key=key, bind="query-params"))


def seed(key: str, again: str, disabled: bool = False) -> int:
    """Which random draw, and a button for the next one."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        value = st.number_input(
            "Seed",
            min_value=0,
            max_value=9999,
            value=0,
            key=key,
            bind="query-params",
            disabled=disabled,
            help="The same seed draws the same again.",
            width=120,
        )
        st.button(again, on_click=_next, args=(key, 10_000), disabled=disabled, type="primary")
    return int(value)


def temperature(key: str) -> float:
    """By how much draws deviate from the mean of what they are drawn from."""
    return float(
        st.slider(
            "Temperature",
            0.0,
            2.0,
            1.0,
            0.05,
            key=key,
            bind="query-params",
            help="Scales how far codes are drawn from the mean: below 1 more typical, above 1 more varied.",
        )
    )


def example(bundle: Bundle, key: str, name: str, start: int) -> int:
    """One example of the bundle's codes: by its number, by its class, or the next one of its class."""
    last = len(bundle.codes) - 1
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        row = int(
            st.number_input(
                name,
                min_value=0,
                max_value=last,
                value=min(start, last),
                key=key,
                bind="query-params",
                help="Number of the example among the bundle's codes.",
                width=104,
            )
        )
        labels, classes = bundle.codes.label, bundle.card.data.classes
        if labels is not None and classes:
            st.session_state[f"{key}-class"] = classes[labels[row]]
            st.selectbox(
                f"Class, {name.lower()}",
                classes,
                key=f"{key}-class",
                on_change=_first_of_class,
                args=(bundle, key),
                label_visibility="collapsed",
                filter_mode=None,
                width="stretch",
            )
        st.button(
            ":material/skip_next:",
            key=f"{key}-next",
            on_click=_next_of_class,
            args=(bundle, key, row),
            help="The next one of this class.",
        )
    return row


def _next(key: str, below: int) -> None:
    st.session_state[key] = (st.session_state[key] + 1) % below


def _first_of_class(bundle: Bundle, key: str) -> None:
    wanted = bundle.card.data.classes.index(st.session_state[f"{key}-class"])
    rows = np.flatnonzero(bundle.codes.label == wanted)
    if len(rows):
        st.session_state[key] = int(rows[0])


def _next_of_class(bundle: Bundle, key: str, row: int) -> None:
    labels = bundle.codes.label
    same = np.arange(len(bundle.codes)) if labels is None else np.flatnonzero(labels == labels[row])
    st.session_state[key] = int(same[(np.searchsorted(same, row) + 1) % len(same)])
