"""The lesson of a variant: its module's docstring, shown with its equations."""

from __future__ import annotations

import streamlit as st


def show(name: str) -> None:
    """The lesson of the variant ``name``, as its file has it.

    Loads torch, so nothing on the first screen calls it.

    Raises:
        UserError: If this version of Loupe knows no such variant.
    """
    from aecore import variants

    variant = variants.find(name)
    st.markdown(f"### {variant.title}\n\n{variant.lesson}\n\n[{variant.source}]({variant.source})")
