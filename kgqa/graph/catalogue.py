"""A knowledge base as a table of names: what the things are called, so that mentions can be linked to them.

The file is TSV, plain or packed as ``.gz`` or ``.xz``, with a header: ``qid``, ``type``, ``en``, ``zh``, ``aliases``
(separated by ``|``), and, where there are any, ``description`` and ``source``. Ids may be anything; a row may do
without. Types are those of ``TYPES`` or the graph's own.
"""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TextIO

from kgqa.errors import DataError
from kgqa.graph.identity import coarse_type, name_key, normalised
from kgqa.graph.short_names import abbreviates
from kgqa.text import is_cjk
from kgqa.text.variants import folded
from kgqa.types import content_id

__all__ = ["TYPES", "Catalogue", "Entry", "Named", "spelling"]

TYPES: Mapping[str, tuple[str, ...]] = {
    "brand": ("Organization", "Product"),
    "city": ("Place",),
    "company": ("Organization",),
    "event/period": ("Event",),
    "group/language": ("Group",),
    "organisation": ("Organization",),
    "other": ("Organization", "Place"),
    "person": ("Person",),
    "place": ("Place",),
    "transit network": ("Organization",),
    "work": ("Work",),
}
"""Of catalogues → what the graph may have it as. Any other is taken as it is: `Disease` links entities of that type.
`other` is what nobody has sorted: countries for the most part, beside which a town called Egypt is not the only one."""
NEEDED = ("qid", "type", "en", "zh", "aliases")
BESIDE = ("description", "source")


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing in a catalogue."""

    id: str
    types: tuple[str, ...]
    """What the graph may have it as (``identity.coarse_type``)."""
    names: tuple[str, ...]
    """The main name in English, that in Chinese, then aliases; the first is the one that it is known by."""
    mains: int
    """How many of the names are main ones."""
    description: str = ""

    @property
    def name(self) -> str:
        """The name that it is known by: the English one, if it has one."""
        return self.names[0]

    @property
    def line(self) -> str:
        """The id and the main names."""
        return f"{self.id}: {', '.join(self.names[: self.mains])}"


@dataclass(frozen=True, slots=True)
class Named:
    """An entry that is called as was asked."""

    entry: Entry
    name: str
    """As the catalogue has it."""
    is_main: bool


class Catalogue:
    """Entries by their names. ``name`` is what decisions say that they come from."""

    def __init__(self, name: str, entries: Sequence[Entry]) -> None:
        self.name = name
        self.entries = entries

    @classmethod
    def open(cls, path: Path) -> Catalogue:
        """The catalogue in a file.

        Raises:
            DataError: it cannot be read, or a line is not as it should be; names file and line.
        """
        try:
            with _opened(path) as file:
                entries = list(_entries(path, file))
        except (OSError, EOFError, UnicodeDecodeError, lzma.LZMAError, zlib.error) as error:
            raise DataError(f"The catalogue {path} cannot be read: {error}.") from error
        return cls(path.name, _joined(entries))

    def called(self, name: str, type: str) -> list[Named]:
        """The entries of a type that are called so, but for case, marks and traditional characters."""
        return [named for named in self.any_called(name) if type in named.entry.types]

    def any_called(self, name: str) -> list[Named]:
        """The entries of whatever type that are called so."""
        return self._by_name.get(spelling(name), [])

    def key(self, entry: Entry, type: str) -> str:
        """What an entity of this type that is the entry goes by: the key of its main name, if no other has that one.

        So a text that names it needs no link to be joined with others, and two entries of one name stay two.
        """
        rivals = {named.entry.id for named in self.called(entry.name, type) if named.is_main}
        return name_key(entry.name, type) if rivals <= {entry.id} else content_id("entry", entry.id, type)

    @cached_property
    def _by_name(self) -> Mapping[str, list[Named]]:
        found: defaultdict[str, list[Named]] = defaultdict(list)
        for entry in self.entries:
            own: dict[str, Named] = {}
            for number, name in enumerate(entry.names):
                own.setdefault(spelling(name), Named(entry, name, number < entry.mains))
            for spelt, named in own.items():
                if spelt:
                    found[spelt].append(named)
        return found


def spelling(name: str) -> str:
    """What two spellings of a name have in common."""
    return folded(normalised(name))


# --- The file ---------------------------------------------------------------------------------------------------------


def _opened(path: Path) -> TextIO:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="\n")
    if path.suffix.lower() == ".xz":
        return lzma.open(path, "rt", encoding="utf-8-sig", newline="\n")
    return path.open(encoding="utf-8-sig", newline="\n")


def _entries(path: Path, lines: Iterable[str]) -> Iterator[tuple[Entry, bool]]:
    """Each row as an entry, and whether it has an id of its own."""
    rows = (line.rstrip("\r\n").split("\t") for line in lines)
    header = [name.strip().lower() for name in next(rows, [])]
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise DataError(
            f"{path}:1: the columns {', '.join(missing)} are missing. A catalogue is TSV with the header "
            f"{' '.join((*NEEDED, *BESIDE))}."
        )
    for number, row in enumerate(rows, 2):
        if row == [""]:
            continue
        if len(row) != len(header):
            raise DataError(f"{path}:{number}: {len(row)} columns, where the header has {len(header)}.")
        cells = {name: " ".join(cell.split()) for name, cell in zip(header, row, strict=True)}
        mains = [name for name in (cells["en"], cells["zh"]) if name]
        if not mains or not cells["type"]:
            raise DataError(f"{path}:{number}: a row needs a type, and a name under en or zh.")
        aliases = [alias.strip() for alias in cells["aliases"].split("|") if alias.strip() and not _is_gloss(alias)]
        id = cells["qid"] or f"{cells.get('source') or 'row'}:{mains[-1]}"
        types = tuple(dict.fromkeys(map(coarse_type, TYPES.get(cells["type"], (cells["type"],)))))
        names = tuple(dict.fromkeys((*mains, *aliases)))
        yield Entry(id, types, names, len(set(mains)), cells.get("description", "")), bool(cells["qid"])


def _is_gloss(name: str) -> bool:
    """Whether it explains a name, in two scripts, instead of being one."""
    return any(map(is_cjk, name)) and sum(c.isascii() and c.isalpha() for c in name) > 2


# --- Rows of one thing ------------------------------------------------------------------------------------------------


def _joined(rows: Iterable[tuple[Entry, bool]]) -> list[Entry]:
    """One entry for each id; a row without id adds its names to the one entry that it fits, if there is one."""
    entries: dict[str, Entry] = {}
    nameless: list[Entry] = []
    for entry, has_id in rows:
        if not has_id:
            nameless.append(entry)
        elif entry.id in entries:
            entries[entry.id] = _with_names(entries[entry.id], entry)
        else:
            entries[entry.id] = entry
    by_name: defaultdict[str, list[str]] = defaultdict(list)
    for id, entry in entries.items():
        by_name[entry.name].append(id)
    for entry in sorted(nameless, key=lambda entry: -len(entry.names[entry.mains - 1])):  # full names first
        fitting = [id for id in by_name[entry.name] if _is_same(entries[id], entry)]
        if len(fitting) == 1:
            entries[fitting[0]] = _with_names(entries[fitting[0]], entry)
        elif not fitting:
            id = entry.id
            while id in entries:  # the same name for another thing
                id += "'"
            entries[id] = replace(entry, id=id)
            by_name[entry.name].append(id)
    return list(entries.values())


def _is_same(known: Entry, row: Entry) -> bool:
    """Whether a row without id is of the entry with the same English name: their Chinese names agree, or one is short
    for the other; where one has none, organisations are taken to be one, places and people are not.
    """
    if not set(known.types) & set(row.types):
        return False
    one, other = (entry.names[1] if entry.mains > 1 else "" for entry in (known, row))
    if not one or not other:
        return "Organization" in known.types and "Organization" in row.types
    return folded(one) in map(folded, row.names) or abbreviates(one, other) or abbreviates(other, one)


def _with_names(known: Entry, row: Entry) -> Entry:
    """The entry with the names of a row of the same thing; a Chinese name is a main one if it had none."""
    mains = (
        known.names[: known.mains] if known.mains > 1 else tuple(dict.fromkeys((known.name, *row.names[: row.mains])))
    )
    names = tuple(dict.fromkeys((*mains, *known.names, *row.names)))
    return replace(known, names=names, mains=len(mains), description=known.description or row.description)
