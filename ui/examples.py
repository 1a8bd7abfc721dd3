"""Questions to begin with: the sample's own where it is loaded, else made from the best-supported triples."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from kgqa.sample import sample_demo, sample_questions
from kgqa.text import detect_language
from kgqa.types import Triple
from kgqa.ui.knowledge import Knowledge
from kgqa.ui.schemas import Examples

__all__ = ["questions"]

Language = Literal["en", "zh"]
_WANTED = 3
_TRIPLES_READ = 300

_ABOUT_PREDICATE: dict[tuple[str, str], str] = {
    ("FOUNDED_BY", "en"): "Who founded {subject}?",
    ("FOUNDED_BY", "zh"): "{subject}是谁创立的？",
    ("FOUNDED_ON", "en"): "When was {subject} founded?",
    ("FOUNDED_ON", "zh"): "{subject}成立于何时？",
    ("HEADQUARTERS", "en"): "Where does {subject} have its headquarters?",
    ("HEADQUARTERS", "zh"): "{subject}的总部在哪里？",
    ("CEO", "en"): "Who runs {subject}?",
    ("CEO", "zh"): "{subject}的首席执行官是谁？",
    ("EMPLOYER", "en"): "For whom did {subject} work?",
    ("EMPLOYER", "zh"): "{subject}在哪里任职？",
    ("EDUCATED_AT", "en"): "Where did {subject} study?",
    ("EDUCATED_AT", "zh"): "{subject}毕业于哪所学校？",
    ("BORN_IN", "en"): "Where was {subject} born?",
    ("BORN_IN", "zh"): "{subject}出生在哪里？",
    ("AUTHOR", "en"): "Who wrote {subject}?",
    ("AUTHOR", "zh"): "{subject}的作者是谁？",
    ("DEVELOPED_BY", "en"): "Who developed {subject}?",
    ("DEVELOPED_BY", "zh"): "{subject}是谁开发的？",
    ("AWARD_RECEIVED", "en"): "Which award did {subject} receive?",
    ("AWARD_RECEIVED", "zh"): "{subject}获得了什么奖？",
}
"""Predicate and language → question that the triple answers."""

_ABOUT_ANY: dict[str, str] = {
    "en": "How are {subject} and {object} related?",
    "zh": "{subject}与{object}有什么关系？",
}
"""For a predicate without a question of its own."""


@dataclass(frozen=True, slots=True)
class _Sample:
    question: str
    language: str
    documents: frozenset[str]


def questions(kb: Knowledge, language: Language) -> Examples:
    """Three questions that the documents answer, those in ``language`` first; none if there is nothing to ask about."""
    names = {PurePosixPath(document.uri).name for document in kb.documents()}
    known = [item for item in _sample() if item.documents <= names]
    if known:
        ranked = sorted(known, key=lambda item: item.language != language)
        return Examples(source="sample", questions=_of_different_documents(ranked))
    if not names:
        return Examples(source="none", questions=[])
    best = sorted(kb.graph.triples(limit=_TRIPLES_READ), key=lambda t: (-t.support, -t.confidence, t.id))
    own = [triple for triple in best if detect_language(triple.subject_name) == language]
    made = list(_from_triples(own + [triple for triple in best if triple not in own]))[:_WANTED]
    return Examples(source="graph" if made else "none", questions=made)


def _sample() -> Iterator[_Sample]:
    """The sample's answerable questions that stand alone; those of the demonstration first."""
    rows = json.loads(sample_demo().read_text(encoding="utf-8"))
    rows += [json.loads(line) for line in sample_questions().read_text(encoding="utf-8").splitlines()]
    for row in rows:
        if row["answerable"] and not row["history"]:
            yield _Sample(row["question"], row["lang"], frozenset(row["documents"]))


def _of_different_documents(ranked: list[_Sample]) -> list[str]:
    chosen: dict[frozenset[str], str] = {}
    for item in ranked:
        if len(chosen) < _WANTED:
            chosen.setdefault(item.documents, item.question)
    return list(chosen.values())


def _from_triples(triples: Iterable[Triple]) -> Iterator[str]:
    """One question for each predicate and each subject."""
    seen: set[str] = set()
    for triple in triples:
        if triple.predicate in seen or triple.subject in seen:
            continue
        seen |= {triple.predicate, triple.subject}
        language = detect_language(triple.subject_name)
        template = _ABOUT_PREDICATE.get((triple.predicate, language), _ABOUT_ANY[language])
        yield template.format(subject=triple.subject_name, object=triple.object_name)
