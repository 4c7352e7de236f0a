"""Tables and JSON on the terminal."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Sequence


def print_json(value: object) -> None:
    """One JSON value on standard output."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    kept: Collection[str] = (),
    foldable: bool = False,
) -> None:
    """A table as wide as the terminal; in a file or a pipe as wide as it is, a line a row.

    Args:
        title: What stands above it.
        columns: Their heads.
        rows: Their cells; none is ever cut.
        kept: Columns that are never folded.
        foldable: Whether the first column may be.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold")
    for number, column in enumerate(columns):
        whole = column in kept or (number == 0 and not foldable)
        table.add_column(column, no_wrap=whole, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # as Text: nothing in it is markup
    console = Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 100_000  # no table is wider
        console.width = max(console.measure(table).maximum, len(title))
    console.print(table)
