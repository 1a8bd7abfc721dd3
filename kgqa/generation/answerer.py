"""The whole way of a question: retrieve, read, compose, ground.
One sequence of events, which `answer` folds into its end.
"""

import re
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Literal, Protocol

from kgqa.config import Settings
from kgqa.generation.compose import Statement, compose, is_telling, statements
from kgqa.generation.evidence import AnswerEvidence, AnswerStore, addressed, with_full_names
from kgqa.generation.facts import Fact, no_facts
from kgqa.generation.grounding import ground
from kgqa.generation.hops import follow
from kgqa.generation.inquiry import Inquiry
from kgqa.generation.names import Name, no_names
from kgqa.generation.reader import Reader
from kgqa.generation.whole import WholeAnswers
from kgqa.generation.wording import WORDING
from kgqa.privacy import names_nobody
from kgqa.text import detect_language
from kgqa.types import (
    Answer,
    Cited,
    Done,
    FoundCitations,
    FoundEntities,
    FoundTriples,
    Passage,
    Status,
    StreamEvent,
    Token,
)

__all__ = ["Answerer", "Mode", "Retriever", "answer_stream", "pieces"]

Mode = Literal["auto", "text", "graph", "hybrid"]


class Retriever(Protocol):
    """Finds passages for a question."""

    def retrieve(self, question: str, limit: int = 8, mode: Mode = "auto") -> list[Passage]:
        """At most `limit` passages, best first."""
        ...


class Answerer:
    """Answers questions from a store: with words of its documents, or by saying that they do not say."""

    def __init__(
        self,
        store: AnswerStore,
        retriever: Retriever,
        reader: Reader,
        settings: Settings | None = None,
        *,
        names: Callable[[str], Sequence[Name]] = no_names,
        facts: Callable[[str, Sequence[Name]], Sequence[Fact]] = no_facts,
        whole: WholeAnswers | None = None,
    ) -> None:
        self.store = store
        self.retriever = retriever
        self.reader = reader
        self.settings = settings or Settings()
        self.names = names
        self.facts = facts
        self.whole = whole

    def answer(self, question: str, *, mode: Mode | None = None, completed: str = "") -> Answer:
        """The answer with its citations, or one with `abstained`. `completed` is the question as it is searched for."""
        for event in self.stream(question, mode=mode, completed=completed):
            if isinstance(event, Done):
                return event.answer
        raise AssertionError("a stream ends with Done")

    def stream(self, question: str, *, mode: Mode | None = None, completed: str = "") -> Iterator[StreamEvent]:
        """The events of an answer: status, citations, entities, triples, token …, cited, done."""
        started = time.monotonic()
        settings = self.settings
        chosen = mode or settings.retrieval.mode

        def retrieve(query: str) -> list[Passage]:
            return self.retriever.retrieve(query, settings.retrieval.passages, chosen)

        yield Status("searching")
        spoken = None if settings.answer.language == "auto" else settings.answer.language
        if self.whole and chosen == "auto" and not names_nobody(completed or question):
            answer = self.whole.answer(completed or question, spoken or detect_language(question))
            if answer is not None:
                seconds = round(time.monotonic() - started, 3)
                yield from _told(replace(answer, seconds=seconds), question, completed, self.store)
                return
        passages = [] if names_nobody(completed or question) else retrieve(completed or question)
        events = answer_stream(
            question,
            passages,
            reader=self.reader,
            store=self.store,
            retrieve=retrieve,
            names=self.names,
            facts=self.facts,
            completed=completed,
            language=spoken,
            threshold=settings.answer.threshold,
        )
        for event in events:
            seconds = round(time.monotonic() - started, 3)
            yield Done(replace(event.answer, seconds=seconds)) if isinstance(event, Done) else event


def answer_stream(
    question: str,
    passages: Sequence[Passage],
    *,
    reader: Reader,
    store: AnswerStore,
    retrieve: Callable[[str], Sequence[Passage]] | None = None,
    names: Callable[[str], Sequence[Name]] = no_names,
    facts: Callable[[str, Sequence[Name]], Sequence[Fact]] = no_facts,
    language: str | None = None,
    threshold: float | None = None,
    completed: str = "",
) -> Iterator[StreamEvent]:
    """The events of an answer out of passages; the last is `Done` with the whole answer.

    With `retrieve`, a question that describes something by something else is answered in steps (`hops`). `completed` is
    the self-contained form of a follow-up; it is what is read for. `names` finds the names in a question, `facts` what
    the graph says to it.
    """
    asked = completed or question
    spoken = language or detect_language(question)
    yield Status("reading", len(passages))
    least = reader.threshold if threshold is None else threshold
    found, passages, confidence = _read(asked, passages, Inquiry(reader, store, names, facts, retrieve), least)
    yield Status("writing")
    yield from _told(_answer(found, passages, confidence, spoken, store), question, completed, store)


def _told(answer: Answer, question: str, completed: str, store: AnswerStore) -> Iterator[StreamEvent]:
    """The events of an answer that is complete but for the question."""
    yield FoundCitations(answer.citations)
    yield FoundEntities(answer.entities)
    yield FoundTriples(answer.triples)
    for piece in pieces(answer.text):
        yield Token(piece)
    yield Cited(ground(answer.text, answer.citations, store.document).used)
    yield Done(replace(answer, question=question, rewritten=completed if completed != question else ""))


def pieces(text: str) -> list[str]:
    """The text in the small pieces in which it is streamed; joined, they are the text."""
    return _PIECE.findall(text)


_PIECE = re.compile(r"\s*\[\d+\]|[\u2e80-\uffef]{1,3}|\s*[^\s\u2e80-\uffef\[]+|\s+|.", re.DOTALL)


def _read(
    question: str, passages: Sequence[Passage], inquiry: Inquiry, least: float
) -> tuple[list[Statement], list[Passage], float]:
    """What to state, everything that was retrieved for it, and the confidence of the best reading."""
    direct = inquiry.read(question, passages)
    found = statements(question, direct.readings, direct.passages, least)
    chain = follow(direct, inquiry, least) if inquiry.retrieve and passages else None
    if chain is None:
        return found, list(direct.passages), direct.confidence
    both = _unique([*direct.passages, *(quote.passage for quote in chain.quotes), *chain.found.passages])
    further = [chain.statement(reading) for reading in chain.found.readings if is_telling(reading, question)]
    best = max(further, key=lambda statement: statement.confidence, default=None)
    if best is None or best.confidence < max(least, direct.confidence * (1 - chain.confidence)):
        return found, both, direct.confidence
    return [best], both, best.confidence


def _answer(
    found: Sequence[Statement], passages: Sequence[Passage], confidence: float, language: str, store: AnswerStore
) -> Answer:
    """The answer of the statements; the question is filled in by the caller."""
    blank = Answer(
        question="",
        text=WORDING[language].abstained,
        confidence=round(confidence, 4),
        passages=tuple(passages),
        language=language,
        trace_id=uuid.uuid4().hex[:16],
    )
    found = with_full_names(found, store)
    text, citations = compose(found, language)
    grounded = ground(text, [addressed(citation, store) for citation in citations], store.document)
    if not grounded.citations:
        return replace(blank, abstained=True, reason=_reason(passages, store))
    about = AnswerEvidence.of(found, store)
    return replace(
        blank,
        text=grounded.text,
        short=found[0].short,
        citations=grounded.citations,
        entities=about.entities,
        triples=about.triples,
    )


def _reason(passages: Sequence[Passage], store: AnswerStore) -> str:
    if passages:
        return "low_confidence"
    return "nothing_found" if store.statistics().documents else "no_documents"


def _unique(passages: Sequence[Passage]) -> list[Passage]:
    return list({passage.chunk.id: passage for passage in passages}.values())
