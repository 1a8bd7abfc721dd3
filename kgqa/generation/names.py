"""The names in a question, and how many of them a passage mentions.

A passage about somebody else may hold words of the right kind; that it never names whom the question is about gives
it away.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from kgqa.extraction import Extractor
from kgqa.generation.tables import has_rows
from kgqa.text import VALUE_TYPES, detect_language, is_cjk, normalise_name
from kgqa.types import Chunk, Entity, Mention, Passage, Span, content_id

__all__ = ["Links", "Name", "Names", "headed", "is_name", "named_share", "no_names", "question_names"]

Links = Callable[[str], Sequence[tuple[Span, Entity]]]
"""Where a text names entities of the graph."""

_WORD = re.compile(r"[a-z0-9\u00c0-\u024f]+|[^\W_]")  # a word of letters and digits, or one ideograph


def _none_known(text: str) -> Sequence[tuple[Span, Entity]]:
    return ()


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a question."""

    text: str
    ids: frozenset[str] = frozenset()
    """Of the entities of the graph that are called so: homonyms have more than one."""


@dataclass(frozen=True, slots=True)
class Names:
    """What texts mention: as the extraction model reads it, and as the graph knows it."""

    extractor: Extractor
    links: Links = _none_known

    def mentions(self, texts: Sequence[str]) -> list[list[Mention]]:
        """The mentions of each text, in the order of the text.

        Of overlapping names the longer counts, else the graph's: it has seen the name in its documents.
        """
        chunks = []
        for number, text in enumerate(texts):
            id = content_id("text", str(number), text)
            chunks.append(Chunk(id, id, 0, len(text), text, language=detect_language(text)))
        return [
            _longest([*self._known(chunk.text), *extraction.mentions])
            for chunk, extraction in zip(chunks, self.extractor.extract(chunks), strict=True)
        ]

    def of(self, question: str) -> tuple["Name", ...]:
        """The names in a question, without values and references.

        Where it has capital letters, what the graph knows as a name ("heavy metal", "clerk") is one only with a capital
        letter or a digit.
        """
        known = [question[place.start : place.end] for place, _ in self.links(question)]
        common = {text for text in known if question[1:] != question[1:].lower() and _is_plain(text)}
        texts = {m.text for m in self.mentions([question])[0] if is_name(m) and m.text not in common}
        ids: defaultdict[str, set[str]] = defaultdict(set)
        for place, entity in self.links(question):
            ids[question[place.start : place.end]].add(entity.id)
        return tuple(Name(text, frozenset(ids[text])) for text in sorted(texts))

    def _known(self, text: str) -> Iterator[Mention]:
        for place, entity in self.links(text):
            yield Mention(place.start, place.end, text[place.start : place.end], entity.type)


def no_names(question: str) -> Sequence[Name]:
    """None: for questions of which only the words count."""
    return ()


def _is_plain(text: str) -> bool:
    """Whether a text is of small letters only."""
    return text.isascii() and text.islower() and not any(map(str.isdigit, text))


def is_name(mention: Mention) -> bool:
    """Whether a mention names something: it is no pronoun or description, and no date or quantity."""
    return not mention.nominal and mention.type not in VALUE_TYPES


def question_names(question: str, extractor: Extractor) -> tuple[str, ...]:
    """What the extraction model takes for names in a question; a name inside a longer one is left out."""
    return tuple(name.text for name in Names(extractor).of(question))


def headed(passages: Sequence[Passage], names: Sequence[Name]) -> list[Passage]:
    """The passages, each under the names that the graph knows to be meant in it though it says "Gomez", "she" or 百度.

    A table is left as it is: what one row means says nothing about the others.
    """
    return [_headed(passage, names) for passage in passages]


def _headed(passage: Passage, names: Sequence[Name]) -> Passage:
    chunk, meant = passage.chunk, frozenset(passage.entities)
    more = [name.text for name in names if name.ids & meant and name.text not in chunk.text]
    if not more or has_rows(chunk.text):
        return passage
    return replace(passage, chunk=replace(chunk, heading=" ".join([chunk.heading, *more])))


def _longest(mentions: Sequence[Mention]) -> list[Mention]:
    """Without names that overlap a longer one, or an equal one before them, in the order of the text."""
    kept = [mention for mention in mentions if mention.nominal]
    names: list[Mention] = []
    for mention in sorted(mentions, key=lambda mention: mention.start - mention.end):
        if not mention.nominal and all(mention.end <= other.start or mention.start >= other.end for other in names):
            names.append(mention)
    return sorted([*kept, *names], key=lambda mention: mention.start)


def named_share(names: Sequence[str], text: str) -> float:
    """The mean over the names of the share that the text mentions, 0 to 1; 1 where there are no names.

    Of a name in words, the share of its words counts: "Gomez" is half of "Aidan Gomez". A Chinese name stands there
    or does not.
    """
    wanted = [words for words in (_WORD.findall(normalise_name(name)) for name in names) if words]
    if not wanted:
        return 1.0
    said = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    told, known = "".join(said), frozenset(said)
    return sum(_share(words, told, known) for words in wanted) / len(wanted)


def _share(words: Sequence[str], told: str, known: frozenset[str]) -> float:
    if any(is_cjk(character) for word in words for character in word):
        return float("".join(words) in told)
    return sum(word in known for word in words) / len(words)
