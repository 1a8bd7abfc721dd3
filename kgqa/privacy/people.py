"""Where a text names people: where the extraction model reads them, and wherever else the same names stand.

The model reads one passage at a time and may miss in one what it found in another. So every name that it found in a
document is looked for in all of it, and so are the names that other documents of the workspace had.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kgqa.graph.short_names import fuller_names
from kgqa.text import is_cjk, normalise_name
from kgqa.text.language import CJK
from kgqa.types import Extraction, Mention, Span

__all__ = ["PERSON", "TITLES", "People", "Person"]

PERSON = "Person"
_WORD = re.compile(rf"(?:(?![{CJK}])[^\W\d_])+")
_POSSESSIVE = re.compile(r"(?:['’]s|(?<=s)['’])$")
_HONORIFIC = re.compile(r"^(?:mr|mrs|ms|miss|dr|prof|professor|sir|lady|lord|dame)\.? (?=\w)", re.IGNORECASE)
_DOTS = "·・•‧∙⋅"
_CHINESE_RUN = re.compile(rf"[{CJK}]+(?:[{_DOTS}][{CJK}]+)*")
TITLES = "先生|女士|小姐|太太|夫人|教授|博士|老师|医生|律师|院士|同志|总|氏|经理|主任|局长|部长|书记|校长|董事长"
_MOST_WORDS = 5
"""Of a name in letters."""
_WIDEST_GAP = 3
"""Characters between two words of a name: ``Smith, J.``, ``john_smith``."""
_LONGEST_CHINESE = 16
_CHINESE_LENGTHS = (3, 4)
"""Characters of Chinese names that are looked for in other documents: names of two are words too often."""

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """A place that names somebody, and the fullest name that its document has for them."""

    start: int
    end: int
    name: str


class People:
    """The people whom a document or question names.

    Args:
        forms: Each name that the text has, and the fullest one for the same person.
        is_known: Whether a name is the full name of somebody in another document.
    """

    def __init__(self, forms: Mapping[str, str], is_known: Callable[[str], bool]) -> None:
        self._forms = forms
        self._is_known = is_known
        names = sorted(set(forms.values()))
        by_words = {words: full for form, full in forms.items() if (words := _words(form))}
        turned = {(*words[-1:], *words[:-1]): full for words, full in by_words.items()}  # "Byron, Ada"
        self._by_words = turned | by_words
        self._by_part = _unambiguous_parts(names, self._by_words)
        self._chinese = {_bare(form): full for form, full in forms.items() if _is_chinese(form) and len(form) > 1}
        self._titled = _titled(names)

    @classmethod
    def read(cls, extractions: Iterable[Extraction], is_known: Callable[[str], bool]) -> People:
        """The people whom the model read."""
        names = [name for extraction in extractions for _, name in _mentioned(extraction)]
        fuller = fuller_names(names) | _titled_names(names)
        return cls({name: fuller.get(name, name) for name in names}, is_known)

    def places(self, extractions: Iterable[Extraction]) -> Iterator[Person]:
        """Where the model read them: in extractions that ``read`` was given."""
        for extraction in extractions:
            for mention, name in _mentioned(extraction):
                end = mention.start + len(_POSSESSIVE.sub("", mention.text))
                yield Person(mention.start, end, self._forms[name])

    def parts(self, name: str) -> tuple[str, ...]:
        """What else the document calls the person with this full name: the surname, a given name."""
        parts = [" ".join(words) for words, full in self._by_words.items() if full == name]
        parts += [part for part, full in self._by_part.items() if full == name]
        parts += [form for form, full in self._chinese.items() if full == name]
        return tuple(sorted({*parts} - {name}))

    def find(self, text: str, spared: Sequence[Span] = (), *, any_case: bool = False) -> Iterator[Person]:
        """Where the text names them. One word of a name by itself is left in the ``spared`` spans: "May" in a date.

        In a title, of ``any_case``, names need no capitals and Chinese ones of two characters count.
        """
        yield from self._find_words(text, spared, any_case)
        yield from self._find_chinese(text, any_case)
        if self._titled is not None:
            pattern, names = self._titled
            yield from (Person(*match.span(), names[match[0]]) for match in pattern.finditer(text))

    def _find_words(self, text: str, spared: Sequence[Span], any_case: bool) -> Iterator[Person]:
        words = [(match.start(), match.end(), match[0]) for match in _WORD.finditer(text)]
        at = 0
        while at < len(words):
            run = _adjacent(words[at : at + _MOST_WORDS])
            for count in range(len(run), 0, -1):
                start, end = run[0][0], run[count - 1][1]
                name = self._called(text[start:end], tuple(word for *_, word in run[:count]), any_case)
                if name and (count > 1 or not any(span.start < end and start < span.end for span in spared)):
                    yield Person(start, end, name)
                    at += count - 1
                    break
            at += 1

    def _called(self, said: str, words: Words, any_case: bool) -> str:
        """Whom these words name; empty for nobody."""
        is_capital = any_case or said[0].isupper()
        folded = tuple(word.casefold() for word in words)
        if len(words) == 1:
            return self._by_words.get(folded, self._by_part.get(folded[0], "")) if is_capital else ""
        full = self._by_words.get(folded, "") if is_capital or " " not in said else ""  # "ada-byron", as in addresses
        if not full and (any_case or all(word[0].isupper() for word in words)):
            orders = (words, (*words[1:], words[0])) if "," in said else (words,)  # "Byron, Ada"
            full = next((name for name in map(" ".join, orders) if self._is_known(name)), "")
        return full

    def _find_chinese(self, text: str, any_case: bool) -> Iterator[Person]:
        for match in _CHINESE_RUN.finditer(text):
            run = match[0]
            at = 0
            while at < len(run):
                end, name = self._chinese_at(run, at, any_case)
                if name:
                    yield Person(match.start() + at, match.start() + end, name)
                at = end
        for form, full in self._chinese.items():
            if not _CHINESE_RUN.fullmatch(form):  # of both scripts
                yield from (Person(*match.span(), full) for match in re.finditer(re.escape(form), text))

    def _chinese_at(self, run: str, at: int, any_case: bool) -> tuple[int, str]:
        """The end and the full name of the longest name that begins here; one character and nobody if none does."""
        for end in range(min(len(run), at + _LONGEST_CHINESE), at + 1, -1):
            name = _bare(run[at:end])
            if run[at] in _DOTS or run[end - 1] in _DOTS:
                continue
            if full := self._chinese.get(name):
                return end, full
            is_dotted = len(name) < end - at
            is_name = is_dotted or len(name) in _CHINESE_LENGTHS or any_case
            if is_name and self._is_known(name):
                return end, name
        return at + 1, ""


def _mentioned(extraction: Extraction) -> Iterator[tuple[Mention, str]]:
    """The mentions that name people, and the name in each."""
    for mention in extraction.mentions:
        name = _HONORIFIC.sub("", _POSSESSIVE.sub("", " ".join(mention.text.split())))
        if mention.type == PERSON and not mention.nominal and normalise_name(name):
            yield mention, name


def _words(name: str) -> Words:
    return tuple(match[0].casefold() for match in _WORD.finditer(name)) if not _is_chinese(name) else ()


def _adjacent(words: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """The words from the first on that stand close to each other."""
    close = itertools.takewhile(lambda pair: pair[1][0] - pair[0][1] <= _WIDEST_GAP, itertools.pairwise(words))
    return [*words[:1], *(after for _, after in close)]


def _unambiguous_parts(names: Iterable[str], forms: Mapping[Words, str]) -> dict[str, str]:
    """First and last words of names that belong to one of the people only."""
    owners: dict[str, set[str]] = {}
    for name in names:
        words = _words(name)
        for word in {words[0], words[-1]} if len(words) > 1 else ():
            owners.setdefault(word, set()).add(name)
    return {
        part: next(iter(of)) for part, of in owners.items() if len(of) == 1 and len(part) > 1 and (part,) not in forms
    }


def _titled(names: Iterable[str]) -> tuple[re.Pattern[str], dict[str, str]] | None:
    """The surnames of Chinese people, which name them before a title: 王 in 王教授."""
    sure = _surnames(names)
    return (re.compile(f"(?:{'|'.join(sure)})(?={TITLES})"), sure) if sure else None


def _titled_names(names: Sequence[str]) -> dict[str, str]:
    """For names like 王教授 whom of the others they mean."""
    titled = [name for name in names if re.fullmatch(f"[{CJK}](?:{TITLES})", name)]
    sure = _surnames({*names} - {*titled})
    return {name: sure[name[0]] for name in titled if name[0] in sure}


def _surnames(names: Iterable[str]) -> dict[str, str]:
    """The surnames of Chinese people that one of them has only."""
    owners: dict[str, set[str]] = {}
    for name in names:
        if len(name) in (2, 3) and _CHINESE_RUN.fullmatch(name):
            owners.setdefault(name[0], set()).add(name)
    return {surname: next(iter(of)) for surname, of in owners.items() if len(of) == 1}


def _is_chinese(name: str) -> bool:
    return any(map(is_cjk, name))


def _bare(name: str) -> str:
    """A Chinese name without the dots between its parts."""
    return re.sub(rf"[{_DOTS}\s]", "", name)
