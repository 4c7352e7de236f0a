"""Plotly figures in Loupe's look. Type, grid and ground come from Streamlit's theme, which has our tokens.

Plotly reads some HTML in every text, so what a bundle says is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from app.ui.theme import Mode, tokens


def history(epochs: Sequence[dict[str, Any]], unit: str, mode: Mode) -> dict[str, Any]:
    """The loss over the epochs, in training and in validation.

    Args:
        epochs: A bundle's history, in order.
        unit: Of the loss.
        mode: The theme.

    Returns:
        A figure for ``st.plotly_chart``.
    """
    colours = tokens(mode)
    steps = [epoch["epoch"] for epoch in epochs]
    styles = {"train": dict(color=colours.ink3, width=2), "validation": dict(color=colours.accent, width=2.5)}
    traces = [
        dict(
            type="scatter", mode="lines", name=split, x=steps, y=[epoch[split]["loss"] for epoch in epochs],
            line=line, hovertemplate=f"epoch %{{x}} · %{{y:.4g}} {escape(unit)}<extra>{split}</extra>",
        )
        for split, line in styles.items()
        if all("loss" in epoch.get(split, {}) for epoch in epochs)
    ]  # fmt: skip
    layout = dict(
        margin=dict(l=8, r=8, t=8, b=8),
        xaxis=dict(title="epoch", zeroline=False),
        yaxis=dict(title=f"loss ({escape(unit)})", zeroline=False),
        legend=dict(orientation="h", x=1, xanchor="right", y=1, yanchor="top"),
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return dict(data=traces, layout=layout)
