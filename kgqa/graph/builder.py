"""From what was read in the chunks of one document to entity keys and supported triples. Pure: no store is asked.

A pronoun or description stands for the named mention of its coreference cluster; without one it makes no entity. Only
what the text asserts becomes a triple, and each carries the span that says so.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from kgqa.graph.identity import coarse_type, name_key, normalised, value_key
from kgqa.graph.short_names import abbreviates, fuller_names, in_brackets
from kgqa.types import Document, Extraction, Mention, Modality, Relation

__all__ = ["Definition", "DocumentGraph", "Link", "Support", "build", "surface"]

PERSON = "Person"
DOMINANCE = 3
"""A name read under two types in one document has one, if that was read at least this many times as often."""


@dataclass(frozen=True, slots=True)
class Link:
    """A mention and the key of the entity that it refers to."""

    chunk_id: str
    start: int
    end: int
    key: str
    type: str
    nominal: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class Support:
    """A span that supports a triple between two keys."""

    chunk_id: str
    start: int
    end: int
    subject: str
    predicate: str
    object: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Definition:
    """A span that says that one name is short for another, or its translation."""

    chunk_id: str
    start: int
    end: int
    short: str
    full: str


@dataclass(frozen=True, slots=True)
class DocumentGraph:
    """All that one document says."""

    links: tuple[Link, ...] = ()
    supports: tuple[Support, ...] = ()
    definitions: tuple[Definition, ...] = ()


_Read = TypeVar("_Read", Link, Support)


def build(document: Document, extractions: Sequence[Extraction]) -> DocumentGraph:
    """The graph of one document.

    Raises:
        ValueError: an offset lies outside the text, or a relation or cluster names a mention that is not there.
    """
    for extraction in extractions:
        _check(extraction, len(document.text))
    types = _settled_types(document.text, extractions)
    definitions = [d for extraction in extractions for d in _definitions(document.text, extraction, types)]
    keys = _DocumentKeys(types, _unambiguous(definitions), _fuller_people(document.text, extractions, types))
    links: dict[tuple[str, int, int, str], Link] = {}
    supports: dict[tuple[str, int, int, str, str, str], Support] = {}
    for extraction in extractions:
        linked = _links(document.text, extraction, keys)
        for link in linked.values():
            place = (link.chunk_id, link.start, link.end, link.key)
            links[place] = _surer(links.get(place), link)
        for support in _supports(extraction, linked):
            fact = (support.chunk_id, support.start, support.end, support.subject, support.predicate, support.object)
            supports[fact] = _surer(supports.get(fact), support)
    return DocumentGraph(tuple(links.values()), _narrowest(supports.values()), tuple(dict.fromkeys(definitions)))


def surface(text: str, start: int, end: int) -> str:
    """A name as it stands in the text, its white space put right."""
    return " ".join(text[start:end].split())


def _surer(known: _Read | None, new: _Read) -> _Read:
    return new if known is None or new.confidence > known.confidence else known


def _narrowest(supports: Iterable[Support]) -> tuple[Support, ...]:
    """Without those that hold another of the same fact: two sentences are no evidence beside one of them."""
    kept: defaultdict[tuple[str, str, str], list[Support]] = defaultdict(list)
    for new in sorted(supports, key=lambda support: (support.end - support.start, support.start)):
        same = kept[new.subject, new.predicate, new.object]
        if not any(new.start <= known.start and known.end <= new.end for known in same):
            same.append(new)
    return tuple(support for same in kept.values() for support in same)


def _check(extraction: Extraction, length: int) -> None:
    spans = [(mention.start, mention.end, mention.type) for mention in extraction.mentions]
    spans += [(relation.start, relation.end, relation.type) for relation in extraction.relations]
    for start, end, type in spans:
        if not 0 <= start < end <= length:
            raise ValueError(f"{type} at {start}:{end} lies outside a text of {length} characters.")
    numbers = [end for r in extraction.relations for end in (r.head, r.tail)]
    numbers += [number for cluster in extraction.clusters for number in cluster]
    if any(not 0 <= number < len(extraction.mentions) for number in numbers):
        raise ValueError(f"The extraction of chunk {extraction.chunk_id} refers to mentions that it does not have.")


# --- Keys of names ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _DocumentKeys:
    """How the names of one document are read."""

    types: Mapping[tuple[str, str], str]
    full: Mapping[str, str]
    people: Mapping[str, str]

    def of(self, name: str, type: str) -> tuple[str, str]:
        """Key and settled type."""
        settled = self.types.get((normalised(name), type), type)
        if settled == PERSON:
            name = self.people.get(name, name)
        key = name_key(name, settled)
        return self.full.get(key, key), settled


def _named(text: str, extraction: Extraction) -> Iterable[tuple[Mention, str]]:
    return ((m, surface(text, m.start, m.end)) for m in extraction.mentions if not m.nominal)


def _settled_types(text: str, extractions: Sequence[Extraction]) -> dict[tuple[str, str], str]:
    """For a name and a type it was read under, the type it has in this document (one sense per discourse)."""
    read: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for extraction in extractions:
        for mention, name in _named(text, extraction):
            read[normalised(name)][mention.type] += 1
    settled: dict[tuple[str, str], str] = {}
    for name, counts in read.items():
        if len(counts) < 2:
            continue
        (best, most), *others = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        if most >= DOMINANCE * sum(count for _, count in others):
            settled.update({(name, other): best for other, _ in others})
    return settled


def _fuller_people(
    text: str, extractions: Sequence[Extraction], types: Mapping[tuple[str, str], str]
) -> dict[str, str]:
    people = [
        name
        for extraction in extractions
        for mention, name in _named(text, extraction)
        if types.get((normalised(name), mention.type), mention.type) == PERSON
    ]
    return fuller_names(people)


def _definitions(text: str, extraction: Extraction, types: Mapping[tuple[str, str], str]) -> Iterable[Definition]:
    named = list(_named(text, extraction))
    for outer, inner in in_brackets(text, [(mention.start, mention.end) for mention, _ in named]):
        (full, full_name), (short, short_name) = named[outer], named[inner]
        keys = []
        for mention, name in (named[inner], named[outer]):
            settled = types.get((normalised(name), mention.type), mention.type)
            keys.append((name_key(name, settled), coarse_type(settled)))
        (short_key, short_type), (full_key, full_type) = keys
        if short_type == full_type and abbreviates(short_name, full_name) and short_key != full_key:
            yield Definition(extraction.chunk_id, full.start, short.end, short_key, full_key)


def _unambiguous(definitions: Iterable[Definition]) -> dict[str, str]:
    """The full key of each short one that is defined in one way only and stands for nothing shorter itself."""
    full: defaultdict[str, set[str]] = defaultdict(set)
    for definition in definitions:
        full[definition.short].add(definition.full)
    return {short: next(iter(found)) for short, found in full.items() if len(found) == 1 and not found & full.keys()}


# --- Mentions and relations -------------------------------------------------------------------------------------------


def _links(text: str, extraction: Extraction, keys: _DocumentKeys) -> dict[int, Link]:
    """By the number of the mention; mentions that refer to nothing with a name are left out."""
    links: dict[int, Link] = {}
    for number, mention in enumerate(extraction.mentions):
        if not mention.nominal:
            key, type = keys.of(surface(text, mention.start, mention.end), mention.type)
            if mention.value and mention.type == type:
                key = value_key(mention.value, type)
            if key:
                links[number] = _link(extraction, mention, key, type)
    for cluster in extraction.clusters:
        named = [number for number in cluster if number in links]
        for number in cluster:
            mention = extraction.mentions[number]
            if mention.nominal and named:
                antecedent = links[_antecedent(mention, named, extraction.mentions)]
                links[number] = _link(extraction, mention, antecedent.key, antecedent.type)
    return links


def _link(extraction: Extraction, mention: Mention, key: str, type: str) -> Link:
    return Link(extraction.chunk_id, mention.start, mention.end, key, type, mention.nominal, mention.confidence)


def _antecedent(nominal: Mention, named: Sequence[int], mentions: Sequence[Mention]) -> int:
    """The named mention that a pronoun stands for: one of its type rather than another, the longest, the first."""
    wanted = coarse_type(nominal.type)
    return min(
        named,
        key=lambda n: (
            coarse_type(mentions[n].type) != wanted,
            mentions[n].start - mentions[n].end,
            mentions[n].start,
        ),
    )


def _supports(extraction: Extraction, links: Mapping[int, Link]) -> Iterable[Support]:
    for relation in extraction.relations:
        if relation.modality is Modality.ASSERTED and relation.head in links and relation.tail in links:
            support = _support(extraction.chunk_id, relation, links[relation.head].key, links[relation.tail].key)
            if support.subject != support.object:
                yield support


def _support(chunk_id: str, relation: Relation, subject: str, object: str) -> Support:
    return Support(chunk_id, relation.start, relation.end, subject, relation.type, object, relation.confidence)
