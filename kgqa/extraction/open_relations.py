"""Open relations: where no type of the schema is read between two names, the words between them name the relation.

A predicate phrase that stands whole between two names of a sentence, neither of which hangs on something else, joins
them: (Google, `~acquired`, DeepMind). Names that are joined ("A and B founded C") do the same. What the text denies or
leaves open has its modality, as other relations have.
"""

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from kgqa.extraction.extractor import Extractor
from kgqa.extraction.modality import Cues, Scope, modality_of
from kgqa.extraction.predicate_phrases import Grammar, grammars, words
from kgqa.text import DATE, VALUE_TYPES, is_cjk, sentences
from kgqa.types import Chunk, Extraction, Relation, Span

__all__ = ["OPEN", "OpenExtractor", "is_open", "open_relations", "phrase_of"]

PERSON = "Person"
OPEN = "~"
"""Before the words of a predicate that is open. No type of a schema begins so."""


def is_open(predicate: str) -> bool:
    """Whether a predicate is the words of a text rather than a type of a schema."""
    return predicate.startswith(OPEN)


def phrase_of(predicate: str) -> str:
    """The words of an open predicate."""
    return predicate.removeprefix(OPEN)


class OpenExtractor:
    """An extractor that also gives open relations."""

    def __init__(self, extractor: Extractor) -> None:
        self.extractor = extractor

    @property
    def name(self) -> str:
        """That of the model, and what tells predicates."""
        return f"{self.extractor.name}+open-{_version()}"

    def extract(self, chunks: Sequence[Chunk]) -> list[Extraction]:
        """What the model reads, and the open relations beside it."""
        found = zip(chunks, self.extractor.extract(chunks), strict=True)
        return [
            dataclasses.replace(e, relations=(*e.relations, *open_relations(chunk, e)), extractor=self.name)
            for chunk, e in found
        ]


def open_relations(chunk: Chunk, extraction: Extraction) -> tuple[Relation, ...]:
    """The open relations of a chunk, in the order of its text."""
    things = _Things(extraction)
    found = dict[tuple[int, int, str], Relation]()
    for sentence in sentences(chunk.text, chunk.language):
        for relation in _Sentence(chunk, extraction, sentence).relations():
            if not things.have(relation) and all(things.is_plain(n, relation) for n in (relation.head, relation.tail)):
                found.setdefault((relation.head, relation.tail, relation.type), relation)
    return tuple(found.values())


class _Things:
    """What the mentions of a chunk stand for, and the typed relations of these things."""

    def __init__(self, extraction: Extraction) -> None:
        self._mentions = extraction.mentions
        self._cluster = {member: members for members in extraction.clusters for member in members}
        self._typed = [(self._pair(relation), relation) for relation in extraction.relations]
        self._people = frozenset[str]().union(*(grammar.people for grammar in grammars().values()))

    def have(self, new: Relation) -> bool:
        """Whether both ends are one thing, or the sentence has a typed relation between them."""
        pair = self._pair(new)
        return len(pair) < 2 or any(
            pair == other and relation.start < new.end and new.start < relation.end for other, relation in self._typed
        )

    def is_plain(self, number: int, said: Relation) -> bool:
        """Whether an end of a relation is a name, or what it stands for is out of doubt.

        That has a name before it, no other of its type stands before it in the sentence, and who is called he or she
        is a person. Coreference errs in the rest: on the sample all 16 English facts of a pronoun whose only names
        come behind it were wrong.
        """
        mention, cluster = self._mentions[number], self._cluster.get(number, ())
        if not mention.nominal:
            return True
        if mention.text.lower() in self._people and mention.type != PERSON:
            return False
        before = [n for n, other in enumerate(self._mentions) if not other.nominal and other.end <= mention.start]
        rivals = (self._mentions[n] for n in before if n not in cluster)
        has_rival = any(rival.type == mention.type and rival.start >= said.start for rival in rivals)
        return not has_rival and any(n in cluster for n in before)

    def _pair(self, relation: Relation) -> frozenset[int]:
        return frozenset(min(self._cluster.get(end, (end,))) for end in (relation.head, relation.tail))


@dataclass(frozen=True)
class _Sentence:
    """A sentence of a chunk; places are those of the chunk's text."""

    chunk: Chunk
    extraction: Extraction
    span: Span

    def relations(self) -> Iterator[Relation]:
        """The predicates between names that follow each other, each with all names that are joined to these."""
        said = dict[int, list[int]]()  # by the last name of a predicate its subjects, which the next may share
        for place, (one, other) in enumerate(zip(self._ends, self._ends[1:], strict=False)):
            grammar = self._grammar(self._at(one).end, self._at(other).start)
            start, end = self._at(one).end, self._at(other).start
            more = grammar.goes_on(self.chunk.text[start:end]) if one in said else None
            heads = self._subjects(grammar, place) if more is None else said[one]
            start = self._after_dates(start if more is None else end - len(more), end)
            phrase = self._predicate(grammar, start, other) if heads else ""
            if not phrase:
                continue
            tails = self._joined(grammar, place + 1, 1)
            said[tails[-1]] = heads
            for head in heads:
                for tail in tails:
                    yield self._relation((head, tail), phrase, start, grammar.precision)

    def _subjects(self, grammar: Grammar, place: int) -> list[int]:
        """The mention at a place and those joined to it; none where they hang on something."""
        first = place
        while first and self._are_joined(grammar, first - 1):
            first -= 1
        left = self.chunk.text[self.span.start : self._at(self._ends[first]).start]
        return self._joined(grammar, place, -1) if grammar.begins(left) else []

    @cached_property
    def _ends(self) -> list[int]:
        """The mentions in the order of the text, of those in each other the outermost, without values."""
        chosen, end = list[int](), self.span.start
        order = sorted(range(len(self.extraction.mentions)), key=lambda n: (self._at(n).start, -self._at(n).end))
        for number in order:
            at, mention = self._at(number), self.extraction.mentions[number]
            if end <= at.start and at.end <= self.span.end and mention.type not in VALUE_TYPES:
                chosen.append(number)
                end = at.end
        return chosen

    def _predicate(self, grammar: Grammar, start: int, other: int) -> str:
        """The phrase from here to a mention, or around it; empty where there is none or the mention is cut short."""
        between = self.chunk.text[start : self._at(other).start]
        right = self.chunk.text[self._at(other).end : self.span.end]
        return grammar.around(between, right) or (grammar.phrase(between) if grammar.closes(right) else "")

    def _after_dates(self, start: int, end: int) -> int:
        """Where the text goes on behind the dates that it begins with, and their prepositions."""
        text = self.chunk.text
        for mention in self.extraction.mentions:
            first, last = mention.start - self.chunk.start, mention.end - self.chunk.start
            is_next = start <= first and last <= end and text[start:first].strip().lower() in _BEFORE_DATES
            start = last if mention.type == DATE and is_next else start
        return start

    def _joined(self, grammar: Grammar, place: int, step: int) -> list[int]:
        """The mention and those of its type that are joined to it, before it or after it."""
        made = [self._ends[place]]
        while 0 <= place + step < len(self._ends) and self._are_joined(grammar, min(place, place + step)):
            place += step
            made.append(self._ends[place])
        if step > 0 and not grammar.closes(self.chunk.text[self._at(made[-1]).end : self.span.end]):
            made = made[:1]
        kind = self.extraction.mentions[made[0]].type
        return [number for number in made if self.extraction.mentions[number].type == kind]

    def _are_joined(self, grammar: Grammar, place: int) -> bool:
        one, other = self._ends[place], self._ends[place + 1]
        return bool(grammar.joints.fullmatch(self.chunk.text, self._at(one).end, self._at(other).start))

    def _relation(self, ends: tuple[int, int], phrase: str, start: int, precision: float) -> Relation:
        mentions, base, (head, tail) = self.extraction.mentions, self.chunk.start, ends
        between = start + len(self.chunk.text[start:]) - len(self.chunk.text[start:].lstrip())
        places = [(between, between + 1), *((self._at(n).start, self._at(n).end) for n in ends)]
        modality = modality_of(self.chunk.text, self._scopes, places)
        confidence = round(precision * min(mentions[head].confidence, mentions[tail].confidence), 4)
        place = base + self.span.start, base + self.span.end
        return Relation(head, tail, f"{OPEN}{phrase}", *place, confidence, modality)

    @cached_property
    def _scopes(self) -> list[Scope]:
        names = [(self._at(n).start, self._at(n).end) for n, m in enumerate(self.extraction.mentions) if not m.nominal]
        return Cues.load().scopes(self.chunk.text, self.span, names)

    def _at(self, number: int) -> Span:
        mention = self.extraction.mentions[number]
        return Span(mention.start - self.chunk.start, mention.end - self.chunk.start)

    def _grammar(self, start: int, end: int) -> Grammar:
        return grammars()["zh" if any(map(is_cjk, self.chunk.text[start:end])) else "en"]


_BEFORE_DATES = frozenset({"", "in", "on", "since", "by", "from", "at", "在", "于", "自", "从", "，", ","})


def _version() -> str:
    """Changes whenever the words do, so that documents are read again."""
    return hashlib.sha256(words().encode()).hexdigest()[:8]
