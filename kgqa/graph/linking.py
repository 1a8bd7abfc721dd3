"""Which names of the graph are which entries of a catalogue, or none (NIL). Nothing is written here.

A name that only one entry of its type has is that entry in all documents. A name that several have, and a short one
that may be anything (CHI), is one of them only in a document that says which: by another of the entry's names, or by
a name that its description has, such as a region. What a document says counts for that document alone, so that the
links of one do not rest on another. In doubt there is no link: a wrong one is worse than none.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from kgqa.graph.builder import surface
from kgqa.graph.catalogue import Catalogue, Entry, Named, spelling
from kgqa.graph.changes import WANTED, id_list
from kgqa.graph.identity import COARSE, WIDE, coarse_type, name_key
from kgqa.graph.reassign import affected_keys
from kgqa.graph.short_names import abbreviates
from kgqa.text import VALUE_TYPES, is_cjk

__all__ = ["CatalogueLink", "Linkable", "Unlinked", "linkable"]

MAIN, ALIAS, INITIALS = 0.95, 0.85, 0.7
"""Scores of links by a main name, another one, and initials. They are set by hand."""
BESIDE_NAME, BESIDE_REGION = 0.9, 0.75
"""Scores of links in a document that has another name of the entry, or a name that its description has."""
SHORT = 5
"""Capital letters of an alias that may stand for anything."""
_PHRASE = re.compile(r"[^\W\d_a-z][\w'’.-]*(?: (?:(?:of|the|and|de|la) )*[^\W\d_a-z][\w'’.-]*)*")


@dataclass(frozen=True, slots=True)
class CatalogueLink:
    """A name, by its key, and the entry that it is."""

    key: str
    name: str
    type: str
    entry: Entry
    other: str
    """The key that entities which are the entry go by."""
    score: float
    reason: str
    documents: tuple[str, ...] = ()
    """In which it is; all, if none are named."""

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON types."""
        entry = {"id": self.entry.id, "name": self.entry.name, "description": self.entry.description}
        return {
            "name": self.name, "type": self.type, "entry": entry, "score": self.score, "reason": self.reason,
            "documents": list(self.documents),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A name that entries have, in documents that do not say which it is, if any."""

    name: str
    type: str
    documents: tuple[str, ...]
    candidates: tuple[Entry, ...]

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON types."""
        entries = [{"id": e.id, "name": e.name, "description": e.description} for e in self.candidates]
        return {"name": self.name, "type": self.type, "documents": list(self.documents), "candidates": entries}


@dataclass(frozen=True, slots=True)
class Linkable:
    """What a catalogue says of the names that were not linked or decided on before."""

    links: tuple[CatalogueLink, ...]
    unlinked: tuple[Unlinked, ...]


@dataclass(frozen=True, slots=True)
class _Name:
    """A name as the graph has it."""

    key: str
    entity: str
    """What the key stands for now."""
    name: str
    type: str


def linkable(connection: sqlite3.Connection, catalogue: Catalogue) -> Linkable:
    """Which names of the graph can be linked to the catalogue, and which it has and cannot."""
    links: list[CatalogueLink] = []
    doubtful: list[tuple[_Name, list[Named]]] = []
    for name in _names(connection, _open_keys(connection)):
        found = catalogue.called(name.name, name.type)
        sure = _by_name(name, found)
        if sure is not None:
            named, score, reason = sure
            other = catalogue.key(named.entry, name.type)
            links.append(CatalogueLink(name.key, name.name, name.type, named.entry, other, score, reason))
        elif found:
            doubtful.append((name, found))
    in_documents, unlinked = _in_documents(connection, catalogue, doubtful)
    kept_apart = _KeptApart(connection)
    allowed = [link for link in (*links, *in_documents) if not kept_apart.forbids(link)]
    return Linkable(tuple(sorted(allowed, key=lambda k: (k.name, k.key, k.other))), tuple(unlinked))


# --- By the name alone ------------------------------------------------------------------------------------------------


def _by_name(name: _Name, found: Sequence[Named]) -> tuple[Named, float, str] | None:
    """The one that a name is wherever it stands, with score and reason."""
    mains = [named for named in found if named.is_main]
    candidates = mains or found
    if len(candidates) != 1 or _is_part(name):
        return None
    (only,) = candidates
    if not _is_doubtful(only):
        return (only, MAIN, "main name") if only.is_main else (only, ALIAS, "the only one with this alias")
    has_initials = any(abbreviates(only.name, full) for full in _in_letters(only.entry))
    if name.type != "Place" and len(only.name) > 2 and only.name.isupper() and has_initials:  # of places: airports
        return only, INITIALS, "initials of the main name"
    return None


def _in_letters(entry: Entry) -> list[str]:
    """Main names that are not in Chinese."""
    return [name for name in entry.names[: entry.mains] if not any(map(is_cjk, name))]


def _is_part(name: _Name) -> bool:
    """Whether it is one word of a person's name, which many have."""
    words = spelling(name.name).split()
    return name.type == "Person" and len(words) == 1 and not any(map(is_cjk, words[0]))


def _is_doubtful(named: Named) -> bool:
    """Whether it may well stand for something that the catalogue lacks: one or two letters, and as an alias few
    capitals (an airport's code) or part of a main name (New York of New York City, Tesla of Tesla Supercharger).
    """
    if any(map(is_cjk, named.name)):
        return len(named.name) == 1
    if len(named.name) <= 2 or named.is_main:
        return len(named.name) <= 2
    words = set(spelling(named.name).split())
    is_part = any(words < set(spelling(full).split()) for full in _in_letters(named.entry))
    return is_part or (len(named.name) <= SHORT and named.name.isupper())


# --- By what the document says ----------------------------------------------------------------------------------------


def _in_documents(
    connection: sqlite3.Connection, catalogue: Catalogue, doubtful: Sequence[tuple[_Name, list[Named]]]
) -> tuple[list[CatalogueLink], list[Unlinked]]:
    wanted: defaultdict[str, list[int]] = defaultdict(list)
    for number, documents in enumerate(_documents(connection, [name for name, _ in doubtful])):
        for document in documents:
            wanted[document].append(number)
    chosen: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
    why: dict[tuple[int, str], tuple[Entry, float, str]] = {}
    open_in: defaultdict[int, list[str]] = defaultdict(list)
    for document in sorted(wanted):
        names = _Surroundings.of(connection, catalogue, document)
        for number in wanted[document]:
            name, found = doubtful[number]
            choice = None if name.key in names.defined else names.choice(name, found)
            if choice is None:
                open_in[number].append(document)
                continue
            place = (number, choice[0].id)
            chosen[place].append(document)
            known = why.setdefault(place, choice)
            why[place] = min(known, choice, key=lambda c: (c[1], c[2]))
    links = []
    for (number, id), documents in chosen.items():
        name = doubtful[number][0]
        entry, score, reason = why[number, id]
        other = catalogue.key(entry, name.type)
        links.append(CatalogueLink(name.key, name.name, name.type, entry, other, score, reason, tuple(documents)))
    unlinked = [
        Unlinked(name.name, name.type, tuple(open_in[number]), tuple(named.entry for named in found))
        for number, (name, found) in enumerate(doubtful)
        if open_in[number]
    ]
    return links, sorted(unlinked, key=lambda one: (one.name, one.type))


def _documents(connection: sqlite3.Connection, names: Sequence[_Name]) -> list[list[str]]:
    """For each name the documents that have it, without those in which it was linked before."""
    linked: defaultdict[str, set[str]] = defaultdict(set)
    query = "SELECT json_extract(keys, '$[1]'), documents FROM decisions WHERE kind = 'link' AND documents <> '[]'"
    for key, documents in connection.execute(query):
        linked[key] |= set(json.loads(documents))
    query = (
        "SELECT DISTINCT document_id FROM mentions JOIN chunks ON number = chunk "
        "WHERE entity_id = ? AND key = ? ORDER BY document_id"
    )
    return [
        [id for (id,) in connection.execute(query, (name.entity, name.key)) if id not in linked[name.key]]
        for name in names
    ]


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """The names in a document."""

    spelt: Mapping[str, Set[str]]
    """Spellings, by the keys that they are read as."""
    known: Mapping[str, Set[str]]
    """A spelling → those of other names of the only entry that has it."""
    defined: Set[str]
    """Keys that the document itself says the meaning of."""

    @classmethod
    def of(cls, connection: sqlite3.Connection, catalogue: Catalogue, document: str) -> _Surroundings:
        """Those of one document."""
        (text,) = connection.execute("SELECT text FROM documents WHERE id = ?", (document,)).fetchone()
        of_document = "JOIN chunks AS c ON c.number = x.chunk WHERE document_id = ?"
        spelt: defaultdict[str, set[str]] = defaultdict(set)
        query = f'SELECT x.start, x."end", key FROM mentions AS x {of_document} AND NOT nominal'
        for start, end, key in connection.execute(query, (document,)):
            spelt[key].add(spelling(surface(text, start, end)))
        known = {}
        for one in set().union(*spelt.values()):
            found = catalogue.any_called(one)
            known[one] = {one, *(map(spelling, found[0].entry.names) if len(found) == 1 else ())}
        defined = connection.execute(f"SELECT short_key FROM definitions AS x {of_document}", (document,))
        return cls(spelt, known, {key for (key,) in defined})

    def choice(self, name: _Name, found: Sequence[Named]) -> tuple[Entry, float, str] | None:
        """The entry that the document says the name is, with score and reason."""
        own = {spelling(name.name)}
        around = {one for spelt in self.spelt.values() for one in spelt} - own
        translated = {other for one in around for other in self.known[one]}
        scored: list[tuple[int, int, Entry, list[str], list[str]]] = []
        for named in found:
            names = {spelling(other) for other in named.entry.names if len(other) > 2 or is_cjk(other[0])} - own
            beside = sorted(names & around)
            described = sorted(_described(named.entry, translated) - names - own)
            needs_name = _is_part(name) or _is_doubtful(named)
            signs = 0 if needs_name and not beside else 2 * len(beside) + len(described)
            scored.append((signs, len(scored), named.entry, beside, described))
        signs, _, entry, beside, described = max(scored)
        if not signs or sum(one[0] == signs for one in scored) > 1:
            return None
        score = BESIDE_NAME if beside else BESIDE_REGION
        return entry, score, f"beside {', '.join((*beside, *described)[:3])}"


def _described(entry: Entry, names: Set[str]) -> set[str]:
    """Those of the names that the entry's description has."""
    phrases = [match[0] for match in _PHRASE.finditer(entry.description)]
    whole = {spelling(part) for phrase in phrases for part in (phrase, phrase.partition(" of ")[0])}
    text = spelling(entry.description)
    return {name for name in names if name in whole or (len(name) > 1 and is_cjk(name[0]) and name in text)}


# --- Keys and what is decided of them ---------------------------------------------------------------------------------


def _open_keys(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Key and entity of all names on which neither a person nor a link to all documents has decided."""
    decided = (
        "SELECT key FROM decisions WHERE kind = 'link' UNION "
        "SELECT key FROM decisions WHERE kind IN ('merge', 'separate', 'retype') AND undone_at = ''"
    )
    taken = {key for (key,) in connection.execute(decided)}
    found = connection.execute("SELECT DISTINCT key, entity_id FROM mentions")
    return sorted((key, entity) for key, entity in found if key not in taken)


def _names(connection: sqlite3.Connection, keys: Sequence[tuple[str, str]]) -> Iterator[_Name]:
    """Each key with the name that it is the key of. Keys that a split made are of no name, and left out."""
    types: defaultdict[str, list[str]] = defaultdict(list)
    own = {"ids": id_list(key for key, entity in keys if key == entity)}
    for entity, type in connection.execute(
        f"SELECT entity_id, type FROM {WANTED} JOIN types ON entity_id = wanted ORDER BY entity_id, type", own
    ):
        types[entity].append(type)
    query = f"SELECT entity_id, name FROM {WANTED} JOIN names ON entity_id = wanted ORDER BY entity_id, name"
    found: dict[str, _Name] = {}
    for entity, name in connection.execute(query, own):
        if entity not in found and (type := _type(entity, name, types[entity])):
            found[entity] = _Name(entity, entity, name, type)
    query = (
        'SELECT DISTINCT substr(text, m.start + 1, m."end" - m.start) AS name, type FROM mentions AS m '
        "JOIN chunks ON number = chunk JOIN documents ON documents.id = document_id "
        "WHERE entity_id = ? AND key = ? AND NOT nominal ORDER BY name, type"
    )
    for key, entity in keys:
        if key == entity:
            if key in found:
                yield found[key]
            continue
        for text, read in connection.execute(query, (entity, key)):
            name = surface(text, 0, len(text))
            if type := _type(key, name, [read]):
                yield _Name(key, entity, name, type)
                break


def _type(key: str, name: str, types: Iterable[str]) -> str:
    """The coarse type under which the key is the name's; empty if it is not."""
    for type in types:
        coarse = coarse_type(type)
        wider: Sequence[str] = () if coarse in WIDE or type in COARSE else sorted(WIDE)
        for one in (coarse, *wider):
            if one not in VALUE_TYPES and name_key(name, one) == key:
                return one
    return ""


class _KeptApart:
    """What a person has decided to be two stays two."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.others: defaultdict[str, set[str]] = defaultdict(set)
        for a, b in connection.execute("SELECT key, other FROM decisions WHERE kind = 'apart' AND undone_at = ''"):
            self.others[a].add(b)
            self.others[b].add(a)

    def forbids(self, link: CatalogueLink) -> bool:
        """Whether the link would join two of them, now or by the other names of the entry."""
        if not self.others:
            return False
        others = {key for one in affected_keys(self.connection, [link.key]) for key in self.others[one]}
        named = [name_key(name, link.type) for name in link.entry.names]
        return bool(others.intersection(affected_keys(self.connection, [link.other, *named])))
