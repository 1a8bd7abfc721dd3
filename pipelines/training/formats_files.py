"""What the readers of annotated data share: files of JSON, and relations between mentions in the schema's names."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kgqa.errors import DataError
from kgqa.pipelines.training.labels import LabelMap
from kgqa.types import Mention, Relation

__all__ = ["COREFERENCE", "NO_RELATION", "json_file", "json_lines", "judged_pair", "named_relation"]

COREFERENCE = "COREFERENCE"
"""Stands among the annotated types where every mention's antecedent was looked for."""


def named_relation(head: int, tail: int, label: str, mentions: Sequence[Mention], labels: LabelMap) -> list[Relation]:
    """The relation in the schema's name and direction, or none where the schema has no such relation."""
    name, swapped = labels.relation(label)
    if not name:
        if label not in NO_RELATION and labels.relations.get(label, label):
            labels.strange.relations[label] += 1
        return []
    head, tail = (tail, head) if swapped else (head, tail)
    ends = mentions[head], mentions[tail]
    return [Relation(head, tail, name, min(m.start for m in ends), max(m.end for m in ends))]


def judged_pair(head: int, tail: int, label: str, mentions: Sequence[Mention], labels: LabelMap) -> Relation:
    """The pair as its annotators judged it: in the schema's name and direction, with the data's label where the schema
    has no such relation, and without a type where there is none (`NO_RELATION`)."""
    if named := named_relation(head, tail, label, mentions, labels):
        return named[0]
    ends = mentions[head], mentions[tail]
    kind = "" if label in NO_RELATION else label
    return Relation(head, tail, kind, min(m.start for m in ends), max(m.end for m in ends))


NO_RELATION = ("unknown", "Other", "NA", "no_relation", "Na")
"""How data sets call a pair without a relation."""


def json_file(path: Path) -> Any:
    """What a file of JSON holds.

    Raises:
        DataError: it cannot be read or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise DataError(f"{path} is not JSON: {error}.") from error


def json_lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Number and object of each line of a file.

    Raises:
        DataError: the file cannot be read, or a line is no JSON object.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}.") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                item = json.loads(line)
            except ValueError as error:
                raise DataError(f"{path}, line {number}: not JSON ({error}).") from error
            if not isinstance(item, dict):
                raise DataError(f"{path}, line {number}: not a JSON object.")
            yield number, item
