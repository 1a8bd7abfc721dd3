"""The properties that nodes and relationships have in a graph that understands Cypher, by what they stand for."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from kgqa.types import Chunk, Entity, StoredDocument, StoredEvent, Triple

__all__ = ["LONGEST_NAME", "LONGEST_NAMES", "SHORTENED", "Row", "chunk", "document", "entity", "event", "fact"]

LONGEST_NAMES = 30_000
"""Bytes of an entity's names that are searched, the shorter names first; the server's text index takes no more."""
LONGEST_NAME = 1_000
"""Characters of a name that are searched."""
SHORTENED = 200
"""Characters of a name that is too long for the index; the whole of it is then in ``long_name``."""

Row = dict[str, Any]


def document(document: StoredDocument) -> Row:
    """Of a ``Document`` node."""
    names = ("uri", "title", "language", "sha256", "media_type", "characters", "added_at")
    return {name: getattr(document, name) for name in names}


def chunk(chunk: Chunk) -> Row:
    """Of a ``Chunk`` node."""
    names = ("document_id", "start", "end", "position", "language", "page", "heading", "text")
    return {name: getattr(chunk, name) for name in names}


def entity(entity: Entity, names: Sequence[str]) -> Row:
    """Of an ``Entity`` node; ``names`` are all its names, normalised."""
    is_long = len(entity.name.encode()) > LONGEST_NAMES
    return {
        "name": entity.name[:SHORTENED] + "…" if is_long else entity.name,
        "long_name": entity.name if is_long else None,
        "type": entity.type,
        "aliases": list(entity.aliases),
        "value": entity.value or None,
        "mentions": entity.mentions,
        "degree": entity.degree,
        "names": _searched(names),
    }


def _searched(names: Sequence[str]) -> str:
    """Each name between line ends, so that one text index finds whole names, their beginnings and their parts."""
    ordered = sorted((name[:LONGEST_NAME] for name in names), key=lambda name: (len(name), name))
    sizes = itertools.accumulate(len(name.encode()) + 1 for name in ordered)
    kept = [name for name, size in zip(ordered, sizes, strict=True) if size < LONGEST_NAMES]
    return "\n".join(["", *kept, ""])


def fact(triple: Triple, type: str, chunks: Sequence[str], recorded_at: str) -> Row:
    """Id, ends and properties of a relationship of this type, of the chunks that support it and when it was read."""
    props: Row = {
        "support": triple.support,
        "confidence": triple.confidence,
        "chunk_ids": list(chunks),
        "valid_from": triple.valid_from or None,
        "valid_to": triple.valid_to or None,
        "recorded_at": recorded_at,
    }
    if type != triple.predicate:  # it was no name for a relationship type
        props["predicate"] = triple.predicate
    return {"id": triple.id, "s": triple.subject, "o": triple.object, "props": props}


def event(event: StoredEvent) -> Row:
    """Of an ``Event`` node."""
    return {
        "type": event.type,
        "trigger": event.trigger,
        "time": event.time or None,
        "valid_from": event.valid_from or None,
        "valid_to": event.valid_to or None,
        "modality": event.modality.value,
        "confidence": event.confidence,
        "document_id": event.document_id,
        "start": event.start,
        "end": event.end,
        "others": [f"{p.role}: {p.text}" for p in event.participants if not p.entity_id],
    }
