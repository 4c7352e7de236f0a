"""Plotly figures in Loupe's look. Type, grid and ground come from Streamlit's theme, which has our tokens.

Plotly reads some HTML in every text, so what a card says is escaped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.ui.plane import View
from app.ui.theme import CLASSES, Mode, tokens

SELECTED = dict(marker=dict(opacity=1.0))
DIMMED = dict(marker=dict(opacity=0.08))


Scatter = Callable[[NDArray[np.int64]], dict[str, Any]]
"""Makes the trace of some of the points."""


@dataclass(frozen=True)
class Colouring:
    """What the colour of a point says.

    Attributes:
        title: What it is, as in ``label`` or ``error (nats)``.
        values: One per point, shape (N,): class indices, or a quantity.
        classes: Name of each class; empty for a quantity.
    """

    title: str
    values: NDArray[Any]
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifold:
    """Decoded images behind the points: a picture and the place of its edges on the page."""

    source: str
    left: float
    top: float
    width: float
    height: float


def latent_map(
    view: View,
    colouring: Colouring,
    hover: list[str],
    mode: Mode,
    *,
    rows: list[int],
    scale: float = 1.0,
    ring: tuple[float, float] | None = None,
    cross: tuple[float, float] | None = None,
    manifold: Manifold | None = None,
) -> dict[str, Any]:
    """The map of codes.

    Args:
        view: Where each of the N points lies.
        colouring: What their colour says.
        hover: A line for each point, shown under the mouse.
        mode: The theme.
        rows: Points that are selected; the others are dimmed. None are, where it is empty.
        scale: Size of type and points, 1 on a laptop.
        ring: Place of the point that is looked at.
        cross: Place that is decoded.
        manifold: What lies behind the points.

    Returns:
        A figure for ``st.plotly_chart``; each point's ``customdata`` is its row.
    """
    colours = tokens(mode)
    ground = _clear(colours.panel, 0.86)
    scatter = partial(_scatter, view, hover, rows, scale)
    traces = (
        _classes(scatter, colouring) if colouring.classes else _quantity(scatter, colouring, scale, ground)
    )
    for place, symbol in ((ring, "circle-open"), (cross, "circle-cross-open")):
        if place:
            traces += [_mark(place, symbol, 7, colours.panel), _mark(place, symbol, 2.5, colours.ink)]
    (left, right), (bottom, top) = view.window(margin=0.04)
    plain = dict(showgrid=False, zeroline=False, showticklabels=False, ticks="", showline=False)
    layout: dict[str, Any] = dict(
        margin=dict(l=0, r=0, t=0, b=0, pad=0),
        xaxis=plain | dict(range=[left, right], constrain="domain"),
        yaxis=plain | dict(range=[bottom, top], constrain="domain", scaleanchor="x"),
        dragmode="pan",  # Streamlit hears clicks on points in no other mode
        clickmode="event+select",
        hoverlabel=dict(bgcolor=colours.panel, bordercolor=colours.line, font=dict(color=colours.ink)),
        legend=dict(
            orientation="h", x=0.012, y=0.012, xanchor="left", yanchor="bottom",
            bgcolor=ground, borderwidth=0, font=dict(size=13 * scale, color=colours.ink),
            itemwidth=30, itemsizing="constant", title=dict(text=""),
        ),
        uirevision="map",
        modebar=dict(bgcolor="rgba(0,0,0,0)", color=colours.ink3, activecolor=colours.accent),
        selectionrevision=str(len(rows)),
        annotations=_axis_names(view.axes, dict(size=13 * scale, color=colours.ink2)),
        newselection=dict(line=dict(color=colours.accent, width=1.5, dash="solid")),
        paper_bgcolor="rgba(0,0,0,0)",  # the panel is the ground, and follows the theme at once
        plot_bgcolor="rgba(0,0,0,0)",
        images=[_behind(manifold)] if manifold else [],
    )  # fmt: skip
    return dict(data=traces, layout=layout)


def _classes(scatter: Scatter, colouring: Colouring) -> list[dict[str, Any]]:
    traces = []
    for index, name in enumerate(colouring.classes):
        trace = scatter(np.flatnonzero(colouring.values == index)) | dict(
            name=escape(name, quote=False), showlegend=True
        )
        trace["marker"] |= dict(color=CLASSES[index % len(CLASSES)])
        traces.append(trace)
    return traces


def _quantity(scatter: Scatter, colouring: Colouring, scale: float, ground: str) -> list[dict[str, Any]]:
    trace = scatter(np.arange(len(colouring.values))) | dict(showlegend=False)
    low, high = np.nanquantile(colouring.values, [0.01, 0.99])
    trace["marker"] |= dict(
        color=colouring.values,
        colorscale="Viridis",
        cmin=float(low),
        cmax=float(high),
        colorbar=dict(
            title=dict(text=escape(colouring.title, quote=False), side="top", font=dict(size=13 * scale)),
            orientation="h", thickness=10, len=0.34, x=0.012, xanchor="left", y=0.012, yanchor="bottom",
            outlinewidth=0, tickfont=dict(size=12 * scale), nticks=5, bgcolor=ground, ypad=6,
        ),
    )  # fmt: skip
    return [trace]


def _scatter(
    view: View, hover: list[str], rows: list[int], scale: float, members: NDArray[np.int64]
) -> dict[str, Any]:
    trace: dict[str, Any] = dict(
        type="scatter",
        mode="markers",
        x=view.points[members, 0],
        y=view.points[members, 1],
        customdata=members,
        text=[hover[row] for row in members],
        hovertemplate="%{text}<extra></extra>",
        marker=dict(size=5.5 * scale, opacity=0.85, line=dict(width=0)),
        selected=SELECTED,
        unselected=DIMMED,
    )
    if rows:
        trace["selectedpoints"] = np.flatnonzero(np.isin(members, rows))
    return trace


def _mark(place: tuple[float, float], symbol: str, width: float, colour: str) -> dict[str, Any]:
    """A sign on the map; drawn wide in the colour of the ground first, it stands out among points."""
    return dict(
        type="scatter", mode="markers", x=[place[0]], y=[place[1]], hoverinfo="skip", showlegend=False,
        marker=dict(symbol=symbol, size=20, color=colour, line=dict(width=width, color=colour)),
        selectedpoints=[0], selected=SELECTED, unselected=SELECTED,  # drawn last, never dimmed
    )  # fmt: skip


def _axis_names(axes: tuple[str, str], font: dict[str, Any]) -> list[dict[str, Any]]:
    plain = dict(xref="paper", yref="paper", showarrow=False, font=font)
    right, up = axes
    if not right:
        return []
    return [
        plain | dict(text=f"{right} →", x=0.988, y=0.012, xanchor="right", yanchor="bottom"),
        plain | dict(text=f"{up} ↑", x=0.012, y=0.988, xanchor="left", yanchor="top"),
    ]


def _behind(manifold: Manifold) -> dict[str, Any]:
    return dict(
        source=manifold.source, xref="x", yref="y", x=manifold.left, y=manifold.top, sizex=manifold.width,
        sizey=manifold.height, xanchor="left", yanchor="top", sizing="stretch", layer="below",
    )  # fmt: skip


def _clear(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
