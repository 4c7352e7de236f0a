"""Numbers for people: units, and as many digits as mean something."""

from __future__ import annotations

import math
from calendar import month_name
from collections.abc import Sequence
from datetime import datetime
from html import escape

import streamlit as st


def digits(value: float, significant: int = 3, least: float = 1e-4) -> str:
    """A number with so many digits, a true minus and thin groups; below ``least`` with a power of ten.

    >>> [digits(v) for v in (0.010061, 38.24, -1234.5, 0.0, float("nan"))]
    ['0.0101', '38.2', '−1,234', '0', '–']
    """
    if not math.isfinite(value):
        return "–"
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}".replace("-", "−")
    places = significant - 1 - math.floor(math.log10(abs(value)))
    text = f"{abs(value):,.{max(places, 0)}f}" if abs(value) >= least else f"{abs(value):.1e}"
    return f"−{text}" if value < 0 else text


def quantity(value: float, unit: str) -> str:
    """A number and its unit, as in ``31.4 nats``; a percentage where the unit is ``%``."""
    if unit == "%":
        return f"{100 * value:.1f} %"
    return f"{digits(value)} {unit}".strip()


def duration(seconds: float) -> str:
    """A stretch of time in the two largest units that it fills.

    >>> [duration(s) for s in (0.42, 59.6, 440, 7200, 93_784)]
    ['0.4 s', '1 min', '7 min 20 s', '2 h', '26 h 3 min']
    """
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes if minutes < 60 else round(seconds / 60), 60)
    parts = [(hours, "h"), (minutes, "min"), (0 if hours else rest, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)


def moment(written: str) -> str:
    """A moment of a card for people; as it stands where it is none.

    >>> moment("2026-11-01T17:33:46+00:00")
    '1 November 2026, 17:33 UTC'
    """
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return written
    zone = f" {at.tzname()}" if at.tzinfo else ""
    return f"{at.day} {month_name[at.month]} {at.year}, {at:%H:%M}{zone}"


def described(rows: Sequence[tuple[str, str, str, str]], tag: str = "code") -> None:
    """Options: name, value, what stands beside it, and below what it does; text, never read as HTML.

    Args:
        rows: Of those four.
        tag: What a name is set in.
    """
    body = "".join(
        f"<div><dt><{tag}>{escape(name)}</{tag}><b>{escape(value)}</b><span>{escape(beside)}</span></dt>"
        f"<dd>{escape(does)}</dd></div>"
        for name, value, beside, does in rows
    )
    st.html(f'<dl class="lp-options">{body}</dl>')


def table(rows: Sequence[tuple[str, ...]], head: tuple[str, ...] = ()) -> None:
    """Names at the left, values at the right, set in figures of one width.

    Args:
        rows: Name and values, as text; written as it is, never read as HTML.
        head: What stands above the columns, the first over the names.
    """
    top = f"<thead>{_row(head, 'th')}</thead>" if head else ""
    body = "".join(_row(row, "td") for row in rows)
    st.html(f'<table class="lp-table">{top}<tbody>{body}</tbody></table>')


def _row(cells: tuple[str, ...], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"


def heading(title: str, caption: str = "", count: str = "") -> None:
    """A panel's title, what it counts, and the line below it: text, never read as HTML."""
    extra = f" <span>{escape(count)}</span>" if count else ""
    below = f"<p>{escape(caption)}</p>" if caption else ""
    st.html(f'<div class="lp-heading"><h4>{escape(title)}{extra}</h4>{below}</div>')
