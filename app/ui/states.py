"""What a panel shows when there is nothing to show: empty, loading, refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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


def no_bundle() -> None:
    """There is nothing to look at yet, and how to get something."""
    empty("No bundle yet", "Train one with `aecore train`, or all that Loupe ships with `aecore zoo build`.")


def refuse(error: UserError) -> None:
    """What was wrong with what a user gave, and what would be right."""
    message(TITLES.get(type(error), "That did not work"), str(error), ":material/error:")


@contextmanager
def busy(text: str) -> Iterator[None]:
    """Say what takes its time, above what the block draws, for as long as it does."""
    place = st.empty()
    place.caption(text)
    try:
        yield
    finally:
        place.empty()


@contextmanager
def guard() -> Iterator[None]:
    """Show what a user has caused as a message in place of what the block would have drawn.

    Anything else that is raised is a bug of ours and goes on to the terminal.
    """
    try:
        yield
    except UserError as error:
        refuse(error)
