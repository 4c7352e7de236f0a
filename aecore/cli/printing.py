"""Tables and JSON on the terminal."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence


def print_json(value: object) -> None:
    """One JSON value on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], kept: Collection[str] = ()
) -> None:
    """A table as wide as the terminal; the first column and those ``kept`` are never folded."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0 or column in kept)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # as Text: nothing in it is markup
    Console().print(table)
