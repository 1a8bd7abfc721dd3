"""How the rows of a query look in a terminal."""

from __future__ import annotations

import json
from typing import Any

from rich.markup import escape
from rich.table import Table as Grid

from kgqa.graph import Table

__all__ = ["rows_table"]


def rows_table(table: Table) -> Grid:
    """One line a row; nodes and lists as JSON."""
    grid = Grid(box=None, header_style="bold")
    for column in table.columns:
        grid.add_column(escape(column), overflow="fold")
    for row in table.rows:
        grid.add_row(*(escape(_shown(value)) for value in row))
    return grid


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
