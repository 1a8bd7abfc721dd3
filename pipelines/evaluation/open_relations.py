"""How many open relations are right: draws them for a person to read, and counts what was judged.

python -m kgqa.pipelines.evaluation.open_relations WORKSPACE [--n 50] [--seed 1] > drawn.tsv
python -m kgqa.pipelines.evaluation.open_relations --judged drawn.tsv

Each line is a fact of the workspace and the sentence it was read from: write 1 or 0 into its first column. A fact is
right if its sentence, read in the document, says it of these two things.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import kgqa
from kgqa.errors import DataError
from kgqa.extraction.open_relations import is_open
from kgqa.graph import Graph
from kgqa.pipelines.evaluation.answers import Share
from kgqa.text import detect_language

__all__ = ["COLUMNS", "drawn", "shares"]

COLUMNS = ("right", "language", "subject", "predicate", "object", "sentence")
_JUDGED = {"1": 1, "0": 0}


def drawn(graph: Graph, count: int, seed: int) -> Iterator[tuple[str, ...]]:
    """At most so many open facts of each language, as rows of `COLUMNS` with the first one empty."""
    rows: dict[str, list[tuple[str, ...]]] = {"en": [], "zh": []}
    for triple in graph.all_triples():
        if is_open(triple.predicate):
            quote = " ".join(graph.evidence(triple.id, limit=1)[0].quote.split())
            language = detect_language(quote)
            rows[language].append(("", language, triple.subject_name, triple.predicate, triple.object_name, quote))
    for found in rows.values():
        yield from random.Random(seed).sample(sorted(found), min(count, len(found)))


def shares(rows: Iterable[Sequence[str]]) -> dict[str, Share]:
    """By language how many of the judged rows are right.

    Raises:
        DataError: a row has another first column than 1 or 0.
    """
    judged: dict[str, list[int]] = {}
    for number, row in enumerate(rows, 1):
        if len(row) != len(COLUMNS) or row[0] not in _JUDGED:
            raise DataError(f"Line {number} is not judged: its first column is {row[0] if row else ''!r}, not 1 or 0.")
        judged.setdefault(row[1], []).append(_JUDGED[row[0]])
    return {language: Share(sum(found), len(found)) for language, found in sorted(judged.items())}


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workspace", type=Path, nargs="?")
    parser.add_argument("--n", type=int, default=50, help="Facts of each language.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--judged", type=Path, help="A file of judged lines to count.")
    given = parser.parse_args()
    if given.judged:
        with given.judged.open(encoding="utf-8", newline="") as file:
            for language, share in shares(csv.reader(file, delimiter="\t")).items():
                low, high = share.interval
                part = share.right / share.of
                sys.stdout.write(f"{language}  {share.right} of {share.of}  {part:.3f} ({low:.3f}-{high:.3f})\n")
    elif given.workspace:
        with kgqa.open(given.workspace) as kb:
            csv.writer(sys.stdout, delimiter="\t").writerows(drawn(kb.graph, given.n, given.seed))
    else:
        parser.error("Name a workspace, or a file of judged lines.")


if __name__ == "__main__":
    main()
