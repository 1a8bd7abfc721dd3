"""Facts that are known beforehand, found again in Chinese text: distant supervision (Mintz et al., ACL 2009).

A text gets the relation of each fact whose two ends it names. What else it says is not known, so nothing counts as
absent but what the facts themselves exclude: a date that belongs to another fact, a colleague.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from kgqa.text import normalise_value
from kgqa.types import Example, Mention, Relation

__all__ = ["Fact", "Name", "cut", "with_facts"]

LONGEST = 250
"""Characters of a text."""
MOST_EXCLUDED = 3
"""Dates beside a fact, and pairs of people in a cast, that a text shows as holding no relation."""

_Span = tuple[int, int]
_Pair = tuple[_Span, _Span]

_SENTENCE = re.compile("[^。！？!?\n]+[。！？!?\n]*")
_TITLE = re.compile("《[^《》]{1,40}》")
_DATE = re.compile(r"(?<![\d.-])(?:\d{4}年(?:\d{1,2}月(?:\d{1,2}[日号])?)?(?!代|间|度)|\d{4}-\d{1,2}-\d{1,2}(?!\d))")
_DEATH = re.compile("逝世|去世|病逝|卒|辞世|遇害|离世|享年|[—－–~～-]")
"""Where a text has one of these, a date beside that of birth may be that of death."""
_LATIN = re.compile("[A-Za-z0-9]")
_SHORT = 3
"""Characters of a title, below which it counts only between its marks."""


@dataclass(frozen=True, slots=True)
class Name:
    """What a thing is called, and its type in the schema. A date is called by its value, ``1957-04``."""

    text: str
    type: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A relation of the schema that is known to hold; none (``""``) where it is known that the pair has none."""

    head: Name
    relation: str
    tail: Name


def cut(text: str, most: int = LONGEST) -> str:
    """The first sentences of a text, at most so many characters; nothing where the first is too long."""
    end = 0
    for sentence in _SENTENCE.finditer(text):
        if sentence.end() > most:
            break
        end = sentence.end()
    return text[:end]


def with_facts(text: str, facts: Iterable[Fact], source: str) -> Example | None:
    """The text with those of the facts whose ends it names, the closest pair of each; None where there are none."""
    facts = list(dict.fromkeys(facts))
    places = _places(text, {name for fact in facts for name in (fact.head, fact.tail)})
    pairs: dict[_Pair, set[str]] = {}
    types: dict[_Span, str] = {}
    for fact in facts:
        ends = [(h, t) for h in places.get(fact.head, ()) for t in places.get(fact.tail, ()) if h != t]
        if ends:
            head, tail = min(ends, key=lambda pair: (_apart(text, *pair), pair))
            types[head], types[tail] = fact.head.type, fact.tail.type
            pairs.setdefault((head, tail), set()).add(fact.relation)
    if not pairs:
        return None
    for pair in _excluded(text, pairs, types):
        pairs.setdefault(pair, {""})
    return _example(text, pairs, types, source)


def _apart(text: str, head: _Span, tail: _Span) -> tuple[int, int]:
    """How far the ends of a pair are apart: in sentences, and in characters."""
    between = text[min(head[1], tail[1]) : max(head[0], tail[0])]
    return sum(map(between.count, "。！？!?\n")), len(between)


def _example(
    text: str,
    pairs: Mapping[_Pair, set[str]],
    types: Mapping[_Span, str],
    source: str,
) -> Example:
    spans = sorted({span for pair in pairs for span in pair})
    number = {span: n for n, span in enumerate(spans)}
    mentions = tuple(Mention(start, end, text[start:end], types[start, end]) for start, end in spans)
    relations = tuple(
        Relation(number[head], number[tail], name, min(head[0], tail[0]), max(head[1], tail[1]))
        for (head, tail), names in sorted(pairs.items())
        for name in sorted(names - {""} or names)
    )
    return Example(text, mentions, relations, source=source)


def _places(text: str, names: Iterable[Name]) -> dict[Name, list[_Span]]:
    """Where a text has the names: longer ones first, and none within another, a word or a title."""
    taken: list[_Span] = []
    titles = [match.span() for match in _TITLE.finditer(text)]
    found: dict[Name, list[_Span]] = {}
    for name in sorted(names, key=lambda name: (-len(name.text), name.text, name.type)):
        spans = _dates(text, name.text) if name.type == "Date" else _named(text, name, titles)
        free = [span for span in spans if not any(span[0] < end and start < span[1] for start, end in taken)]
        if free:
            found[name] = free
            taken += free if name.type != "Date" else ()
    return found


def _named(text: str, name: Name, titles: Sequence[_Span]) -> Iterator[_Span]:
    for match in re.finditer(re.escape(name.text), text, re.IGNORECASE):
        start, end = match.span()
        word = any(_LATIN.match(text[at]) and _LATIN.match(text[at - 1]) for at in (start, end) if 0 < at < len(text))
        inside = next((title for title in titles if title[0] < start and end < title[1]), None)
        whole = inside is not None and (start - 1, end + 1) == inside
        short = name.type == "Work" and len(name.text) < _SHORT
        if (
            not word
            and any(map(str.isalnum, name.text))
            and (whole if inside else not short)
            and (name.type == "Work" or not inside)
        ):
            yield start, end


def _dates(text: str, value: str) -> list[_Span]:
    """The dates of a text that are the value; where there are none, those that leave the day open."""
    values = {match.span(): normalise_value(match[0], "Date") for match in _DATE.finditer(text)}
    exact = [span for span, said in values.items() if said == value]
    return exact or [span for span, said in values.items() if said and value.startswith(said)]


def _excluded(text: str, pairs: Mapping[_Pair, set[str]], types: dict[_Span, str]) -> Iterator[_Pair]:
    """Pairs of the text that hold no relation, as far as its facts tell; the dates among them get their type."""
    dates: dict[_Span, list[_Span]] = {}
    casts: dict[_Span, list[_Span]] = {}
    for head, tail in sorted(pairs):
        if types[tail] == "Date":
            dates.setdefault(head, []).append(tail)
        if pairs[head, tail] & {"CAST_MEMBER", "DIRECTED_BY"}:
            casts.setdefault(head, []).append(tail)
    born = [head for head, tail in pairs if "BORN_ON" in pairs[head, tail]]
    every = [match.span() for match in _DATE.finditer(text)] if not _DEATH.search(text) else []
    others = {tail for tails in dates.values() for tail in tails}
    for head, own in dates.items():
        years = {text[start : start + 4] for start, _ in own}
        far = [span for span in (every if head in born else sorted(others)) if text[span[0] : span[0] + 4] not in years]
        types.update(dict.fromkeys(far[:MOST_EXCLUDED], "Date"))
        yield from ((head, span) for span in far[:MOST_EXCLUDED])
    colleagues = [pair for cast in casts.values() for pair in combinations(cast, 2)]
    yield from colleagues[:MOST_EXCLUDED]
