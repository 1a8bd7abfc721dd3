"""Entities by a name that is nearly theirs: typing errors, marks left out, traditional characters for simplified.

A name with at most k errors leaves one of k + 1 parts of it as it was (Wu and Manber, 1992,
https://doi.org/10.1145/135239.135244): names that hold such a part are found by SQLite, and compared here.
"""

from __future__ import annotations

import itertools
import sqlite3

from kgqa.graph.graph_rows import entities
from kgqa.graph.likeness import is_chinese, plain, similar
from kgqa.graph.store import Match
from kgqa.text.variants import spellings

__all__ = ["similar_names"]

MOST_COMPARED = 20_000
"""Names; more hold a part of a very common name."""


def similar_names(connection: sqlite3.Connection, name: str, limit: int) -> list[Match]:
    """See ``GraphReader.similar``."""
    wanted = plain(name)
    errors = _errors(wanted)
    forms = sorted({form for part in _parts(wanted, errors + 1) for form in spellings(part)})
    if not forms or limit < 1:
        return []
    holds = " OR ".join(["instr(normalised, ?)"] * len(forms))
    query = f"SELECT entity_id, name FROM names WHERE length(normalised) >= ? AND ({holds}) LIMIT ?"
    best: dict[str, tuple[float, str]] = {}
    for entity, known in connection.execute(query, (len(wanted) - errors, *forms, MOST_COMPARED)):
        score = _score(wanted, plain(known), errors)
        if score > best.get(entity, (0.0, ""))[0]:
            best[entity] = (score, known)
    found = [Match(entity, best[entity.id][1], best[entity.id][0]) for entity in entities(connection, list(best))]
    found.sort(key=lambda m: (-m.score, -(m.entity.mentions + m.entity.degree), m.entity.name, m.entity.id))
    return found[:limit]


def _errors(wanted: str) -> int:
    """How many a name may have: one from three letters or two Chinese characters on, two from six."""
    length = len(wanted)
    return (length >= (2 if is_chinese(wanted) else 3)) + (length >= 6)


def _parts(wanted: str, count: int) -> list[str]:
    borders = [len(wanted) * number // count for number in range(count + 1)]
    return [part for start, end in itertools.pairwise(borders) if (part := wanted[start:end].strip())]


def _score(wanted: str, known: str, errors: int) -> float:
    """The share of letters that are right, of the name or of as many of its words; 0 for too many errors."""
    count = len(wanted.split())
    words = known.split()
    runs = [" ".join(words[start : start + count]) for start in range(len(words) - count + 1)]
    return max(_right(wanted, run, errors) for run in {known, *runs})


def _right(wanted: str, run: str, errors: int) -> float:
    longest = max(len(wanted), len(run))
    if longest - min(len(wanted), len(run)) > errors:
        return 0.0
    score = similar(wanted, run)
    return round(score, 3) if round((1 - score) * longest) <= errors else 0.0
