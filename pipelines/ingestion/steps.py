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
from kgqa.connectors.readers.composing import stem
from kgqa.errors import KgqaError, ReadError
from kgqa.extraction import Extractor
from kgqa.graph import SourceState
from kgqa.graph.store import Vectors
from kgqa.index import Embedder, passage_text
from kgqa.privacy import Masker
from kgqa.text import chunk, document_date, normalise_value
from kgqa.types import Chunk, Document, Extraction, Failure

__all__ = ["FileRead", "Models", "Part", "Understood", "chunked", "read", "understand", "with_values"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Models:
    """What reads the text, and what masks it in a workspace that keeps no personal data."""

    extractor: Extractor
    embedder: Embedder
    masker: Masker | None = None


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
        uri = models.masker.address(source.uri) if models.masker else source.uri
        state = SourceState(uri, "", models.extractor.name, models.embedder.name, size=source.size)
        try:
            state = _fingerprint(source, state, models.masker)
            before = known(uri)
            if before is not None and _same(before, state):
                yield FileRead(before, is_unchanged=True)
                continue
            found = read_source(source, largest=largest)
        except ReadError as error:
            yield FileRead(state, failures=[Failure(source.uri, str(error))])
            continue
        documents = tuple(part for part in found if isinstance(part, Document))
        if models.masker:
            documents = tuple(_without_name(document, source, uri, models.masker) for document in documents)
        yield FileRead(state, documents, [part for part in found if isinstance(part, Failure)])


def _without_name(document: Document, source: Source, uri: str, masker: Masker) -> Document:
    """The document without the name of its file, which may be somebody's."""
    title, name = document.title, stem(source.uri)
    if title == name or title.startswith(f"{name} "):
        title = stem(uri) + title.removeprefix(name)
    return dataclasses.replace(document, uri=masker.address(document.uri), title=title)


def _fingerprint(source: Source, state: SourceState, masker: Masker | None) -> SourceState:
    try:
        with source.path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        modified = source.path.stat().st_mtime
    except OSError as error:
        raise ReadError(
            f"{source.uri} cannot be opened: {error.strerror or error}. Check the file and its rights."
        ) from error
    return dataclasses.replace(state, sha256=masker.fingerprint(sha256) if masker else sha256, modified=modified)


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
            part, extractions, vectors = _through_models(part, models, size, on_chunks)
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
        else dataclasses.replace(mention, value=normalise_value(mention.text, mention.kind or mention.type, day))
        for mention in extraction.mentions
    )
    return dataclasses.replace(extraction, mentions=mentions)


def _through_models(
    part: Part, models: Models, size: int, on_chunks: Callable[[int], None]
) -> tuple[Part, Sequence[Extraction], Vectors]:
    """The part, masked if it is to be, what was read in it, and its vectors."""
    extractions: list[Extraction] = []
    for piece in _batches(part.chunks, size):
        extractions += models.extractor.extract(piece)
        on_chunks(len(extractions))
    if models.masker and not part.is_there:
        masked = models.masker.mask(part.document, part.chunks, extractions)
        part = dataclasses.replace(part, document=masked.document, chunks=masked.chunks)
        extractions = [*masked.extractions]
    vectors = [np.zeros((0, models.embedder.dimensions), np.float32)]
    for piece in _batches(part.chunks, size):
        vectors.append(models.embedder.embed([passage_text(chunk) for chunk in piece]))
    return part, extractions, np.concatenate(vectors)


def _batches(chunks: Sequence[Chunk], size: int) -> Iterator[Sequence[Chunk]]:
    return (chunks[start : start + size] for start in range(0, len(chunks), size))
