"""Files become documents, chunks, facts and vectors in the store: ``kgqa ingest``.

A document is committed in one transaction, a file noted in the ledger when all of it is in. So a run that was stopped
or killed goes on where it was, and a run over files that have not changed does nothing. Files that have been removed
since are left in the store: ``kgqa delete`` takes them out.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from kgqa.config import IngestSettings
from kgqa.connectors.readers import Source, discover
from kgqa.extraction import Extractor
from kgqa.graph import Catalogue, GraphStore, Outcome
from kgqa.index import Embedder, Indexes
from kgqa.pipelines.ingestion.lock import writer_lock
from kgqa.pipelines.ingestion.steps import FileRead, Models, Part, Understood, chunked, read, understand
from kgqa.privacy import Masker
from kgqa.types import Deleted, Document, Failure, IngestReport, Progress

__all__ = ["delete", "ingest"]

logger = logging.getLogger(__name__)

SYNC_EVERY = 500
"""Documents after which the indexes are brought in line, so that a long run can be asked while it goes on."""


def ingest(
    store: GraphStore,
    paths: Sequence[Path],
    *,
    extractor: Extractor,
    embedder: Embedder,
    indexes: Indexes,
    lock: Path,
    settings: IngestSettings,
    masker: Masker | None = None,
    catalogue: Catalogue | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> IngestReport:
    """What was added. ``lock`` is the folder of the workspace; with a ``masker`` nothing personal gets into it.

    At the end what is new is linked to the ``catalogue``.

    A file that cannot be read is reported and the run goes on. Ctrl-C ends it between two documents; the report says
    so.

    Raises:
        ReadError: a path does not exist or holds nothing that can be read.
        WorkspaceLocked: another run is writing.
        WorkspaceError: the disk is full or the store cannot be written; what was committed before stays.
    """
    sources = list(discover(paths))
    with writer_lock(lock):
        run = _Run(store, Models(extractor, embedder, masker), indexes, settings, on_progress or _silent, len(sources))
        return run.over(sources, catalogue)


def delete(store: GraphStore, document_id: str, *, indexes: Indexes, lock: Path) -> Deleted:
    """What went with the document, out of the store and the indexes.

    Raises:
        NotFound: there is no such document.
        WorkspaceLocked: a run is writing.
    """
    with writer_lock(lock):
        deleted = store.delete(document_id)
        indexes.sync(store)
    return deleted


def _silent(progress: Progress) -> None:
    """Nobody wants to know."""


class _Run:
    """One run: its parts, and what it has done so far."""

    def __init__(
        self,
        store: GraphStore,
        models: Models,
        indexes: Indexes,
        settings: IngestSettings,
        on_progress: Callable[[Progress], None],
        total: int,
    ) -> None:
        self.store = store
        self.models = models
        self.indexes = indexes
        self.settings = settings
        self.on_progress = on_progress
        self.total = total
        self.outcomes: Counter[Outcome] = Counter()
        self.failures: list[Failure] = []
        self.read = self.finished = self.chunks = self.mentions = self.facts = 0

    def over(self, sources: Sequence[Source], catalogue: Catalogue | None) -> IngestReport:
        """Ingest the files, link what they name, and bring the indexes in line."""
        started = time.monotonic()
        interrupted = False
        links = 0
        try:
            for understood in understand(
                self._parts(sources), self.models, self.settings.batch_chunks, self._on_chunks
            ):
                self._commit(understood)
            links = len(self.store.link(catalogue)) if catalogue else 0
            self._index()
        except KeyboardInterrupt:
            interrupted = True
        graph = self.store.statistics()
        return IngestReport(
            added=self.outcomes[Outcome.ADDED],
            replaced=self.outcomes[Outcome.REPLACED],
            unchanged=self.outcomes[Outcome.UNCHANGED],
            failures=tuple(self.failures),
            chunks=self.chunks,
            mentions=self.mentions,
            entities=graph.entities,
            triples=graph.triples,
            links=links,
            seconds=time.monotonic() - started,
            interrupted=interrupted,
        )

    def _parts(self, sources: Sequence[Source]) -> Iterator[Part]:
        """The documents that the models have to read, and the last of each file in any case, so that it is noted."""
        largest = self.settings.max_file_megabytes * 10**6
        self._report("reading", 0)
        for file in read(sources, self.store.source, self.models, largest):
            self.read += 1
            self._report("reading", self.read, file.state.uri)
            if file.is_unchanged:
                self.outcomes[Outcome.UNCHANGED] += file.state.documents
            if file.documents:
                yield from chunked(file, partial(self._keep, file), self.settings.chunk_characters)
            else:
                self._finish(file)

    def _keep(self, file: FileRead, document: Document) -> bool:
        if self.models.masker:  # what the store has is the masked text, and nobody knows yet how that reads
            return False
        extractor, embedder = self.models.extractor.name, self.models.embedder.name
        return self.store.keep(document, extractor, embedder, source=file.state.uri)

    def _on_chunks(self, done: int) -> None:
        self._report("extracting", self.finished, f"{self.facts:,} facts, {self.chunks + done:,} passages")

    def _commit(self, understood: Understood) -> None:
        part, extractions = understood.part, understood.extractions
        if extractions is None:
            part.file.failures.append(Failure(part.document.uri, "The models failed over it; the log says how."))
        else:
            try:
                outcome = self._store(understood)
            except ValueError as error:
                logger.exception("%s cannot be stored", part.document.uri)
                part.file.failures.append(Failure(part.document.uri, f"It cannot be stored: {error}"))
            else:
                self.outcomes[outcome] += 1
        if part.is_last:
            self._finish(part.file)

    def _store(self, understood: Understood) -> Outcome:
        part, extractions = understood.part, understood.extractions or ()
        if part.is_there:
            return Outcome.UNCHANGED
        outcome = self.store.commit(
            part.document,
            part.chunks,
            extractions,
            understood.vectors,
            self.models.embedder.name,
            source=part.file.state.uri,
        )
        if outcome is not Outcome.UNCHANGED:
            self.chunks += len(part.chunks)
            self.mentions += sum(len(extraction.mentions) for extraction in extractions)
            self.facts += sum(len(extraction.relations) for extraction in extractions)
            if (self.outcomes[Outcome.ADDED] + self.outcomes[Outcome.REPLACED]) % SYNC_EVERY == SYNC_EVERY - 1:
                self._index_meanwhile()
        return outcome

    def _finish(self, file: FileRead) -> None:
        """Note the file in the ledger, unless a part of it failed: then it is tried again by the next run."""
        self.failures += file.failures
        if not file.failures and not file.is_unchanged:
            state = dataclasses.replace(file.state, documents=len(file.documents))
            self.store.complete(state, [document.uri for document in file.documents])
        self.finished += 1
        self._report("extracting", self.finished, f"{self.facts:,} facts")

    def _index_meanwhile(self) -> None:
        """Bring the indexes in line, unless vectors of another model are still waiting to be replaced by this run."""
        if self.store.embedders() == [self.models.embedder.name]:
            self._index()

    def _index(self) -> None:
        """Bring the indexes in line."""
        self.on_progress(Progress("indexing", 0, None))
        synced = self.indexes.sync(self.store)
        self.on_progress(Progress("indexing", synced.added, synced.added))

    def _report(self, stage: str, done: int, note: str = "") -> None:
        self.on_progress(Progress(stage, done, self.total, note))
