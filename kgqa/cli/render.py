"""How records look on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table

from kgqa.types import Answer, Citation, Entity, Evidence, IngestReport, Path, Statistics, StoredDocument, Triple

__all__ = [
    "answer_sources",
    "bench_table",
    "documents_table",
    "entities_table",
    "evidence_lines",
    "path_line",
    "report_table",
    "statistics_table",
    "triple_line",
]


def source_place(citation: Citation) -> str:
    """``file.pdf:3``, the page only where there is one."""
    return f"{citation.uri}:{citation.page}" if citation.page else citation.uri


def answer_sources(answer: Answer) -> RenderableType:
    """The numbered quotes under an answer."""
    lines = [f"[bold cyan]\\[{c.n}][/] {escape(source_place(c))}\n    “{escape(c.quote)}”" for c in answer.citations]
    if answer.abstained and answer.passages:
        near = ", ".join(dict.fromkeys(escape(p.chunk.title) for p in answer.passages[:3]))
        lines.append(f"[dim]Nearest passages: {near}[/]")
    return Group(*lines)


def documents_table(documents: Sequence[StoredDocument]) -> Table:
    """A line for each document."""
    table = _table("Document", "Title", "Language", ">Characters", ">Chunks", ">Entities", ">Triples", "Id")
    for d in documents:
        table.add_row(
            escape(d.uri),
            escape(d.title),
            d.language,
            str(d.characters),
            str(d.chunks),
            str(d.entities),
            str(d.triples),
            d.id,
        )
    return table


def bench_table(report: Mapping[str, Any]) -> Table:
    """A line for each way to retrieve, out of ``BenchReport.to_dict()``."""
    kinds = report["n"]
    columns = [f">R@5 {kind} (n = {count})" for kind, count in kinds.items()]
    table = _table("Way", *columns, ">ms a question", ">MB")
    for name, way in report["ways"].items():
        shares = [
            f"{100 * way['recall@5'][kind]:.1f} ({' to '.join(f'{100 * end:.0f}' for end in way['interval'][kind])})"
            for kind in kinds
        ]
        table.add_row(name, *shares, f"{way['ms_per_question']:.1f}", f"{way['megabytes']:.1f}")
    return table


def entities_table(entities: Iterable[Entity]) -> Table:
    """A line for each entity."""
    table = _table("Name", "Type", "Value", ">Mentions", ">Triples", "Also", "Id")
    for e in entities:
        also = escape(", ".join(e.aliases[:5]))
        table.add_row(escape(e.name), e.type, escape(e.value), str(e.mentions), str(e.degree), also, e.id)
    return table


def triple_line(triple: Triple) -> str:
    """``A —FOUNDED_BY→ B  (2 sources, 0.91, 2001-01-01 – 2005-12-31)``."""
    count = f"{triple.support} source{'s' if triple.support != 1 else ''}"
    held = f", {triple.valid_from} – {triple.valid_to}" if triple.valid_from or triple.valid_to else ""
    return (
        f"[bold]{escape(triple.subject_name)}[/] —[cyan]{escape(triple.predicate)}[/]→ "
        f"[bold]{escape(triple.object_name)}[/]  [dim]({count}, {triple.confidence:.2f}{held})[/]"
    )


def evidence_lines(evidence: Iterable[Evidence], console: Console) -> None:
    """Prints the quote of each evidence with its place."""
    for e in evidence:
        page = f" p. {e.page}" if e.page else ""
        console.print(
            f"    “{escape(' '.join(e.quote.split()))}”  [dim]{escape(e.title)}{page} \\[{e.start}:{e.end}][/]"
        )


def path_line(path: Path) -> str:
    """Entities and predicates in order; the arrow shows which way each triple points."""
    text = f"[bold]{escape(path.entities[0].name)}[/]"
    for triple, before, after in zip(path.triples, path.entities, path.entities[1:], strict=False):
        forward = triple.subject == before.id
        label = escape(triple.predicate)
        arrow = f" —[cyan]{label}[/]→ " if forward else f" ←[cyan]{label}[/]— "
        text += f"{arrow}[bold]{escape(after.name)}[/]"
    return text


def statistics_table(statistics: Statistics) -> Table:
    """Counts, then types and predicates, most frequent first."""
    table = _table("What", ">Number")
    for name in ("documents", "chunks", "mentions", "entities", "triples", "evidences", "events", "rejected"):
        table.add_row(name, f"{getattr(statistics, name):,}")
    for kind, counts in (("entity", statistics.entity_types), ("predicate", statistics.predicates)):
        for name, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:15]:
            table.add_row(f"[dim]{kind}[/] {escape(name)}", f"{number:,}")
    return table


def report_table(report: IngestReport) -> Table:
    """What a run did."""
    table = _table("Ingested", ">Number")
    rows = [
        ("documents added", report.added),
        ("replaced", report.replaced),
        ("unchanged", report.unchanged),
        ("failed", len(report.failures)),
        ("chunks", report.chunks),
        ("mentions", report.mentions),
        ("entities in the graph", report.entities),
        ("triples in the graph", report.triples),
    ]
    if report.links:
        rows.append(("names linked to the catalogue", report.links))
    for name, number in rows:
        table.add_row(name, f"{number:,}")
    table.add_row("seconds", f"{report.seconds:.1f}")
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left", overflow="fold")
    return table
