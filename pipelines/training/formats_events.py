"""Reads annotated events: GENEVA, FewFC and PHEE."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kgqa.errors import DataError
from kgqa.pipelines.training.formats_files import json_lines
from kgqa.pipelines.training.formats_tagged import join_tokens
from kgqa.pipelines.training.labels import LabelMap
from kgqa.types import Argument, Event, Example

__all__ = ["read_fewfc", "read_geneva", "read_phee"]


def read_geneva(path: Path, labels: LabelMap) -> list[Example]:
    """Sentences of GENEVA, in OneIE's JSON lines: tokens, entities, and events whose arguments name the entities.

    Raises:
        DataError: a line is not of this form, or a span lies outside of its sentence.
    """
    return _read(path, labels, _geneva, "GENEVA's form: tokens, entity_mentions, event_mentions")


def read_fewfc(path: Path, labels: LabelMap) -> list[Example]:
    """Texts of FewFC, JSON lines: content, and events whose mentions have spans of characters, the trigger among them.

    Raises:
        DataError: a line is not of this form, or a span lies outside of its text.
    """
    return _read(path, labels, _fewfc, "FewFC's form: content, and events of a type and mentions")


def read_phee(path: Path, labels: LabelMap) -> list[Example]:
    """Sentences of PHEE, JSON lines: context, and events with arguments that have arguments themselves; of a span in
    pieces each piece is an argument.

    Raises:
        DataError: a line is not of this form, or a span lies outside of its sentence.
    """
    return _read(path, labels, _phee, "PHEE's form: context, and annotations of events")


_Raw = tuple[str, tuple[int, int], list[tuple[str, int, int]]]
"""Label, trigger and arguments of an event, as the data has them."""


def _read(path: Path, labels: LabelMap, reader: Any, form: str) -> list[Example]:
    read = []
    for number, item in json_lines(path):
        where = f"{path}, line {number}"
        try:
            text, raw = reader(item)
            events = tuple(_event(where, text, one, labels) for one in raw)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise DataError(f"{where}: not {form} ({error!r}).") from error
        read.append(Example(text, source=f"{path.name}:{number}", events=events))
    if not read:
        raise DataError(f"{path} holds no text. Its form is {form}.")
    found = frozenset(event.type for example in read for event in example.events) & {*labels.schema.events}
    return [replace(example, annotated_types=found) for example in read]


def _event(where: str, text: str, raw: _Raw, labels: LabelMap) -> Event:
    """The event in the schema's names; labels that it lacks stay, so that they can be told and counted as missed."""
    label, (start, end), given = raw
    for first, last in ((start, end), *((first, last) for _, first, last in given)):
        if not 0 <= first < last <= len(text):
            what = f"{where}: the span {first}–{last} of {label} lies outside of the text"
            raise DataError(f"{what}, which has {len(text)} characters.")
    roles = ((labels.role(label, role) or role, first, last) for role, first, last in given)
    arguments = {(first, last, role): Argument(first, last, text[first:last], role) for role, first, last in roles}
    return Event(start, end, text[start:end], labels.event(label) or label, tuple(arguments.values()))


def _geneva(item: Mapping[str, Any]) -> tuple[str, Iterable[_Raw]]:
    text, offsets = join_tokens(item["tokens"])
    spans = {entity["id"]: (int(entity["start"]), int(entity["end"])) for entity in item["entity_mentions"]}

    def place(span: tuple[int, int]) -> tuple[int, int]:
        first, last = span
        if not 0 <= first < last <= len(offsets):
            raise IndexError(f"tokens {first} to {last} of {len(offsets)}")
        return offsets[first][0], offsets[last - 1][1]

    events = [
        (
            event["event_type"],
            place((event["trigger"]["start"], event["trigger"]["end"])),
            [(argument["role"], *place(spans[argument["entity_id"]])) for argument in event["arguments"]],
        )
        for event in item["event_mentions"]
    ]
    return text, events


def _fewfc(item: Mapping[str, Any]) -> tuple[str, Iterable[_Raw]]:
    events: list[_Raw] = []
    for event in item["events"]:
        spans = [(mention["role"], *map(int, mention["span"])) for mention in event["mentions"]]
        (trigger,) = [(start, end) for role, start, end in spans if role == "trigger"]
        events.append((event["type"], trigger, [span for span in spans if span[0] != "trigger"]))
    return item["content"], events


def _phee(item: Mapping[str, Any]) -> tuple[str, Iterable[_Raw]]:
    events: list[_Raw] = []
    for annotation in item["annotations"]:
        for event in annotation["events"]:
            (_, *trigger), *_ = _pieces("Trigger", event["Trigger"])
            parts = ((name, event[name]) for name in ("Subject", "Treatment", "Effect") if name in event)
            arguments = [piece for name, part in parts for piece in _pieces(name, part)]
            events.append((event["event_type"], (trigger[0], trigger[1]), arguments))
    return item["context"], events


def _pieces(role: str, part: Mapping[str, Any]) -> Iterator[tuple[str, int, int]]:
    """The spans of an argument and of those within it, which have the role of both: Treatment.Drug."""
    for texts, starts in zip(part.get("text", ()), part.get("start", ()), strict=True):
        yield from ((role, int(start), int(start) + len(text)) for text, start in zip(texts, starts, strict=True))
    for name, inner in part.items():
        for given in inner if isinstance(inner, list) and name not in ("text", "start", "entity_id") else [inner]:
            if isinstance(given, dict) and name != "Trigger":
                yield from _pieces(f"{role}.{name}", given)
