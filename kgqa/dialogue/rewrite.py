"""Completes a follow-up question from the turns before it, so that it can be searched and read on its own.

What a pronoun or description stands for is chosen among the entities of earlier turns: those of the last answer, of the
last question, of the sentences that were cited, then of the turns before; the first whose type it can stand for. A
question that names something, and points at nothing said before, is complete in any language. Entities and types come
from the extraction model and from the graph.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kgqa.dialogue.referring import (
    PERSON,
    PLACE,
    THING,
    Reference,
    find_descriptions,
    find_pronouns,
    is_rest,
    starts_clause,
)
from kgqa.generation import Names, is_name
from kgqa.text import VALUE_TYPES, detect_language, normalise_name
from kgqa.types import Mention, Turn

__all__ = ["rewrite"]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An entity of an earlier turn. The smaller the tier, the more it is talked about."""

    name: str
    type: str
    tier: int


def rewrite(question: str, turns: Sequence[Turn], names: Names) -> str:
    """The question, complete in itself; unchanged where it is complete already or where nothing was said before.

    Where several entities fit equally well, the question is kept and all of them are added to it as search terms.
    """
    if not turns:
        return question
    language = detect_language(question)
    mentions = names.mentions([question])[0]
    references = _references(question, mentions, language)
    if is_rest(question, language) and (filled := _filled(question, mentions, references, turns[-1], names)):
        return filled
    candidates = list(_candidates(turns, names))
    if references:
        return _substituted(question, references, candidates, language)
    if _names_something(question, mentions, language):
        return question
    topic = next((candidate for candidate in candidates if candidate.type not in VALUE_TYPES), None)
    return _with_terms(question, [topic.name], language) if topic else question


def _references(question: str, mentions: Sequence[Mention], language: str) -> list[Reference]:
    """What points back beyond the question: the pronouns that nothing in it stands before, else the descriptions."""
    pronouns = find_pronouns(question, language)
    if pronouns:
        return [pronoun for pronoun in pronouns if not _is_said(question, pronoun, mentions)]
    found = find_descriptions(question, language)
    read = [Reference(m.start, m.end, THING | PERSON) for m in mentions if m.nominal]
    return found or read


def _is_said(question: str, pronoun: Reference, mentions: Sequence[Mention]) -> bool:
    """Whether the question itself names what a pronoun stands for: in the clauses before the pronoun's own."""
    return any(
        is_name(mention) and mention.type in pronoun.types and starts_clause(question[mention.end : pronoun.start])
        for mention in mentions
        if mention.end <= pronoun.start
    )


def _substituted(
    question: str, references: Sequence[Reference], candidates: Sequence[_Candidate], language: str
) -> str:
    for reference in reversed(references):
        fitting = _fitting(reference, [c for c in candidates if normalise_name(c.name) not in normalise_name(question)])
        if len(fitting) > 1:
            return _with_terms(question, [candidate.name for candidate in fitting], language)
        if fitting:
            name = reference.form.format(fitting[0].name).replace("s's", "s'")
            question = question[: reference.start] + name + question[reference.end :]
    return question


def _fitting(reference: Reference, candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """The candidates of the best tier that has any of the reference's types; else the first of unknown type."""
    for types in (reference.types, PLACE if reference.types == THING else frozenset()):
        typed = [candidate for candidate in candidates if candidate.type in types]
        if typed:
            return [candidate for candidate in typed if candidate.tier == typed[0].tier]
    return [candidate for candidate in candidates if not candidate.type][:1]


def _filled(
    question: str, mentions: Sequence[Mention], references: Sequence[Reference], turn: Turn, names: Names
) -> str:
    """What is mentioned takes the place of what is of its type in the question before; else the question is read after
    that one. Empty where it points back by a pronoun of its own.
    """
    before = turn.answer.rewritten or turn.question
    for old in names.mentions([before])[0]:
        for new in mentions:
            if new.type == old.type and not new.nominal and not old.nominal:
                return before[: old.start] + new.text + before[old.end :]
    return "" if references else f"{before} {question}"


def _candidates(turns: Sequence[Turn], names: Names) -> Iterator[_Candidate]:
    """Entities of the turns, the most talked about first; each once."""
    seen: set[str] = set()
    for age, turn in enumerate(reversed(turns)):
        for candidate in _of_turn(turn, 4 * age, names):
            key = normalise_name(candidate.name)
            if key and key not in seen:
                seen.add(key)
                yield candidate


def _of_turn(turn: Turn, tier: int, names: Names) -> Iterator[_Candidate]:
    answer = turn.answer
    asked = answer.rewritten or turn.question
    quotes = [citation.quote for citation in answer.citations]
    in_question, *in_quotes = names.mentions([asked, *quotes])
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


def _names_something(question: str, mentions: Sequence[Mention], language: str) -> bool:
    """Whether the question names an entity: the model or the graph says so, or a capital letter inside the sentence."""
    if any(map(is_name, mentions)):
        return True
    words = question.split()[1:] if language == "en" else [question]
    return any(character.isupper() for word in words for character in word)


def _with_terms(question: str, names: Sequence[str], language: str) -> str:
    return f"{question}（{'、'.join(names)}）" if language == "zh" else f"{question} ({', '.join(names)})"
