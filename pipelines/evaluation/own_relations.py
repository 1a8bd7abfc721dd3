"""How well relations of a user's own are told by name and description alone, in English and Chinese.

    python -m kgqa.pipelines.evaluation.own_relations DATA

DATA is the folder of data sets. English: the 16 relations of FewRel's validation set (Wikipedia), by Wikidata's names
and descriptions, each with 100 pairs; the level was chosen on 40 others of each. Chinese: KdConv's dialogues that the
model was not trained on, relations of its schema as if they were new, which are then no rivals. All relations are given
at once, ends of any type, and each pair holds one: in free text, where most pairs hold none, precision is lower.
"""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kgqa.encoder import Encoder
from kgqa.extraction import OwnRelations, Schema
from kgqa.extraction.own_relations import LEVEL, words_of
from kgqa.extraction.schema import RelationType
from kgqa.index import Embedder
from kgqa.pipelines.evaluation.extraction_scores import Counts, Scores, scores
from kgqa.pipelines.training import formats_pairs
from kgqa.pipelines.training.extraction_corpora import DEVELOPMENT, read_corpus
from kgqa.pipelines.training.formats_files import json_file
from kgqa.pipelines.training.labels import LabelMap
from kgqa.text import detect_language, sentences
from kgqa.types import Example, Span

__all__ = ["read_fewrel", "read_kdconv", "score_own_relations"]

SEEN, PAIRS = 40, 100
"""Of each relation of FewRel: pairs on which the level was chosen, and those that are scored."""

LEAST = 10
"""Pairs of a relation of KdConv."""

Pair = tuple[tuple[str, str], str]
"""The words that join two names (`words_of`), and the relation."""


def score_own_relations(
    relations: Sequence[RelationType], pairs: Sequence[Pair], embedder: Embedder
) -> tuple[Scores, float]:
    """The scores of the nearest relation of each pair, if it is near enough, and how often the nearest is right."""
    names = [relation.name for relation in relations]
    schema = Schema.load()
    others = {name: relation for name, relation in schema.relations.items() if f"own {name}" not in names}
    extended = replace(schema, relations={**others, **dict(zip(names, relations, strict=True))})
    found = OwnRelations(replace(schema, relations=others), extended, embedder).scores([words for words, _ in pairs])
    nearest = [names[n] for n in found.argmax(1)]
    said = [name if row.max() > LEVEL else "" for name, row in zip(nearest, found, strict=True)]
    counts = [
        Counts.of(frozenset({name} - {""}), frozenset({right})) for name, (_, right) in zip(said, pairs, strict=True)
    ]
    first = sum(name == right for name, (_, right) in zip(nearest, pairs, strict=True)) / len(pairs)
    return scores(counts), first


def read_fewrel(folder: Path) -> tuple[list[RelationType], list[Pair]]:
    """Relations and pairs of FewRel.

    Raises:
        DataError: a file is missing or has a fault.
    """
    told = json_file(folder / "pid2name.json")
    relations = [
        RelationType(id, dict.fromkeys(("en", "zh"), told[id][0]), told[id][1])
        for id in json_file(folder / "val_wiki.json")
    ]
    schema = replace(Schema.load(), relations={relation.name: relation for relation in relations})
    pairs = _pairs(formats_pairs.read_fewrel(folder / "val_wiki.json", LabelMap(schema)))
    by_relation = ([pair for pair in pairs if pair[1] == relation.name] for relation in relations)
    return relations, [pair for same in by_relation for pair in same[SEEN : SEEN + PAIRS]]


def read_kdconv(data: Path) -> tuple[list[RelationType], list[Pair]]:
    """The model's own relations that KdConv's held back dialogues state often, as if they were new, by their Chinese
    names and descriptions in English; and the pairs.

    Raises:
        DataError: a file is missing or has a fault.
    """
    schema = Schema.load()
    corpus = next(corpus for corpus in DEVELOPMENT if corpus.name == "kdconv")
    pairs = _pairs(read_corpus(data, corpus, schema))
    often = [type for type, count in Counter(type for _, type in pairs).most_common() if count >= LEAST]
    relations = [replace(schema.relations[type], name=f"own {type}") for type in often]
    return relations, [(words, f"own {type}") for words, type in pairs if type in often]


def _pairs(examples: Sequence[Example]) -> list[Pair]:
    """Of each relation that holds, the words that join its ends in their sentences."""
    pairs = []
    for example in examples:
        spans = list(sentences(example.text, detect_language(example.text)))
        for relation in example.relations:
            one, other = (example.mentions[n] for n in (relation.head, relation.tail))
            place = Span(min(one.start, other.start), max(one.end, other.end))
            said = [span for span in spans if span.start < place.end and place.start < span.end]
            if relation.type:
                pairs.append((words_of(example.text, place, Span(said[0].start, said[-1].end)), relation.type))
    return pairs


def _main() -> None:
    parser = argparse.ArgumentParser(description="Score relations of one's own by name and description.")
    parser.add_argument("data", type=Path, help="folder of data sets")
    data, embedder = parser.parse_args().data, Encoder.open()
    print("| | relations | n | precision | recall | F1 | 95 % | nearest is right |\n|---|---|---|---|---|---|---|---|")
    for name, (relations, pairs) in (
        ("FewRel (en)", read_fewrel(data / "re" / "fewrel")),
        ("KdConv (zh)", read_kdconv(data)),
    ):
        whole, first = score_own_relations(relations, pairs, embedder)
        figures = f"{whole.precision:.2f} | {whole.recall:.2f} | {whole.f1:.2f}"
        low, high = whole.interval
        print(f"| {name} | {len(relations)} | {whole.n} | {figures} | {low:.2f}–{high:.2f} | {first:.2f} |")


if __name__ == "__main__":
    _main()
