"""From what was read in the chunks of one document to entity keys and supported triples. Pure: no store is asked.

A pronoun or description stands for the named mention of its coreference cluster; without one it makes no entity. Only
what the text asserts becomes a triple, and each carries the span that says so, with the time that it gives. Events are
kept with their modality.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from kgqa.graph.events import Told, told_events
from kgqa.graph.fact_times import FactTimes
from kgqa.graph.identity import coarse_type, name_key, normalised, value_key
from kgqa.graph.short_names import abbreviates, fuller_names, in_brackets
from kgqa.text import document_date
from kgqa.types import Document, Extraction, Mention, Modality

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
    valid_from: str | None = None
    """The first day on which it held as the span says; None for one that says nothing of when."""
    valid_to: str | None = None


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
    events: tuple[Told, ...] = ()


_Read = TypeVar("_Read", Link, Support)


def build(document: Document, extractions: Sequence[Extraction]) -> DocumentGraph:
    """The graph of one document.

    Raises:
        ValueError: an offset lies outside the text, or a relation or cluster names a mention that is not there.
    """
    for extraction in extractions:
        _check(extraction, len(document.text))
    read = [_names(document.text, extraction) for extraction in extractions]
    types = _settled_types(read)
    definitions = [
        definition
        for extraction, names in zip(extractions, read, strict=True)
        for definition in _definitions(document.text, extraction, names, types)
    ]
    keys = _DocumentKeys(types, _unambiguous(definitions), _fuller_people(read, types))
    links: dict[tuple[str, int, int, str], Link] = {}
    supports: dict[tuple[str, int, int, str, str, str], Support] = {}
    read_links: list[Mapping[int, Link]] = []
    day = document_date(document.metadata)
    for extraction, names in zip(extractions, read, strict=True):
        linked = _links(extraction, names, keys)
        for link in linked.values():
            place = (link.chunk_id, link.start, link.end, link.key)
            links[place] = _surer(links.get(place), link)
        for support in _supports(document.text, extraction, linked, day):
            fact = (support.chunk_id, support.start, support.end, support.subject, support.predicate, support.object)
            supports[fact] = _surer(supports.get(fact), support)
        read_links.append(linked)
    kept = {place: link.type for place, link in links.items()}
    return DocumentGraph(
        tuple(links.values()),
        _narrowest(supports.values()),
        tuple(dict.fromkeys(definitions)),
        told_events(zip(extractions, read_links, strict=True), kept, day),
    )


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
    spans += [(event.start, event.end, event.type) for event in extraction.events]
    spans += [(part.start, part.end, part.role) for event in extraction.events for part in event.arguments]
    for start, end, type in spans:
        if not 0 <= start < end <= length:
            raise ValueError(f"{type} at {start}:{end} lies outside a text of {length} characters.")
    numbers = [end for r in extraction.relations for end in (r.head, r.tail)]
    numbers += [number for cluster in extraction.clusters for number in cluster]
    numbers += [p.mention for event in extraction.events for p in event.arguments if p.mention is not None]
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


_Names = Mapping[int, tuple[str, str]]
"""By the number of the mention: name and type of those that name something."""


def _known_type(mention: Mention) -> str:
    """The type as far as identity is concerned: what a user's own type divides stays one thing."""
    return mention.kind or mention.type


def _names(text: str, extraction: Extraction) -> _Names:
    return {
        number: (surface(text, mention.start, mention.end), _known_type(mention))
        for number, mention in enumerate(extraction.mentions)
        if not mention.nominal
    }


def _settled_types(read: Sequence[_Names]) -> dict[tuple[str, str], str]:
    """For a name and a type it was read under, the type it has in this document (one sense per discourse)."""
    counts = Counter((normalised(name), type) for names in read for name, type in names.values())
    by_name: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for (name, type), count in counts.items():
        by_name[name].append((-count, type))
    settled: dict[tuple[str, str], str] = {}
    for name, found in by_name.items():
        if len(found) > 1:
            (most, best), *others = sorted(found)
            if most <= DOMINANCE * sum(count for count, _ in others):
                settled.update({(name, other): best for _, other in others})
    return settled


def _fuller_people(read: Sequence[_Names], types: Mapping[tuple[str, str], str]) -> dict[str, str]:
    found = {pair for names in read for pair in names.values()}
    return fuller_names(name for name, type in found if types.get((normalised(name), type), type) == PERSON)


def _definitions(
    text: str, extraction: Extraction, names: _Names, types: Mapping[tuple[str, str], str]
) -> Iterable[Definition]:
    mentions = [extraction.mentions[number] for number in names]
    named = list(names.values())
    for outer, inner in in_brackets(text, [(mention.start, mention.end) for mention in mentions]):
        keys = []
        for name, type in (named[inner], named[outer]):
            settled = types.get((normalised(name), type), type)
            keys.append((name_key(name, settled), coarse_type(settled)))
        (short_key, short_type), (full_key, full_type) = keys
        is_short = abbreviates(named[inner][0], named[outer][0])
        if short_type == full_type and is_short and short_key != full_key:
            yield Definition(extraction.chunk_id, mentions[outer].start, mentions[inner].end, short_key, full_key)


def _unambiguous(definitions: Iterable[Definition]) -> dict[str, str]:
    """The full key of each short one that is defined in one way only and stands for nothing shorter itself."""
    full: defaultdict[str, set[str]] = defaultdict(set)
    for definition in definitions:
        full[definition.short].add(definition.full)
    return {short: next(iter(found)) for short, found in full.items() if len(found) == 1 and not found & full.keys()}


# --- Mentions and relations -------------------------------------------------------------------------------------------


def _links(extraction: Extraction, names: _Names, keys: _DocumentKeys) -> dict[int, Link]:
    """By the number of the mention; mentions that refer to nothing with a name are left out."""
    links: dict[int, Link] = {}
    for number, (name, read_type) in names.items():
        mention = extraction.mentions[number]
        key, type = keys.of(name, read_type)
        if mention.value and _known_type(mention) == type:
            key = value_key(mention.value, type)
        if key:
            own = mention.type if mention.kind == type else type
            links[number] = _link(extraction, mention, key, own)
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
    wanted = coarse_type(_known_type(nominal))
    return min(
        named,
        key=lambda n: (
            coarse_type(_known_type(mentions[n])) != wanted,
            mentions[n].start - mentions[n].end,
            mentions[n].start,
        ),
    )


def _supports(text: str, extraction: Extraction, links: Mapping[int, Link], day: date | None) -> Iterable[Support]:
    times = FactTimes.read(text, extraction, day)
    for relation in extraction.relations:
        if relation.modality is Modality.ASSERTED and relation.head in links and relation.tail in links:
            subject, object = links[relation.head].key, links[relation.tail].key
            if subject != object:
                first, last = times.of(relation) or (None, None)
                yield Support(
                    extraction.chunk_id,
                    relation.start,
                    relation.end,
                    subject,
                    relation.type,
                    object,
                    relation.confidence,
                    first,
                    last,
                )
