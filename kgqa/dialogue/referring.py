"""Words that point back in a dialogue:
the closed class of pronouns of each language, descriptions, and the types they can stand for.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kgqa.generation.expected import TYPE_NOUNS

__all__ = ["PERSON", "PLACE", "THING", "Reference", "find_descriptions", "find_pronouns", "is_rest", "starts_clause"]

PERSON = frozenset({"Person"})
PLACE = frozenset({"Place"})
THING = frozenset({"Organization", "Product", "Work", "Event", "Concept", "Award", "Group"})
"""What "it" stands for; a place only where none of these was said: "it" is what was asked about, not where."""
PLURAL = PERSON | THING


@dataclass(frozen=True, slots=True)
class Reference:
    """A pronoun or description in a question. Offsets are the question's."""

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
    "此人": PERSON,
}
_ENGLISH_PRONOUN = re.compile(rf"\b(?:{'|'.join(sorted(_ENGLISH, key=len, reverse=True))})\b", re.IGNORECASE)
_NEXT_WORD = re.compile(r"\s+([A-Za-z]+)")
_THERE_IS = re.compile(r"\s+(?:is|are|was|were|been|be)\b|(?<=\w)\s+(?:any|a|an|some|no)\b", re.IGNORECASE)
_IS_THERE = re.compile(r"\b(?:is|are|was|were|been|be)\s+$", re.IGNORECASE)
_IT_TAKES = re.compile(r"\s+(?:takes?|took|taken|costs?|(?:im)?possible|true)\b.*\b(?:to|that)\b", re.IGNORECASE)
_AFTER_PREPOSITION = re.compile(r"\b(?:from|to|in|near|around)\s+$", re.IGNORECASE)
_NOT_NOUNS = frozenset(
    {"in", "on", "at", "to", "from", "for", "of", "by", "with", "about", "as", "into", "after", "before", "during"}
    | {"since", "until", "and", "or", "but", "when", "where", "while", "that", "than"}
    | {"is", "are", "was", "were", "do", "does", "did", "has", "have", "had", "be", "been", "become"}
)
_CLAUSE = re.compile(
    r"[,;:，；：]|\b(?:and|but|or|when|where|while|before|after|because|since|that|who|which|if|until|how|why)\b",
    re.IGNORECASE,
)

_CHINESE_PRONOUN = re.compile(
    f"(?<!其)(?:{'|'.join(sorted(_CHINESE, key=len, reverse=True))}|[这那]位(?:{TYPE_NOUNS[PERSON][1]})?)"
)
_ENGLISH_DESCRIPTION = {
    types: re.compile(
        rf"\b(?:the|this|that)\s(?:same\s)?(?:{nouns})\b(?!['’]?\s(?:of|that|who|which|whose|where|for|behind|\w+ed\sby)\b)",
        re.IGNORECASE,
    )
    for types, (nouns, _) in TYPE_NOUNS.items()
}
_CHINESE_DESCRIPTION = {
    types: re.compile(f"(?:该|(?:这|那|同)一?[家个所座支间款种部本篇项届场台]?)(?:{nouns})")
    for types, (_, nouns) in TYPE_NOUNS.items()
}

_ENGLISH_OPENING = re.compile(r"^(?:and|but|so|then)\b|^(?:what|how) about\b", re.IGNORECASE)
_CHINESE_OPENING = re.compile(r"^(?:那么?(?![里儿边个家位所年天时次本部座些])|还有|以及|而(?!且))[,，]?|呢[?？]?$")
_BARE = re.compile(
    r"(?:(?:since|until|by|from|with|for|in|at)\s)?"
    r"(?:who|whom|whose|when|where|why|how|how\s(?:many|much|long|old|often)|wh(?:at|ich)(?:\s\w+)?)"
    r"|(?:为什么|为何|怎么样?|如何|(?:在|从|到)?哪[里儿]|什么时候|何时|何地|谁|多少|几[个年月次]|多久|哪[一年天个家位所]+)",
    re.IGNORECASE,
)
_SHORT_ENGLISH_WORDS = 6
_SHORT_CHINESE = 14


def find_pronouns(question: str, language: str) -> list[Reference]:
    """The pronouns of a question, in the order of the text; not "there" of "there is", nor "it" of "it takes to"."""
    if language == "zh":
        return [
            Reference(match.start(), match.end(), _CHINESE.get(match.group(), PERSON))
            for match in _CHINESE_PRONOUN.finditer(question)
        ]
    found = []
    for match in _ENGLISH_PRONOUN.finditer(question):
        word = match.group().lower()
        if word == "there" and (_THERE_IS.match(question, match.end()) or _IS_THERE.search(question[: match.start()])):
            continue
        if word == "it" and _IT_TAKES.match(question, match.end()):
            continue
        possessive = word in _ENGLISH_POSSESSIVE or (word == "her" and _before_noun(question, match.end()))
        form = "{}'s" if possessive else "{}"
        if word == "there" and not _AFTER_PREPOSITION.search(question[: match.start()]):
            form = "in {}"
        found.append(Reference(match.start(), match.end(), _ENGLISH[word], form))
    return found


def find_descriptions(question: str, language: str) -> list[Reference]:
    """Nouns that point back without a name, "the company", 这所大学, in the order of the text.

    "The company that made it" says itself which one it is.
    """
    patterns = _CHINESE_DESCRIPTION if language == "zh" else _ENGLISH_DESCRIPTION
    found = [
        Reference(match.start(), match.end(), types)
        for types, pattern in patterns.items()
        for match in pattern.finditer(question)
    ]
    return sorted(found, key=lambda reference: reference.start)


def is_rest(question: str, language: str) -> bool:
    """Whether the question is the rest of the one before: "And in 2020?", "What about Bosch?", "Why?", 那百度呢？"""
    text = question.strip()
    if _BARE.fullmatch(text.rstrip("?？呢 ")):
        return True
    if language == "zh":
        return len(text) <= _SHORT_CHINESE and _CHINESE_OPENING.search(text) is not None
    return len(text.split()) <= _SHORT_ENGLISH_WORDS and _ENGLISH_OPENING.match(text) is not None


def starts_clause(text: str) -> bool:
    """Whether a clause begins in the text between a name and a pronoun: only then may the one stand for the other."""
    return _CLAUSE.search(text) is not None


def _before_noun(question: str, end: int) -> bool:
    """ "Her" is possessive when a word follows that can be a noun or adjective."""
    following = _NEXT_WORD.match(question, end)
    return following is not None and following.group(1).lower() not in _NOT_NOUNS
