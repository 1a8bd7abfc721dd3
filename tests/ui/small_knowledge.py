"""A small real knowledge base in memory: reads text files, finds known names, answers with the best sentence."""

from __future__ import annotations

import dataclasses
import itertools
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kgqa.config import Settings
from kgqa.errors import NotFound, ReadError
from kgqa.text import detect_language
from kgqa.types import (
    Answer,
    Block,
    Chunk,
    Citation,
    Cited,
    Deleted,
    Document,
    Done,
    Entity,
    Evidence,
    Failure,
    FoundCitations,
    FoundEntities,
    FoundTriples,
    IngestReport,
    Neighbour,
    Passage,
    Progress,
    Statistics,
    Status,
    StoredDocument,
    StreamEvent,
    Token,
    Triple,
    content_id,
)
from kgqa.types import Path as GraphPath
from kgqa.ui.knowledge import Mode

__all__ = ["SmallKnowledge", "write_documents"]

DOCUMENTS = {
    "fission.txt": "The discovery of fission\n\n"
    "Lise Meitner was born in Vienna in 1878. She worked in Berlin with Otto Hahn for thirty years.\n\n"
    "😀🎉 In December 1938 Otto Hahn and Fritz Strassmann found barium. "
    "Otto Hahn received the Nobel Prize in Chemistry 🏅 for the discovery of fission.\n\n"
    "Element 109 is named meitnerium after Lise Meitner.",
    "屠呦呦.txt": "屠呦呦与青蒿素\n\n屠呦呦1930年出生于宁波。她毕业于北京大学，后来在中国中医科学院工作。\n\n"
    "🌿屠呦呦从青蒿中提取出青蒿素，2015年获得诺贝尔生理学或医学奖。",
}
FACTS = (
    ("Lise Meitner", "Person", "BORN_IN", "Vienna", "Place"),
    ("Lise Meitner", "Person", "EMPLOYER", "Berlin", "Place"),
    ("Otto Hahn", "Person", "AWARD_RECEIVED", "Nobel Prize in Chemistry", "Award"),
    ("屠呦呦", "Person", "BORN_IN", "宁波", "Place"),
    ("屠呦呦", "Person", "EDUCATED_AT", "北京大学", "Organization"),
)
_SENTENCE = re.compile(r"[^.。!?！？]+[.。!?！？]?")
_THRESHOLD = 0.5


def write_documents(folder: Path) -> list[Path]:
    """The two documents as files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in DOCUMENTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in DOCUMENTS]


def _grams(text: str) -> Counter[str]:
    words = re.findall(r"[a-z0-9]{4,}", text.lower())
    characters = re.findall(r"[一-鿿]", text)
    return Counter(words + [a + b for a, b in itertools.pairwise(characters)])


def _likeness(question: str, text: str) -> float:
    asked = _grams(question)
    return (asked & _grams(text)).total() / max(1, asked.total())


class SmallGraph:
    """The known facts whose two names stand in one paragraph."""

    def __init__(self, kb: SmallKnowledge) -> None:
        self.kb = kb

    def evidence(self, target_id: str) -> list[Evidence]:
        return [item for item in self._evidence() if item.target_id == target_id]

    def triples(
        self, *, subject: str | None = None, predicate: str | None = None, object: str | None = None, limit: int = 100
    ) -> list[Triple]:
        support = Counter(item.target_id for item in self._evidence())
        known = [_triple(fact) for fact in FACTS]
        live = [dataclasses.replace(t, support=support[t.id], confidence=0.9) for t in known if support[t.id]]
        wanted = ((subject, "subject"), (predicate, "predicate"), (object, "object"))
        return [t for t in live if all(value in (None, getattr(t, name)) for value, name in wanted)][:limit]

    def statistics(self) -> Statistics:
        nodes, edges = self._entities(), self.triples()
        types = Counter(node.type for node in nodes.values())
        predicates = Counter(edge.predicate for edge in edges)
        documents, chunks = len(self.kb.texts), len(self.kb.all_chunks())
        return Statistics(documents, chunks, len(nodes), len(edges), len(self._evidence()), 0, types, predicates)

    def entity(self, entity_id: str) -> Entity:
        if entity_id not in self._entities():
            raise NotFound(f"There is no entity {entity_id!r}.")
        return self._entities()[entity_id]

    def find(self, name: str, limit: int = 10) -> list[Entity]:
        return [e for e in self._entities().values() if name.lower() in e.name.lower()][:limit]

    def neighbours(self, entity_id: str, hops: int = 1, limit: int = 50) -> list[Neighbour]:
        self.entity(entity_id)
        edges = [*self.triples(subject=entity_id), *self.triples(object=entity_id)]
        others = [(t, t.object if t.subject == entity_id else t.subject) for t in edges]
        return [Neighbour(self.entity(other), 1, (triple,)) for triple, other in others][:limit]

    def path(self, start: str, end: str) -> GraphPath | None:
        joined = [n for n in self.neighbours(start) if n.entity.id == end]
        return GraphPath((self.entity(start), joined[0].entity), joined[0].triples) if joined else None

    def _entities(self) -> dict[str, Entity]:
        nodes = {}
        for triple, fact in ((_triple(fact), fact) for fact in FACTS):
            if any(item.target_id == triple.id for item in self._evidence()):
                nodes[triple.subject] = Entity(triple.subject, fact[0], fact[1], ("Elise Meitner",), 2, 1)
                nodes[triple.object] = Entity(triple.object, fact[3], fact[4], (), 1, 1)
        return nodes

    def _evidence(self) -> list[Evidence]:
        found = []
        for chunk in self.kb.all_chunks():
            for fact in FACTS:
                if fact[0] in chunk.text and fact[3] in chunk.text:
                    target, end = _triple(fact).id, chunk.start + len(chunk.text)
                    at = (chunk.document_id, chunk.id, chunk.start, end, chunk.text)
                    found.append(Evidence(content_id(target, chunk.id), target, *at, "names@1", 0.9, chunk.title))
        return found


def _triple(fact: tuple[str, str, str, str, str]) -> Triple:
    subject, object_ = content_id(fact[0]), content_id(fact[3])
    return Triple(content_id(*fact), subject, fact[2], object_, fact[0], fact[3])


class SmallDialogue:
    """Answers with the sentence that shares most with the question; "she" stands for the last question's subject."""

    def __init__(self, kb: SmallKnowledge) -> None:
        self.kb = kb
        self.before = ""

    def stream(self, question: str, *, mode: Mode | None = None) -> Iterator[StreamEvent]:
        self.kb.answering += 1
        try:
            yield from self._events(question)
        finally:
            self.kb.answering -= 1

    def _events(self, question: str) -> Iterator[StreamEvent]:
        yield Status("searching")
        asked = re.sub(r"\b[Ss]he\b|她", self.before, question)
        passages = self.kb.search(asked)
        yield Status("reading", len(passages))
        best = max(self._sentences(passages), key=lambda item: _likeness(asked, item[1]), default=None)
        language = detect_language(question)
        if best is None or _likeness(asked, best[1]) < _THRESHOLD:
            yield Done(Answer(question, "", (), True, "low_confidence", passages=tuple(passages), language=language))
            return
        (passage, quote, at), names = best, [fact for fact in FACTS if fact[0] in best[1]]
        self.before = names[0][0] if names else self.before
        chunk = passage.chunk
        uri = self.kb.document(chunk.document_id).uri
        citation = Citation(
            1, chunk.document_id, chunk.id, chunk.title, uri, None, at, at + len(quote), quote, passage.score
        )
        yield FoundCitations((citation,))
        entities = tuple(self.kb.graph.find(self.before)) if names else ()
        yield FoundEntities(entities)
        triples = tuple(self.kb.graph.triples(subject=entities[0].id)) if entities else ()
        yield FoundTriples(triples)
        text = f"{quote} [1]"
        for piece in re.findall(r"\S+\s*", text):
            yield Token(piece)
            time.sleep(self.kb.pause)
        yield Cited((1,))
        rewritten = asked if asked != question else ""
        cited = (citation,)
        yield Done(
            Answer(question, text, cited, False, "", 0.9, entities, triples, tuple(passages), language, rewritten, 0.01)
        )

    def _sentences(self, passages: Sequence[Passage]) -> Iterator[tuple[Passage, str, int]]:
        for passage in passages:
            for match in _SENTENCE.finditer(passage.chunk.text):
                quote = match.group().strip()
                yield passage, quote, passage.chunk.start + match.start() + match.group().index(quote)


class SmallKnowledge:
    """Documents, paragraphs as chunks, known facts; nothing on disk but uploads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings()
        self.texts: dict[str, Document] = {}
        self.graph = SmallGraph(self)
        self.pause = 0.0
        self.answering = 0

    def all_chunks(self) -> list[Chunk]:
        return [chunk for document in self.texts.values() for chunk in self.chunks(document.id)]

    def documents(self) -> list[StoredDocument]:
        rows = []
        for d in self.texts.values():
            ids = {item.target_id for item in self.graph._evidence() if item.document_id == d.id}
            size = (len(d.text), len(self.chunks(d.id)), len(ids) + 1, len(ids))
            added = "2026-01-02T03:04:05+00:00"
            rows.append(StoredDocument(d.id, d.uri, d.title, d.language, d.sha256, d.media_type, *size, added))
        return rows

    def document(self, document_id: str) -> Document:
        if document_id not in self.texts:
            raise NotFound(f"There is no document {document_id!r}.")
        return self.texts[document_id]

    def chunks(self, document_id: str) -> list[Chunk]:
        d = self.document(document_id)
        paragraphs = [block for block in d.blocks if block.kind == "paragraph"]
        return [
            Chunk(
                content_id(d.id, str(b.start)),
                d.id,
                b.start,
                b.end,
                d.text[b.start : b.end],
                i,
                d.language,
                None,
                "",
                d.title,
            )
            for i, b in enumerate(paragraphs)
        ]

    def passage(self, chunk_id: str) -> Chunk:
        for chunk in self.all_chunks():
            if chunk.id == chunk_id:
                return chunk
        raise NotFound(f"There is no passage {chunk_id!r}.")

    def delete(self, document_id: str) -> Deleted:
        chunks = len(self.chunks(document_id))
        before = self.graph.statistics()
        del self.texts[document_id]
        after = self.graph.statistics()
        gone = (before.entities - after.entities, before.triples - after.triples, before.evidences - after.evidences)
        return Deleted(document_id, chunks, *gone)

    def ingest(self, paths: Sequence[Path], *, on_progress: Callable[[Progress], None] | None = None) -> IngestReport:
        before, failures = self.graph.statistics(), []
        for number, path in enumerate(paths, 1):
            if on_progress:
                on_progress(Progress("reading", number, len(paths), path.name))
            try:
                document = _read(path)
                self.texts = {key: old for key, old in self.texts.items() if old.uri != document.uri}
                self.texts[document.id] = document
            except ReadError as error:
                failures.append(Failure(str(path), str(error)))
        after = self.graph.statistics()
        added = after.documents - before.documents
        return IngestReport(
            added=added,
            unchanged=len(paths) - added - len(failures),
            failures=tuple(failures),
            entities=after.entities - before.entities,
            triples=after.triples - before.triples,
        )

    def search(self, question: str, *, limit: int = 8) -> list[Passage]:
        scored = [Passage(chunk, _likeness(question, chunk.text)) for chunk in self.all_chunks()]
        return sorted((p for p in scored if p.score > 0), key=lambda p: -p.score)[:limit]

    def conversation(self) -> SmallDialogue:
        return SmallDialogue(self)


def _read(path: Path) -> Document:
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ReadError(f"{path.name} is not UTF-8 text. Save it as UTF-8.") from error
    blocks = [Block(m.start(), m.end()) for m in re.finditer(r"[^\n]+", text)]
    if len(blocks) > 1:
        blocks[0] = dataclasses.replace(blocks[0], kind="heading", level=1)
    title = text.split("\n", 1)[0]
    return Document.create(uri=path.name, title=title, text=text, language=detect_language(text), blocks=tuple(blocks))
