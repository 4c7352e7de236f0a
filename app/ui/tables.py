"""Wide tables: they scroll inside their own box, the first column stays, a click on a head sorts them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

SORT = """
export default function ({ data, parentElement }) {
  if (parentElement.shown === data.html) return;
  parentElement.shown = data.html;
  parentElement.innerHTML = data.html;
  const table = parentElement.querySelector("table"), body = table.tBodies[0];
  const heads = [...table.querySelectorAll("th[data-column]")];
  heads.forEach((head) => head.querySelector("button").addEventListener("click", () => {
    const first = head.dataset.first, was = head.getAttribute("aria-sort");
    const to = was === first ? (first === "ascending" ? "descending" : "ascending") : first;
    heads.forEach((each) => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", to);
    const sign = to === "ascending" ? 1 : -1, column = Number(head.dataset.column);
    const value = (row) => row.cells[column].dataset.value;
    const rows = [...body.rows].sort((a, b) => {
      const x = value(a), y = value(b);
      if (!x || !y) return (x ? 0 : 1) - (y ? 0 : 1);  // what has no value comes last either way
      const [one, two] = head.dataset.text ? [x.toLowerCase(), y.toLowerCase()] : [Number(x), Number(y)];
      return sign * (Number(one > two) - Number(one < two));
    });
    body.append(...rows);
  }));
}
"""
_component = st.components.v2.component("loupe_table", js=SORT, isolate_styles=False)


@dataclass(frozen=True)
class Column:
    """A column of numbers.

    Attributes:
        title, unit: Of its head.
        better: ``lower``, ``higher`` or ``neither``.
        help: What it means, shown when the mouse rests on it.
    """

    title: str
    unit: str
    better: str
    help: str


@dataclass(frozen=True)
class Cell:
    """A number as it is shown and as it is sorted; not finite: nothing.

    Attributes:
        best: Of its column: bold.
        bar: A share from 0 to 1, drawn beside it.
    """

    text: str
    value: float
    best: bool = False
    bar: float | None = None


@dataclass(frozen=True)
class Line:
    """A row: its name, where its link leads (or nothing), what stands small beside it, and its cells."""

    name: str
    link: str
    note: str
    cells: tuple[Cell, ...]


ARROWS = {"lower": "↓", "higher": "↑", "neither": ""}


def wide(
    caption: str,
    groups: Sequence[tuple[str, Sequence[Column]]],
    lines: Sequence[Line],
    key: str,
    names: str = "Model",
) -> None:
    """A table with grouped columns.

    Args:
        caption: What it shows, for those who hear it.
        groups: Columns under a heading each, in order.
        lines: As many cells each as there are columns.
        key: Of the component.
        names: What stands above the names.
    """
    columns = [column for _, of in groups for column in of]
    top = "".join(f'<th colspan="{len(of)}" scope="colgroup">{escape(title)}</th>' for title, of in groups)
    heads = "".join(_head(number, each) for number, each in enumerate(columns, start=1))
    body = "".join(_line(each, groups) for each in lines)
    html = (
        f'<div class="lp-wide" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f'<thead><tr><td class="lp-corner"></td>{top}</tr>'
        f'<tr><th scope="col" data-column="0" data-text="1" data-first="ascending">'
        f"<button>{escape(names)}</button></th>"
        f"{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )
    _component(key=key, data={"html": html})


def _head(number: int, column: Column) -> str:
    first = "ascending" if column.better == "lower" else "descending"
    says = {"lower": "lower is better", "higher": "higher is better", "neither": ""}[column.better]
    arrow = f'\u00a0<span role="img" aria-label="{says}">{ARROWS[column.better]}</span>' if says else ""
    unit = f"<small>{escape(column.unit)}</small>" if column.unit else ""
    return (
        f'<th scope="col" data-column="{number}" data-first="{first}" title="{escape(column.help)}">'
        f"<button>{escape(column.title)}{arrow}</button>{unit}</th>"
    )


def _line(line: Line, groups: Sequence[tuple[str, Sequence[Column]]]) -> str:
    starts, at = set(), 0
    for _, of in groups:
        starts.add(at)
        at += len(of)
    cells = "".join(_cell(cell, number in starts) for number, cell in enumerate(line.cells))
    note = f" <small>{escape(line.note)}</small>" if line.note else ""
    name = escape(line.name)
    if line.link:
        name = f'<a href="{escape(line.link)}" target="_self">{name}</a>'
    return f'<tr><th scope="row" data-value="{escape(line.name)}">{name}{note}</th>{cells}</tr>'


def _cell(cell: Cell, first: bool) -> str:
    kind = ' class="lp-first"' if first else ""
    if not math.isfinite(cell.value):
        return f'<td{kind} data-value=""></td>'
    text = f"<strong>{escape(cell.text)}</strong>" if cell.best else escape(cell.text)
    if cell.bar is not None:
        text = f'<span class="lp-bar"><i style="width:{100 * cell.bar:.1f}%"></i></span><span>{text}</span>'
    return f'<td{kind} data-value="{cell.value!r}">{text}</td>'
