"""What a panel shows when there is nothing to show: empty, loading, refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape

import streamlit as st

from aecore.errors import BundleError, DataMissing, UserError

TITLES: dict[type[UserError], str] = {
    DataMissing: "The originals are not on this machine",
    BundleError: "This bundle cannot be read",
}


def message(title: str, text: str, icon: str = ":material/info:") -> None:
    """A calm panel: what is the case in bold, and what can be done.

    Args:
        title: Our own words, Markdown.
        text: Shown as it is: nothing in it is read as Markdown or HTML.
        icon: Streamlit's name of it.
    """
    with st.container(border=True, key=f"state-{abs(hash((title, text)))}"):
        st.markdown(f"{icon} **{title}**")
        st.text(text.replace("`", ""))  # a terminal's quotes around a command


def empty(title: str, text: str) -> None:
    """Nothing here yet, and how to get something."""
    message(title, text, ":material/inbox:")


def notice(title: str, reason: str) -> None:
    """What a panel has to do without, and how to get it; nothing where there is no reason."""
    if reason:
        message(title, reason, ":material/image_not_supported:")


def remark(title: str, text: str) -> None:
    """A panel of our own words, about what is seen."""
    with st.container(border=True, key="remark"):
        st.html(f'<div class="lp-heading"><h4>{escape(title)}</h4><p>{escape(text)}</p></div>')


def footnote(text: str) -> None:
    """A small line below a panel that has to do without something, and why; nothing without a text."""
    if text:
        st.html(f'<p class="lp-footnote">{escape(text)}</p>')


def refuse(error: UserError) -> None:
    """What was wrong with what a user gave, and what would be right."""
    message(TITLES.get(type(error), "That did not work"), str(error), ":material/error:")


@contextmanager
def guard() -> Iterator[None]:
    """Show what a user has caused as a message in place of what the block would have drawn.

    Anything else that is raised is a bug of ours and goes on to the terminal.
    """
    try:
        yield
    except UserError as error:
        refuse(error)
