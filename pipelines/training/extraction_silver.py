"""Silver labels for Chinese dates, works and products, of which no data set that may be used has any.

A pattern labels complete dates, titles in book-title marks and names with a version in Chinese text; the model learns
from these texts what such things look like in context. The pattern teaches; nothing of it is left at run time.
"""

import json
import lzma
import re
from collections.abc import Iterator
from pathlib import Path

from kgqa.errors import DataError
from kgqa.pipelines.training.labels import LabelMap
from kgqa.types import Example, Mention

__all__ = ["read_silver_chinese"]

_NUMERAL = "[〇零一二三四五六七八九十]"
_DATE = re.compile(
    rf"(?:(?:公元前?|西元前?)?(?<!\d)\d{{3,4}}年(?:代|(?:\d{{1,2}}月(?:\d{{1,2}}[日号])?)?)"
    rf"|(?<!\d)\d{{1,2}}月\d{{1,2}}[日号]|{_NUMERAL}{{4}}年(?:{_NUMERAL}{{1,2}}月(?:{_NUMERAL}{{1,3}}日)?)?"
    rf"|(?<!\d)\d{{1,2}}世纪(?:\d{{2}}年代)?|二十世纪)"
)
_WORK = re.compile(r"《([^《》]{1,22})》")
_PRODUCT = re.compile(
    r"(?<![A-Za-z0-9])[A-Z][A-Za-z]{2,}(?:[ -][A-Z][A-Za-z]+)?[ -]?[vV]?\d{1,2}(?:\.\d+)*(?![A-Za-z0-9.:/])"
)
_UNSURE = re.compile(
    "今年|去年|明年|前年|昨日|昨天|今天|日前|近日|当日|年前|年后|年间|世纪|时代|期间|春|夏|秋|冬|至|到|-|—|~|～"
)
"""Sentences with other words of time are left out: whether these are dates, the pattern does not know."""
_SENTENCE = re.compile("[^。！？\n]+[。！？]?")
_LONGEST = 180


def read_silver_chinese(path: Path, labels: LabelMap) -> list[Example]:
    """Sentences with a date or a title, from a file of JSON lines with a ``text`` each, compressed by xz.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            return [
                example
                for number, line in enumerate(lines, 1)
                for example in _examples(path, number, json.loads(line)["text"])
            ]
    except (OSError, ValueError, KeyError, lzma.LZMAError) as error:
        raise DataError(
            f"{path} cannot be read ({error!r}). It is one JSON object with a text a line, compressed by xz."
        ) from error


def _examples(path: Path, number: int, text: str) -> Iterator[Example]:
    for match in _SENTENCE.finditer(text):
        sentence = match[0].strip()
        dates = [found.span() for found in _DATE.finditer(sentence)]
        works = [found.span(1) for found in _WORK.finditer(sentence)]
        dates = [date for date in dates if not any(start <= date[0] < end for start, end in works)]
        products = [] if works or dates else [found.span() for found in _PRODUCT.finditer(sentence)]
        found = {"Date": dates, "Work": works, "Product": products}
        if not 8 < len(sentence) <= _LONGEST or not any(found.values()) or _UNSURE.search(_DATE.sub("", sentence)):
            continue
        mentions = [Mention(s, e, sentence[s:e], kind) for kind, spans in found.items() for s, e in spans]
        yield Example(
            sentence,
            tuple(sorted(mentions, key=lambda m: m.start)),
            source=f"{path.name}:{number}",
            annotated_types=frozenset({"Date"}),
        )
