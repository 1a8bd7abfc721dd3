"""Completes a follow-up question from the turns before it, so that it can be searched and read on its own.

What a pronoun stands for is chosen among the entities of earlier turns: those of the last answer, of the last
question, of the sentences that were cited, then of the turns before; the first whose type the pronoun can stand for.
Entities and types come from the extraction model and from the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kgqa.dialogue.referring import PERSON, PLACE, THING, Pronoun, find_pronouns, opens_ellipsis
from kgqa.extraction import Extractor
from kgqa.text import detect_language, normalise_name
from kgqa.types import Chunk, Mention, Turn, content_id

__all__ = ["rewrite"]

_VALUES = frozenset({"Date", "Quantity"})


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An entity of an earlier turn. The smaller the tier, the more it is talked about."""

    name: str
    type: str
    tier: int


def rewrite(question: str, turns: Sequence[Turn], extractor: Extractor) -> str:
    """The question, complete in itself; unchanged where it is complete already or where nothing was said before.

    Where several entities fit equally well, the question is kept and all of them are added to it as search terms.
    """
    if not turns:
        return question
    language = detect_language(question)
    mentions = _mentions([question], extractor)[0]
    if opens_ellipsis(question, language):
        return _filled(question, mentions, turns[-1], extractor)
    pronouns = find_pronouns(question, language) or _descriptions(mentions)
    candidates = list(_candidates(turns, extractor))
    if pronouns:
        return _substituted(question, pronouns, candidates, language)
    if _names_something(question, mentions, language):
        return question
    topic = next((candidate for candidate in candidates if candidate.type not in _VALUES), None)
    return _with_terms(question, [topic.name], language) if topic else question


def _substituted(question: str, pronouns: Sequence[Pronoun], candidates: Sequence[_Candidate], language: str) -> str:
    for pronoun in reversed(pronouns):
        fitting = _fitting(pronoun, [c for c in candidates if normalise_name(c.name) not in normalise_name(question)])
        if len(fitting) > 1:
            return _with_terms(question, [candidate.name for candidate in fitting], language)
        if fitting:
            name = pronoun.form.format(fitting[0].name).replace("s's", "s'")
            question = question[: pronoun.start] + name + question[pronoun.end :]
    return question


def _fitting(pronoun: Pronoun, candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The candidates of the best tier that has any of the pronoun's types; else the first of unknown type."""
    for types in (pronoun.types, PLACE if pronoun.types == THING else frozenset()):
        typed = [candidate for candidate in candidates if candidate.type in types]
        if typed:
            return [candidate for candidate in typed if candidate.tier == typed[0].tier]
    return [candidate for candidate in candidates if not candidate.type][:1]


def _filled(question: str, mentions: Sequence[Mention], turn: Turn, extractor: Extractor) -> str:
    """An ellipsis takes the place of what is of its type in the question before;
    else it is read after that question.
    """
    before = turn.answer.rewritten or turn.question
    for old in _mentions([before], extractor)[0]:
        for new in mentions:
            if new.type == old.type and not new.nominal and not old.nominal:
                return before[: old.start] + new.text + before[old.end :]
    return f"{before} {question}"


def _candidates(turns: Sequence[Turn], extractor: Extractor) -> Iterator[_Candidate]:
    """Entities of the turns, the most talked about first; each once."""
    seen: set[str] = set()
    for age, turn in enumerate(reversed(turns)):
        for candidate in _of_turn(turn, 4 * age, extractor):
            key = normalise_name(candidate.name)
            if key and key not in seen:
                seen.add(key)
                yield candidate


def _of_turn(turn: Turn, tier: int, extractor: Extractor) -> Iterator[_Candidate]:
    answer = turn.answer
    asked = answer.rewritten or turn.question
    quotes = [citation.quote for citation in answer.citations]
    in_question, *in_quotes = _mentions([asked, *quotes], extractor)
    cited = [mention for mentions in in_quotes for mention in mentions if not mention.nominal]
    typed = {normalise_name(mention.text): mention.type for mention in cited}
    typed |= {normalise_name(entity.name): entity.type for entity in answer.entities}
    if answer.short:
        within = [_Candidate(name, typed[key], tier) for name, key in _named_in(answer.short, cited) if key in typed]
        whole = _Candidate(answer.short, typed.get(normalise_name(answer.short), ""), tier)
        yield from within or ([] if any(map(str.isdecimal, answer.short)) else [whole])
    yield from (_Candidate(mention.text, mention.type, tier + 1) for mention in in_question if not mention.nominal)
    yield from (_Candidate(entity.name, entity.type, tier + 2) for entity in answer.entities)
    yield from (_Candidate(mention.text, mention.type, tier + 3) for mention in cited)


def _named_in(short: str, mentions: Sequence[Mention]) -> list[tuple[str, str]]:
    """Names of mentions that stand in the answer's own words, in the order of these words."""
    found = {mention.text for mention in mentions if mention.text in short}
    return [(name, normalise_name(name)) for name in sorted(found, key=short.index)]


def _descriptions(mentions: Sequence[Mention]) -> list[Pronoun]:
    """What the extraction model takes for a reference without a name: "the company", 这所大学."""
    return [Pronoun(m.start, m.end, THING | PERSON) for m in mentions if m.nominal]


def _names_something(question: str, mentions: Sequence[Mention], language: str) -> bool:
    """Whether the question names an entity: the model says so, or a capital letter inside the sentence does."""
    if any(mention.type not in _VALUES and not mention.nominal for mention in mentions):
        return True
    words = question.split()[1:] if language == "en" else [question]
    is_name: Callable[[str], bool] = str.isupper
    return any(is_name(character) for word in words for character in word)


def _with_terms(question: str, names: Sequence[str], language: str) -> str:
    return f"{question}（{'、'.join(names)}）" if language == "zh" else f"{question} ({', '.join(names)})"


def _mentions(texts: Sequence[str], extractor: Extractor) -> list[list[Mention]]:
    """The mentions of each text, in the order of the text."""
    chunks = []
    for number, text in enumerate(texts):
        id = content_id("turn", str(number), text)
        chunks.append(Chunk(id, id, 0, len(text), text, language=detect_language(text)))
    return [sorted(read.mentions, key=lambda mention: mention.start) for read in extractor.extract(chunks)]
