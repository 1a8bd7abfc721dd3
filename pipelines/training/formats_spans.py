"""Reads spans and relations in JSON lines, the form of Prodigy and spaCy."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from kgqa.errors import DataError
from kgqa.pipelines.training.formats_files import json_lines, named_relation
from kgqa.pipelines.training.labels import LabelMap
from kgqa.types import Example, Mention

__all__ = ["read_spans"]


def read_spans(path: Path, labels: LabelMap) -> list[Example]:
    """One JSON object a line, in the form of Prodigy or of spaCy: ``text`` and its spans, and relations between them.

    Spans are ``spans`` or ``ents`` of ``start, end, label``, or ``entities`` of ``[start, end, label]``; relations are
    ``relations`` of ``head, child, label``, where ``head`` and ``child`` count the spans from 0, unless ``head_span``
    and ``child_span`` give their ``start`` and ``end``. ``labels`` may list what was looked for; what Prodigy's
    ``answer`` does not accept is left out.

    Raises:
        DataError: a line is not such an object, a span lies outside of the text or across another.
    """
    lines = ((number, item) for number, item in json_lines(path) if item.get("answer", "accept") == "accept")
    return _with_annotated([_spans_example(path, number, item, labels) for number, item in lines])


def _spans_example(path: Path, number: int, item: Mapping[str, Any], labels: LabelMap) -> Example:
    where = f"{path}, line {number}"
    try:
        text = str(item["text"])
        given = item.get("spans") or item.get("ents") or [_listed(entity) for entity in item.get("entities", ())]
        mentions = tuple(_span(where, text, span, labels) for span in given)
        _refuse_crossing(where, mentions)
        places = {(mention.start, mention.end): n for n, mention in enumerate(mentions)}
        relations = tuple(
            relation
            for given in item.get("relations", ())
            for relation in named_relation(
                _end(given, "head", places), _end(given, "child", places), str(given["label"]), mentions, labels
            )
        )
        listed = [labels.entity(name) or labels.relation(name)[0] for name in item.get("labels", ())]
    except IndexError as error:
        raise DataError(f"{where}: a relation names a span that is not there; spans count from 0.") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        form = '{"text": ..., "spans": [{"start": 0, "end": 4, "label": "PER"}]}'
        raise DataError(f"{where}: {error!r}. A line is {form}.") from error
    return Example(
        text, mentions, relations, source=f"{path.name}:{number}", annotated_types=frozenset(filter(None, listed))
    )


def _listed(entity: Sequence[Any]) -> Mapping[str, Any]:
    start, end, label = entity
    return {"start": start, "end": end, "label": label}


def _end(relation: Mapping[str, Any], end: str, places: Mapping[tuple[int, int], int]) -> int:
    """The number of the span at an end of a relation."""
    if span := relation.get(f"{end}_span"):
        place = int(span["start"]), int(span["end"])
        if place not in places:
            raise IndexError(place)
        return places[place]
    number = int(relation[end])
    if not 0 <= number < len(places):
        raise IndexError(number)
    return number


def _refuse_crossing(where: str, mentions: Sequence[Mention]) -> None:
    """Of two spans one may lie in the other; but not begin in it and end behind it."""
    for one, other in combinations(sorted(mentions, key=lambda mention: (mention.start, -mention.end)), 2):
        if one.start < other.start < one.end < other.end or (one.start, one.end) == (other.start, other.end):
            spans = f"{one.start}–{one.end} ({one.text!r}) and {other.start}–{other.end} ({other.text!r})"
            raise DataError(f"{where}: the spans {spans} overlap. Keep one of them, or put one within the other.")


def _span(where: str, text: str, span: Mapping[str, Any], labels: LabelMap) -> Mention:
    start, end = int(span["start"]), int(span["end"])
    if not 0 <= start < end <= len(text):
        raise DataError(f"{where}: the span {start}–{end} lies outside of the text, which has {len(text)} characters.")
    kind = labels.entity(str(span["label"]))
    return Mention(start, end, text[start:end], kind, nominal=bool(kind) and labels.schema.entities[kind].nominal)


def _with_annotated(examples: list[Example]) -> list[Example]:
    """Lines that do not say what was looked for: whatever occurs in the file."""
    found = {m.type for e in examples for m in e.mentions if m.type} | {r.type for e in examples for r in e.relations}
    return [
        e if e.annotated_types else Example(e.text, e.mentions, e.relations, e.clusters, e.source, frozenset(found))
        for e in examples
    ]
