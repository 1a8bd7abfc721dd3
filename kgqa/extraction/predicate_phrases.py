"""Whether the words between two names are a predicate, and whether the names beside it are its own.

Fader, Soderland and Etzioni, "Identifying Relations for Open Information Extraction" (ReVerb, EMNLP 2011,
https://aclanthology.org/D11-1142): a verb, a verb and a preposition, or a verb, other words and a preposition, that
stands whole between two noun phrases. Verbs are told by their form, Chinese ones by a list and by how they end.
The words are data, in `open_relations.toml`.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Protocol

from kgqa.errors import ConfigError

__all__ = ["AROUND", "Chinese", "English", "Grammar", "grammars", "words"]

_SHIPPED = Path(__file__).with_name("open_relations.toml")
AROUND = "…"
"""Where the second name stands in a predicate that it divides."""
LONGEST = 6
"""Words of an English predicate."""
LONGEST_STEM = 3
"""Characters of a Chinese verb that no list has, without its ending."""
_BRACKETS = re.compile(r"\s*(?:\([^()]*\)|（[^（）]*）|\[[^\[\]]*\])")
"""Behind a name, what is said of it in passing."""
_CLAUSE = re.compile("[，。；：、！？,;]")
BREAK = r"\b"
_WORD = re.compile(r"[A-Za-z][\w'’-]*|\S")


class Grammar(Protocol):
    """How a language puts a predicate between two names."""

    precision: float
    """The share of the relations read by it that are right."""
    joints: re.Pattern[str]
    """What joins names that do the same."""
    people: frozenset[str]
    """Words that stand for people alone."""

    def phrase(self, between: str) -> str:
        """The predicate that these words are, without adverbs and articles; empty where they are none."""
        ...

    def around(self, between: str, right: str) -> str:
        """The predicate that stands around the second name (由…创办, 任…教授); empty where none does."""
        ...

    def goes_on(self, between: str) -> str | None:
        """What follows the word that gives the next predicate the subject of the last; None where none does."""
        ...

    def begins(self, left: str) -> bool:
        """Whether a name after these words of its sentence may be a subject: it hangs on no preposition or verb."""
        ...

    def closes(self, right: str) -> bool:
        """Whether a name before these words of its sentence ends there, and is not part of a longer one."""
        ...


class English:
    """Verbs by their form: endings, a list of irregular ones, and one of the third person."""

    def __init__(self, words: Mapping[str, Iterable[str]], precision: float) -> None:
        self.precision = precision
        self._of = {name: frozenset(found) for name, found in words.items()}
        self._past = self._of["irregular"] | self._of["participles"]
        self._light = self._of["be"] | self._of["have"]
        self._closed = self._of["follow"] | self._of["prepositions"] | self._of["adverbs"] | self._light
        self.people = frozenset(words["people"])
        self.joints, self._go_on = _any(words["join"]), _any(words["go_on"])

    def phrase(self, between: str) -> str:
        """See `Grammar.phrase`."""
        words = self._without_adverbs(_WORD.findall(between.lower()))
        if words and words[-1] in self._of["determiners"]:
            words.pop()
        if len(words) > 1 and words[0] in self._of["have"] and self._is_participle(words[1]):
            words = words[1:]
        if not words or len(words) > LONGEST or not all(word[0].isalpha() for word in words):
            return ""
        head = self._head(words)
        rest = words[head:]
        if not head or any(word in self._of["follow"] or self._is_finite(word) for word in rest):
            return ""
        if rest and rest[-1] in self._of["kinds"] and rest[0] in self._of["determiners"]:
            rest = []
        if rest and (rest[-1] not in self._of["prepositions"] or self._has_preposition(rest[:-1])):
            return ""
        return " ".join([*words[:head], *rest]) if rest or words[head - 1] not in self._light else ""

    def around(self, between: str, right: str) -> str:
        """None: an English predicate stands between the names."""
        return ""

    def goes_on(self, between: str) -> str | None:
        """See `Grammar.goes_on`."""
        found = self._go_on.match(between)
        return between[found.end() :] if found else None

    def begins(self, left: str) -> bool:
        """See `Grammar.begins`."""
        words = _WORD.findall(left.lower())
        while words and words[-1] in self._of["determiners"]:
            words.pop()
        return not words or not (words[-1] in self._of["prepositions"] or self._is_finite(words[-1]))

    def closes(self, right: str) -> bool:
        """See `Grammar.closes`."""
        rest = _BRACKETS.sub("", right)
        if not rest.strip() or not (rest[0].isalnum() or rest[0] in " -–'’/&"):
            return True
        word = next(iter(_WORD.findall(rest)))
        goes_on = word[0].isalnum() and word not in self._closed and not self._is_adverb(word)
        return rest[0].isspace() and not (goes_on and (word != word.lower() or not self._is_participle(word)))

    def _head(self, words: list[str]) -> int:
        """How many words the verb has."""
        first = words[0]
        if first in self._of["be"]:
            return 2 if len(words) > 1 and (self._is_participle(words[1]) or words[1].endswith("ing")) else 1
        return int(first in self._of["have"] or first in self._of["present"] or self._is_participle(first))

    def _without_adverbs(self, words: list[str]) -> list[str]:
        """Without those before an article: behind it they belong to a noun (the first company)."""
        noun = next((n for n, word in enumerate(words) if word in self._of["determiners"]), len(words))
        return [word for n, word in enumerate(words) if n > noun or not self._is_adverb(word)]

    def _has_preposition(self, words: list[str]) -> bool:
        return any(word in self._of["prepositions"] for word in words)

    def _is_participle(self, word: str) -> bool:
        ends = word.endswith("ed") and len(word) > 3 and word not in self._of["not_verbs"]
        return ends or word in self._past

    def _is_finite(self, word: str) -> bool:
        return word in self._light or word in self._of["present"] or self._is_participle(word)

    def _is_adverb(self, word: str) -> bool:
        return word in self._of["adverbs"] or (word.endswith("ly") and len(word) > 4)


class Chinese:
    """Verbs by a list, and by what verbs end in."""

    def __init__(self, words: Mapping[str, Iterable[str]], precision: float) -> None:
        self.precision = precision
        self._of = {name: sorted(set(found), key=lambda word: (-len(word), word)) for name, found in words.items()}
        self._verbs = frozenset(self._of["verbs"])
        self._office = re.compile(f"[\\u4e00-\\u9fff]{{0,4}}?(?:{'|'.join(self._of['offices'])})")
        self.people = frozenset(words["people"])
        self.joints, self._go_on = _any(words["join"]), _any(words["go_on"])

    def phrase(self, between: str) -> str:
        """See `Grammar.phrase`."""
        verb = self._without(between.strip())
        for kind in self._of["kinds"]:
            if verb.endswith(kind):
                return next((v for v in self._of["verbs"] if verb.startswith(v) and self._is_noun(verb[len(v) :])), "")
        return self._verb(verb)

    def around(self, between: str, right: str) -> str:
        """See `Grammar.around`."""
        first = self._without(between.strip()).removesuffix("了")
        if first in self._of["passives"]:
            rest = self._without(right.strip())
            verb = next((verb for verb in self._of["verbs"] if rest.startswith(verb)), "")
            return f"{first}{AROUND}{verb}" if verb and self._ends(rest[len(verb) :]) else ""
        office = self._office.match(right.strip()) if first in self._of["office_verbs"] else None
        found = office and self._is_office(office[0]) and self._ends(right.strip()[office.end() :])
        return f"{first}{AROUND}{office[0]}" if office and found else ""

    def goes_on(self, between: str) -> str | None:
        """See `Grammar.goes_on`."""
        found = self._go_on.match(between)
        return between[found.end() :] if found else None

    def begins(self, left: str) -> bool:
        """See `Grammar.begins`."""
        bare = left.rstrip().rstrip("".join(self._of["aspects"]))
        if bare.endswith((*self._of["before"], *self._of["verbs"], *self._of["endings"])):
            return False
        clause = _CLAUSE.split(bare)[-1]
        place = max(clause.rfind(word) for word in self._of["far_before"])
        return place < 0 or bare.endswith("的") or any(verb in clause[place + 1 :] for verb in self._verbs)

    def closes(self, right: str) -> bool:
        """See `Grammar.closes`."""
        bare = _BRACKETS.sub("", right).lstrip()
        return not bare or not bare[0].isalnum() or bare.startswith((*self._of["follow"], *self._of["verbs"]))

    def _ends(self, right: str) -> bool:
        """Whether a verb or an office ends before these words."""
        last = ("的", *self._of["follow"], *self._of["aspects"], *self._of["verbs"])
        return not right or not right[0].isalnum() or right.startswith(last)

    def _without(self, words: str) -> str:
        """Without the adverbs before."""
        while found := next((w for w in self._of["adverbs"] if words.startswith(w) and words not in self._verbs), ""):
            words = words[len(found) :].lstrip()
        return words

    def _verb(self, words: str) -> str:
        bare = words.rstrip("".join(self._of["aspects"])) or words
        if bare in self._verbs:
            return bare
        stem = bare[:-1]
        most = LONGEST_STEM if bare.endswith(tuple(self._of["endings"])) else 1
        ends = bare.endswith((*self._of["endings"], *self._of["directions"]))
        is_verb = stem in self._verbs or (0 < len(stem) <= most and stem.isalpha() and self._is_plain(stem))
        return bare if ends and is_verb else ""

    def _is_office(self, words: str) -> bool:
        return self._is_plain(words) and not any(kind in words for kind in self._of["kinds"])

    def _is_noun(self, words: str) -> bool:
        return words.lstrip("".join(self._of["aspects"])).isalpha() and self._is_plain(words)

    def _is_plain(self, words: str) -> bool:
        return not any(word in words for word in self._of["function"])


def words(path: Path = _SHIPPED) -> str:
    """The text of a file of words."""
    return path.read_text(encoding="utf-8")


@cache
def grammars(path: Path = _SHIPPED) -> Mapping[str, Grammar]:
    """By language, ``en`` and ``zh``, what a file says of them, by default the one that ships.

    Raises:
        ConfigError: the file cannot be read.
    """
    try:
        raw = tomllib.loads(words(path))
        precision = {language: float(raw["precision"][language]) for language in ("en", "zh")}
        return {"en": English(raw["en"], precision["en"]), "zh": Chinese(raw["zh"], precision["zh"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        form = f"They are TOML of the form of {_SHIPPED.name}"
        raise ConfigError(f"The words of predicates {path} cannot be read ({error!r}). {form}.") from error


def _any(words: Iterable[str]) -> re.Pattern[str]:
    """Any of the words, the longest first, and the space around; in Latin letters they are whole."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(
        "|".join(
            rf"\s*{re.escape(word)}{BREAK if word[-1].isascii() and word[-1].isalpha() else ''}\s*" for word in ordered
        )
    )
