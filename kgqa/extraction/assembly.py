"""Puts together what was read in the windows of a chunk: one list of mentions, their relations, clusters and events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kgqa.encoder import ModelFolder
from kgqa.errors import ModelError
from kgqa.extraction.events import EventRead
from kgqa.extraction.modality import Cues, Scope, modality_of
from kgqa.extraction.pairs import choose_facts, clusters, links, shared_names
from kgqa.extraction.schema import REFERENCE, Schema
from kgqa.extraction.windows import Window
from kgqa.text import sentences
from kgqa.types import Argument, Chunk, Event, Extraction, Mention, Modality, Relation, Span

__all__ = ["ExtractionConfig", "WindowRead", "assemble"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ExtractionConfig:
    """What `config.json` of a model folder says about decoding."""

    version: str
    types: tuple[str, ...]
    relations: tuple[str, ...]
    roles: tuple[str, ...]
    span_threshold: float
    link_threshold: float
    relation_thresholds: Mapping[str, float]
    trigger_threshold: float = 0.0
    role_threshold: float = 0.0
    reference_threshold: float | None = None
    """From which score on a pronoun stands for a name, where these are read again; None where they are not."""
    apart_margin: float = 0.0
    """By how much more than its threshold a fact must score whose ends stand in different sentences."""
    language_margins: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Language → relation → by how much more than its threshold it must score there."""
    trigger_margins: Mapping[str, float] = field(default_factory=dict)
    """Type of event → by how much more than `trigger_threshold` its triggers must score."""
    name_margins: Mapping[str, float] = field(default_factory=dict)
    """Type of entity → by how much more than `span_threshold` its names must score."""

    def within(self, language: str) -> "ExtractionConfig":
        """The configuration with the thresholds of relations that hold in texts of a language."""
        more = self.language_margins.get(language, {})
        limits = {name: self.relation_thresholds.get(name, 0.0) + margin for name, margin in more.items()}
        return replace(self, relation_thresholds={**self.relation_thresholds, **limits}) if more else self

    @classmethod
    def of(cls, folder: ModelFolder) -> "ExtractionConfig":
        """The configuration of a model folder.

        Raises:
            ModelError: it is not an extraction model's.
        """
        raw: Mapping[str, Any] = folder.config
        try:
            thresholds = {str(name): float(value) for name, value in raw["relation_thresholds"].items()}
            numbers = float(raw["span_threshold"]), float(raw["link_threshold"])
            others = {name: float(raw[name]) for name in _OPTIONAL if name in raw}
            margins = {
                str(language): {str(name): float(value) for name, value in more.items()}
                for language, more in raw.get("language_margins", {}).items()
            }
            surer, names = (
                {str(name): float(value) for name, value in raw.get(key, {}).items()}
                for key in ("trigger_margins", "name_margins")
            )
            labels = tuple(raw["types"]), tuple(raw["relations"]), tuple(raw["roles"])
            config = cls(str(raw["version"]), *labels, *numbers, thresholds)
            config = replace(config, language_margins=margins, trigger_margins=surer, name_margins=names)
            return replace(config, **others)  # type: ignore[arg-type]  # they are numbers
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            what = f"{folder.path} does not hold an extraction model ({error!r})."
            raise ModelError(f"{what} Train or install one again.") from error


_OPTIONAL = ("trigger_threshold", "role_threshold", "reference_threshold", "apart_margin")


@dataclass(frozen=True, slots=True)
class WindowRead:
    """What was read in a window: spans by their tokens, with the scores of their pairs."""

    window: Window
    spans: list[tuple[int, int, int, float]]
    pairs: Floats | None
    events: list[EventRead] = field(default_factory=list)

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """The spans in characters of the text."""
        return [(self.window.offsets[first][0], self.window.offsets[last][1]) for first, last, _, _ in self.spans]


@dataclass(slots=True)
class _Joined:
    """What the windows of a chunk say about pairs, in the numbers of the chunk's mentions."""

    number: Mapping[tuple[int, int], int]
    links: set[tuple[int, int]] = field(default_factory=set)
    facts: dict[tuple[int, int, str], float] = field(default_factory=dict)

    def add(self, text: str, read: WindowRead, config: ExtractionConfig, schema: Schema) -> None:
        """Add one window's; a mention that another window read better takes its relations with it."""
        if read.pairs is None or not read.spans:
            return
        types = [config.types[kind] for _, _, kind, _ in read.spans]
        kept = [self.number.get(place, -1) for place in read.offsets]
        names = [name for name in config.relations if name in schema.relations]
        relations, count = read.pairs[..., : len(names)], len(types)
        for fact in choose_facts(relations, types, names, schema, config.relation_thresholds):
            key = kept[fact.head], kept[fact.tail], fact.type
            if min(key[:2]) >= 0:
                self.facts[key] = max(fact.score, self.facts.get(key, -np.inf))
        words = [text[start:end] for start, end in read.offsets]
        for one, other in links(read.pairs[:count, :count, -1], words, types, config.link_threshold):
            if min(kept[one], kept[other]) >= 0:
                self.links.add((kept[one], kept[other]))


def assemble(
    chunk: Chunk, reads: Sequence[WindowRead], config: ExtractionConfig, schema: Schema, name: str
) -> Extraction:
    """What the windows of a chunk say together, with the document's offsets."""
    config = config.within(chunk.language)
    places: dict[tuple[int, int], tuple[int, float]] = {}
    for read in reads:
        for place, (_, _, kind, score) in zip(read.offsets, read.spans, strict=True):
            if score > places.get(place, (0, -np.inf))[1]:
                places[place] = kind, score
    nominal = config.types.index(REFERENCE) if REFERENCE in config.types else -1
    order = _without_overlaps(places, nominal) if len(reads) > 1 else sorted(places)
    joined = _Joined({place: n for n, place in enumerate(order)})
    for read in reads:
        joined.add(chunk.text, read, config, schema)
    types = [config.types[places[place][0]] for place in order]
    joined.links.update(shared_names([chunk.text[start:end] for start, end in order], types))
    groups = clusters(sorted(joined.links))
    mentions = tuple(
        _mention(chunk, place, kind, places[place][0] == nominal, places[place][1])
        for place, kind in zip(order, _named_types(types, groups), strict=True)
    )
    statements = _Statements(chunk, mentions)
    events = _events(statements, reads, config)
    return Extraction(chunk.id, mentions, _relations(statements, groups, joined.facts, config), groups, name, events)


@dataclass(frozen=True, slots=True)
class _Statements:
    """What a chunk says, sentence by sentence: whether it is stated, denied or left open."""

    chunk: Chunk
    mentions: Sequence[Mention]
    _sentences: list[Span] = field(default_factory=list)
    _scopes: dict[Span, list[Scope]] = field(default_factory=dict)

    @property
    def sentences(self) -> list[Span]:
        """Of the chunk, in its own offsets."""
        if not self._sentences:
            self._sentences.extend(sentences(self.chunk.text, self.chunk.language))
        return self._sentences

    def modality(self, *spans: Span) -> Modality:
        """Of a statement whose words are at these places of the chunk."""
        base, scopes = self.chunk.start, list[Scope]()
        for sentence in self.sentences:
            if any(sentence.start <= span.start < sentence.end for span in spans):
                if sentence not in self._scopes:
                    names = [(m.start - base, m.end - base) for m in self.mentions if not m.nominal]
                    self._scopes[sentence] = Cues.load().scopes(self.chunk.text, sentence, names)
                scopes += self._scopes[sentence]
        return modality_of(self.chunk.text, scopes, [(span.start, span.end) for span in spans])

    def place(self, mention: int) -> Span:
        """Of a mention in the chunk."""
        return Span(*(end - self.chunk.start for end in (self.mentions[mention].start, self.mentions[mention].end)))


def _events(statements: _Statements, reads: Sequence[WindowRead], config: ExtractionConfig) -> tuple[Event, ...]:
    """The events of all windows; of one that two windows hold, what the surer one says."""
    chunk, mentions = statements.chunk, statements.mentions
    best: dict[tuple[int, int, int], tuple[EventRead, Window]] = {}
    for read in reads:
        offsets = read.window.offsets
        for event in read.events:
            key = offsets[event.first][0], offsets[event.last][1], event.kind
            if key not in best or event.score > best[key][0].score:
                best[key] = event, read.window
    made = []
    for (start, end, kind), (event, window) in sorted(best.items()):
        arguments = tuple(
            _argument(chunk, window.offsets[first][0], window.offsets[last][1], config.roles[role], score, mentions)
            for first, last, role, score in event.arguments
        )
        time = next((argument.text for role in _TIMES for argument in arguments if argument.role == role), "")
        place, words = (chunk.start + start, chunk.start + end), chunk.text[start:end]
        said = statements.modality(Span(start, end)), _probability(event.score)
        made.append(Event(*place, words, config.types[kind], arguments, time, *said))
    return tuple(made)


_TIMES = ("TIME", "DATE")
"""Roles that say when an event takes place."""


def _argument(chunk: Chunk, start: int, end: int, role: str, score: float, mentions: Sequence[Mention]) -> Argument:
    place = chunk.start + start, chunk.start + end
    exact = [n for n, mention in enumerate(mentions) if (mention.start, mention.end) == place]
    inside = [n for n, m in enumerate(mentions) if place[0] <= m.start and m.end <= place[1]]
    mention = (exact or inside)[0] if exact or len(inside) == 1 else None
    return Argument(*place, chunk.text[start:end], role, mention, _probability(score))


def _mention(chunk: Chunk, place: tuple[int, int], kind: str, nominal: bool, score: float) -> Mention:
    start, end = place
    text = chunk.text[start:end]
    return Mention(chunk.start + start, chunk.start + end, text, kind, _probability(score), nominal)


def _without_overlaps(places: Mapping[tuple[int, int], tuple[int, float]], nominal: int) -> list[tuple[int, int]]:
    """Neighbouring windows may cut the same words differently: the better one stays."""
    kept: list[tuple[int, int]] = []
    for place in sorted(places, key=lambda place: (-places[place][1], place)):
        refers = places[place][0] == nominal
        if all(place[1] <= o[0] or o[1] <= place[0] or refers != (places[o][0] == nominal) for o in kept):
            kept.append(place)
    return sorted(kept)


def _named_types(types: Sequence[str], groups: Sequence[Sequence[int]]) -> list[str]:
    """The types, where a reference takes that of the first name that it stands for."""
    named = list(types)
    for group in groups:
        known = next((types[member] for member in group if types[member] != REFERENCE), REFERENCE)
        for member in group:
            named[member] = known if types[member] == REFERENCE else types[member]
    return named


def _relations(
    statements: _Statements,
    groups: Sequence[Sequence[int]],
    facts: Mapping[tuple[int, int, str], float],
    config: ExtractionConfig,
) -> tuple[Relation, ...]:
    """The facts as relations; the evidence is the sentences that hold both mentions and what lies between.

    What is said of a thing and itself is left out, and what is said across sentences without being sure enough.
    """
    chunk, mentions = statements.chunk, statements.mentions
    group = {member: n for n, members in enumerate(groups) for member in members}
    made = []
    for (head, tail, kind), score in sorted(facts.items()):
        if mentions[head].text == mentions[tail].text or group.get(head, -1) == group.get(tail, -2):
            continue
        ends = statements.place(head), statements.place(tail)
        evidence = _around(statements.sentences, min(e.start for e in ends), max(e.end for e in ends))
        apart = sum(s.start < evidence.end and evidence.start < s.end for s in statements.sentences) > 1
        if apart and score <= config.relation_thresholds.get(kind, 0.0) + config.apart_margin:
            continue
        place = chunk.start + evidence.start, chunk.start + evidence.end
        made.append(Relation(head, tail, kind, *place, _probability(score), statements.modality(*ends)))
    return tuple(made)


def _around(spans: Sequence[Span], start: int, end: int) -> Span:
    """From the beginning of the sentence that holds `start` to the end of the one that holds `end`."""
    covering = [span for span in spans if span.start < end and start < span.end]
    return Span(min([start, *(span.start for span in covering)]), max([end, *(span.end for span in covering)]))


def _probability(score: float) -> float:
    return round(float(1 / (1 + np.exp(-score))), 4)
