"""Pairs of names that are one thing or two, made from a catalogue, and how well the identity scoring tells them apart.

python -m kgqa.pipelines.evaluation.entity_resolution DATA [--fit]                  (``kgqa evaluate identity``)

DATA is the folder of data sets, by default what the environment variable `KGQA_DATA` names; the catalogue is its
`text/entities.tsv.xz` (columns qid, type, en, zh, aliases, description, source). Half of the pairs are Chinese. One
half of the things, by their ids, is for ``--fit``, which prints the weights of `kgqa/graph/likeness.py`; the other is
for scores.

Names of one thing that share letters, names of two things that look alike, and one name for things of different types
can be told apart by names and types: that is the figure. Names of one thing that share nothing (IBM and International
Business Machines, 北京大学 and PKU) can only be joined by a catalogue or by a text that says so, "X (Y)", and one name
for two things of one type only be taken apart by what is said about them: such pairs are counted beside it.
"""

from __future__ import annotations

import argparse
import difflib
import itertools
import lzma
import os
import random
import sys
import unicodedata
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kgqa.errors import DataError
from kgqa.graph import likeness
from kgqa.graph.candidates import SAME, alike
from kgqa.graph.identity import coarse_type, normalised
from kgqa.text import is_cjk
from kgqa.types import Entity

__all__ = [
    "DECIDABLE",
    "Pair",
    "Resolution",
    "Thing",
    "evaluate_identity",
    "fit",
    "make_pairs",
    "read_catalogue",
    "score_pairs",
]

TYPES: Mapping[str, str] = {
    "brand": "Organization",
    "city": "City",
    "company": "Organization",
    "organisation": "Organization",
    "person": "Person",
    "place": "Location",
}
"""Of the catalogue → of the schema; rows of other types are left out."""
DECIDABLE = ("one thing, letters in common", "two things, near names", "two things, one name, other types")
BESIDE = ("one thing, nothing in common", "two things, one name, one type")
ENOUGH: Mapping[str, int] = {DECIDABLE[0]: 700, DECIDABLE[1]: 450, DECIDABLE[2]: 250, BESIDE[0]: 250, BESIDE[1]: 250}
"""Pairs of a kind and a language."""
CLOSE = 0.6
"""Names of two things are near from here on (``difflib``'s ratio)."""
RESAMPLED = 1_000
FITTED: Mapping[str, int] = {DECIDABLE[0]: 5_000, DECIDABLE[1]: 5_000, DECIDABLE[2]: 0, BESIDE[0]: 0, BESIDE[1]: 0}
"""Pairs of a kind and a language that weights are fitted on."""
PENALTY = 1e-4

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Thing:
    """A row of the catalogue."""

    id: str
    type: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two named things that are one or not."""

    a: Entity
    b: Entity
    is_one: bool
    kind: str
    language: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """How the pairs of a kind or language were told apart."""

    name: str
    n: int
    right: int
    precision: float
    recall: float
    f1: float
    interval: tuple[float, float]
    """95 % of the F1, by bootstrap over pairs."""

    @property
    def is_mixed(self) -> bool:
        """Whether some of the pairs are one thing and some two; else only the number of right ones says anything."""
        return self.name.startswith(("by", "all"))


def read_catalogue(path: Path) -> list[Thing]:
    """The things of the types in ``TYPES`` that have a name in one of the two languages.

    Raises:
        DataError: there is no such file.
    """
    try:
        with lzma.open(path, "rt", encoding="utf-8") as file:
            rows = [line.rstrip("\n").split("\t") for line in file][1:]
    except (OSError, lzma.LZMAError) as error:
        raise DataError(
            f"{path} cannot be read: {error}. It is the catalogue of the data sets' text folder."
        ) from error
    things = []
    for number, (qid, type, en, zh, aliases, _, source) in enumerate(rows):
        names = dict.fromkeys(name for name in (en, zh, *aliases.split("|")) if name.strip() and not _is_gloss(name))
        if type in TYPES and names:
            things.append(Thing(qid or f"{source}:{number}", TYPES[type], tuple(names)))
    return things


def _is_gloss(name: str) -> bool:
    """Whether it explains a name, in two scripts, instead of being one."""
    return _is_chinese(name) and sum(c.isascii() and c.isalpha() for c in name) > 2


# --- Pairs ------------------------------------------------------------------------------------------------------------


def make_pairs(things: Sequence[Thing], seed: int = 0, enough: Mapping[str, int] = ENOUGH) -> list[Pair]:
    """Pairs of each kind in both languages, at most ``enough`` of each, in an order of chance."""
    chance = random.Random(seed)
    shuffled = chance.sample(things, len(things))
    pairs = [*_of_one(shuffled), *_homonyms(shuffled), *_near(shuffled, chance)]
    kept: defaultdict[tuple[str, str], list[Pair]] = defaultdict(list)
    for pair in chance.sample(pairs, len(pairs)):
        group = kept[pair.kind, pair.language]
        if len(group) < enough[pair.kind]:
            group.append(pair)
    found = [pair for _, group in sorted(kept.items()) for pair in group]
    return chance.sample(found, len(found))


def _of_one(things: Iterable[Thing]) -> Iterator[Pair]:
    """A thing's first name with each of its others that is written differently, but for case and marks."""
    for thing in things:
        for first in dict.fromkeys(filter(None, (_first(thing, False), _first(thing, True)))):
            for other in thing.names:
                if normalised(first) != normalised(other):
                    kind = DECIDABLE[0] if _in_common(first, other) else BESIDE[0]
                    yield _pair(thing, first, thing, other, kind)


def _first(thing: Thing, is_chinese: bool) -> str:
    return next((name for name in thing.names if _is_chinese(name) == is_chinese), "")


def _homonyms(things: Iterable[Thing]) -> Iterator[Pair]:
    """Things of one name, as catalogues with ids know them."""
    named: defaultdict[str, list[tuple[str, Thing]]] = defaultdict(list)
    for thing in things:
        for name in {normalised(name): name for name in thing.names[:2]}.values() if _has_id(thing) else ():
            named[normalised(name)].append((name, thing))
    for found in named.values():
        for (first, a), (other, b) in itertools.pairwise(found):
            if a.id != b.id:
                is_one_type = coarse_type(a.type) == coarse_type(b.type)
                yield _pair(a, first, b, other, BESIDE[1] if is_one_type else DECIDABLE[2])


def _near(things: Sequence[Thing], chance: random.Random) -> Iterator[Pair]:
    """Things of one type whose names begin or end alike."""
    blocks: defaultdict[tuple[str, str], list[tuple[str, Thing]]] = defaultdict(list)
    for thing in filter(_has_id, things):
        for name in thing.names[:2]:
            key = normalised(name)
            length = 2 if _is_chinese(name) else 4
            for part in dict.fromkeys((key[:length], key[-length:])):
                blocks[coarse_type(thing.type), part].append((name, thing))
    for members in blocks.values():
        for first, a in members[:40]:
            other, b = chance.choice(members)
            known = {_plain(name) for name in a.names} & {_plain(name) for name in b.names}
            if a.id != b.id and not known and _close(first, other):
                yield _pair(a, first, b, other, DECIDABLE[1])


def _has_id(thing: Thing) -> bool:
    """Whether it is one of Wikidata's: other rows may be of one thing."""
    return thing.id.startswith("Q")


def _close(first: str, other: str) -> bool:
    x, y = normalised(first), normalised(other)
    return x != y and difflib.SequenceMatcher(None, x, y).ratio() >= CLOSE


def _in_common(first: str, other: str) -> bool:
    """Whether two names of one script share a run of four letters, or a character."""
    if _is_chinese(first) != _is_chinese(other):
        return False
    x, y = _plain(first), _plain(other)
    if _is_chinese(first):
        return bool(set(x) & set(y))
    return any(x[start : start + 4] in y for start in range(len(x) - 3))


def _plain(name: str) -> str:
    decomposed = unicodedata.normalize("NFD", normalised(name))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _is_chinese(name: str) -> bool:
    return any(map(is_cjk, name))


def _pair(a: Thing, first: str, b: Thing, other: str, kind: str) -> Pair:
    ends = (Entity(f"{a.id}/1", first, a.type), Entity(f"{b.id}/2", other, b.type))
    language = "zh" if _is_chinese(first) or _is_chinese(other) else "en"
    return Pair(*ends, a.id == b.id, kind, language)


# --- Scores -----------------------------------------------------------------------------------------------------------


def score_pairs(pairs: Sequence[Pair], alike: Callable[[Entity, Entity], float] = alike) -> list[Resolution]:
    """Precision, recall and F1 of "one thing" where ``alike`` reaches ``SAME``: of the pairs that can be told
    apart by name and type, in both languages and in each; then of all; and how many of each kind are right.
    """
    outcomes = [(pair, alike(pair.a, pair.b) >= SAME) for pair in pairs]
    decidable = [outcome for outcome in outcomes if outcome[0].kind in DECIDABLE]
    groups = {"by name and type": decidable}
    for language in ("en", "zh"):
        groups[f"by name and type, {language}"] = [o for o in decidable if o[0].language == language]
    groups["all kinds"] = outcomes
    for kind in (*DECIDABLE, *BESIDE):
        for language in ("en", "zh"):
            groups[f"{kind}, {language}"] = [o for o in outcomes if (o[0].kind, o[0].language) == (kind, language)]
    return [_resolution(name, found) for name, found in groups.items()]


def _resolution(name: str, outcomes: Sequence[tuple[Pair, bool]]) -> Resolution:
    truth = np.array([pair.is_one for pair, _ in outcomes], bool)
    said = np.array([is_one for _, is_one in outcomes], bool)
    precision, recall, f1 = _scores(truth, said)
    chance = np.random.default_rng(0)
    drawn = [chance.integers(0, len(truth), len(truth)) for _ in range(RESAMPLED)] if len(truth) else []
    spread = [_scores(truth[rows], said[rows])[2] for rows in drawn]
    low, high = np.quantile(spread, [0.025, 0.975]) if spread else (0.0, 1.0)
    right = int((truth == said).sum())
    return Resolution(name, len(truth), right, precision, recall, f1, (float(low), float(high)))


def _scores(truth: Flags, said: Flags) -> tuple[float, float, float]:
    both = int((truth & said).sum())
    precision, recall = both / max(1, int(said.sum())), both / max(1, int(truth.sum()))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def fit(pairs: Sequence[Pair]) -> dict[str, list[float]]:
    """Weights of ``likeness.features`` for each script, by logistic regression with a small penalty.

    To the pairs come some of things that have nothing to do with each other, so that the weights know of these too.
    """
    from scipy.optimize import minimize

    weights = {}
    for script, is_of_it in (("ALPHABETIC", False), ("CHINESE", True)):
        named = [(likeness.plain(p.a.name), likeness.plain(p.b.name), p.is_one) for p in pairs if p.kind in DECIDABLE]
        named = [n for n in named if n[0] != n[1] and {*map(likeness.is_chinese, n[:2])} == {is_of_it}]
        strangers = [(one[0], other[1], False) for one, other in itertools.pairwise(named) if one[0] != other[1]]
        known = [*named, *strangers[::4]]
        rows = [likeness.features(*sorted((a, b), key=len)) for a, b, _ in known]
        truth = [is_one for *_, is_one in known]
        weights[script] = minimize(_loss, np.zeros(len(rows[0])), (np.array(rows), np.array(truth))).x.tolist()
    return weights


def _loss(weights: Numbers, rows: Numbers, truth: Flags) -> float:
    sums = rows @ weights
    return float(np.logaddexp(0, np.where(truth, -sums, sums)).mean() + PENALTY * (weights[1:] ** 2).sum())


def evaluate_identity(folder: Path) -> list[Resolution]:
    """The scores on the pairs made of the things of the catalogue in ``folder`` that no weight was fitted on.

    Raises:
        DataError: there is no catalogue.
    """
    things = read_catalogue(folder / "text" / "entities.tsv.xz")
    return score_pairs(make_pairs([thing for thing in things if _is_for_scores(thing)]))


def _is_for_scores(thing: Thing) -> bool:
    return zlib.crc32(thing.id.encode()) % 2 == 1


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=os.environ.get("KGQA_DATA"))
    parser.add_argument("--fit", action="store_true")
    given = parser.parse_args()
    if given.data is None:
        raise DataError("Name the folder of data sets, or set KGQA_DATA to it.")
    if given.fit:
        things = read_catalogue(Path(given.data) / "text" / "entities.tsv.xz")
        pairs = make_pairs([thing for thing in things if not _is_for_scores(thing)], seed=1, enough=FITTED)
        for script, weights in fit(pairs).items():
            sys.stdout.write(f"{script} = ({', '.join(f'{weight:.2f}' for weight in weights)})\n")
        return
    for found in evaluate_identity(Path(given.data)):
        scores = f"P {found.precision:.3f}  R {found.recall:.3f}  F1 {found.f1:.3f}"
        low, high = found.interval
        line = f"{found.name:<44} n {found.n:>5}  right {found.right:>5}"
        sys.stdout.write(f"{line}  {scores} ({low:.3f}-{high:.3f})\n" if found.is_mixed else f"{line}\n")


if __name__ == "__main__":
    main()
