"""From what was read in the chunks of one document to entity keys and supported triples. Pure: no store is asked.

A pronoun or description stands for the named mention of its coreference cluster; without one it makes no entity. Only
what the text asserts becomes a triple, and each carries the span that says so, with the time that it gives. Events are
kept with their modality.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from kgqa.graph.events import Told, told_events
from kgqa.graph.fact_times import FactTimes
from kgqa.graph.identity import coarse_type, name_key, normalised, plain_and_key, value_key
from kgqa.graph.short_names import abbreviates, fuller_names, in_brackets
from kgqa.text import document_date
from kgqa.types import Argument, Document, Event, Extraction, Mention, Modality, Relation

__all__ = ["Definition", "DocumentGraph", "Link", "Support", "build", "surface"]

PERSON = "Person"
DOMINANCE = 3
"""A name read under two types in one document has one, if that was read at least this many times as often."""


class Link(NamedTuple):
    """A mention and the key of the entity that it refers to. A tuple, as is ``Support``: millions of them are made."""

    chunk_id: str
    start: int
    end: int
    key: str
    type: str
    name: str
    """As it stands in the text; empty for a pronoun or description."""
    confidence: float


class Support(NamedTuple):
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


def build(document: Document, extractions: Sequence[Extraction]) -> DocumentGraph:
    """The graph of one document.

    Raises:
        ValueError: an offset lies outside the text, or a relation or cluster names a mention that is not there.
    """
    for extraction in extractions:
        _check(extraction, len(document.text))
    read = [_names(document.text, extraction) for extraction in extractions]
    counts = Counter(itertools.chain.from_iterable(names.values() for names in read))
    known = {named: plain_and_key(*named) for named in counts}
    types = _settled_types(counts, known)
    definitions = [
        definition
        for extraction, names in zip(extractions, read, strict=True)
        for definition in _definitions(document.text, extraction, names, types)
    ]
    read_as = _DocumentKeys(types, _unambiguous(definitions), _fuller_people(counts, types))
    keys = {named: read_as.of(*named, key) for named, (_, key) in known.items()}
    links: dict[tuple[str, int, int, str], Link] = {}
    supports: dict[tuple[str, str, str], list[Support]] = {}
    read_links: list[Mapping[int, Link]] = []
    day = document_date(document.metadata)
    for extraction, names in zip(extractions, read, strict=True):
        linked = _links(extraction, names, keys)
        for link in linked.values():
            place = link[:4]
            if link.confidence > links.setdefault(place, link).confidence:
                links[place] = link
        for support in _supports(document.text, extraction, linked, day):
            supports.setdefault(support[3:6], []).append(support)
        read_links.append(linked)
    return DocumentGraph(
        tuple(links.values()),
        tuple(itertools.chain.from_iterable(map(_narrowest, supports.values()))),
        tuple(dict.fromkeys(definitions)),
        told_events(zip(extractions, read_links, strict=True), links, day),
    )


def surface(text: str, start: int, end: int) -> str:
    """A name as it stands in the text, its white space put right."""
    return " ".join(text[start:end].split())


def _narrowest(supports: list[Support]) -> list[Support]:
    """Those of one fact that hold no other: two sentences are no evidence beside one of them."""
    if len(supports) == 1:
        return supports
    surest: dict[tuple[str, int, int], Support] = {}
    for support in supports:
        place = (support.chunk_id, support.start, support.end)
        if support.confidence > surest.setdefault(place, support).confidence:
            surest[place] = support
    kept: list[Support] = []
    for new in sorted(surest.values(), key=lambda support: (support.end - support.start, support.start)):
        if not any(new.start <= known.start and known.end <= new.end for known in kept):
            kept.append(new)
    return kept


def _check(extraction: Extraction, length: int) -> None:
    arguments = [argument for event in extraction.events for argument in event.arguments]
    spans: list[Mention | Relation | Event | Argument] = [*extraction.mentions, *extraction.relations]
    spans += [*extraction.events, *arguments]
    for span in spans:
        if not 0 <= span.start < span.end <= length:
            what = span.role if isinstance(span, Argument) else span.type
            raise ValueError(f"{what} at {span.start}:{span.end} lies outside a text of {length} characters.")
    numbers = {end for r in extraction.relations for end in (r.head, r.tail)}
    numbers.update(*extraction.clusters)
    numbers.update(argument.mention for argument in arguments if argument.mention is not None)
    if numbers and not 0 <= min(numbers) <= max(numbers) < len(extraction.mentions):
        raise ValueError(f"The extraction of chunk {extraction.chunk_id} refers to mentions that it does not have.")


# --- Keys of names ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _DocumentKeys:
    """How the names of one document are read."""

    types: Mapping[tuple[str, str], str]
    full: Mapping[str, str]
    people: Mapping[str, str]

    def of(self, name: str, type: str, key: str) -> tuple[str, str]:
        """Key and settled type of a name that has this key by itself."""
        settled = self.types.get((normalised(name), type), type) if self.types else type
        full = self.people.get(name, name) if settled == PERSON else name
        if settled != type or full != name:
            key = name_key(full, settled)
        return self.full.get(key, key), settled


_Names = Mapping[int, tuple[str, str]]
"""By the number of the mention: name and type of those that name something."""
_Keys = Mapping[tuple[str, str], tuple[str, str]]
"""By name and type as read: key and settled type."""


def _known_type(mention: Mention) -> str:
    """The type as far as identity is concerned: what a user's own type divides stays one thing."""
    return mention.kind or mention.type


def _names(text: str, extraction: Extraction) -> _Names:
    return {
        number: (surface(text, mention.start, mention.end), _known_type(mention))
        for number, mention in enumerate(extraction.mentions)
        if not mention.nominal
    }


def _settled_types(
    read: Mapping[tuple[str, str], int], known: Mapping[tuple[str, str], tuple[str, str]]
) -> dict[tuple[str, str], str]:
    """For a name and a type it was read under, the type it has in this document (one sense per discourse).

    ``read`` is how often each name as it stands in the text was read under a type, ``known`` its ``plain_and_key``.
    """
    first: dict[str, str] = {}
    several = {plain for (_, type), (plain, _) in known.items() if first.setdefault(plain, type) != type}
    by_name: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for (name, type), count in read.items() if several else ():
        by_name[normalised(name)][type] += count
    settled: dict[tuple[str, str], str] = {}
    for name in several:
        (most, best), *others = sorted((-count, type) for type, count in by_name[name].items())
        if most <= DOMINANCE * sum(count for count, _ in others):
            settled.update({(name, other): best for _, other in others})
    return settled


def _fuller_people(read: Iterable[tuple[str, str]], types: Mapping[tuple[str, str], str]) -> dict[str, str]:
    return fuller_names(
        name for name, type in read if (types.get((normalised(name), type), type) if types else type) == PERSON
    )


def _definitions(
    text: str, extraction: Extraction, names: _Names, types: Mapping[tuple[str, str], str]
) -> Iterable[Definition]:
    if "(" not in text and "（" not in text:
        return
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


def _links(extraction: Extraction, names: _Names, keys: _Keys) -> dict[int, Link]:
    """By the number of the mention; mentions that refer to nothing with a name are left out."""
    links: dict[int, Link] = {}
    for number, named in names.items():
        mention = extraction.mentions[number]
        key, type = keys[named]
        if mention.value and _known_type(mention) == type:
            key = value_key(mention.value, type)
        if key:
            own = mention.type if mention.kind == type else type
            links[number] = Link(
                extraction.chunk_id, mention.start, mention.end, key, own, named[0], mention.confidence
            )
    for cluster in extraction.clusters:
        candidates = [number for number in cluster if number in links]
        for number in cluster:
            mention = extraction.mentions[number]
            if mention.nominal and candidates:
                links[number] = links[_antecedent(mention, candidates, extraction.mentions)]._replace(
                    start=mention.start, end=mention.end, name="", confidence=mention.confidence
                )
    return links


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
