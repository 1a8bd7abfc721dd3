"""Names of people, places and organisations to put into annotated texts: from a catalogue and from the texts."""

import csv
import lzma
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from random import Random

from kgqa.errors import DataError
from kgqa.text import is_cjk
from kgqa.types import Example

__all__ = ["NAMED", "Names"]

NAMED = ("Person", "Place", "Organization")

_KINDS = {
    "person": "Person",
    "city": "Place",
    "place": "Place",
    "organisation": "Organization",
    "brand": "Organization",
}
_ENGLISH = re.compile(r"[A-Z][\w.'&-]*(?:(?: (?:of|the|and|de|al))* [A-Z][\w.'&-]*)*")
_CHINESE = re.compile(r"[\u3400-\u9fff]{2,12}(?:·[\u3400-\u9fff]{1,8}){0,2}")

_Writing = str
"""How a name is written: `word` and `words` in Latin letters, `simplified` or `traditional` Chinese."""


@dataclass(frozen=True, slots=True)
class Names:
    """Names by type and writing."""

    catalogue: Mapping[tuple[str, _Writing], Sequence[str]]
    texts: Mapping[tuple[str, _Writing], Sequence[str]]
    characters: Mapping[str, _Writing]
    """Those that only one writing of Chinese has."""

    @classmethod
    def read(cls, path: Path, examples: Iterable[Example]) -> "Names":
        """The names of a catalogue, a table with the columns type, en, zh and aliases, compressed by xz, and those of
        the texts. Of the aliases only the traditional form of the Chinese name is used.

        Raises:
            DataError: the catalogue cannot be read.
        """
        try:
            with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
                found = [(_KINDS[row["type"]], row["en"], *_chinese(row)) for row in rows if row["type"] in _KINDS]
        except (OSError, EOFError, ValueError, KeyError, lzma.LZMAError) as error:
            form = "a table with the columns type, en, zh and aliases, compressed by xz"
            raise DataError(f"{path} cannot be read ({error!r}). It is {form}.") from error
        both = [set(chain.from_iterable(names)) for names in zip(*((row[2], row[3]) for row in found), strict=True)]
        simple_only, old_only = both[0] - both[1], both[1] - both[0]
        characters = dict.fromkeys(simple_only, "simplified") | dict.fromkeys(old_only, "traditional")
        catalogue: dict[tuple[str, _Writing], dict[str, None]] = {}
        for kind, english, simple, old in found:
            for name, pattern in ((english, _ENGLISH), (simple, _CHINESE), (old, _CHINESE)):
                if pattern.fullmatch(name):
                    catalogue.setdefault((kind, _writing(name, characters)), {})[name] = None
        texts: dict[tuple[str, _Writing], dict[str, None]] = {}
        for mention in chain.from_iterable(example.mentions for example in examples):
            if mention.type in NAMED and (_ENGLISH.fullmatch(mention.text) or _CHINESE.fullmatch(mention.text)):
                texts.setdefault((mention.type, _writing(mention.text, characters)), {})[mention.text] = None
        return cls(_listed(catalogue), _listed(texts), characters)

    def like(self, name: str, kind: str, sentence: str, rng: Random) -> str | None:
        """Another name of the type, written as the sentence is; None where there is none, or this is no plain name."""
        chinese = bool(_CHINESE.fullmatch(name))
        if not chinese and not _ENGLISH.fullmatch(name):
            return None
        key = kind, _writing(sentence if chinese else name, self.characters)
        sources = [found for table in (self.catalogue, self.texts) if (found := table.get(key))]
        return rng.choice(rng.choice(sources)) if sources else None


def _listed(table: Mapping[tuple[str, _Writing], Iterable[str]]) -> dict[tuple[str, _Writing], tuple[str, ...]]:
    return {key: tuple(names) for key, names in table.items()}


def _chinese(row: Mapping[str, str]) -> tuple[str, str]:
    """The Chinese name in both writings."""
    aliases = (
        alias for alias in row["aliases"].split("|") if len(alias) == len(row["zh"]) and is_cjk(alias[:1] or " ")
    )
    return row["zh"], next(aliases, row["zh"])


def _writing(text: str, characters: Mapping[str, _Writing]) -> _Writing:
    if any(is_cjk(character) for character in text):
        counts = Counter(characters.get(character) for character in text)
        return "traditional" if counts["traditional"] > counts["simplified"] else "simplified"
    return "words" if " " in text else "word"
