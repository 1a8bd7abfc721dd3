"""How rows of a query, decisions, candidates and links look in a terminal."""

from __future__ import annotations

import json
from typing import Any

from rich.markup import escape
from rich.table import Table as Grid

from kgqa.graph import Candidate, CatalogueLink, Decision, Table
from kgqa.types import Modality, StoredEvent

__all__ = ["candidate_lines", "decision_line", "event_line", "link_line", "rows_table"]


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


_MEANING = {
    "merge": "{name} is {other_name}",
    "separate": "{name} is not {other_name}",
    "link": "{name} is {value}, {other_name}",
    "split": "{name} is another one in {count} documents",
    "apart": "{name} and {other_name} are two",
    "reject": "{name} —{value}→ {other_name} is wrong",
    "retype": "{name} is a {value}",
}


def decision_line(decision: Decision) -> str:
    """Id, meaning, who and why."""
    meaning = _MEANING[decision.kind].format(
        name=escape(repr(decision.name)),
        other_name=escape(repr(decision.other_name)),
        count=len(decision.documents),
        value=escape(decision.value),
    )
    notes = [decision.decided_at, decision.decided_by, decision.reason]
    if decision.kind == "link" and decision.documents:
        meaning += f" in {len(decision.documents)} documents"
    if decision.undone_at:
        notes.append(f"undone {decision.undone_at}")
    return f"{decision.id}  [bold]{meaning}[/]  [dim]{escape(', '.join(note for note in notes if note))}[/]"


def link_line(link: CatalogueLink) -> str:
    """The score, the name, and the entry that it is."""
    inside = f" in {len(link.documents)} documents" if link.documents else ""
    entry = f"{link.entry.id}, {escape(link.entry.name)}"
    return f"{link.score:.2f}  [bold]{escape(link.name)}[/] → {entry}{inside}  [dim]{escape(link.reason)}[/]"


def candidate_lines(candidate: Candidate) -> str:
    """The pair, what speaks for it, and the two commands."""
    a, b = candidate.keep, candidate.other
    shared = f" both: {', '.join(candidate.shared[:5])}" if candidate.shared else ""
    return (
        f"{candidate.score:.2f}  [bold]{escape(a.name)}[/] ({a.mentions})  ~  [bold]{escape(b.name)}[/] ({b.mentions})"
        f" [dim]{a.type}{escape(shared)}[/]\n"
        f"      kgqa graph merge {a.id} {b.id}\n      kgqa graph apart {a.id} {b.id}"
    )


def event_line(event: StoredEvent) -> str:
    """When, what, and who takes part."""
    days = " – ".join(dict.fromkeys((event.valid_from, event.valid_to))) if event.valid_from else event.time
    said = "" if event.modality is Modality.ASSERTED else f" [yellow]{event.modality.value}[/]"
    parts = ", ".join(f"[dim]{escape(p.role)}[/] {escape(p.entity_name or p.text)}" for p in event.participants)
    return f"{escape(days) or '?':<23}  [bold]{escape(event.type)}[/] ({escape(event.trigger)}){said}  {parts}"
