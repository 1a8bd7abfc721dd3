"""Rows of a table as sentences of facts: "Name: BERT; Year: 2018"."""

from __future__ import annotations

from collections.abc import Sequence

from kgqa.connectors.readers.cleaning import clean
from kgqa.connectors.readers.composing import Composer
from kgqa.text import detect_language

__all__ = ["add_table", "facts"]


def add_table(composer: Composer, rows: Sequence[Sequence[str]], *, header: bool | None = None) -> None:
    """Add a block for each row, with the names of the columns where the first row holds names.

    Args:
        header: Whether the first row names the columns; None decides by its cells, which are then all filled, all
            different and none of them a number.
    """
    cells = [[" ".join(clean(cell).split()) for cell in row] for row in rows]
    cells = [row for row in cells if any(row)]
    if not cells:
        return
    named = len(cells) > 1 and (_names_columns(cells[0]) if header is None else header)
    names, body = (cells[0], cells[1:]) if named else ([], cells)
    for row in body:
        composer.add(facts(names, row), "table_row")


def facts(names: Sequence[str], row: Sequence[str]) -> str:
    """One row in words: each filled cell after the name of its column, in the punctuation of its language."""
    chinese = detect_language(" ".join([*names, *row])) == "zh"
    colon, semicolon = ("：", "；") if chinese else (": ", "; ")
    named = ((names[i] if i < len(names) else "", cell) for i, cell in enumerate(row))
    return semicolon.join(f"{name}{colon}{cell}" if name else cell for name, cell in named if cell)


def _names_columns(row: Sequence[str]) -> bool:
    filled = [cell for cell in row if cell]
    return len(filled) == len(row) == len(set(filled)) and not any(_is_number(cell) for cell in filled)


def _is_number(cell: str) -> bool:
    return any(c.isdigit() for c in cell) and not any(c.isalpha() for c in cell)
