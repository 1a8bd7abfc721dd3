"""Reads spans and relations in JSON lines, the form of Prodigy and spaCy."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kgqa.errors import DataError
from kgqa.pipelines.training.formats_files import json_lines, named_relation
from kgqa.pipelines.training.labels import LabelMap
from kgqa.types import Example, Mention

__all__ = ["read_spans"]


def read_spans(path: Path, labels: LabelMap) -> list[Example]:
    """One JSON object a line: ``text``, ``spans`` of ``start, end, label``, ``relations`` of ``head, child, label``.

    This is the form of Prodigy and spaCy; ``head`` and ``child`` count the spans, from 0. ``labels`` may list what
    was looked for.

    Raises:
        DataError: a line is not such an object, or a span lies outside of the text.
    """
    return _with_annotated([_spans_example(path, number, item, labels) for number, item in json_lines(path)])


def _spans_example(path: Path, number: int, item: Mapping[str, Any], labels: LabelMap) -> Example:
    where = f"{path}, line {number}"
    try:
        text = str(item["text"])
        mentions = tuple(_span(where, text, span, labels) for span in item.get("spans", ()))
        relations = tuple(
            relation
            for given in item.get("relations", ())
            for relation in named_relation(
                int(given["head"]), int(given["child"]), str(given["label"]), mentions, labels
            )
        )
        listed = [labels.entity(name) or labels.relation(name)[0] for name in item.get("labels", ())]
    except (KeyError, TypeError, ValueError) as error:
        form = '{"text": ..., "spans": [{"start": 0, "end": 4, "label": "PER"}]}'
        raise DataError(f"{where}: {error!r}. A line is {form}.") from error
    except IndexError as error:
        raise DataError(f"{where}: a relation names a span that is not there; spans count from 0.") from error
    return Example(
        text, mentions, relations, source=f"{path.name}:{number}", annotated_types=frozenset(filter(None, listed))
    )


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
