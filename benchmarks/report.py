"""How a benchmark shows its result: JSON for machines, a table for people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

Value = str | float | int | None


def as_json(result: Mapping[str, object]) -> None:
    """Print a result as JSON, nothing else on standard output."""
    print(json.dumps(result, indent=2, ensure_ascii=False))


def as_table(title: str, rows: Sequence[Mapping[str, Value]]) -> None:
    """Print rows that share their keys as one table.

    Args:
        title: What was measured, and where.
        rows: Column to value; numbers get four significant digits, None a dash.
    """
    table = Table(title=title, title_justify="left")
    for column in rows[0]:
        table.add_column(column, justify="left" if isinstance(rows[0][column], str) else "right")
    for row in rows:
        table.add_row(*(show(value) for value in row.values()))
    Console().print(table)


def show(value: Value) -> str:
    """A cell."""
    match value:
        case None:
            return "–"
        case float():
            return f"{value:.4g}"
        case _:
            return str(value)
