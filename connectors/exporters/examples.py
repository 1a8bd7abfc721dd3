"""What people have corrected, as examples to train on: JSON lines that ``kgqa train`` reads.

    kgqa export corrections.jsonl --format examples
    kgqa train relations --data corrections.jsonl --out my_model

A line is a sentence that a decision in force is about, with the names in it and, in ``labels``, what a person has
judged there: a rejected fact is missing among the relations, an entity that was given another type has that. Of what
``labels`` does not list the training takes nothing for absent.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kgqa.connectors.exporters.files import written_whole
from kgqa.extraction.open_relations import is_open
from kgqa.graph import Graph
from kgqa.text import sentences
from kgqa.types import Chunk, Entity

__all__ = ["MOST", "export"]

MOST = 20
"""Sentences of one entity that was given another type."""
EVERY = 1_000_000
"""Mentions of one entity: more than there are."""

Place = tuple[int, int]
Judged = tuple[str, int, int]
"""A chunk and a stretch of its document."""


def export(graph: Graph, path: Path) -> None:
    """Write the sentences, in the order of their chunks' ids and of the text."""
    judged = _judged(graph)
    chunks = {chunk.id: chunk for chunk in graph.store.chunks(sorted({chunk for chunk, _, _ in judged}))}
    with written_whole(path) as draft, draft.open("w", encoding="utf-8", newline="\n") as file:
        for (chunk_id, start, end), labels in sorted(judged.items()):
            line = _line(graph, chunks[chunk_id], (start, end), labels)
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _judged(graph: Graph) -> Mapping[Judged, set[str]]:
    """Where the decisions in force are about something, and the relations and types that they judge there.

    Open relations are no types that could be trained.
    """
    found: defaultdict[Judged, set[str]] = defaultdict(set)
    for one in graph.rejected(None):
        if one.reason.startswith("decision ") and not is_open(one.predicate):
            found[one.chunk_id, one.start, one.end].add(one.predicate)
    for decision in graph.decisions():
        if decision.kind == "retype" and not decision.undone_at:
            mentions = graph.store.evidence(decision.key, MOST)
            chunks = {chunk.id: chunk for chunk in graph.store.chunks([mention.chunk_id for mention in mentions])}
            for mention in mentions:
                place = _sentence(chunks[mention.chunk_id], mention.start, mention.end)
                found[mention.chunk_id, *place].add(decision.value)
    return found


def _sentence(chunk: Chunk, start: int, end: int) -> Place:
    """The sentence of a chunk that holds a place of its document, in the document."""
    inside = (start - chunk.start, end - chunk.start)
    found = [s for s in sentences(chunk.text, chunk.language) if s.start <= inside[0] and inside[1] <= s.end]
    return (chunk.start + found[0].start, chunk.start + found[0].end) if found else (chunk.start, chunk.end)


def _line(graph: Graph, chunk: Chunk, place: Place, labels: set[str]) -> dict[str, Any]:
    start, end = place
    entities = {entity.id: entity for entity in graph.store.entities(_ids(graph.store.entities_of_chunks, chunk))}
    spans = dict(_without_crossings(list(_names(graph, chunk, place, entities.values()))))
    order = sorted(spans)
    first = {spans[at].id: n for n, at in reversed(list(enumerate(order)))}
    triples = graph.store.triples(ids=_ids(graph.store.triples_of_chunks, chunk), limit=None)
    relations = [
        {"head": first[triple.subject], "child": first[triple.object], "label": triple.predicate}
        for triple in triples
        if triple.predicate in labels and triple.subject in first and triple.object in first
        if any((e.chunk_id, e.start, e.end) == (chunk.id, start, end) for e in graph.store.evidence(triple.id))
    ]
    return {
        "text": chunk.text[start - chunk.start : end - chunk.start],
        "spans": [{"start": a - start, "end": b - start, "label": spans[a, b].type} for a, b in order],
        "relations": relations,
        "labels": sorted(labels),
    }


def _ids(of_chunks: Callable[[Sequence[str]], Mapping[str, list[str]]], chunk: Chunk) -> Sequence[str]:
    return of_chunks([chunk.id]).get(chunk.id, [])


def _names(graph: Graph, chunk: Chunk, place: Place, entities: Iterable[Entity]) -> Iterator[tuple[Place, Entity]]:
    """The names in the stretch with what they name; what only refers is left out."""
    for entity in entities:
        called = {entity.name, *entity.aliases}
        for mention in graph.store.evidence(entity.id, EVERY):
            is_here = mention.chunk_id == chunk.id and place[0] <= mention.start and mention.end <= place[1]
            if is_here and " ".join(mention.quote.split()) in called:
                yield (mention.start, mention.end), entity


def _without_crossings(found: Sequence[tuple[Place, Entity]]) -> Iterator[tuple[Place, Entity]]:
    """Those that begin in no other and end behind it; of two at one place the first."""
    kept: list[Place] = []
    for (start, end), entity in sorted(found, key=lambda item: (item[0][0] - item[0][1], item[0], item[1].id)):
        if all(end <= a or b <= start or (a <= start and end <= b and (a, b) != (start, end)) for a, b in kept):
            kept.append((start, end))
            yield (start, end), entity
