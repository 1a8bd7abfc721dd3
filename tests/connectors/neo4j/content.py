"""What a database holds, and what it should hold by the record; the two are compared."""

from __future__ import annotations

import itertools
from typing import Any

import neo4j

from kgqa.connectors.neo4j.changes import MOST_CHUNK_IDS
from kgqa.connectors.neo4j.names import label, relationship_type
from kgqa.graph import EmbeddedStore
from kgqa.types import Entity, StoredEvent, Triple

__all__ = ["held", "wanted"]

Content = dict[str, Any]


def held(session: neo4j.Session) -> Content:
    """Everything in the database but the workspace's own node."""
    entity = "e.id, labels(e), coalesce(e.long_name, e.name), e.type, e.aliases, e.mentions, e.degree"
    fact = "r.id, type(r), a.id, b.id, r.support, r.confidence, r.chunk_ids, coalesce(r.predicate, type(r))"
    times = "r.id, r.valid_from, r.valid_to, r.recorded_at"
    event = "v.id, v.type, v.trigger, v.time, v.valid_from, v.valid_to, v.modality, v.document_id, c.id, v.others"
    chunk = "c.id, d.id, c.start, c.end, c.text, size(c.embedding)"
    return {
        "labels": _rows(session, "MATCH (n) WHERE NOT n:Workspace AND NOT n:Entity RETURN labels(n), count(*)"),
        "documents": _rows(session, "MATCH (d:Document) RETURN d.id, d.uri, d.title, d.added_at"),
        "chunks": _rows(session, f"MATCH (c:Chunk)-[:FROM_DOCUMENT]->(d:Document) RETURN {chunk}"),
        "order": _rows(session, "MATCH (a)-[:NEXT_CHUNK]->(b) RETURN a.id, b.id"),
        "entities": _rows(session, f"MATCH (e:Entity) RETURN {entity}"),
        "facts": _rows(session, f"MATCH (a:Entity)-[r]->(b:Entity) RETURN {fact}"),
        "times": _rows(session, f"MATCH (:Entity)-[r]->(:Entity) RETURN {times}"),
        "events": _rows(session, f"MATCH (v:Event)-[:FROM_CHUNK]->(c:Chunk) RETURN {event}"),
        "roles": _rows(session, "MATCH (v:Event)-[p]->(e:Entity) RETURN v.id, type(p), p.start, p.end, p.text, e.id"),
        "mentions": _rows(session, "MATCH (c:Chunk)-[m:MENTIONS]->(e:Entity) RETURN c.id, e.id, m.count"),
        "relationships": _rows(session, "MATCH ()-[r]->() RETURN count(r)"),
    }


def wanted(record: EmbeddedStore) -> Content:
    """What ``held`` gives for a database that is in step. Read by the embedded store's own methods."""
    read = EmbeddedStore(record.database)
    documents = read.documents()
    chunks = [chunk for document in documents for chunk in read.chunks_of(document.id)]
    entities, triples = list(read.entities()), read.triples(limit=None)
    sizes = read.vectors([chunk.id for chunk in chunks]).shape[1] if chunks else 0
    order = [[a.id, b.id] for a, b in itertools.pairwise(chunks) if a.document_id == b.document_id]
    mentions: dict[tuple[str, str], int] = {}
    with read.database.reading() as connection:
        query = "SELECT chunks.id, entity_id FROM mentions JOIN chunks ON number = chunk"
        for pair in connection.execute(query):
            mentions[pair] = mentions.get(pair, 0) + 1
    facts = []
    for t in triples:
        found = list(dict.fromkeys(e.chunk_id for e in read.evidence(t.id, limit=10**6)))[:MOST_CHUNK_IDS]
        type = relationship_type(t.predicate)
        facts.append([t.id, type, t.subject, t.object, t.support, t.confidence, sorted(found), t.predicate])
    events = list(read.all_events())
    counts = {"Chunk": len(chunks), "Document": len(documents), "Event": len(events)}
    labels = [[[name], n] for name, n in counts.items() if n]
    roles = [[v.id, p.role, p.start, p.end, p.text, p.entity_id] for v in events for p in v.participants if p.entity_id]
    content: Content = {
        "labels": labels,
        "documents": [[d.id, d.uri, d.title, d.added_at] for d in documents],
        "chunks": [[c.id, c.document_id, c.start, c.end, c.text, sizes] for c in chunks],
        "order": order,
        "entities": [_entity(entity) for entity in entities],
        "facts": facts,
        "mentions": [[chunk, entity, n] for (chunk, entity), n in mentions.items()],
        "times": [_times(read, triple) for triple in triples],
        "events": [_event(event) for event in events],
        "roles": roles,
        "relationships": [[len(chunks) + len(order) + len(facts) + len(mentions) + len(events) + len(roles)]],
    }
    return {name: sorted(rows, key=repr) for name, rows in content.items()}


def _entity(e: Entity) -> list[Any]:
    return [e.id, sorted(["Entity", label(e.type)]), e.name, e.type, list(e.aliases), e.mentions, e.degree]


def _times(read: EmbeddedStore, t: Triple) -> list[Any]:
    first = min(evidence.read_at for evidence in read.evidence(t.id, limit=10**6))
    return [t.id, t.valid_from or None, t.valid_to or None, first]


def _event(v: StoredEvent) -> list[Any]:
    others = [f"{p.role}: {p.text}" for p in v.participants if not p.entity_id]
    when = [v.time or None, v.valid_from or None, v.valid_to or None]
    return [v.id, v.type, v.trigger, *when, v.modality.value, v.document_id, v.chunk_id, others]


def _rows(session: neo4j.Session, query: str) -> list[list[Any]]:
    rows = [[_plain(value) for value in record] for record in session.run(query)]
    for row in rows:
        if len(row) == 8:
            row[6] = sorted(row[6])
        elif len(row) == 7:
            row[1] = sorted(row[1])
    return sorted(rows, key=repr)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else value
