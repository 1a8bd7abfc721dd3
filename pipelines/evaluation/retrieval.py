"""Scores retrieval on any corpus with questions whose supporting passages are known, in a throw-away workspace.

    kgqa evaluate retrieval --questions Q.json --corpus C.json --format hipporag --mode auto --json

A corpus is a list of ``{"title", "text"}`` (or ``{title: [sentence, …]}``). The questions are a list, by format

* ``hipporag``: HotpotQA and 2WikiMultiHopQA, ``{"question", "supporting_facts": [[title, sentence], …]}``;
* ``musique``: ``{"question", "paragraphs": [{"title", "paragraph_text", "is_supporting"}, …]}``;
* ``plain``: ``{"question", "gold": [title, or number in the corpus, …]}``.

BM25, dense search and their fusion stand beside the mode that is scored, over the same passages.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from kgqa.errors import DataError
from kgqa.extraction import Extractor
from kgqa.extraction.schema import Schema
from kgqa.graph import EmbeddedStore
from kgqa.index import Embedder, Indexes, passage_text
from kgqa.retrieval import HybridRetriever, Mode, Reranker, TripleIndex
from kgqa.text import chunk, detect_language
from kgqa.types import Chunk, Document, Extraction, Hit

__all__ = [
    "Beside",
    "Judged",
    "Recall",
    "RetrievalReport",
    "bootstrap_interval",
    "evaluate_retrieval",
    "read_corpus",
    "read_judged",
]

Format = Literal["hipporag", "musique", "plain"]
Beside = Mode | Literal["no_triples", "no_reranker"]
_CUTS = (2, 5, 10)
_CHUNKS = 40  # retrieved for a question: a passage may be several
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Judged:
    """A question and the passages that support its answer: of each group, any one will do."""

    question: str
    groups: tuple[frozenset[str], ...]
    """Ids of documents."""


@dataclass(frozen=True, slots=True)
class Recall:
    """Mean share of the supporting passages among the first 2, 5 and 10, and of questions with all among 5."""

    at: Mapping[int, float]
    all_gold_at_5: float
    n: int
    interval: tuple[float, float]
    """95 % bootstrap interval of recall at 5."""

    def to_dict(self) -> dict[str, Any]:
        """Under the names that papers use."""
        shares = {f"recall@{cut}": share for cut, share in self.at.items()}
        return {**shares, "all_gold@5": self.all_gold_at_5, "n": self.n, "interval": list(self.interval)}


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """The scores of one mode, and of BM25, dense search and their fusion over the same passages."""

    mode: str
    passages: int
    scored: Recall
    beside: Mapping[str, Recall]
    ms_per_question: float
    ingest_seconds: float

    def to_dict(self) -> dict[str, Any]:
        """One object: the mode's scores, and an object for each of the others."""
        times = {"ms_per_question": self.ms_per_question, "ingest_seconds": self.ingest_seconds}
        beside = {name: recall.to_dict() for name, recall in self.beside.items()}
        return {"mode": self.mode, "passages": self.passages, **self.scored.to_dict(), **times, **beside}

    def to_markdown(self) -> str:
        """A table with a line for each way to retrieve."""
        lines = [
            "| | " + " | ".join(f"R@{cut}" for cut in _CUTS) + " | all@5 | n |",
            "|---|" + "---|" * (len(_CUTS) + 2),
        ]
        for name, recall in [*self.beside.items(), (self.mode, self.scored)]:
            shares = [f"{100 * recall.at[cut]:.1f}" for cut in _CUTS]
            lines.append(f"| {name} | {' | '.join(shares)} | {100 * recall.all_gold_at_5:.1f} | {recall.n} |")
        return "\n".join(lines)


def evaluate_retrieval(
    questions: Path,
    corpus: Path,
    *,
    embedder: Embedder,
    extractor: Extractor | None,
    format: Format = "hipporag",
    mode: Mode = "auto",
    also: Sequence[Beside] = (),
    reranker: Reranker | None = None,
) -> RetrievalReport:
    """How much of what supports the answers ``mode`` finds, and each mode in ``also`` beside it.

    ``no_reranker`` is ``mode`` without the reranker, ``no_triples`` without the index over facts either.

    Without an extractor there is no graph to walk.

    Raises:
        DataError: a file is not of the format; says which and what is missing.
    """
    documents = read_corpus(corpus)
    judged = read_judged(questions, documents, format)
    with tempfile.TemporaryDirectory(prefix="kgqa-retrieval-") as folder:
        store = EmbeddedStore.open(Path(folder) / "store.sqlite")
        indexes = Indexes.open(None, embedder.name, embedder.dimensions)
        triples = TripleIndex.open(None, embedder, Schema.load()) if extractor else None
        retriever = HybridRetriever(store, indexes, embedder, triples=triples, reranker=reranker)
        try:
            start = time.perf_counter()
            _fill(store, documents, embedder, extractor)
            retriever.refresh()
            seconds = time.perf_counter() - start
            return _scored(retriever, judged, mode, also, len(documents), seconds)
        finally:
            indexes.close()
            store.close()


def read_corpus(path: Path) -> list[Document]:
    """A document for each passage of the corpus, in its order; same texts have the same id.

    Raises:
        DataError: the file is not a corpus.
    """
    content = _json(path)
    if isinstance(content, dict):
        content = [{"title": title, "text": "".join(sentences)} for title, sentences in content.items()]
    try:
        texts = [(str(passage.get("title", "")), str(passage["text"])) for passage in content]
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f'{path} is no corpus: expected a list of {{"title", "text"}}, but {error}.') from error
    if not texts:
        raise DataError(f"{path} holds no passage.")
    return [
        Document.create(uri=f"{path.name}#{number}", title=title, text=text, language=detect_language(text))
        for number, (title, text) in enumerate(texts)
    ]


def read_judged(path: Path, documents: Sequence[Document], format: Format) -> list[Judged]:
    """The questions that have a supporting passage in the corpus.

    Raises:
        DataError: the file is not of the format, or no supporting passage is in the corpus.
    """
    titles: dict[str, set[str]] = {}
    for document in documents:
        titles.setdefault(document.title, set()).add(document.id)
    support = {"hipporag": _by_title, "musique": _by_paragraph, "plain": _by_name}[format]
    judged = []
    for number, item in enumerate(_json(path)):
        try:
            groups = [group for group in support(item, titles, documents) if group]
            judged.append(Judged(str(item["question"]), tuple(dict.fromkeys(groups))))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise DataError(f"{path}, question {number}: not of format {format!r}, {error!r}.") from error
    found = [question for question in judged if question.groups]
    if not found:
        raise DataError(f"{path}: no supporting passage of its {len(judged)} questions is in the corpus.")
    return found


Titles = Mapping[str, set[str]]


def _by_title(item: Any, titles: Titles, documents: Sequence[Document]) -> list[frozenset[str]]:
    return [frozenset(titles.get(title, ())) for title, _ in item["supporting_facts"]]


def _by_paragraph(item: Any, titles: Titles, documents: Sequence[Document]) -> list[frozenset[str]]:
    texts = [p["paragraph_text"] for p in item["paragraphs"] if p["is_supporting"]]
    made = [Document.create(uri="", title="", text=text, language="en").id for text in texts]
    there = {document.id for document in documents}
    return [frozenset({id} & there) for id in made]


def _by_name(item: Any, titles: Titles, documents: Sequence[Document]) -> list[frozenset[str]]:
    return [frozenset({documents[gold].id} if isinstance(gold, int) else titles.get(gold, ())) for gold in item["gold"]]


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise DataError(f"{path} is not JSON: {error}.") from error


def _fill(store: EmbeddedStore, documents: Sequence[Document], embedder: Embedder, extractor: Extractor | None) -> None:
    for start in range(0, len(documents), _BATCH):
        batch = [(document, chunk(document)) for document in documents[start : start + _BATCH]]
        chunks = [part for _, parts in batch for part in parts]
        vectors = embedder.embed([passage_text(part) for part in chunks])
        read = extractor.extract(chunks) if extractor else [Extraction(part.id) for part in chunks]
        first = 0
        for document, parts in batch:
            rows = slice(first, first + len(parts))
            store.commit(document, parts, read[rows], vectors[rows], embedder.name)
            first += len(parts)


def _scored(
    retriever: HybridRetriever,
    judged: Sequence[Judged],
    mode: Mode,
    also: Sequence[Beside],
    passages: int,
    seconds: float,
) -> RetrievalReport:
    owners = {part.id: part.document_id for part in _all_chunks(retriever)}
    retriever.retrieve(judged[0].question, 1, mode)  # makes the view of the graph, which is kept
    start = time.perf_counter()
    retrieved = _retrieved(retriever, judged, mode)
    spent = time.perf_counter() - start
    found = [retriever.search(item.question) for item in judged]
    beside: dict[str, Recall] = {
        "bm25": _recall(judged, [_documents(hits.lexical, owners) for hits in found]),
        "dense": _recall(judged, [_documents(hits.dense, owners) for hits in found]),
        "fused": _recall(judged, [_documents(hits.fused, owners) for hits in found]),
    }
    for other in also:
        if other == "no_triples" or other == "no_reranker":
            triples = retriever.triples if other == "no_reranker" else None
            without = HybridRetriever(retriever.store, retriever.indexes, retriever.embedder, triples=triples)
            beside[other] = _recall(judged, _retrieved(without, judged, mode))
        else:
            beside[other] = _recall(judged, _retrieved(retriever, judged, other))
    return RetrievalReport(mode, passages, _recall(judged, retrieved), beside, 1000 * spent / len(judged), seconds)


def _retrieved(retriever: HybridRetriever, judged: Sequence[Judged], mode: Mode) -> list[list[str]]:
    return [
        [passage.chunk.document_id for passage in retriever.retrieve(item.question, _CHUNKS, mode)] for item in judged
    ]


def _all_chunks(retriever: HybridRetriever) -> list[Chunk]:
    return retriever.store.chunks(retriever.store.chunk_ids())


def _documents(hits: Sequence[Hit], owners: Mapping[str, str]) -> list[str]:
    return [owners[hit.id] for hit in hits]


def _recall(judged: Sequence[Judged], ranked: Sequence[Sequence[str]]) -> Recall:
    shares = {cut: np.empty(len(judged)) for cut in _CUTS}
    for row, (item, documents) in enumerate(zip(judged, ranked, strict=True)):
        distinct = list(dict.fromkeys(documents))
        for cut in _CUTS:
            first = set(distinct[:cut])
            shares[cut][row] = np.mean([bool(group & first) for group in item.groups])
    at = {cut: float(share.mean()) for cut, share in shares.items()}
    return Recall(at, float((shares[5] == 1).mean()), len(judged), bootstrap_interval(shares[5]))


def bootstrap_interval(shares: np.ndarray[Any, np.dtype[np.float64]], draws: int = 1000) -> tuple[float, float]:
    """The 95 % interval of the mean of shares ``(questions,)``."""
    rows = np.random.default_rng(0).integers(0, len(shares), (draws, len(shares)))
    low, high = np.percentile(shares[rows].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)
