"""Composes an answer out of readings: the words that answer, and the sentence of the document that they stand in."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kgqa.generation.agreement import same_answer
from kgqa.generation.reader import Reading
from kgqa.generation.wording import WORDING, Wording
from kgqa.text import normalise_name, sentences
from kgqa.types import Citation, Passage

__all__ = ["Quote", "Statement", "cite", "compose", "group", "is_telling", "quote_around", "statements"]

LONGEST_QUOTE = 400
_CHOICE = re.compile(r"\bor\b|还是|還是|抑或", re.IGNORECASE)
CLOSE = 0.75
"""Another document's answer is told as well when its confidence is at least this share of the best one's."""


PRONOUNS = frozenset(
    {"he", "him", "his", "she", "her", "hers", "it", "its", "they", "them", "their", "this", "that", "these", "those"}
    | {"who", "which", "i", "we", "you", "us", "他", "她", "它", "他们", "她们", "它们", "其", "此", "这", "那", "我们"}
)
"""Closed classes of both languages: a pronoun answers nothing to one who does not see the passage."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of a passage. Offsets are the document's."""

    passage: Passage
    start: int
    end: int

    @property
    def text(self) -> str:
        """The words between the offsets."""
        chunk = self.passage.chunk
        return chunk.text[self.start - chunk.start : self.end - chunk.start]


@dataclass(frozen=True, slots=True)
class Statement:
    """An answer and the sentences that it rests on, in the order of the reasoning."""

    short: str
    quotes: tuple[Quote, ...]
    confidence: float


def quote_around(passage: Passage, start: int, end: int) -> Quote:
    """The sentence around a span (or the sentences, if it runs over several), without what a long one has far from
    it.
    """
    chunk = passage.chunk
    inner = (start - chunk.start, end - chunk.start)
    around = [span for span in sentences(chunk.text, chunk.language) if span.start < inner[1] and span.end > inner[0]]
    first, last = (around[0].start, around[-1].end) if around else inner
    first, last = min(first, inner[0]), max(last, inner[1])
    if last - first > LONGEST_QUOTE:
        first, last = _clipped(chunk.text, first, last, inner)
    return Quote(passage, chunk.start + first, chunk.start + last)


def group(readings: Sequence[Reading], passages: Sequence[Passage]) -> list[list[Reading]]:
    """The readings by what they answer, the most confident of each group first, the best group first.

    A group is as good as its best reading; a tie goes to the one that more documents support.
    """
    groups: list[list[Reading]] = []
    for reading in sorted(readings, key=lambda reading: -reading.confidence):
        own = next((several for several in groups if same_answer(several[0].text, reading.text)), None)
        if own is None:
            groups.append([reading])
        else:
            own.append(reading)
    return sorted(groups, key=lambda several: (-round(several[0].confidence, 2), -_documents(several, passages)))


def is_telling(reading: Reading, question: str) -> bool:
    """Whether a reading says anything: it is no pronoun, and no words of the question, unless that lets one choose."""
    answer = normalise_name(reading.text)
    return answer not in PRONOUNS and (answer not in normalise_name(question) or _CHOICE.search(question) is not None)


def statements(
    question: str, readings: Sequence[Reading], passages: Sequence[Passage], threshold: float
) -> list[Statement]:
    """The best answer, and another document's different one if it is nearly as sure and as much about the question.

    None below the threshold.
    """
    telling = [reading for reading in readings if is_telling(reading, question)]
    groups = [several for several in group(telling, passages) if several[0].confidence >= threshold]
    if not groups:
        return []
    best = groups[0][0]
    chosen = [groups[0]]
    for several in groups[1:]:
        other = several[0]
        elsewhere = passages[other.passage].chunk.document_id != passages[best.passage].chunk.document_id
        on_subject = other.features.missing <= best.features.missing
        if elsewhere and on_subject and other.confidence >= CLOSE * best.confidence:
            chosen.append(several)
            break
    return [_statement(several[0], passages) for several in chosen]


def compose(found: Sequence[Statement], language: str) -> tuple[str, tuple[Citation, ...]]:
    """The text with markers `[n]`, and what they refer to. Addresses of documents are not known here."""
    wording = WORDING[language]
    citations: list[Citation] = []
    parts: list[str] = []
    for statement in found:
        numbers = []
        for quote in statement.quotes:
            citations.append(cite(quote, len(citations) + 1, statement.confidence))
            numbers.append(len(citations))
        parts.append(_worded(statement, numbers, wording))
    if len(parts) > 1 and _figures_differ(found[0], found[1]):
        parts[0] = wording.differ + parts[0]
    elif len(parts) > 1:
        parts[1] = wording.besides + parts[1]
    return wording.between.join(parts), tuple(citations)


def cite(quote: Quote, n: int, score: float) -> Citation:
    """The citation of a quote under the number `n`."""
    chunk = quote.passage.chunk
    return Citation(
        n, chunk.document_id, chunk.id, chunk.title, "", chunk.page, quote.start, quote.end, quote.text, score
    )


def _statement(reading: Reading, passages: Sequence[Passage]) -> Statement:
    passage = passages[reading.passage]
    return Statement(reading.text, (quote_around(passage, reading.start, reading.end),), reading.confidence)


def _worded(statement: Statement, numbers: Sequence[int], wording: Wording) -> str:
    texts = [" ".join(quote.text.split()) for quote in statement.quotes]
    short = " ".join(statement.short.split()).strip(" ,.;:，。；：、")
    if len(texts) == 1 and len(short) > 0.8 * len(texts[0]):
        return wording.whole.format(quote=texts[0], n=numbers[0])
    told = wording.between.join(wording.sentence.format(quote=t, n=n) for t, n in zip(texts, numbers, strict=True))
    return wording.statement.format(short=short, sentences=told)


def _figures_differ(one: Statement, other: Statement) -> bool:
    a, b = _figures(one.short), _figures(other.short)
    return bool(a and b) and not (a <= b or b <= a)


def _figures(text: str) -> frozenset[str]:
    digits = "".join(character if character.isdecimal() else " " for character in text)
    return frozenset(digits.split())


def _documents(readings: Sequence[Reading], passages: Sequence[Passage]) -> int:
    return len({passages[reading.passage].chunk.document_id for reading in readings})


def _clipped(text: str, first: int, last: int, inner: tuple[int, int]) -> tuple[int, int]:
    """At most `LONGEST_QUOTE` characters around the span, cut at white space where there is some near."""
    spare = max(0, LONGEST_QUOTE - (inner[1] - inner[0])) // 2
    start, end = max(first, inner[0] - spare), min(last, inner[1] + spare)
    if start > first:
        start = max(text.find(" ", start, inner[0]) + 1, start)
    if end < last:
        space = text.rfind(" ", inner[1], end)
        end = space if space > 0 else end
    return start, end
