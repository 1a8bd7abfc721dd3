"""Descriptions in a question: "the doctoral supervisor of Ada Lee", 何丽的博士导师, the parts of it that stand for
something without naming it.

A question with one is two questions: who that is, and what is asked of them. Which part it is, is not decided here: all
stretches that may be one are given, the nearest to the name first, and reading tells which of them has an answer. The
two-question view is DecompRC's, Min et al., ACL 2019 (https://arxiv.org/abs/1906.02916), without its trained splitter.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kgqa.generation.expected import described_types
from kgqa.index.tokens import content_terms
from kgqa.text import detect_language, is_cjk

__all__ = ["Description", "descriptions"]

MOST = 4
"""Descriptions that are tried."""
LONGEST = 400
"""Characters of a question that is looked at: a reader takes in less."""
_WORDS_AFTER = 3
"""Words that may follow the name within an English description: "the company that Ada Lee worked for"."""
_CHARACTERS_AFTER = 12
_DETERMINER = re.compile(r"\b(?:the|a|an)\s", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s?\s")
_RELATIVE = re.compile(r"(?:the|an?)\s(?P<noun>[\w\s-]+?)\s(?:that|which|who)\s(?P<rest>.+)", re.IGNORECASE)
_CLAUSE = re.compile(r"\b(?:that|which|who|whom|whose|where)\b", re.IGNORECASE)
_CONNECTIVE = re.compile(r"\s(?:of|that|which|who|whom|whose|where|by|in|for|from|at|with|behind)\s", re.IGNORECASE)
_CAPITALS = re.compile(r"\b[A-Z][\w.'-]*(?:\s(?:(?:of|the|and|de|in|for|to)\s)*[A-Z0-9][\w.'-]*)*")
_WORD = re.compile(r"[^\s?,;]+")
_ASKING = re.compile(r"谁|誰|什么|甚麼|哪|何[时地处种]|多少|几[个位年月次]|[?？，,；;。]")
_NO_NOUN = frozenset("在是于由被从把向对曾还也又已的了过着和与及、")
"""Characters that a noun does not end with, and that a word may end before."""

_FUNCTION = _NO_NOUN | frozenset("吗呢那这个位所")


@dataclass(frozen=True, slots=True)
class Description:
    """A part of a question. Offsets are the question's."""

    start: int
    end: int
    asked: str
    """The question that it answers."""


def descriptions(question: str, names: Sequence[str], said: str) -> list[Description]:
    """The stretches of a question that may describe something by one of the `names` in it, likelier ones first.

    Each leaves something to be asked. `said` is what the passages say that the question finds: between two Chinese
    characters that never stand together in it, a word may end.
    """
    if len(question) > LONGEST:
        return []
    language = detect_language(question)
    stretches = _chinese(question, names, said) if language == "zh" else _english(question, names)
    found: dict[tuple[int, int], Description] = {}
    for start, end in stretches:
        text = question[start:end]
        if _has_content(question[:start] + " " + question[end:]) and _has_content(_without(text, names)):
            found.setdefault((start, end), Description(start, end, _asked(text, names, language)))
    return list(found.values())[:MOST]


def _english(question: str, names: Sequence[str]) -> Iterator[tuple[int, int]]:
    """From an article before a name to the name, or in a relative clause to a few words after it; from a possessive
    name to the words after it.
    """
    words = [match.span() for match in _WORD.finditer(question)]
    for start, end in _places(question, names):
        after = [stop for first, stop in words if first >= end]
        for article in reversed([match.start() for match in _DETERMINER.finditer(question, 0, start)]):
            in_clause = _CLAUSE.search(question, article, start) is not None
            for stop in [end, *after[:_WORDS_AFTER], *after[-1:]] if in_clause else [end]:
                yield article, _closed(question, article, stop)
        if _POSSESSIVE.match(question, end):
            yield from ((start, stop) for stop in after[:2])


def _closed(question: str, start: int, end: int) -> int:
    """The end, or that of the bracket that is open there."""
    text = question[start:end]
    closing = question.find(")", end) + 1 if text.count("(") > text.count(")") else 0
    return closing or end


def _chinese(question: str, names: Sequence[str], said: str) -> Iterator[tuple[int, int]]:
    """From a name, or from the beginning, to the end of a word after it, before what asks and within the clause."""
    places = _places(question, names)
    opening = [] if any(start == 0 for start, _ in places) else [(0, 2)]
    for start, end in [*places, *opening]:
        limit = _ASKING.search(question, end)
        last = min(limit.start() if limit else len(question), end + _CHARACTERS_AFTER)
        for stop in range(end + 2, last + 1):
            if question[stop - 1] not in _NO_NOUN and _ends_word(question, stop, said):
                yield start, stop


def _ends_word(question: str, at: int, said: str) -> bool:
    before, after = question[at - 1 : at], question[at : at + 1]
    if not after or after in _NO_NOUN or is_cjk(before) != is_cjk(after):
        return True
    return question[at - 2 : at] in said and before + after not in said


def _places(question: str, names: Sequence[str]) -> list[tuple[int, int]]:
    """Where the names stand, and other words with a capital letter, the last first."""
    found: list[tuple[int, int]] = []
    for name in sorted(names, key=len, reverse=True):
        found += [match.span() for match in re.finditer(re.escape(name), question) if _is_free(match.span(), found)]
    found += [
        match.span() for match in _CAPITALS.finditer(question, question.find(" ") + 1) if _is_free(match.span(), found)
    ]
    return sorted(found, reverse=True)


def _is_free(place: tuple[int, int], taken: Sequence[tuple[int, int]]) -> bool:
    return all(place[1] <= start or place[0] >= end for start, end in taken)


def _asked(text: str, names: Sequence[str], language: str) -> str:
    head = _without(text, names) if language == "zh" else _CONNECTIVE.split(text, maxsplit=1)[0]
    types = described_types(head, language)
    person = not types or "Person" in types
    if language == "zh":
        return f"{text}是谁？" if person else f"{text}是什么？"
    if relative := _RELATIVE.fullmatch(text):
        return f"Which {relative['noun']} {relative['rest']}?"
    return f"Who is {text}?" if person else f"What is {text}?"


def _without(text: str, names: Sequence[str]) -> str:
    for name in names:
        text = text.replace(name, " ")
    return text


def _has_content(text: str) -> bool:
    """Whether a text has a word that is neither a function word nor a number."""
    return any(not term.isdecimal() and term not in _FUNCTION for term in content_terms(text))
