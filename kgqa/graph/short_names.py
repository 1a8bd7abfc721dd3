"""Short forms of a name within a document: "Hinton" for "Geoffrey Hinton", "MIT" in brackets behind what it is short
for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from kgqa.graph.identity import normalised
from kgqa.text import is_cjk

__all__ = ["abbreviates", "fuller_names", "in_brackets"]

_PARTS = re.compile(r"[\s·・•‧∙⋅]+")
_OPENING = re.compile(r"\s*[(（]\s*")
_CLOSING = re.compile(r"\s*[)）]")


def fuller_names(names: Iterable[str]) -> dict[str, str]:
    """For each name of a person that is the first or last part of exactly one fuller name among ``names``, that name.

    Names are as the text has them. A name that is part of two people's names is left alone: it may be either's.
    """
    read = {name: _parts_and_whole(name) for name in names}
    lengths = {len(found) for pair in read.values() for found in pair}
    if len(lengths) <= 1:
        return {}
    parts = {name: read[name][0] for name in sorted(read)}
    wholes = {name: read[name][1] for name in parts}
    ends: defaultdict[tuple[str, ...], set[tuple[str, ...]]] = defaultdict(set)
    for whole in wholes.values():
        for count in lengths.intersection(range(1, len(whole))):
            ends[whole[:count]].add(whole)
            ends[whole[-count:]].add(whole)
    name_of = {whole: name for name, whole in reversed(wholes.items())}
    fuller: dict[str, str] = {}
    for short, found in parts.items():
        candidates = ends.get(found, set())
        longest = [whole for whole in candidates if not ends.get(whole, set()) & candidates]
        if len(longest) == 1:
            fuller[short] = name_of[longest[0]]
    return fuller


@lru_cache(maxsize=262_144)
def _parts_and_whole(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    parts = tuple(part for part in map(normalised, _PARTS.split(name)) if part)
    return parts, _whole(parts)


def _whole(parts: tuple[str, ...]) -> tuple[str, ...]:
    """A name's parts; a Chinese name of three or four characters ends with a given name of two."""
    if len(parts) == 1 and len(parts[0]) in (3, 4) and all(is_cjk(character) for character in parts[0]):
        return parts[0][:-2], parts[0][-2:]
    return parts


def in_brackets(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Pairs of numbers of ``spans`` of which the second is alone in brackets right behind the first: "Name (N)"."""
    by_start: Mapping[int, list[int]] = _grouped_by_start(spans)
    pairs: list[tuple[int, int]] = []
    for outer, (_, end) in enumerate(spans):
        opening = _OPENING.match(text, end)
        if opening is None:
            continue
        pairs += [(outer, inner) for inner in by_start.get(opening.end(), ()) if _CLOSING.match(text, spans[inner][1])]
    return pairs


def _grouped_by_start(spans: Sequence[tuple[int, int]]) -> dict[int, list[int]]:
    grouped: dict[int, list[int]] = {}
    for number, (start, _) in enumerate(spans):
        grouped.setdefault(start, []).append(number)
    return grouped


def abbreviates(short: str, full: str) -> bool:
    """Whether ``short`` in brackets behind ``full`` is another form of it: initials, characters of it, another script.

    Within one script every character of the short form must be found in the full one in order, the first one at its
    beginning (Schwartz and Hearst, 2003, https://doi.org/10.1142/9789812776303_0042).
    """
    a, b = normalised(short).replace(" ", ""), normalised(full)
    if not a or not b or a == b.replace(" ", ""):
        return False
    if _is_chinese(a) != _is_chinese(b):
        return True
    return len(a) < len(b.replace(" ", "")) and (
        _in_order(a, b) if _is_chinese(a) else a[0] == b[0] and _initials(a, b)
    )


def _is_chinese(name: str) -> bool:
    return any(is_cjk(character) for character in name)


def _in_order(short: str, full: str) -> bool:
    rest = iter(full)
    return all(character in rest for character in short)


def _initials(short: str, full: str) -> bool:
    """The characters of the short form occur in order and at least half of them begin a word."""
    words = full.split()
    heads = "".join(word[0] for word in words)
    return _in_order(short, full) and 2 * _longest_common(short, heads) >= len(short)


def _longest_common(short: str, heads: str) -> int:
    """Length of the longest common subsequence."""
    row = [0] * (len(heads) + 1)
    for character in short:
        before = 0
        for place, head in enumerate(heads, 1):
            before, row[place] = row[place], before + 1 if character == head else max(row[place], row[place - 1])
    return row[-1]
