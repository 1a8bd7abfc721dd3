"""What is decided of the graph: merge, split, separate, keep apart, link, reject, retype, undo.

All works within the caller's transaction.

A decision is about keys, not about rows, so it holds for documents that come later; undone, it leaves no trace but
its line in the log.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from kgqa.errors import NotFound, QueryError
from kgqa.graph import splits
from kgqa.graph.builder import Definition, DocumentGraph, Link, Support, surface
from kgqa.graph.catalogue import Catalogue
from kgqa.graph.changes import WANTED, Change, id_list, merged_keys
from kgqa.graph.constraints import Constraint, set_constraints
from kgqa.graph.derived import apply
from kgqa.graph.graph_rows import entity
from kgqa.graph.identity import normalised
from kgqa.graph.inserts import insert_graphs
from kgqa.graph.linking import CatalogueLink, linkable
from kgqa.graph.reassign import affected_keys, reassign
from kgqa.graph.store import Decision
from kgqa.graph.writes import withdraw
from kgqa.types import content_id

__all__ = [
    "apart_pairs",
    "constrain",
    "decisions",
    "keep_apart",
    "link",
    "links",
    "merge",
    "reject",
    "retype",
    "separate",
    "split",
    "undo",
]

_COLUMNS = "id, kind, key, other, documents, name, other_name, score, reason, decided_by, decided_at, undone_at, keys"


def decisions(connection: sqlite3.Connection) -> list[Decision]:
    """See ``Identity.decisions``."""
    return [_decision(row) for row in connection.execute(f"SELECT {_COLUMNS} FROM decisions ORDER BY number DESC")]


def _decision(row: tuple[Any, ...]) -> Decision:
    id, kind, key, other, documents, *rest, keys = row
    decision = Decision(id, kind, key, other, tuple(json.loads(documents)), *rest)
    has_value = kind in ("link", "reject", "retype")
    return dataclasses.replace(decision, value=json.loads(keys)[0]) if has_value else decision


def merge(connection: sqlite3.Connection, keep: str, other: str, reason: str, by: str, score: float | None) -> Decision:
    """See ``Identity.merge``."""
    kept, merged = entity(connection, keep), entity(connection, other)
    if keep == other:
        raise QueryError(f"{kept.name!r} and {merged.name!r} are one entity already.")
    if (keep, other) in apart_pairs(connection):
        raise QueryError(
            f"{kept.name!r} and {merged.name!r} were decided to be two. Undo that decision first: kgqa graph decisions"
        )
    new = _new(connection, "merge", other, keep, (), (), (merged.name, kept.name), score, reason, by)
    return _applied(connection, other, new)


def separate(connection: sqlite3.Connection, entity_id: str, alias: str, reason: str, by: str) -> Decision:
    """See ``Identity.separate``."""
    whole = entity(connection, entity_id)
    keys = _keys_of(connection, entity_id, normalised(alias))
    if not keys:
        raise NotFound(f"{whole.name!r} is not called {alias!r}. Its names: {', '.join((whole.name, *whole.aliases))}")
    own = keys - {entity_id}
    if not own:
        raise QueryError(
            f"{alias!r} is {whole.name!r}'s own name. If some documents mean another thing by it, "
            "name them: kgqa graph split NAME DOCUMENT"
        )
    key = min(own)
    new = _new(connection, "separate", key, "", (), (), (alias, whole.name), None, reason, by)
    return _applied(connection, key, new)


def _keys_of(connection: sqlite3.Connection, entity_id: str, name: str) -> set[str]:
    query = (
        'SELECT text, m.start, m."end", key FROM mentions AS m JOIN chunks ON number = chunk '
        "JOIN documents ON documents.id = document_id WHERE entity_id = ? AND NOT nominal"
    )
    rows = connection.execute(query, (entity_id,))
    return {key for text, start, end, key in rows if normalised(surface(text, start, end)) == name}


def keep_apart(connection: sqlite3.Connection, a: str, b: str, reason: str, by: str) -> Decision:
    """See ``Identity.keep_apart``."""
    names = (entity(connection, a).name, entity(connection, b).name)
    if a == b:
        raise QueryError(f"{names[0]!r} and {names[1]!r} are one entity. Take it apart: kgqa graph split")
    new = _new(connection, "apart", a, b, (), (), names, None, reason, by)
    _insert(connection, new, ())
    return new


def apart_pairs(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """The pairs that were decided to be two, either way round."""
    pairs = connection.execute("SELECT key, other FROM decisions WHERE kind = 'apart' AND undone_at = ''").fetchall()
    return {*pairs, *((b, a) for a, b in pairs)}


def split(connection: sqlite3.Connection, entity_id: str, documents: Sequence[str], reason: str, by: str) -> Decision:
    """See ``Identity.split``."""
    whole = entity(connection, entity_id)
    query = (
        "SELECT key, document_id FROM mentions JOIN chunks ON number = chunk WHERE entity_id = ? "
        "GROUP BY 1, 2 ORDER BY 1, 2"
    )
    found = connection.execute(query, (entity_id,)).fetchall()
    inside = {document for _, document in found if document in documents}
    if not inside:
        raise QueryError(f"None of these documents mentions {whole.name!r}. `kgqa graph entity` lists those that do.")
    if inside == {document for _, document in found}:
        raise QueryError(f"All documents that mention {whole.name!r} are named, so nothing would be left of it.")
    keys = sorted({key for key, document in found if document in inside})
    main = entity_id if entity_id in keys else keys[0]
    new = _new(connection, "split", entity_id, main, keys, sorted(inside), (whole.name, whole.name), None, reason, by)
    _reread(connection, sorted(inside), lambda: _insert(connection, new, keys))
    return new


def link(connection: sqlite3.Connection, catalogue: Catalogue) -> list[Decision]:
    """See ``Identity.link``."""
    found = linkable(connection, catalogue).links
    everywhere, inside = ([one for one in found if bool(one.documents) is some] for some in (False, True))
    made: list[Decision] = []

    def insert(links: Iterable[CatalogueLink]) -> None:
        for one in links:
            names, why = (one.name, one.entry.name), f"{one.entry.line} ({one.reason})"
            by = f"catalogue {catalogue.name}"
            about = (one.key, one.other, (), one.documents, names, one.score, why, by, one.entry.id)
            made.append(_insert(connection, _new(connection, "link", *about), [one.entry.id, one.key]))

    _moved(connection, [one.key for one in everywhere], lambda: insert(everywhere))
    _reread(connection, sorted({id for one in inside for id in one.documents}), lambda: insert(inside))
    return made


def links(connection: sqlite3.Connection, entity_id: str) -> list[Decision]:
    """See ``Identity.links``."""
    entity(connection, entity_id)
    query = (
        f"SELECT {_COLUMNS} FROM decisions WHERE kind = 'link' AND undone_at = '' "
        "AND key IN (SELECT DISTINCT key FROM mentions WHERE entity_id = ?) ORDER BY number"
    )
    found = [_decision(row) for row in connection.execute(query, (entity_id,))]
    now = merged_keys(connection, [decision.other for decision in found])
    return [decision for decision in found if now.get(decision.other, decision.other) == entity_id]


def reject(connection: sqlite3.Connection, triple_id: str, reason: str, by: str) -> Decision:
    """See ``Identity.reject``."""
    query = "SELECT subject, predicate, object FROM triples WHERE id = ?"
    row = connection.execute(query, (triple_id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no triple {triple_id!r}. `kgqa graph triples --json` shows the ids.")
    subject, predicate, object = row
    names = (entity(connection, subject).name, entity(connection, object).name)
    new = _new(connection, "reject", subject, object, (), (), names, None, reason, by, predicate)
    keys = [_all_keys(connection, end) for end in (subject, object)]
    _insert(connection, new, [predicate, *keys, _once(connection, {key for some in keys for key in some})])
    _reread(connection, _saying(connection, new), lambda: None)
    return new


def retype(connection: sqlite3.Connection, entity_id: str, type: str, reason: str, by: str) -> Decision:
    """See ``Identity.retype``."""
    known = entity(connection, entity_id)
    if not re.fullmatch(r"\w+", type):
        raise QueryError(f"{type!r} is no name of a type. Write it as one word, such as Organization.")
    if known.type == type:
        raise QueryError(f"{known.name!r} is a {type} already.")
    new = _new(connection, "retype", entity_id, "", (), (), (known.name, ""), None, reason, by, type)
    _insert(connection, new, [type])
    _typed_again(connection, entity_id)
    return new


def _typed_again(connection: sqlite3.Connection, entity_id: str) -> None:
    change = Change()
    if connection.execute("SELECT 1 FROM entities WHERE id = ?", (entity_id,)).fetchone():
        change.mentions[entity_id, "", ""] += 0  # none more, none less: the row is written again
        apply(connection, change)


def _all_keys(connection: sqlite3.Connection, entity_id: str) -> list[str]:
    found = connection.execute("SELECT DISTINCT key FROM mentions WHERE entity_id = ? ORDER BY key", (entity_id,))
    return [key for (key,) in found]


def _once(connection: sqlite3.Connection, keys: Iterable[str]) -> dict[str, dict[str, str]]:
    """By document, which of the keys it says otherwise, and how, were the splits and links that rename them undone."""
    query = f"SELECT DISTINCT document_id FROM {WANTED} JOIN mentions ON key = wanted JOIN chunks ON number = chunk"
    wanted = set(keys)
    found = {}
    for (document,) in connection.execute(query, {"ids": id_list(wanted)}).fetchall():
        said = splits.original_keys(wanted, splits.splits_of(connection, document))
        if changed := {key: other for key, other in said.items() if key != other}:
            found[document] = changed
    return found


def _saying(connection: sqlite3.Connection, decision: Decision) -> list[str]:
    """The documents with a sentence in which the fact of a decision that was just made is read."""
    (about,) = connection.execute("SELECT keys FROM decisions WHERE id = ?", (decision.id,)).fetchone()
    predicate, subjects, objects, *_ = json.loads(about)
    said = (
        "SELECT chunk FROM {} WHERE predicate = :predicate AND subject_key IN (SELECT value FROM json_each(:subjects)) "
        "AND object_key IN (SELECT value FROM json_each(:objects))"
    )
    query = (
        "SELECT DISTINCT document_id FROM chunks WHERE number IN "
        f"({said.format('evidence')} UNION {said.format('rejected')}) ORDER BY document_id"
    )
    ends = (id_list(splits.read_as(connection, keys)) for keys in (subjects, objects))
    given = {"predicate": predicate, **dict(zip(("subjects", "objects"), ends, strict=True))}
    return [id for (id,) in connection.execute(query, given)]


def _kept_out(connection: sqlite3.Connection, decision: Decision) -> list[str]:
    """The documents of which a decision keeps a fact out of the graph."""
    query = (
        "SELECT DISTINCT document_id FROM rejected JOIN chunks ON number = chunk WHERE reason = ? ORDER BY document_id"
    )
    return [id for (id,) in connection.execute(query, (f"decision {decision.id}",))]


def undo(connection: sqlite3.Connection, decision_id: str) -> Decision:
    """See ``Identity.undo``."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM decisions WHERE id = ?", (decision_id,)).fetchone()
    if row is None:
        raise NotFound(f"There is no decision {decision_id!r}. List them: kgqa graph decisions")
    old = _decision(row)
    if old.undone_at:
        raise QueryError(f"Decision {decision_id} was undone on {old.undone_at} already.")

    def take_back() -> None:
        connection.execute("UPDATE decisions SET undone_at = ? WHERE id = ?", (_now(), decision_id))

    if old.documents:
        there = "SELECT id FROM documents WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
        _reread(connection, [id for (id,) in connection.execute(there, (id_list(old.documents),))], take_back)
    elif old.kind == "apart":
        take_back()
    elif old.kind == "reject":
        _reread(connection, _kept_out(connection, old), take_back)
    elif old.kind == "retype":
        take_back()
        _typed_again(connection, old.key)
    else:
        _moved(connection, [old.key], take_back)
    return _decision(connection.execute(f"SELECT {_COLUMNS} FROM decisions WHERE id = ?", (decision_id,)).fetchone())


# --- Their effect -----------------------------------------------------------------------------------------------------


def constrain(connection: sqlite3.Connection, new: Mapping[str, Constraint]) -> int:
    """See ``Constrained.constrain``."""
    documents = set_constraints(connection, new)
    _reread(connection, documents, lambda: None)
    return int(connection.execute("SELECT count(*) FROM rejected").fetchone()[0])


def _applied(connection: sqlite3.Connection, key: str, new: Decision) -> Decision:
    """Make a decision, and move what the key and those that stand for it now refer to."""
    _moved(connection, [key], lambda: _insert(connection, new, ()))
    return new


def _moved(connection: sqlite3.Connection, keys: Iterable[str], act: Callable[[], object]) -> None:
    """Act, and move what the keys and those that stand for them now refer to."""
    change = Change()
    affected = affected_keys(connection, keys)
    before = merged_keys(connection, affected)
    act()
    reassign(connection, change, affected, before)
    apply(connection, change)


def _reread(connection: sqlite3.Connection, documents: Sequence[str], act: Callable[[], object]) -> None:
    """Take out what the documents say, act, and put it in again as it reads now."""
    graphs = {id: _taken_out(connection, id) for id in documents}
    act()
    for id, graph in graphs.items():
        numbers = dict(connection.execute("SELECT id, number FROM chunks WHERE document_id = ?", (id,)))
        graph = splits.renamed(graph, splits.splits_of(connection, id))
        insert_graphs(connection, [(id, graph)], numbers)


def _taken_out(connection: sqlite3.Connection, document_id: str) -> DocumentGraph:
    """What a document says, as it was read; it is no longer in the tables."""
    of = "JOIN chunks AS c ON c.number = x.chunk WHERE document_id = ?"
    place = 'c.id, x.start, x."end"'
    (text,) = connection.execute("SELECT text FROM documents WHERE id = ?", (document_id,)).fetchone()
    links = connection.execute(
        f"SELECT {place}, key, type, nominal, confidence FROM mentions AS x {of}", (document_id,)
    )
    graph = DocumentGraph(
        tuple(
            Link(chunk, start, end, key, type, "" if nominal else surface(text, start, end), sure)
            for chunk, start, end, key, type, nominal, sure in links
        ),
        tuple(
            Support(*row)
            for table in ("evidence", "rejected")
            for row in connection.execute(
                f"SELECT {place}, subject_key, predicate, object_key, confidence, valid_from, valid_to "
                f"FROM {table} AS x {of}",
                (document_id,),
            )
        ),
        tuple(
            Definition(*row)
            for row in connection.execute(
                f"SELECT {place}, short_key, full_key FROM definitions AS x {of}", (document_id,)
            )
        ),
    )
    withdraw(connection, document_id, text)
    return splits.original(graph, splits.splits_of(connection, document_id, undone=True))


# --- The log ----------------------------------------------------------------------------------------------------------


def _new(
    connection: sqlite3.Connection,
    kind: str,
    key: str,
    other: str,
    keys: Sequence[str],
    documents: Sequence[str],
    names: tuple[str, str],
    score: float | None,
    reason: str,
    by: str,
    value: str = "",
) -> Decision:
    (count,) = connection.execute("SELECT coalesce(max(number), 0) FROM decisions").fetchone()
    id = content_id("decision", str(count), kind, key, other, *documents, *([value] if value else []))
    if kind == "split":
        other = splits.split_key(id, other)
    elif kind == "link" and documents:
        key = splits.link_key(key, other)
    return Decision(id, kind, key, other, tuple(documents), names[0], names[1], score, reason, by, _now(), "", value)


def _insert(connection: sqlite3.Connection, new: Decision, keys: Sequence[object]) -> Decision:
    connection.execute(
        "INSERT INTO decisions VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
        (
            new.id, new.kind, new.key, new.other, json.dumps(list(keys)), id_list(new.documents), new.name,
            new.other_name, new.score, new.reason, new.decided_by, new.decided_at,
        ),
    )  # fmt: skip
    return new


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
