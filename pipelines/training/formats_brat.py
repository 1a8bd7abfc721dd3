"""Reads brat's standoff annotation, https://brat.nlplab.org/standoff.html: a text and, beside it, an .ann file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from kgqa.errors import DataError
from kgqa.pipelines.training.formats_files import named_relation
from kgqa.pipelines.training.labels import LabelMap
from kgqa.types import Argument, Event, Example, Mention, Modality

__all__ = ["read_brat"]


def read_brat(path: Path, labels: LabelMap) -> list[Example]:
    """The texts of a folder, or the one of an .ann file: entities, binary relations, events, coreference.

    Text-bound annotations (T) that trigger an event (E) are its trigger, the others mentions; relations (R) of the type
    ``Coref`` and equivalences (*) are clusters; the attributes (A) ``Negation`` and ``Speculation`` are modality; of a
    span in pieces the whole is taken. Normalisations and notes are left out.

    Raises:
        DataError: a line has another form or names what is not there, or a span is not the text at its offsets.
    """
    files = sorted(path.rglob("*.ann")) if path.is_dir() else [path.with_suffix(".ann")]
    if not files:
        raise DataError(f"{path} holds no .ann file. Beside each text NAME.txt brat has its annotation in NAME.ann.")
    read = [_Annotation.read(file, labels).example() for file in files]
    found = frozenset(
        kind
        for example in read
        for kind in (
            *(mention.type for mention in example.mentions if mention.type),
            *(relation.type for relation in example.relations),
            *(event.type for event in example.events if event.type in labels.schema.events),
        )
    )
    return [replace(example, annotated_types=found) for example in read]


_LINES = {
    "T": re.compile(r"(T\S+)\t(\S+) (\d+ \d+(?:;\d+ \d+)*)\t(.*)"),
    "R": re.compile(r"(R\S+)\t(\S+) \S+?:(\S+) \S+?:(\S+)\s*"),
    "E": re.compile(r"(E\S+)\t(\S+?):(\S+)((?: \S+:\S+)*)\s*"),
    "*": re.compile(r"\*\t\S+ (\S+(?: \S+)+)\s*"),
    "A": re.compile(r"[AM]\S+\t(\S+) (\S+)(?: (\S+))?\s*"),
}
_MODALITY = {"Negation": Modality.NEGATED, "Speculation": Modality.UNCERTAIN}


@dataclass(slots=True)
class _Annotation:
    path: Path
    text: str
    labels: LabelMap
    rows: list[tuple[int, str, re.Match[str]]] = field(default_factory=list)
    """Line, kind and parts."""

    @classmethod
    def read(cls, path: Path, labels: LabelMap) -> "_Annotation":
        try:
            text = path.with_suffix(".txt").read_text(encoding="utf-8")
            lines = path.read_text(encoding="utf-8").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path} cannot be read with its text {path.stem}.txt ({error}).") from error
        made = cls(path, text, labels)
        for number, line in enumerate(lines, 1):
            kind = {"M": "A"}.get(line[:1], line[:1])
            if kind in _LINES:
                match = _LINES[kind].fullmatch(line.rstrip("\r"))
                if match is None:
                    raise DataError(f"{path}, line {number}: not brat's form: {line[:60]!r}.")
                made.rows.append((number, kind, match))
            elif line.strip() and kind not in ("N", "#"):
                raise DataError(
                    f"{path}, line {number}: an annotation begins with T, R, E, A, M, N, * or #, not {kind!r}."
                )
        return made

    def example(self) -> Example:
        """The annotated text."""
        spans = {match[1]: self._span(number, match) for number, _, match in self._of("T")}
        triggers = {match[3] for _, _, match in self._of("E")}
        order = {name: n for n, name in enumerate(name for name in spans if name not in triggers)}
        mentions = tuple(self._mention(*spans[name]) for name in order)
        groups: list[set[int]] = []
        relations = []
        for number, _, match in self._of("R"):
            head, tail = (self._known(number, order, name) for name in (match[3], match[4]))
            if match[2].lower().startswith("coref"):
                groups.append({head, tail})
            else:
                relations += named_relation(head, tail, match[2], mentions, self.labels)
        groups += [
            {self._known(number, order, name) for name in match[1].split()} for number, _, match in self._of("*")
        ]
        events = tuple(self._events(spans))
        return Example(self.text, mentions, tuple(relations), _joined(groups), self.path.name, frozenset(), events)

    def _of(self, kind: str) -> Iterator[tuple[int, str, re.Match[str]]]:
        return (row for row in self.rows if row[1] == kind)

    def _known(self, number: int, known: Mapping[str, int], name: str) -> int:
        if name not in known:
            raise DataError(f"{self.path}, line {number}: there is no mention {name}.")
        return known[name]

    def _span(self, number: int, match: re.Match[str]) -> tuple[str, int, int]:
        places = [int(place) for place in re.findall(r"\d+", match[3])]
        start, end = min(places), max(places)
        where = f"{self.path}, line {number}: the span {start}–{end}"
        if not start < end <= len(self.text):
            raise DataError(f"{where} lies outside of the text, which has {len(self.text)} characters.")
        if ";" not in match[3] and self.text[start:end].split() != match[4].split():
            raise DataError(f"{where} is {self.text[start:end]!r} in the text, not {match[4]!r}.")
        return match[2], start, end

    def _mention(self, label: str, start: int, end: int) -> Mention:
        kind = self.labels.entity(label)
        nominal = bool(kind) and self.labels.schema.entities[kind].nominal
        return Mention(start, end, self.text[start:end], kind, nominal=nominal)

    def _events(self, spans: Mapping[str, tuple[str, int, int]]) -> Iterator[Event]:
        modality = {match[2]: _MODALITY[match[1]] for _, _, match in self._of("A") if match[1] in _MODALITY}
        triggers = {match[1]: match[3] for _, _, match in self._of("E")}
        for number, _, match in self._of("E"):
            label, trigger = match[2], match[3]
            parts = [part.rsplit(":", 1) for part in match[4].split()]
            parts = [[role, triggers.get(name, name)] for role, name in parts]
            if missing := [name for name in (trigger, *(name for _, name in parts)) if name not in spans]:
                raise DataError(f"{self.path}, line {number}: there is no span {missing[0]}.")
            arguments = []
            for role, name in parts:
                _, start, end = spans[name]
                named = self.labels.role(label, role) or self.labels.role(label, role.rstrip("0123456789")) or role
                arguments.append(Argument(start, end, self.text[start:end], named))
            _, start, end = spans[trigger]
            said = modality.get(match[1], Modality.ASSERTED)
            kind = self.labels.event(label) or label
            yield Event(start, end, self.text[start:end], kind, tuple(arguments), modality=said)


def _joined(groups: list[set[int]]) -> tuple[tuple[int, ...], ...]:
    made: list[set[int]] = []
    for group in groups:
        together = [other for other in made if other & group]
        made = [other for other in made if not other & group] + [group.union(*together)]
    return tuple(tuple(sorted(group)) for group in made)
