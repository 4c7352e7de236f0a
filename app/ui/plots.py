"""Plotly figures in Loupe's look. Type, grid and ground come from Streamlit's theme, which has our tokens.

Plotly reads some HTML in every text, so what a bundle says is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any

from plotly.colors import sample_colorscale

from aecore.metrics import METRICS
from aecore.studies import Estimate, Line, Study
from app.ui.theme import Mode, tokens

FAMILIES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
"""Curves that stand for kinds: Okabe and Ito's palette, in the order of the canvas's classes."""
NEAR = 0.02  # of the span of a figure: closer points share a label
LETTERS = 32  # that a figure of a term has room for from end to end


def term(epochs: Sequence[dict[str, Any]], name: str, unit: str, mode: Mode) -> dict[str, Any]:
    """One term of the loss over the epochs, in training and in validation, with the stages marked.

    Args:
        epochs: A bundle's history, in order.
        name: Of the term, as ``loss``.
        unit: Of it.
        mode: The theme.

    Returns:
        A figure for ``st.plotly_chart``.
    """
    colours = tokens(mode)
    styles = {"train": dict(color=colours.ink3, width=2), "validation": dict(color=colours.accent, width=2.5)}
    traces = []
    for split, line in styles.items():
        of = [epoch for epoch in epochs if name in epoch.get(split, {})]
        if not of:
            continue
        shown = "lines" if len(of) > 1 else "markers"
        trace = dict(
            type="scatter", mode=shown, name=split, x=[epoch["epoch"] for epoch in of],
            y=[epoch[split][name] for epoch in of], line=line, marker=dict(color=line["color"], size=8),
            hovertemplate=f"epoch %{{x}} · %{{y:.4g}} {escape(unit)}<extra>{split}</extra>",
        )  # fmt: skip
        traces.append(trace)
    layout = _layout("epoch", escape(unit))
    layout["legend"] |= dict(yanchor="bottom", font=dict(size=11))  # above the curves
    marked = stages(epochs)
    first, last = (epochs[0]["epoch"], epochs[-1]["epoch"]) if epochs else (1, 1)
    layout["xaxis"]["range"] = [first - 0.5, last + 0.5]  # of every term the same
    if len(marked) > 1:
        layout["legend"]["y"] = 1.16  # above the stages
        layout["shapes"] = [
            dict(type="line", x0=stage.first - 0.5, x1=stage.first - 0.5, yref="paper", y0=0, y1=1.1,
                 line=dict(color=colours.line, width=1.5))
            for stage in marked[1:]
        ]  # fmt: skip
        share = 1 / (last - first + 1)
        room = all(len(each.name) <= LETTERS * share * (each.last - each.first + 1) for each in marked)
        layout["annotations"] = [
            dict(x=stage.first - 0.5, y=1, yref="paper", text=escape(stage.name) if room else str(number),
                 showarrow=False, xanchor="left", yanchor="bottom", font=dict(size=11, color=colours.ink2))
            for number, stage in enumerate(marked, start=1)
        ]  # fmt: skip
    return dict(data=traces, layout=layout)


def dimensions(kl: Sequence[float], dead: float, mode: Mode) -> dict[str, Any]:
    """What each dimension of a code carries, the most first, those below ``dead`` nats in grey.

    Args:
        kl: Nats by dimension.
        dead: Below it a dimension has collapsed.
        mode: The theme.

    Returns:
        A figure for ``st.plotly_chart``.
    """
    colours = tokens(mode)
    order = sorted(range(len(kl)), key=lambda d: -kl[d])
    named = [f"z<sub>{d + 1}</sub>" for d in order]
    trace = dict(
        type="bar", x=list(range(len(kl))), y=[kl[d] for d in order], text=named, textposition="none",
        marker=dict(color=[colours.accent if kl[d] >= dead else colours.ink3 for d in order]),
        hovertemplate="%{text} · %{y:.3g} nats<extra></extra>",
    )  # fmt: skip
    layout = _layout("", "nats")
    step = -(-len(kl) // 32)  # no more names than there is room for
    layout["xaxis"] |= dict(
        tickmode="array", tickvals=list(range(0, len(kl), step)), ticktext=named[::step], tickangle=0
    )
    return dict(data=[trace], layout=layout | dict(bargap=0.25, showlegend=False))


@dataclass(frozen=True)
class Stage:
    """Epochs of a training that belong together: the first and the last."""

    name: str
    first: int
    last: int


def stages(epochs: Sequence[Mapping[str, Any]]) -> list[Stage]:
    """The stages of a training, in order."""
    found = []
    for name, of in groupby(epochs, key=lambda epoch: str(epoch.get("stage", ""))):
        numbers = [epoch["epoch"] for epoch in of]
        found.append(Stage(name, numbers[0], numbers[-1]))
    return found


def gradients(layers: Mapping[str, tuple[Sequence[int], Sequence[float]]], mode: Mode) -> dict[str, Any]:
    """Lengths of the gradient of each layer over the epochs, on a logarithmic axis.

    Args:
        layers: Epochs and lengths by layer, in the order of the network.
        mode: The theme.

    Returns:
        A figure for ``st.plotly_chart``, from the first layer in the darkest to the last in the lightest
        colour of cividis (in a dark theme, of those that are seen on it).
    """
    traces = [
        dict(
            type="scatter", mode="lines" if len(x) > 1 else "markers", name=escape(name),
            x=list(x), y=list(y), line=dict(color=colour, width=2.5), marker=dict(color=colour, size=8),
            hovertemplate=f"{escape(name)} · epoch %{{x}} · %{{y:.3g}}<extra></extra>",
        )
        for (name, (x, y)), colour in zip(layers.items(), _shades(len(layers), mode), strict=True)
    ]  # fmt: skip
    layout = _layout("epoch", "length of the gradient")
    lengths = [each for _, y in layers.values() for each in y if each > 0]
    narrow = bool(lengths) and max(lengths) < 100 * min(lengths)
    layout["yaxis"] |= dict(type="log", dtick=1)
    if narrow:  # Plotly's own 1, 2, 5 leave the decade out: 20 would be "2"
        layout["yaxis"] |= dict(tickmode="array", tickvals=_one_two_five(min(lengths), max(lengths)))
    layout["legend"] = dict(x=1.02, xanchor="left", y=1, yanchor="top", font=dict(size=11))
    return dict(data=traces, layout=layout)


def _one_two_five(low: float, high: float) -> list[float]:
    """1, 2 and 5 of every decade that ``low`` to ``high`` touches; both above 0."""
    decades = range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1)
    return [float(f"{digit}e{decade}") for decade in decades for digit in (1, 2, 5)]


def study(lines: Sequence[Line], study: Study, metric: str, mode: Mode) -> dict[str, Any]:
    """A figure of a study over its settings, with the interval of each.

    Args:
        lines: Of one data set.
        study: Which.
        metric: Which figure; one that has another beside it is drawn with that.
        mode: The theme.

    Returns:
        A figure for ``st.plotly_chart``: a curve where the settings are numbers, else a dot a setting.
    """
    colours = tokens(mode)
    inks = [colours.accent, colours.ink2]
    shown = [(metric, ""), *([study.beside[metric]] if metric in study.beside else [])]
    curve = all(line.x is not None for line in lines)
    traces = []
    for (name, called), ink in zip(shown, inks, strict=False):
        of = [line for line in lines if name in line.figures]
        values = [line.figures[name] for line in of]
        named = [escape(line.label) for line in of]
        figure = "%{y:.4g}" if curve else "%{x:.4g}"
        says = f"{escape(study.varies)} %{{text}} · {figure} {escape(METRICS[name].unit)}"
        places = (
            dict(x=[line.x for line in of], y=[each.mean for each in values], error_y=_reach(values, ink))
            if curve
            else dict(y=named, x=[each.mean for each in values], error_x=_reach(values, ink))
        )
        trace = dict(
            type="scatter", mode="lines+markers" if curve else "markers", text=named,
            name=called or "model", showlegend=len(shown) > 1, marker=dict(color=ink, size=9),
            line=dict(color=ink, width=2.5, dash="dot" if called else "solid"),
            hovertemplate=f"{says}<extra>{escape(called)}</extra>", **places,
        )  # fmt: skip
        traces.append(trace)
    title = _axis(metric)
    layout = _layout(escape(study.varies), title) if curve else _layout(title, "")
    layout["legend"] |= dict(yanchor="bottom")  # above the intervals
    if curve:
        ticks = [line.x for line in lines]
        layout["xaxis"] |= dict(
            tickmode="array", tickvals=ticks, ticktext=[escape(each.label) for each in lines]
        )
        if study.log:
            layout["xaxis"]["type"] = "log"
    else:
        layout["yaxis"] |= dict(autorange="reversed", automargin=True)
    return dict(data=traces, layout=layout)


def plane(lines: Sequence[Line], study: Study, mode: Mode) -> dict[str, Any]:
    """Two figures of a study against each other, each setting a labelled point, with the intervals of both.

    Args:
        lines: Of one data set.
        study: One with a ``plane``; a curve for each of its families.
        mode: The theme.
    """
    colours = tokens(mode)
    across, up = study.plane
    inks = FAMILIES[: len(study.families)] if len(study.families) > 1 else (colours.accent,)
    traces = []
    for (family, settings), ink in zip(study.families.items(), inks, strict=True):
        labels = {setting.label for setting in settings}
        of = [line for line in lines if line.label in labels and {across, up} <= line.figures.keys()]
        x, y = ([line.figures[name] for line in of] for name in (across, up))
        trace = dict(
            type="scatter", mode="lines+markers+text", name=escape(family),
            x=[each.mean for each in x], y=[each.mean for each in y],
            error_x=_reach(x, ink), error_y=_reach(y, ink),
            text=_apart([escape(line.label.removeprefix(f"{family}, ")) for line in of], x, y),
            textposition="top right",
            textfont=dict(size=13, color=colours.ink), line=dict(color=ink, width=2.5),
            marker=dict(color=ink, size=9), showlegend=len(study.families) > 1,
            customdata=[escape(line.label) for line in of],
            hovertemplate=f"{escape(study.varies)} %{{customdata}}: %{{x:.3g}}, %{{y:.3g}}<extra></extra>",
        )  # fmt: skip
        traces.append(trace)
    layout = _layout(_axis(across), _axis(up))
    layout["legend"] |= dict(yanchor="bottom")  # above the curves
    return dict(data=traces, layout=layout)


def _apart(labels: Sequence[str], x: Sequence[Estimate], y: Sequence[Estimate]) -> list[str]:
    """The labels of points, those of points at the same place in one, at the first of them."""

    def near(k: int, j: int) -> bool:
        return all(
            abs(each[k].mean - each[j].mean) < NEAR * (max(e.mean for e in each) - min(e.mean for e in each))
            for each in (x, y)
        )

    said: list[str] = []
    first = 0
    for k, label in enumerate(labels):
        if said and near(first, k):
            said[first] += f", {label}"
            said.append("")
        else:
            first = k
            said.append(label)
    return said


def _shades(count: int, mode: Mode) -> list[str]:
    """So many colours of cividis, from dark to light: in a dark theme, of those that are seen on it."""
    low, high = (0.0, 0.8) if mode == "light" else (0.3, 1.0)
    return sample_colorscale("Cividis", [low + (high - low) * k / max(count - 1, 1) for k in range(count)])


def _axis(metric: str) -> str:
    known = METRICS[metric]
    return f"{escape(known.title)} ({escape(known.unit)})" if known.unit else escape(known.title)


def _reach(values: Sequence[Estimate], ink: str) -> dict[str, Any]:
    return dict(
        type="data", symmetric=False, color=ink, thickness=1.5, width=5,
        array=[each.high - each.mean for each in values],
        arrayminus=[each.mean - each.low for each in values],
    )  # fmt: skip


def _layout(x: str, y: str) -> dict[str, Any]:
    """What all figures share; the axes' titles are escaped already."""
    return dict(
        margin=dict(l=8, r=8, t=8, b=8),
        xaxis=dict(title=x, zeroline=False),
        yaxis=dict(title=y, zeroline=False),
        legend=dict(orientation="h", x=1, xanchor="right", y=1, yanchor="top"),
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
