"""Scores the classification of given pairs, as FinRE and SemEval-2010 task 8 have it: which relation, and which way.

A pair has the relation that the model scores highest, in either direction, where that is above its threshold; only
relations of the data's own inventory are asked for. Precision, recall and F1 are over the pairs that have a relation:
"unknown" and "Other" are none. Of SemEval the F1 is its official one, the mean of its nine relations' (Hendrickx et
al., https://aclanthology.org/S10-1006); a relation in the wrong direction is wrong.
References are scored in the same way where their names are given, GAP's "gold-two-mention" (Webster et al., "Mind the
GAP", https://arxiv.org/abs/1810.05201).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from kgqa.extraction import OnnxExtractor, Schema
from kgqa.pipelines.evaluation.extraction_scores import Counts, Scores, scores, summed
from kgqa.types import Example

__all__ = ["GIVEN_PAIRS", "JudgedPairs", "PairScores", "judged_pairs", "score_antecedents", "score_pairs"]

Floats = NDArray[np.float32]

GIVEN_PAIRS = ("finre", "semeval", "fewrel", "wiki80", "kdconv", "encyclopaedia_zh")
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
    texts: NDArray[np.int64]
    """The number of the text that each pair stands in `(pairs,)`."""

    def best(self, thresholds: Mapping[str, float]) -> NDArray[np.int64]:
        """For each pair the column that is most above its relation's threshold, -1 where none is, `(pairs,)`."""
        if not self.relations:
            return np.full(len(self.gold), -1)
        above = self.scores - np.array([thresholds.get(name, 0.0) for name in self.relations], np.float32)
        return np.where(above.max(axis=1) > 0, above.argmax(axis=1), -1)


def judged_pairs(examples: Sequence[Example], extractor: OnnxExtractor) -> JudgedPairs:
    """The scores of every judged pair for the relations that the examples' data ask for and the model knows."""
    spans = [[(mention.start, mention.end) for mention in example.mentions] for example in examples]
    known = [name for name in extractor.config.relations if name in extractor.schema.relations]
    asked = {relation.type for example in examples for relation in example.relations}
    names = [name for name in known if name in asked]
    symmetric = {name: extractor.schema.relations[name].symmetric for name in names}
    columns = tuple(name for name in names for _ in range(1 if symmetric[name] else 2))
    rows, gold, texts = list[list[float]](), list[int](), list[int]()
    tables = extractor.compare([example.text for example in examples], spans)
    for number, (example, table) in enumerate(zip(examples, tables, strict=True)):
        for head, tail, right in _pairs(example, extractor.schema):
            if right and right not in names:
                continue
            row = []
            for name in names:
                forth, back = (float(table[a, b, known.index(name)]) for a, b in ((head, tail), (tail, head)))
                row += [(forth + back) / 2] if symmetric[name] else [forth, back]
            rows.append(row)
            gold.append(columns.index(right) if right else -1)
            texts.append(number)
    scored = np.array(rows, np.float32).reshape(len(rows), len(columns))
    return JudgedPairs(columns, scored, np.array(gold, np.int64), np.array(texts, np.int64))


def score_pairs(examples: Sequence[Example], extractor: OnnxExtractor, *, macro: bool = False) -> PairScores:
    """The scores of the examples' relations between their own mentions; `macro` averages over relations."""
    pairs = judged_pairs(examples, extractor)
    counts: list[dict[str, Counts]] = [{} for _ in examples]
    best = pairs.best(extractor.config.relation_thresholds)
    for number, found, gold in zip(pairs.texts.tolist(), best.tolist(), pairs.gold.tolist(), strict=True):
        text, right = counts[number], int(found == gold)
        if found >= 0:
            name = pairs.relations[found]
            text[name] = summed([text.get(name, Counts()), Counts(predicted=1)])
        if gold >= 0:
            name = pairs.relations[gold]
            text[name] = summed([text.get(name, Counts()), Counts(right, 0, right, 1)])
    names = list(dict.fromkeys(pairs.relations))
    per_type = {name: scores([text.get(name, Counts()) for text in counts]) for name in names}
    whole = scores([summed(text.values()) for text in counts])
    if macro and per_type:
        whole = replace(whole, f1=round(sum(one.f1 for one in per_type.values()) / len(per_type), 4))
    given = (name for example in examples for *_, name in _pairs(example, extractor.schema))
    return PairScores(whole, per_type, dict(Counter(name for name in given if name and name not in names)))


def score_antecedents(examples: Sequence[Example], extractor: OnnxExtractor) -> Scores:
    """How often a reference is given the right one of the annotated names, or none of them, rightly."""
    spans = [[(mention.start, mention.end) for mention in example.mentions] for example in examples]
    tables = extractor.compare([example.text for example in examples], spans)
    counts = []
    for example, table in zip(examples, tables, strict=True):
        names = [n for n, mention in enumerate(example.mentions) if not mention.nominal]
        text = Counts()
        for n in (n for n, mention in enumerate(example.mentions) if mention.nominal and names):
            best = max(names, key=lambda name: float(table[n, name, -1]))
            found = {best} if table[n, best, -1] > extractor.config.link_threshold else set()
            right = {member for cluster in example.clusters if n in cluster for member in cluster if member in names}
            hits = len(found & right)
            text = summed([text, Counts(hits, len(found), hits, len(right))])
        counts.append(text)
    return scores(counts)


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
