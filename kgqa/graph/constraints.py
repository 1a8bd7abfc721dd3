"""What facts may join: domain and range of a predicate, and how many objects a thing has at one time.

Constraints are optional and belong to a store. A fact whose ends have other types is put aside, with its evidence and
the reason, and comes back when the constraint goes: the graph is a function of documents, decisions and constraints.
Too many objects are put aside nowhere, since nobody knows which of two sources errs: they are contradictions.
"""

from __future__ import annotations

import json
import sqlite3
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from kgqa.errors import ConfigError
from kgqa.graph.builder import DocumentGraph, Support, surface
from kgqa.graph.identity import coarse_type
from kgqa.types import to_dict

__all__ = ["Checker", "Constraint", "Rejected", "constraints", "read_constraints", "rejected", "set_constraints"]


@dataclass(frozen=True, slots=True)
class Constraint:
    """Of one predicate. What is not given is not constrained."""

    domain: tuple[str, ...] = ()
    """Types of the subject; ``Organization`` also allows its kinds, such as ``Company``."""
    range: tuple[str, ...] = ()
    """Types of the object."""
    most: int | None = None
    """Objects of one subject at one time; more are contradictions."""

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON types."""
        return to_dict(self)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A fact that a constraint keeps out of the graph, as one place of a text has it."""

    subject: str
    """As the text names it."""
    predicate: str
    object: str
    reason: str
    document_id: str
    chunk_id: str
    start: int
    end: int
    quote: str

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON types."""
        return to_dict(self)


def read_constraints(path: Path) -> dict[str, Constraint]:
    """Those of a TOML file: a table for each predicate with ``domain``, ``range`` and ``most``.

    Raises:
        ConfigError: it cannot be read, or holds anything else.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} holds no constraints: {error}. Write a table for each predicate (TOML).") from error
    return {predicate: _constraint(predicate, table, path) for predicate, table in tables.items()}


def _constraint(predicate: str, table: Any, path: Path) -> Constraint:
    known = {field.name for field in fields(Constraint)}
    if not isinstance(table, dict) or not table.keys() <= known:
        raise ConfigError(f"{path}: [{predicate}] may have {', '.join(sorted(known))}, and holds {table!r}.")
    ends = {}
    for name in ("domain", "range"):
        types = table.get(name, [])
        if not isinstance(types, list) or not all(isinstance(type, str) for type in types):
            raise ConfigError(f"{path}: {name} of [{predicate}] is no list of types: {types!r}.")
        ends[name] = tuple(types)
    most = table.get("most")
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
        raise ConfigError(f"{path}: most of [{predicate}] is no number from 1 on: {most!r}.")
    return Constraint(**ends, most=most)


# --- In the store -----------------------------------------------------------------------------------------------------


def constraints(connection: sqlite3.Connection) -> dict[str, Constraint]:
    """Those in force, by predicate."""
    rows = connection.execute('SELECT predicate, domain, "range", most FROM constraints ORDER BY predicate')
    return {name: Constraint(tuple(json.loads(a)), tuple(json.loads(b)), most) for name, a, b, most in rows}


def set_constraints(connection: sqlite3.Connection, new: Mapping[str, Constraint]) -> list[str]:
    """Put these in place of those in force; the documents that say something with a predicate that this is about."""
    old = constraints(connection)
    changed = json.dumps([name for name in {**old, **new} if old.get(name) != new.get(name)])
    connection.execute("DELETE FROM constraints")
    rows = [(name, json.dumps(c.domain), json.dumps(c.range), c.most) for name, c in new.items()]
    connection.executemany("INSERT INTO constraints VALUES (?, ?, ?, ?)", rows)
    said = "SELECT chunk FROM {} WHERE predicate IN (SELECT value FROM json_each(:changed))"
    query = (
        "SELECT DISTINCT document_id FROM chunks WHERE number IN "
        f"({said.format('evidence')} UNION {said.format('rejected')}) ORDER BY document_id"
    )
    return [id for (id,) in connection.execute(query, {"changed": changed})]


class Checker:
    """Holds what one document says against the constraints in force."""

    def __init__(self, known: Mapping[str, Constraint], graph: DocumentGraph) -> None:
        self.known = known
        self.types: dict[tuple[str, str], set[str]] = {}
        if known:
            for link in graph.links:
                self.types.setdefault((link.chunk_id, link.key), set()).add(link.type)

    def reason(self, support: Support) -> str:
        """Why the fact is kept out of the graph; empty for one that is not."""
        constraint = self.known.get(support.predicate)
        if constraint is None:
            return ""
        for name, key, allowed in (
            ("domain", support.subject, constraint.domain),
            ("range", support.object, constraint.range),
        ):
            types = self.types.get((support.chunk_id, key), set())
            if allowed and not any(type in allowed or coarse_type(type) in allowed for type in types):
                return f"{name}: {' or '.join(sorted(types)) or 'a thing'} is not {' or '.join(allowed)}"
        return ""


_REJECTED = (
    'SELECT r.subject_key, r.predicate, r.object_key, r.reason, r.chunk, r.start, r."end", c.id, d.id, d.text '
    "FROM rejected AS r JOIN chunks AS c ON c.number = r.chunk JOIN documents AS d ON d.id = c.document_id "
    'ORDER BY r.predicate, d.uri, r.start, r."end", r.subject_key, r.object_key LIMIT ?'
)


def rejected(connection: sqlite3.Connection, limit: int | None) -> list[Rejected]:
    """What the constraints in force keep out, by predicate and document."""
    found = []
    for row in connection.execute(_REJECTED, (-1 if limit is None else limit,)).fetchall():
        subject, predicate, object, reason, chunk, start, end, chunk_id, document, text = row
        names = [_named(connection, chunk, key, text, (start, end)) for key in (subject, object)]
        found.append(Rejected(names[0], predicate, names[1], reason, document, chunk_id, start, end, text[start:end]))
    return found


def _named(connection: sqlite3.Connection, chunk: int, key: str, text: str, inside: Sequence[int]) -> str:
    """What the evidence calls a key, by name rather than by a pronoun."""
    query = (
        'SELECT start, "end" FROM mentions WHERE chunk = ? AND key = ? '
        'ORDER BY NOT (start >= ? AND "end" <= ?), nominal, start LIMIT 1'
    )
    place = connection.execute(query, (chunk, key, *inside)).fetchone()
    return surface(text, *place) if place else ""
