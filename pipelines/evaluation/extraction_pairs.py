"""Scores the classification of given pairs, as FinRE and SemEval-2010 task 8 have it: which relation, and which way.

A pair has the relation that the model scores highest, in either direction, where that is above its threshold; only
relations of the data's own inventory are asked for. Precision, recall and F1 are over the pairs that have a relation:
"unknown" and "Other" are none. Of SemEval the F1 is its official one, the mean of its nine relations' (Hendrickx et
al., https://aclanthology.org/S10-1006); a relation in the wrong direction is wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from kgqa.extraction import OnnxExtractor, Schema
from kgqa.pipelines.evaluation.extraction_scores import Counts, Scores, scores, summed
from kgqa.types import Example

__all__ = ["GIVEN_PAIRS", "JudgedPairs", "PairScores", "judged_pairs", "score_pairs"]

Floats = NDArray[np.float32]

GIVEN_PAIRS = ("finre", "semeval", "fewrel", "wiki80")
"""Formats whose pairs are given."""


@dataclass(frozen=True, slots=True)
class PairScores:
    """How well given pairs are classified."""

    whole: Scores
    per_type: Mapping[str, Scores] = field(default_factory=dict)
    unknown: Mapping[str, int] = field(default_factory=dict)
    """Labels that the model was never given, with the number of their pairs; they do not count above."""


@dataclass(frozen=True, slots=True)
class JudgedPairs:
    """What the model says of given pairs, before thresholds: a column for each relation and direction."""

    relations: tuple[str, ...]
    """The relation of each column; a symmetric one has a single column, another one first "head to tail"."""
    scores: Floats
    """`(pairs, columns)`."""
    gold: NDArray[np.int64]
    """The right column of each pair `(pairs,)`, -1 where it has no relation."""


def judged_pairs(examples: Sequence[Example], extractor: OnnxExtractor) -> JudgedPairs:
    """The scores of every judged pair for the relations that the examples' data ask for."""
    spans = [[(mention.start, mention.end) for mention in example.mentions] for example in examples]
    known = [name for name in extractor.config.relations if name in extractor.schema.relations]
    asked = {relation.type for example in examples for relation in example.relations}
    names = [name for name in known if name in asked]
    symmetric = {name: extractor.schema.relations[name].symmetric for name in names}
    columns = tuple(name for name in names for _ in range(1 if symmetric[name] else 2))
    rows, gold = list[list[float]](), list[int]()
    for example, table in zip(examples, extractor.compare([e.text for e in examples], spans), strict=True):
        for head, tail, right in _pairs(example, extractor.schema):
            if right and right not in names:
                continue
            row = []
            for name in names:
                forth, back = (float(table[a, b, known.index(name)]) for a, b in ((head, tail), (tail, head)))
                row += [(forth + back) / 2] if symmetric[name] else [forth, back]
            rows.append(row)
            gold.append(columns.index(right) if right else -1)
    return JudgedPairs(columns, np.array(rows, np.float32).reshape(len(rows), len(columns)), np.array(gold, np.int64))


def score_pairs(examples: Sequence[Example], extractor: OnnxExtractor, *, macro: bool = False) -> PairScores:
    """The scores of the examples' relations between their own mentions; `macro` averages over relations."""
    spans = [[(mention.start, mention.end) for mention in example.mentions] for example in examples]
    known = [name for name in extractor.config.relations if name in extractor.schema.relations]
    asked = {relation.type for example in examples for relation in example.relations}
    names = [name for name in known if name in asked]
    counts, unknown = list[dict[str, Counts]](), dict[str, int]()
    for example, table in zip(examples, extractor.compare([e.text for e in examples], spans), strict=True):
        columns = {name: table[..., known.index(name)] for name in names}
        text: dict[str, Counts] = {}
        for head, tail, gold in _pairs(example, extractor.schema):
            if gold and gold not in known:
                unknown[gold] = unknown.get(gold, 0) + 1
                continue
            best = _best(columns, head, tail, extractor)
            wanted = (gold, head, tail) if gold else None
            right = int(wanted is not None and best == wanted)
            if best is not None:
                text[best[0]] = summed([text.get(best[0], Counts()), Counts(predicted=1)])
            if wanted is not None:
                text[gold] = summed([text.get(gold, Counts()), Counts(right, 0, right, 1)])
        counts.append(text)
    per_type = {name: scores([text.get(name, Counts()) for text in counts]) for name in names}
    whole = scores([summed(text.values()) for text in counts])
    if macro and per_type:
        whole = replace(whole, f1=round(sum(one.f1 for one in per_type.values()) / len(per_type), 4))
    return PairScores(whole, per_type, unknown)


def _pairs(example: Example, schema: Schema) -> list[tuple[int, int, str]]:
    """Head, tail and relation of each judged pair; one that was judged both ways with one result counts once."""
    found: dict[tuple[int, int, str], None] = {}
    for relation in example.relations:
        kind = schema.relations.get(relation.type)
        head, tail = relation.head, relation.tail
        if not relation.type or (kind is not None and kind.symmetric):
            head, tail = min(head, tail), max(head, tail)
        found[head, tail, relation.type] = None
    return list(found)


def _best(columns: Mapping[str, Floats], head: int, tail: int, extractor: OnnxExtractor) -> tuple[str, int, int] | None:
    """Relation, head and tail of what is most above its threshold."""
    found = []
    for name, table in columns.items():
        threshold = extractor.config.relation_thresholds.get(name, 0.0)
        if extractor.schema.relations[name].symmetric:
            one, other = min(head, tail), max(head, tail)
            found.append((float(table[one, other] + table[other, one]) / 2 - threshold, name, one, other))
        else:
            found += [
                (float(table[one, other]) - threshold, name, one, other) for one, other in ((head, tail), (tail, head))
            ]
    if not found or (best := max(found))[0] <= 0:
        return None
    return best[1:]
