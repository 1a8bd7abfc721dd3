"""Words that point back in a dialogue:
the closed class of pronouns of each language, and the types they can stand for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["PERSON", "PLACE", "THING", "Pronoun", "find_pronouns", "opens_ellipsis"]

PERSON = frozenset({"Person"})
PLACE = frozenset({"Place"})
THING = frozenset({"Organization", "Product", "Work", "Event", "Concept", "Award", "Group"})
"""What "it" stands for; a place only where none of these was said: "it" is what was asked about, not where."""
PLURAL = PERSON | THING


@dataclass(frozen=True, slots=True)
class Pronoun:
    """A pronoun in a question. Offsets are the question's."""

    start: int
    end: int
    types: frozenset[str]
    """Types that it can stand for."""
    form: str = "{}"
    """How a name takes its place."""


_ENGLISH: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("he", "him", "his", "she", "her", "hers"), PERSON),
    **dict.fromkeys(("it", "its"), THING),
    **dict.fromkeys(("they", "them", "their", "theirs"), PLURAL),
    "there": PLACE,
}
_ENGLISH_POSSESSIVE = frozenset({"his", "its", "their", "hers", "theirs"})
_CHINESE: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("他", "她"), PERSON),
    "它": THING,
    **dict.fromkeys(("他们", "她们", "它们"), PLURAL),
    **dict.fromkeys(("那里", "那儿", "那边", "该地"), PLACE),
    **dict.fromkeys(
        ("该公司", "这家公司", "那家公司", "该机构", "该组织", "该校", "该实验室"), frozenset({"Organization"})
    ),
    **dict.fromkeys(("该模型", "这个模型", "该产品", "该系统"), frozenset({"Product", "Work"})),
    **dict.fromkeys(("此人", "这个人", "那个人", "这位", "那位"), PERSON),
}
_ENGLISH_PRONOUN = re.compile(rf"\b(?:{'|'.join(sorted(_ENGLISH, key=len, reverse=True))})\b", re.IGNORECASE)
_CHINESE_PRONOUN = re.compile(f"(?<!其)(?:{'|'.join(sorted(_CHINESE, key=len, reverse=True))})")
_NEXT_WORD = re.compile(r"\s+([A-Za-z]+)")
_THERE_IS = re.compile(r"\s+(?:is|are|was|were|been|be)\b|(?<=\w)\s+(?:any|a|an|some|no)\b", re.IGNORECASE)
_IS_THERE = re.compile(r"\b(?:is|are|was|were|been|be)\s+$", re.IGNORECASE)
_AFTER_PREPOSITION = re.compile(r"\b(?:from|to|in|near|around)\s+$", re.IGNORECASE)
_NOT_NOUNS = frozenset(
    {"in", "on", "at", "to", "from", "for", "of", "by", "with", "about", "as", "into", "after", "before", "during"}
    | {"since", "until", "and", "or", "but", "when", "where", "while", "that", "than"}
    | {"is", "are", "was", "were", "do", "does", "did", "has", "have", "had", "be", "been", "become"}
)
_ENGLISH_OPENING = re.compile(r"^(?:and|but|so)\b|^(?:what|how) about\b", re.IGNORECASE)
_CHINESE_OPENING = re.compile(r"^(?:那么?|还有|以及|而)[,，]?|呢[?？]?$")
_SHORT_ENGLISH_WORDS = 6
_SHORT_CHINESE = 14


def find_pronouns(question: str, language: str) -> list[Pronoun]:
    """The pronouns of a question, in the order of the text. "There" of "there is" is none."""
    if language == "zh":
        return [
            Pronoun(match.start(), match.end(), _CHINESE[match.group()])
            for match in _CHINESE_PRONOUN.finditer(question)
        ]
    found = []
    for match in _ENGLISH_PRONOUN.finditer(question):
        word = match.group().lower()
        if word == "there" and (_THERE_IS.match(question, match.end()) or _IS_THERE.search(question[: match.start()])):
            continue
        possessive = word in _ENGLISH_POSSESSIVE or (word == "her" and _before_noun(question, match.end()))
        form = "{}'s" if possessive else "{}"
        if word == "there" and not _AFTER_PREPOSITION.search(question[: match.start()]):
            form = "in {}"
        found.append(Pronoun(match.start(), match.end(), _ENGLISH[word], form))
    return found


def opens_ellipsis(question: str, language: str) -> bool:
    """Whether the question is the rest of the one before: "And in 2020?", "What about Anthropic?", 那百度呢？"""
    text = question.strip()
    if language == "zh":
        return len(text) <= _SHORT_CHINESE and _CHINESE_OPENING.search(text) is not None
    return len(text.split()) <= _SHORT_ENGLISH_WORDS and _ENGLISH_OPENING.match(text) is not None


def _before_noun(question: str, end: int) -> bool:
    """ "Her" is possessive when a word follows that can be a noun or adjective."""
    following = _NEXT_WORD.match(question, end)
    return following is not None and following.group(1).lower() not in _NOT_NOUNS
