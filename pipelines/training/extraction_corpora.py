"""What the shipped extraction model is trained and scored on: which data sets, how much of each, and what each
annotates."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from kgqa.extraction.schema import Schema
from kgqa.pipelines.training.extraction_augmentation import with_new_products, with_other_names
from kgqa.pipelines.training.extraction_names import Names
from kgqa.pipelines.training.formats import read_examples
from kgqa.types import Example, Mention

__all__ = [
    "DEVELOPMENT",
    "TRAINING",
    "TUNED",
    "Corpus",
    "fingerprint",
    "is_held_out",
    "read_corpus",
    "read_development",
    "read_training",
]

_NAMES = frozenset({"Person", "Organization", "Place"})


@dataclass(frozen=True, slots=True)
class Corpus:
    """A data set of the mixture."""

    name: str
    path: str
    format: str
    annotated: frozenset[str] | None = None
    """What its annotators looked for; None: as the format says."""
    share: float = 1.0
    """How often each text is seen in an epoch; below 1 a sample."""
    part: str = "all"
    """``all``, or by a hash of the document: ``train`` (four fifths) or ``dev``."""
    language: str = "en"


def _crossner(domain: str, *also: str, share: float = 1.0) -> tuple[Corpus, Corpus]:
    annotated, folder = _NAMES | frozenset(also), f"ner_en/crossner/{domain}"
    train = Corpus(f"crossner_{domain}", f"{folder}/train.txt", "bio", annotated, share)
    return train, Corpus(f"crossner_{domain}_more", f"{folder}/dev.txt", "bio", annotated, share, part="train")


TRAINING: tuple[Corpus, ...] = (
    Corpus("uner_en", "ner_en/uner_en_ewt/train.iob2", "bio", _NAMES | {"Group"}, 1.0),
    Corpus("wnut17", "ner_en/wnut17/train.conll", "bio", _NAMES | {"Product", "Work"}, 0.4),
    Corpus("wikigold", "ner_en/wikigold/wikigold.conll.txt", "bio", _NAMES, 1.0, part="train"),
    Corpus("btc_a", "ner_en/btc/a.conll", "bio", _NAMES, 0.2),
    Corpus("btc_g", "ner_en/btc/g.conll", "bio", _NAMES, 0.2),
    *_crossner("ai", "Product", "Concept", "Event", share=4.0),
    *_crossner("literature", "Work", "Award", "Event", share=1.5),
    *_crossner("music", "Work", "Award", "Event", share=1.5),
    *_crossner("politics", "Event", share=0.7),
    *_crossner("science", "Award", "Event", share=1.5),
    Corpus("uner_zh", "ner_zh/uner_zh_gsdsimp/train.iob2", "bio", _NAMES, 4.0, language="zh"),
    Corpus("weibo", "ner_zh/weibo/train.conll", "bio", _NAMES, 0.5, language="zh"),
    Corpus("knowledgenet", "re/knowledgenet/facts.jsonl", "knowledgenet", None, 3.0, part="train"),
    Corpus("re-docred", "re/re-docred/dev_revised.json", "docred", None, 3.0, part="train"),
    Corpus("fewrel_wiki", "re/fewrel/val_wiki.json", "fewrel", None, 0.3),
    Corpus("fewrel_nyt", "re/fewrel/val_nyt.json", "fewrel", None, 1.0),
    Corpus("wiki80", "re/wiki80/test.txt", "wiki80", None, 1.0),
    Corpus("finre", "re_zh/finre/train.txt", "finre", None, 2.0, language="zh"),
    Corpus(
        "semeval", "re/semeval2010_task8/SemEval2010_task8_training/TRAIN_FILE.TXT", "semeval", None, 2.5, part="train"
    ),
    Corpus("gap", "coref/gap/gap-development.tsv", "gap", None, 1.4),
    Corpus("litbank", "coref/litbank/coref", "litbank", None, 0.7, part="train"),
    Corpus("geneva", "event/geneva/train_reconstructed.jsonl", "geneva", None, 5.0),
    Corpus("phee", "event/phee/json/train.json", "phee", None, 0.5),
    Corpus("fewfc", "event_zh/fewfc/rearranged/train_base.json", "fewfc", None, 1.5, part="train", language="zh"),
    Corpus("fewfc_more", "event_zh/fewfc/rearranged/train_trans.json", "fewfc", None, 2.0, part="train", language="zh"),
    Corpus("silver_zh", "text/zh_wikipara.jsonl.xz", "silver_zh", None, 0.3, language="zh"),
    Corpus("silver_zh_products", "text/zh_lctt.jsonl.xz", "silver_zh", frozenset(), 0.5, language="zh"),
    Corpus("kdconv", "qa/kdconv", "kdconv", None, 1.0, part="train", language="zh"),
    Corpus("stated_zh", "text/zh_wikisent.jsonl.xz", "encyclopaedia_zh", None, 1.0, part="train", language="zh"),
    Corpus("stated_zh_more", "text/zh_wikipara.jsonl.xz", "encyclopaedia_zh", None, 2.0, part="train", language="zh"),
    Corpus("stated_zh_software", "text/zh_lctt.jsonl.xz", "encyclopaedia_zh", None, 2.0, part="train", language="zh"),
)

DEVELOPMENT: tuple[Corpus, ...] = (
    Corpus("uner_en", "ner_en/uner_en_ewt/dev.iob2", "bio", _NAMES),
    Corpus("uner_zh", "ner_zh/uner_zh_gsdsimp/dev.iob2", "bio", _NAMES, language="zh"),
    Corpus("weibo", "ner_zh/weibo/dev.conll", "bio", _NAMES, language="zh"),
    Corpus("crossner_ai", "ner_en/crossner/ai/dev.txt", "bio", _NAMES | {"Product", "Concept", "Event"}, part="dev"),
    Corpus("wnut17", "ner_en/wnut17/dev.conll", "bio", _NAMES | {"Product", "Work"}),
    Corpus("wikigold", "ner_en/wikigold/wikigold.conll.txt", "bio", _NAMES, part="dev"),
    Corpus("knowledgenet", "re/knowledgenet/facts.jsonl", "knowledgenet", part="dev"),
    Corpus("re-docred", "re/re-docred/dev_revised.json", "docred", part="dev"),
    Corpus("finre", "re_zh/finre/valid.txt", "finre", language="zh"),
    Corpus("semeval", "re/semeval2010_task8/SemEval2010_task8_training/TRAIN_FILE.TXT", "semeval", part="dev"),
    Corpus("gap", "coref/gap/gap-validation.tsv", "gap"),
    Corpus("litbank", "coref/litbank/coref", "litbank", part="dev"),
    Corpus("geneva", "event/geneva/val.jsonl", "geneva"),
    Corpus("phee", "event/phee/json/dev.json", "phee"),
    Corpus("fewfc", "event_zh/fewfc/rearranged/train_base.json", "fewfc", part="dev", language="zh"),
    Corpus("fewfc_more", "event_zh/fewfc/rearranged/train_trans.json", "fewfc", part="dev", language="zh"),
    # By distant supervision, as in training: nobody judged them.
    Corpus("kdconv", "qa/kdconv", "kdconv", part="dev", language="zh"),
    Corpus("stated_zh", "text/zh_wikisent.jsonl.xz", "encyclopaedia_zh", part="dev", language="zh"),
    Corpus("stated_zh_more", "text/zh_wikipara.jsonl.xz", "encyclopaedia_zh", part="dev", language="zh"),
    Corpus("stated_zh_software", "text/zh_lctt.jsonl.xz", "encyclopaedia_zh", part="dev", language="zh"),
)


TUNED = ("knowledgenet", "re-docred", "geneva", "fewfc", "fewfc_more", "finre", "semeval")
"""Development sets of which every other text, from the second on, is for choosing thresholds and never scored."""


def read_corpus(data: Path, corpus: Corpus, schema: Schema) -> list[Example]:
    """The texts of a data set, or of its part, with the types that its relations imply.

    Raises:
        DataError: a file is missing or has a fault.
    """
    read = read_examples(data / corpus.path, corpus.format, schema)
    if corpus.part != "all":
        read = [example for example in read if is_held_out(_document(example, corpus)) == (corpus.part == "dev")]
    if corpus.annotated is not None:
        annotated = corpus.annotated
        read = [replace(example, annotated_types=annotated) for example in read]
    if corpus.format in ("fewrel", "wiki80"):
        read = [example for example in read if example.relations]
    return [_with_implied_types(example, schema) for example in read] if corpus.format in _IMPLIES else read


_BY_DOCUMENT = ("litbank", "kdconv", "encyclopaedia_zh")
"""Formats whose sources name the document before the last colon."""


def _document(example: Example, corpus: Corpus) -> str:
    """What is kept together when a data set is divided: the document, or the text where there is none."""
    if corpus.format in ("knowledgenet", "docred"):
        return example.source
    return example.source.rpartition(":")[0] if corpus.format in _BY_DOCUMENT else example.text


def is_held_out(key: str) -> bool:
    """Whether a text or document of that name is for scoring: a fifth, by a hash."""
    return hashlib.sha256(key.encode()).digest()[0] < 51


_IMPLIES = ("docred", "fewrel", "wiki80")
_IMPLIED = {  # relation and end → what it is, where its annotators had no type for it; the first that fits
    ("DEVELOPED_BY", "head"): "Product",
    ("MANUFACTURED_BY", "head"): "Product",
    ("CAST_MEMBER", "head"): "Work",
    ("DIRECTED_BY", "head"): "Work",
    ("AUTHOR", "head"): "Work",
    ("PERFORMER", "head"): "Work",
    ("PUBLISHED_BY", "head"): "Work",
    ("PUBLISHED_ON", "head"): "Work",
    ("PARTICIPANT_IN", "tail"): "Event",
    ("TOOK_PLACE_ON", "head"): "Event",
    ("AWARD_RECEIVED", "tail"): "Award",
}


def _with_implied_types(example: Example, schema: Schema) -> Example:
    """The example with types for mentions without, where a relation can only hold of one: a spouse is a person."""
    types = [mention.type for mention in example.mentions]
    for (name, end), implied in _IMPLIED.items():
        for relation in example.relations:
            place = relation.head if end == "head" else relation.tail
            if relation.type == name and not types[place]:
                types[place] = implied
    for relation in example.relations:
        kind = schema.relations[relation.type]
        for place, allowed in ((relation.head, kind.head), (relation.tail, kind.tail)):
            if not types[place] and len(allowed) == 1:
                types[place] = next(iter(allowed))
    for cluster in example.clusters:
        named = {types[member] for member in cluster} - {""}
        if len(named) == 1:
            for member in cluster:
                types[member] = types[member] or next(iter(named))
    typed = (replace(m, type=kind) if kind != m.type else m for m, kind in zip(example.mentions, types, strict=True))
    return replace(example, mentions=tuple(typed))


def read_training(data: Path, schema: Schema) -> list[tuple[Corpus, list[Example]]]:
    """Every data set of the mixture. Adjectives of nations count as `Group`, whatever a data set calls them.

    Raises:
        DataError: a file is missing or has a fault.
    """
    found = _regrouped([(corpus, read_corpus(data, corpus, schema)) for corpus in TRAINING], data, schema)
    named = {m.text for corpus, read in found if corpus.format == "bio" for e in read for m in e.mentions}
    found = [(c, [_companies(e, named) for e in read] if c.format == "finre" else read) for c, read in found]
    products = [example for _, examples in found for example in examples]
    return [*found, *_renamed(found, data), (_NEW_PRODUCTS, with_new_products(products, Random(1)))]


_OTHER_NAMES = {"uner_zh": 4, "weibo": 1, "uner_en": 1, "wikigold": 1}
"""How often the texts of a data set are seen again with other names."""


def _renamed(found: Iterable[tuple[Corpus, list[Example]]], data: Path) -> list[tuple[Corpus, list[Example]]]:
    """The texts of some data sets with names of the catalogue and of each other; language by language."""
    chosen = [(corpus, examples) for corpus, examples in found if corpus.name in _OTHER_NAMES]
    names = Names.read(data / "text" / "entities.tsv.xz", [e for _, examples in chosen for e in examples])
    made = []
    for corpus, examples in chosen:
        rng = Random(corpus.name)
        again = [e for _ in range(_OTHER_NAMES[corpus.name]) for e in with_other_names(examples, names, rng)]
        made.append(
            (replace(corpus, name=f"{corpus.name}_renamed", share=1.0 if corpus.language == "zh" else 0.5), again)
        )
    return made


def _companies(example: Example, named: set[str]) -> Example:
    """The example with the ends of FinRE's relations as organisations, unless other data name them otherwise."""
    ends = {place for relation in example.relations for place in (relation.head, relation.tail)}
    typed = [
        replace(m, type="Organization") if n in ends and m.text not in named else m
        for n, m in enumerate(example.mentions)
    ]
    return replace(example, mentions=tuple(typed))


_NEW_PRODUCTS = Corpus("new_products", "", "", share=1.0)


def read_development(data: Path, schema: Schema) -> list[tuple[Corpus, list[Example]]]:
    """Every development set, with `Group` as in training.

    Raises:
        DataError: a file is missing or has a fault.
    """
    return _regrouped([(corpus, read_corpus(data, corpus, schema)) for corpus in DEVELOPMENT], data, schema)


def _regrouped(
    read: Iterable[tuple[Corpus, list[Example]]], data: Path, schema: Schema
) -> list[tuple[Corpus, list[Example]]]:
    """The texts, where what KnowledgeNet's training part has as a nationality is a `Group`."""
    known = read_corpus(data, next(corpus for corpus in TRAINING if corpus.name == "knowledgenet"), schema)
    groups = {mention.text for example in known for mention in example.mentions if mention.type == "Group"}

    def typed(mention: Mention) -> Mention:
        return replace(mention, type="Group") if mention.type in ("", "Place") and mention.text in groups else mention

    return [
        (corpus, [replace(e, mentions=tuple(typed(mention) for mention in e.mentions)) for e in examples])
        for corpus, examples in read
    ]


def fingerprint(examples: Iterable[Example]) -> str:
    """A checksum of the annotated texts that a model was trained on."""
    digest = hashlib.sha256()
    for example in examples:
        digest.update(
            f"{example.source}\x1f{example.text}\x1f{len(example.mentions)}\x1f{len(example.relations)}\n".encode()
        )
    return digest.hexdigest()[:16]
