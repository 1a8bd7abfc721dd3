"""The steps of ingestion. Each takes an iterable and yields: files, documents, and what the models read in them."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from kgqa.connectors.readers import Source, read_source
from kgqa.errors import KgqaError, ReadError
from kgqa.extraction import Extractor
from kgqa.graph import SourceState
from kgqa.graph.store import Vectors
from kgqa.index import Embedder, passage_text
from kgqa.text import chunk, document_date, normalise_value
from kgqa.types import Chunk, Document, Extraction, Failure

__all__ = ["FileRead", "Models", "Part", "Understood", "chunked", "read", "understand", "with_values"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Models:
    """What reads the text."""

    extractor: Extractor
    embedder: Embedder


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file and the documents in it. ``is_unchanged`` where the ledger has it already: then it was not read."""

    state: SourceState
    documents: tuple[Document, ...] = ()
    failures: list[Failure] = field(default_factory=list)
    """Parts that could not be read; later steps add to them."""
    is_unchanged: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A document of a file, and its chunks."""

    file: FileRead
    document: Document
    chunks: Sequence[Chunk]
    """None to read if it ``is_there`` already."""
    is_there: bool
    is_last: bool
    """Whether it is the last of its file."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A part with what the models made of it; they failed where ``extractions`` is None."""

    part: Part
    extractions: Sequence[Extraction] | None
    vectors: Vectors
    """``(chunks, dimensions)``."""


def read(
    sources: Iterable[Source], known: Callable[[str], SourceState | None], models: Models, largest: int
) -> Iterator[FileRead]:
    """Each file with its documents. A file that is in the ledger with the same bytes and models is not read."""
    for source in sources:
        state = SourceState(source.uri, "", models.extractor.name, models.embedder.name, size=source.size)
        try:
            state = _fingerprint(source, models)
            before = known(source.uri)
            if before is not None and _same(before, state):
                yield FileRead(before, is_unchanged=True)
                continue
            found = read_source(source, largest=largest)
        except ReadError as error:
            yield FileRead(state, failures=[Failure(source.uri, str(error))])
            continue
        documents = tuple(part for part in found if isinstance(part, Document))
        yield FileRead(state, documents, [part for part in found if isinstance(part, Failure)])


def _fingerprint(source: Source, models: Models) -> SourceState:
    try:
        with source.path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        modified = source.path.stat().st_mtime
    except OSError as error:
        raise ReadError(
            f"{source.uri} cannot be opened: {error.strerror or error}. Check the file and its rights."
        ) from error
    return SourceState(source.uri, sha256, models.extractor.name, models.embedder.name, modified, source.size)


def _same(before: SourceState, now: SourceState) -> bool:
    return (before.sha256, before.extractor, before.embedder) == (now.sha256, now.extractor, now.embedder)


def chunked(file: FileRead, is_there: Callable[[Document], bool], size: int) -> Iterator[Part]:
    """The documents of a file in chunks; one that is there already has none left to do."""
    for number, document in enumerate(file.documents, 1):
        there = is_there(document)
        yield Part(file, document, () if there else chunk(document, size), there, number == len(file.documents))


def understand(
    parts: Iterable[Part], models: Models, size: int, on_chunks: Callable[[int], None]
) -> Iterator[Understood]:
    """Each document with what the models read in it, ``size`` chunks at a time; ``on_chunks`` hears how many are done.

    No batch holds chunks of two documents: what a quantised model says of one may depend on its neighbours, and must
    not depend on where a run was stopped. A document that a model fails over has None.
    """
    for part in parts:
        try:
            extractions, vectors = _through_models(part.chunks, models, size, on_chunks)
        except KgqaError:
            raise
        except Exception:
            logger.exception("The models failed over %s", part.document.uri)
            yield Understood(part, None, np.zeros((0, models.embedder.dimensions), np.float32))
        else:
            day = document_date(part.document.metadata)
            yield Understood(part, [with_values(extraction, day) for extraction in extractions], vectors)


def with_values(extraction: Extraction, day: date | None) -> Extraction:
    """The extraction with what its dates and quantities come to, relative ones by the day that the document is of."""
    mentions = tuple(
        mention
        if mention.nominal
        else dataclasses.replace(mention, value=normalise_value(mention.text, mention.type, day))
        for mention in extraction.mentions
    )
    return dataclasses.replace(extraction, mentions=mentions)


def _through_models(
    chunks: Sequence[Chunk], models: Models, size: int, on_chunks: Callable[[int], None]
) -> tuple[list[Extraction], Vectors]:
    extractions: list[Extraction] = []
    vectors = [np.zeros((0, models.embedder.dimensions), np.float32)]
    for start in range(0, len(chunks), size):
        piece = chunks[start : start + size]
        extractions += models.extractor.extract(piece)
        vectors.append(models.embedder.embed([passage_text(chunk) for chunk in piece]))
        on_chunks(len(extractions))
    return extractions, np.concatenate(vectors)
