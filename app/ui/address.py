"""The page's address: what a viewer sees stands in the URL, so that it can be shared."""

from __future__ import annotations

import streamlit as st


def get(name: str) -> str | None:
    """The value of a parameter of the URL, or None."""
    return st.query_params.get(name)


def everything() -> dict[str, str]:
    """Every parameter of the URL."""
    return st.query_params.to_dict()


def put(**values: str | None) -> None:
    """Set parameters of the URL; None takes one away."""
    for name, value in values.items():
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value
