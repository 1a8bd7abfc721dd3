"""How well types of a user's own are found by name and description alone, in English and Chinese.

    python -m kgqa.pipelines.evaluation.own_types DATA

DATA is the folder of data sets. The types are those of `own_types.toml`, all given at once, none ever trained. English:
the texts of CrossNER's development sets that the shipped model was not trained on, all domains together. Chinese:
CLUENER 2020, without the texts on which the margin was chosen. A mention is right when type and both borders are. The
baseline calls every mention of the wider type so, which is told it too.
"""

import argparse
import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from kgqa.encoder import Encoder
from kgqa.extraction import OwnTypes, Schema, open_extractor
from kgqa.index import Embedder
from kgqa.pipelines.evaluation.extraction_scores import Counts, Scores, scores
from kgqa.pipelines.training.extraction_corpora import is_held_out
from kgqa.pipelines.training.formats_files import json_lines
from kgqa.pipelines.training.formats_tagged import read_tagged
from kgqa.pipelines.training.labels import LabelMap
from kgqa.types import Chunk, Extraction

__all__ = ["TYPES", "Text", "TypeScores", "score_own_types"]

TYPES = Path(__file__).with_suffix(".toml")
DOMAINS = ("ai", "literature", "music", "politics", "science")
SEEN, TEXTS = 800, 1000
"""Of CLUENER: texts on which the margin was chosen, and those that are scored."""
LEAST = 10
"""Annotated mentions of a type that is scored."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text with the start, end and type of its annotated mentions."""

    text: str
    spans: frozenset[tuple[int, int, str]]


@dataclass(frozen=True, slots=True)
class TypeScores:
    """How one type is found: with its wider type named, without, by calling all of the wider type so, and at best."""

    type: str
    kind: str
    named: Scores
    free: Scores
    baseline: Scores
    reach: float
    """Share of the annotated mentions that the model finds at all, under whatever type."""


def score_own_types(
    texts: Sequence[Text], found: Sequence[Extraction], schema: Schema, own: Schema, embedder: Embedder, language: str
) -> list[TypeScores]:
    """The scores of each type of `own` that is annotated often enough, given what the model read in each text."""
    chunks = [Chunk(str(n), str(n), 0, len(t.text), t.text, language=language) for n, t in enumerate(texts)]
    new = {name: type for name, type in own.entities.items() if name not in schema.entities}
    free = {name: dataclasses.replace(type, kind_of="") for name, type in new.items()}
    without = dataclasses.replace(own, entities={**schema.entities, **free})
    named_read, free_read = (OwnTypes(schema, of, embedder).typed(chunks, found) for of in (own, without))
    made = []
    for name, type in new.items():
        right = [{(start, end) for start, end, of in text.spans if of == name} for text in texts]
        total = sum(map(len, right))
        if total >= LEAST:
            anywhere = [{(m.start, m.end) for m in e.mentions if not m.nominal} for e in found]
            reach = sum(len(r & a) for r, a in zip(right, anywhere, strict=True)) / total
            named, unnamed = _scored(right, named_read, name), _scored(right, free_read, name)
            baseline = _scored(right, found, type.kind_of)
            made.append(TypeScores(name, type.kind_of, named, unnamed, baseline, round(reach, 3)))
    return made


def _scored(right: Sequence[set[tuple[int, int]]], read: Sequence[Extraction], type: str) -> Scores:
    ours = [{(m.start, m.end) for m in e.mentions if m.type == type and not m.nominal} for e in read]
    return scores([Counts.of(frozenset(o), frozenset(r)) for o, r in zip(ours, right, strict=True)])


def _labels(own: Iterable[str]) -> dict[str, str]:
    return {name.lower(): name for name in own}


def _english(data: Path, own: Schema) -> list[Text]:
    table = LabelMap(own, _labels(own.entities))
    read = [e for d in DOMAINS for e in read_tagged(data / "ner_en/crossner" / d / "dev.txt", table)]
    return [Text(e.text, frozenset((m.start, m.end, m.type) for m in e.mentions)) for e in read if is_held_out(e.text)]


def _chinese(data: Path, own: Schema) -> list[Text]:
    table, texts = _labels(own.entities), []
    for _, item in islice(json_lines(data / "eval_only/cluener2020/train.jsonl"), SEEN, SEEN + TEXTS):
        label: Mapping[str, Mapping[str, Sequence[tuple[int, int]]]] = item["label"]
        spans = {(s, e + 1, table.get(of, "")) for of, names in label.items() for at in names.values() for s, e in at}
        texts.append(Text(str(item["text"]), frozenset(spans)))
    return texts


def _main() -> None:
    parser = argparse.ArgumentParser(description="Score types of one's own, without training.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--types", type=Path, default=TYPES)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    encoder, schema = Encoder.open(), Schema.load()
    own, extractor = schema.extended(given.types), open_extractor(encoder=encoder)
    for language, texts in (("en", _english(given.data, own)), ("zh", _chinese(given.data, own))):
        chunks = [Chunk(str(n), str(n), 0, len(t.text), t.text, language=language) for n, t in enumerate(texts)]
        found = score_own_types(texts, extractor.extract(chunks), schema, own, encoder, language)
        if given.json:
            print(json.dumps([dataclasses.asdict(one) for one in found]))
            continue
        print(f"\n{language}, {len(texts)} texts\n")
        print("| type | kind of | n | F1 | 95 % | kind not said | all of the kind | found |")
        print("|---|---|---|---|---|---|---|---|")
        for one in found:
            low, high = one.named.interval
            told = f"{one.type} | {one.kind} | {one.named.n} | **{one.named.f1:.2f}** | {low:.2f}–{high:.2f}"
            print(f"| {told} | {one.free.f1:.2f} | {one.baseline.f1:.2f} | {one.reach:.2f} |")
        means = [
            sum(s.f1 for s in side) / len(found)
            for side in zip(*((o.named, o.free, o.baseline) for o in found), strict=True)
        ]
        print("| mean | | | **{:.2f}** | | {:.2f} | {:.2f} | |".format(*means))


if __name__ == "__main__":
    _main()
