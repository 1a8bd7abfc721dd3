"""Reads annotated coreference: GAP and LitBank."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from kgqa.errors import DataError
from kgqa.pipelines.training.formats_files import COREFERENCE
from kgqa.pipelines.training.formats_tagged import join_tokens
from kgqa.pipelines.training.labels import LabelMap
from kgqa.types import Example, Mention

__all__ = ["read_gap", "read_litbank"]


def read_gap(path: Path, labels: LabelMap) -> list[Example]:
    """Snippets with a pronoun and two names: the pronoun is a cluster with the one that it stands for, or alone."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    if not rows:
        raise DataError(f"{path} holds no snippet. GAP's form is a table with Pronoun, Pronoun-offset, A, ...")
    try:
        return [_gap(path, number, row) for number, row in enumerate(rows, 2)]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path}: not GAP's form ({error!r}): a table with Pronoun, Pronoun-offset, A, A-offset, ..."
        ) from error


def _gap(path: Path, number: int, row: Mapping[str, str]) -> Example:
    text = row["Text"]
    spans = [(int(row[f"{part}-offset"]), row[part]) for part in ("Pronoun", "A", "B")]
    mentions = tuple(
        Mention(start, start + len(name), name, "Reference" if n == 0 else "Person", nominal=n == 0)
        for n, (start, name) in enumerate(spans)
    )
    clusters = tuple((0, n) for n, part in ((1, "A"), (2, "B")) if row[f"{part}-coref"].upper() == "TRUE")[:1]
    return Example(text, mentions, (), clusters, f"{path.name}:{number}", frozenset({COREFERENCE}))


_LITBANK_TYPES = {"PER": "Person", "LOC": "Place", "GPE": "Place", "FAC": "Place", "ORG": "Organization"}


def read_litbank(folder: Path, labels: LabelMap, *, sentences: int = 8) -> list[Example]:
    """Passages of so many sentences from LitBank's coreference files: names, pronouns and descriptions in clusters."""
    return [example for path in sorted(folder.glob("*_brat.ann")) for example in _litbank(path, sentences)]


def _litbank(path: Path, size: int) -> Iterator[Example]:
    lines = [line.split() for line in path.with_suffix(".txt").read_text(encoding="utf-8").splitlines()]
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    cluster_of = {row[1]: row[2] for row in rows if row[0] == "COREF"}
    items = [row for row in rows if row[0] == "MENTION"]
    for begin in range(0, len(lines), size):
        text, offsets = join_tokens([token for line in lines[begin : begin + size] for token in line])
        firsts = [sum(len(line) for line in lines[begin:n]) for n in range(begin, min(begin + size, len(lines)))]
        mentions: list[Mention] = []
        clusters: dict[str, list[int]] = {}
        inside = [row for row in items if begin <= int(row[2]) < begin + size and row[2] == row[4]]
        members = Counter(cluster_of.get(row[1], row[1]) for row in inside)
        for row in inside:
            first, last = firsts[int(row[2]) - begin] + int(row[3]), firsts[int(row[4]) - begin] + int(row[5])
            start, end = offsets[first][0], offsets[last][1]
            clusters.setdefault(cluster_of.get(row[1], row[1]), []).append(len(mentions))
            named_again = members[cluster_of.get(row[1], row[1])] > 1
            nominal = row[8] == "PRON" or (row[8] == "NOM" and last - first < 4 and named_again)
            kind = "Reference" if nominal else _LITBANK_TYPES.get(row[7], "") if row[8] == "PROP" else ""
            mentions.append(Mention(start, end, text[start:end], kind, nominal=nominal))
        mentions += _relative_pronouns(text, offsets, mentions)
        groups = tuple(tuple(group) for group in clusters.values() if len(group) > 1)
        yield Example(
            text, tuple(mentions), (), groups, f"{path.name}:{begin}", frozenset({"Person", "Reference", COREFERENCE})
        )


def _relative_pronouns(text: str, offsets: list[tuple[int, int]], mentions: list[Mention]) -> list[Mention]:
    """Those that LitBank's annotators left out, as mentions of no known type."""
    taken = {(mention.start, mention.end) for mention in mentions}
    found = [span for span in offsets if text[slice(*span)].lower() in ("who", "whom", "whose", "which", "where")]
    return [Mention(start, end, text[start:end], "") for start, end in found if (start, end) not in taken]
