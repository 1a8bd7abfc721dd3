"""A small workspace in memory and a reader that knows answers by heart: real implementations of the protocols."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kgqa.errors import NotFound
from kgqa.generation import Reading
from kgqa.generation.calibration import Features
from kgqa.generation.expected import Kinds
from kgqa.generation.reader import NONE_KNOWN
from kgqa.types import Chunk, Document, Entity, Passage, Statistics, Triple, content_id


def document(title: str, text: str, language: str = "en") -> Document:
    return Document.create(uri=f"docs/{title}.txt", title=title, text=text, language=language)


def passage(
    source: Document,
    start: int = 0,
    end: int | None = None,
    *,
    entities: Sequence[str] = (),
    triples: Sequence[str] = (),
) -> Passage:
    end = len(source.text) if end is None else end
    chunk = Chunk(
        content_id(source.id, str(start)),
        source.id,
        start,
        end,
        source.text[start:end],
        language=source.language,
        title=source.title,
    )
    return Passage(chunk, 1.0, {"lexical": 1.0}, tuple(entities), tuple(triples))


class HeartReader:
    """Finds the answers that it was given, each with its confidence, wherever a passage holds them."""

    def __init__(self, answers: Mapping[str, float], threshold: float = 0.5, coverage: float = 1.0) -> None:
        self.coverage = coverage
        self.answers = answers
        self.threshold = threshold
        self.questions: list[str] = []
        self.names: list[tuple[str, ...]] = []

    def read(
        self, question: str, passages: Sequence[Passage], names: Sequence[str] = (), kinds: Kinds = NONE_KNOWN
    ) -> list[Reading]:
        self.questions.append(question)
        self.names.append(tuple(names))
        found = []
        for number, item in enumerate(passages):
            for answer, confidence in self.answers.items():
                at = item.chunk.text.find(answer)
                if at >= 0:
                    start = item.chunk.start + at
                    features = Features(0.0, self.coverage, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0)
                    found.append(Reading(number, start, start + len(answer), answer, 0.0, features, confidence))
        return sorted(found, key=lambda reading: -reading.confidence)


class AskedReader:
    """Finds, for each question that it was told, the answers to it, each with its confidence; it knows no others."""

    threshold = 0.5

    def __init__(self, answers: Mapping[str, Mapping[str, float]]) -> None:
        self.answers = answers
        self.questions: list[str] = []

    def read(
        self, question: str, passages: Sequence[Passage], names: Sequence[str] = (), kinds: Kinds = NONE_KNOWN
    ) -> list[Reading]:
        self.questions.append(question)
        return HeartReader(self.answers.get(question, {})).read(question, passages, names, kinds)


class ListStore:
    """Documents, entities and triples in dictionaries."""

    def __init__(
        self, documents: Iterable[Document] = (), entities: Iterable[Entity] = (), triples: Iterable[Triple] = ()
    ) -> None:
        self._documents = {item.id: item for item in documents}
        self._entities = {item.id: item for item in entities}
        self._triples = {item.id: item for item in triples}

    def document(self, document_id: str, /) -> Document:
        if document_id not in self._documents:
            raise NotFound(f"There is no document {document_id}.")
        return self._documents[document_id]

    def entities(self, ids: Sequence[str] | None = None, /) -> list[Entity]:
        return [self._entities[id] for id in (self._entities if ids is None else ids) if id in self._entities]

    def triples(
        self,
        *,
        subject: str | None = None,
        object: str | None = None,
        ids: Sequence[str] | None = None,
        limit: int | None = 100,
    ) -> list[Triple]:
        found = [self._triples[id] for id in (self._triples if ids is None else ids) if id in self._triples]
        return [t for t in found if subject in (None, t.subject) and object in (None, t.object)][:limit]

    def statistics(self) -> Statistics:
        return Statistics(len(self._documents), 0, len(self._entities), len(self._triples), 0, 0, {}, {})


class ListRetriever:
    """Gives the passages that share a word with the question, in their order."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = passages
        self.questions: list[str] = []
        self.names: list[tuple[str, ...]] = []

    def retrieve(self, question: str, limit: int = 8, mode: str = "auto") -> list[Passage]:
        self.questions.append(question)
        return list(self.passages)[:limit]
