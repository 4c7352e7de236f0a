"""The look: colours read from the one set of tokens, and the style sheet.

``app/.streamlit/config.toml`` holds the tokens. Streamlit reads them for its widgets and
Plotly's template; this module hands the same ones to our style sheet and our figures.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import streamlit as st

from app.ui import address

Mode = Literal["light", "dark"]

APP = Path(__file__).parent.parent


@dataclass(frozen=True)
class Tokens:
    """The colours of one theme, as ``#rrggbb``."""

    background: str
    panel: str
    ink: str
    ink2: str
    ink3: str
    line: str
    accent: str
    accent_soft: str


@cache
def tokens(mode: Mode) -> Tokens:
    """The colours of the light or the dark theme."""
    theme = tomllib.loads((APP / ".streamlit" / "config.toml").read_text("utf-8"))["theme"][mode]
    return Tokens(
        background=theme["backgroundColor"],
        panel=theme["secondaryBackgroundColor"],
        ink=theme["textColor"],
        ink2=theme["grayTextColor"],
        ink3=theme["grayColor"],
        line=theme["borderColor"],
        accent=theme["primaryColor"],
        accent_soft=theme["sidebar"]["secondaryBackgroundColor"],
    )


def mode() -> Mode:
    """The theme that the viewer's browser shows."""
    return "dark" if st.context.theme.type == "dark" else "light"


def apply() -> None:
    """Add our style sheet to the page, and the stage's where the stage is on."""
    light, dark = tokens("light"), tokens("dark")
    pairs = "".join(
        f"--lp-{name.replace('_', '-')}:light-dark({value},{vars(dark)[name]});"
        for name, value in vars(light).items()
    )
    st.html(f"<style>.stApp{{{pairs}}}</style>")
    st.html(APP / "ui" / "style.css")
    if on_stage():
        st.html(APP / "ui" / "stage.css")


def on_stage() -> bool:
    """Whether the view is made for a lecture hall: larger type, no chrome."""
    return address.get("stage") == "on"
