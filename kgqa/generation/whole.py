"""Answers that no single passage gives: facts of the graph counted or listed, and what the documents are about.

Every fact that counts is cited; an overview quotes, for each topic, the sentence that names most of what is central.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from kgqa.errors import NotFound
from kgqa.generation.compose import Quote, cite, quote_around
from kgqa.generation.evidence import AnswerStore, addressed
from kgqa.generation.grounding import ground
from kgqa.generation.wording import WORDING, Wording
from kgqa.retrieval import Finding, Plan, Route
from kgqa.retrieval.asked import asked_for
from kgqa.text import detect_language, sentences
from kgqa.types import Answer, Citation, Document, Entity, Evidence, Passage

__all__ = ["Planner", "WholeAnswers", "WholeStore"]

TOPICS = 5
LISTED = 100
"""Things that are named and cited at most; the count is of all of them."""


class Planner(Protocol):
    """Knows which way a question takes (see ``kgqa.retrieval.HybridRetriever``)."""

    def plan(self, question: str) -> Plan:
        """The way, and the facts that answer."""
        ...

    def overview(self, limit: int = 8) -> list[Passage]:
        """A passage for each of the largest topics; its path names the entities that are central to it."""
        ...

    def supporting(self, findings: Sequence[Finding], limit: int) -> list[Passage]:
        """The passages that support the facts."""
        ...


class WholeStore(AnswerStore, Protocol):
    """What these answers need of a store."""

    def evidence(self, target_id: str, limit: int = 100) -> Sequence[Evidence]:
        """What supports a triple, the surest first."""
        ...


class WholeAnswers:
    """Answers questions that ask for a count, a list or an overview."""

    def __init__(self, store: WholeStore, planner: Planner) -> None:
        self.store = store
        self.planner = planner

    def answer(self, question: str, language: str | None = None) -> Answer | None:
        """The answer, of which the caller fills in the question; None where the question asks for nothing of the kind.

        ``language`` is that of the answer's own words, by default the question's.
        """
        if not asked_for(question).may_be_whole:
            return None
        plan = self.planner.plan(question)
        spoken = language or detect_language(question)
        if plan.route is Route.AGGREGATION:
            return self._listed(plan, spoken)
        if plan.route is Route.OVERVIEW:
            return self._overview(spoken)
        return None

    def _listed(self, plan: Plan, language: str) -> Answer | None:
        wording = WORDING[language]
        documents: dict[str, Document] = {}
        citations: list[Citation] = []
        named: list[str] = []
        shown = [finding for finding in plan.findings[:LISTED] if self._cited(finding, citations, named, documents)]
        if not shown:
            return None
        names = wording.listing.join(named)
        count = len(plan.findings)
        text = (wording.listed if count == len(shown) else wording.first_listed).format(
            count=count, shown=len(shown), names=names
        )
        return self._grounded(
            text,
            citations,
            language,
            short=str(count) if plan.asked.counts else wording.listing.join(finding.entity.name for finding in shown),
            confidence=min(triple.confidence for finding in shown for triple in finding.triples),
            passages=self.planner.supporting(shown, LISTED),
            findings=shown,
        )

    def _cited(
        self, finding: Finding, citations: list[Citation], named: list[str], documents: dict[str, Document]
    ) -> bool:
        """Adds the best evidence of each of its facts; whether there is any."""
        before = len(citations)
        for triple in finding.triples:
            for evidence in self.store.evidence(triple.id, 1):
                if (document := self._document(evidence.document_id, documents)) is not None:
                    citations.append(_citation(evidence, document, len(citations) + 1))
        marks = "".join(f"[{citation.n}]" for citation in citations[before:])
        if marks:
            named.append(f"{finding.entity.name} {marks}")
        return bool(marks)

    def _document(self, id: str, documents: dict[str, Document]) -> Document | None:
        if id not in documents:
            try:
                documents[id] = self.store.document(id)
            except NotFound:
                return None
        return documents[id]

    def _overview(self, language: str) -> Answer | None:
        wording = WORDING[language]
        passages = self.planner.overview(TOPICS)
        known = {entity.id: entity for entity in self.store.entities([id for p in passages for id in p.path])}
        told: list[str] = []
        citations: list[Citation] = []
        for passage in passages:
            central = [known[id] for id in passage.path if id in known]
            quote = _telling(passage, central)
            citation = cite(quote, len(citations) + 1, passage.score)
            citations.append(addressed(citation, self.store))
            told.append(_topic(quote, central, citation.n, wording))
        if not told:
            return None
        return self._grounded(
            wording.overview.format(topics="\n".join(f"- {line}" for line in told)),
            citations,
            language,
            short=wording.listing.join(entity.name for entity in known.values()),
            confidence=sum(passage.score for passage in passages),
            passages=passages,
            entities=known.values(),
        )

    def _grounded(
        self,
        text: str,
        citations: Sequence[Citation],
        language: str,
        *,
        short: str,
        confidence: float,
        passages: Sequence[Passage],
        findings: Sequence[Finding] = (),
        entities: Iterable[Entity] = (),
    ) -> Answer | None:
        grounded = ground(text, citations, self.store.document)
        if not grounded.citations:
            return None
        return Answer(
            question="",
            text=grounded.text,
            citations=grounded.citations,
            confidence=round(min(1.0, confidence), 4),
            entities=tuple(finding.entity for finding in findings) or tuple(entities),
            triples=tuple(triple for finding in findings for triple in finding.triples),
            passages=tuple(passages),
            language=language,
            trace_id=uuid.uuid4().hex[:16],
            short=short,
        )


def _citation(evidence: Evidence, document: Document, n: int) -> Citation:
    return Citation(
        n,
        document.id,
        evidence.chunk_id,
        document.title,
        document.uri,
        evidence.page,
        evidence.start,
        evidence.end,
        evidence.quote,
        evidence.confidence,
    )


def _telling(passage: Passage, central: Sequence[Entity]) -> Quote:
    """The sentence of the passage that names most of the entities; of several the first."""
    chunk = passage.chunk
    weight: Mapping[str, int] = {name: len(central) - n for n, e in enumerate(central) for name in (e.name, *e.aliases)}
    spans = list(sentences(chunk.text, chunk.language))
    if not spans:
        return Quote(passage, chunk.start, chunk.end)
    best = max(
        spans, key=lambda s: (sum(w for name, w in weight.items() if name in chunk.text[s.start : s.end]), -s.start)
    )
    return quote_around(passage, chunk.start + best.start, chunk.start + best.end)


def _topic(quote: Quote, central: Sequence[Entity], n: int, wording: Wording) -> str:
    sentence = wording.sentence.format(quote=" ".join(quote.text.split()), n=n)
    names = wording.listing.join(entity.name for entity in central) or quote.passage.chunk.title
    return wording.statement.format(short=names, sentences=sentence) if names else sentence
