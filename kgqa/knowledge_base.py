"""A workspace and everything one does with it: ingest, ask, search, look at the graph, export, delete.

    kb = kgqa.open("my_workspace")
    kb.ingest(["docs"])
    answer = kb.ask("Who founded DeepSeek?")
    print(answer.text, [c.quote for c in answer.citations])

Models are opened when they are first needed, so that looking at documents or at the graph loads none.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Literal

from kgqa.config import ENCODER_DEFAULT, Settings, load_settings
from kgqa.dialogue import Conversation
from kgqa.encoder import Encoder
from kgqa.errors import ConfigError, WorkspaceError
from kgqa.extraction import Extractor, OpenExtractor, TypingExtractor, open_extractor
from kgqa.extraction.schema import Schema
from kgqa.generation import (
    Answerer,
    Facts,
    Names,
    Reader,
    RelationClassifier,
    RelationLinker,
    WholeAnswers,
    open_reader,
)
from kgqa.graph import Catalogue, EmbeddedStore, Graph
from kgqa.index import Device, Indexes
from kgqa.privacy import FILE as PRIVACY_FILE
from kgqa.privacy import Masker, MaskingExtractor, Pseudonyms
from kgqa.registry import EXPORTERS, PIPELINES, STORES, load
from kgqa.retrieval import HybridRetriever, OnnxReranker, Plan, Thresholds, TripleIndex, discard_graph
from kgqa.types import (
    Answer,
    Chunk,
    Deleted,
    Document,
    IngestReport,
    Passage,
    Progress,
    StoredDocument,
    StreamEvent,
)

__all__ = ["KnowledgeBase", "open_knowledge_base"]

logger = logging.getLogger(__name__)

STORE_FILE = "store.sqlite"
INDEX_FOLDER = "index"
TRIPLE_FOLDER = "triple_index"

Mode = Literal["auto", "text", "graph", "hybrid"]


def open_knowledge_base(
    path: str | Path, *, create: bool = True, store: str | None = None, settings: Mapping[str, Any] | None = None
) -> KnowledgeBase:
    """The workspace in the folder ``path``; ``settings`` override those of files and environment.

    ``store`` says where its graph is, as the setting ``graph.store`` does: ``embedded``, or ``neo4j://host:7687``.

    Raises:
        WorkspaceError: there is no workspace and ``create`` is false, or it cannot be opened.
        ConfigError: a setting that does not exist or cannot be used.
    """
    folder = Path(path)
    if not create and not (folder / STORE_FILE).is_file():
        raise WorkspaceError(f"There is no workspace in {folder}. Make one with: kgqa init {folder}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise WorkspaceError(f"{folder} is a file, not a folder. Name a folder for the workspace.") from error
    except OSError as error:
        raise WorkspaceError(f"The workspace folder {folder} cannot be made: {error.strerror}.") from error
    given = dict(settings or {})
    if store is not None:
        given["graph"] = {**given.get("graph", {}), "store": store}
    loaded = load_settings(folder, given)
    address = loaded.graph.store
    return KnowledgeBase(folder, load(STORES, address.partition("://")[0])(folder / STORE_FILE, address), loaded)


class KnowledgeBase:
    """An open workspace. Safe to use from several threads; close it or use it as a context manager."""

    def __init__(self, folder: Path, store: EmbeddedStore, settings: Settings) -> None:
        self.folder = folder
        self.store = store
        self.settings = settings
        self._lock = RLock()

    # --- documents ----------------------------------------------------------------------------------------------------

    def ingest(
        self,
        paths: str | Path | Sequence[str | Path],
        *,
        on_progress: Callable[[Progress], None] | None = None,
    ) -> IngestReport:
        """What was added. Documents that are there already are skipped; a file that cannot be read is reported.

        Raises:
            ReadError: a path does not exist or holds nothing that can be read.
            WorkspaceLocked: another process is writing.
            ConfigError: the workspace masks personal data and the settings do not, or the other way round; or there is
                no such catalogue as they name.
            DataError: the catalogue is not one.
        """
        given = [paths] if isinstance(paths, str | Path) else list(paths)
        run = load(PIPELINES, "ingest")
        report: IngestReport = run(
            self.store,
            [Path(path) for path in given],
            extractor=self.extractor,
            embedder=self.encoder,
            indexes=self.indexes,
            lock=self.folder,
            settings=self.settings.ingest,
            masker=self.masker,
            catalogue=self.catalogue,
            on_progress=on_progress,
        )
        discard_graph(self.folder / INDEX_FOLDER)  # documents that were replaced are in it
        if not report.interrupted:  # the next question does it
            self.triples.sync(self.store)
        return report

    def documents(self) -> list[StoredDocument]:
        """Every document, in the order of its address."""
        return self.store.documents()

    def document(self, document_id: str) -> Document:
        """The document with the text that all offsets point into.

        Raises:
            NotFound: there is no such document.
        """
        return self.store.document(document_id)

    def chunks(self, document_id: str) -> list[Chunk]:
        """The chunks of one document, in the order of its text."""
        return self.store.chunks_of(document_id)

    def passage(self, chunk_id: str) -> Chunk:
        """One chunk.

        Raises:
            NotFound: there is no such chunk, or its document was deleted.
        """
        return self.store.chunk(chunk_id)

    def delete(self, document_id: str) -> Deleted:
        """What went with the document: the graph is then as if it had never been there.

        Raises:
            NotFound: there is no such document.
            WorkspaceLocked: another process is writing.
        """
        deleted: Deleted = load(PIPELINES, "delete")(self.store, document_id, indexes=self.indexes, lock=self.folder)
        self.triples.sync(self.store)
        discard_graph(self.folder / INDEX_FOLDER)
        return deleted

    # --- questions ----------------------------------------------------------------------------------------------------

    def ask(self, question: str, *, mode: Mode | None = None) -> Answer:
        """The answer with its citations, or an answer that says the documents do not say."""
        return self.answerer.answer(self._masked(question), mode=mode)

    def stream(self, question: str, *, mode: Mode | None = None) -> Iterator[StreamEvent]:
        """The events of an answer as they come; the last is ``Done``."""
        return self.answerer.stream(self._masked(question), mode=mode)

    def conversation(self, turns: Sequence[Any] = ()) -> Conversation:
        """A dialogue that remembers its turns, so that a follow-up may say "he" or 该公司."""
        return Conversation(self.answerer, self._names, turns, mask=self._masked)

    def search(self, question: str, *, limit: int = 8, mode: Mode | None = None) -> list[Passage]:
        """The passages that fit best, with the reason why each is there."""
        mode = mode or self.settings.retrieval.mode
        return self.retriever.retrieve(self._masked(question), limit=limit, mode=mode)

    def path_names(self, passage: Passage) -> list[str]:
        """What a passage's path goes over, in words: titles of documents, names of entities, predicates of triples."""
        names = {chunk.id: chunk.title for chunk in self.store.chunks(passage.path)}
        names |= {entity.id: entity.name for entity in self.store.entities(passage.path)}
        for triple in self.store.triples(ids=passage.path, limit=None):
            names[triple.id] = f"{triple.subject_name} {triple.predicate} {triple.object_name}"
        return [names[id] for id in passage.path if names.get(id)]

    def plan(self, question: str) -> Plan:
        """The way that a question takes in the mode ``auto``, with the facts that answer it where there are any."""
        return self.retriever.plan(self._masked(question))

    def _masked(self, question: str) -> str:
        """The question as the documents would have it."""
        return self.masker.question(question) if self.masker else question

    # --- graph --------------------------------------------------------------------------------------------------------

    @cached_property
    def graph(self) -> Graph:
        """The graph, read only."""
        return Graph(self.store)

    def export(self, path: str | Path, *, format: str | None = None) -> Path:
        """The file that now holds the graph with its evidence. ``format`` is taken from the file name if not given.

        ``examples``: what people have corrected, as JSON lines to train on.

        Raises:
            ConfigError: the format is not one of graphml, json, csv, examples.
        """
        target = Path(path)
        name = format or target.suffix.lstrip(".").lower()
        if name not in EXPORTERS:
            raise ConfigError(f"Export format {name!r} is not known. Choose one of: {', '.join(sorted(EXPORTERS))}.")
        load(EXPORTERS, name)(self.graph, target)
        return target

    # --- parts, opened when first needed ------------------------------------------------------------------------------

    @cached_property
    def encoder(self) -> Encoder:
        """The shared encoder, which is also the embedder."""
        with self._lock:
            models = self.settings.models
            return Encoder.open(_folder(models.encoder), threads=models.threads, device=models.device)

    @cached_property
    def model(self) -> Extractor:
        """The model that reads entities, relations and coreference."""
        with self._lock:
            models = self.settings.models
            return open_extractor(_folder(models.extraction), encoder=self.encoder, device=models.device)

    @cached_property
    def extractor(self) -> Extractor:
        """The model, open relations, and what the user defines where the settings name a file of it."""
        extractor = OpenExtractor(self.model) if self.settings.extraction.open_relations else self.model
        if not self.settings.extraction.types:
            return extractor
        keep = frozenset({"Person"} if self.settings.privacy == "mask" else ())
        return TypingExtractor(extractor, self._known, self.schema, self.encoder, keep=keep)

    @cached_property
    def catalogue(self) -> Catalogue | None:
        """The known things that each ingest links names to, where the settings name a file of them.

        Raises:
            ConfigError: there is no such file.
            DataError: it is no catalogue.
        """
        if not self.settings.graph.catalogue:
            return None
        path = self.folder / Path(self.settings.graph.catalogue).expanduser()
        if not path.is_file():
            raise ConfigError(f"There is no catalogue {path}. Put it there, or set graph.catalogue to where it is.")
        return Catalogue.open(path)

    @cached_property
    def masker(self) -> Masker | None:
        """What puts placeholders in the place of personal data; None in a workspace that keeps texts as they are.

        Raises:
            ConfigError: the workspace masks personal data and the settings do not, or the other way round.
        """
        is_masking, is_masked = self.settings.privacy == "mask", (self.folder / PRIVACY_FILE).exists()
        if is_masked and not is_masking:
            raise ConfigError(
                f'{self.folder} masks personal data. Set privacy = "mask" again in its kgqa.toml, or as KGQA_PRIVACY.'
            )
        if is_masking and not is_masked and self.store.documents():
            raise ConfigError(
                f"{self.folder} holds documents that were not masked, or has lost its {PRIVACY_FILE}. Make another "
                "workspace, set privacy there, and ingest into that."
            )
        return Masker(Pseudonyms.open(self.folder), self.model) if is_masking else None

    @cached_property
    def _names(self) -> Names:
        return Names(MaskingExtractor(self.model) if self.masker else self.model, self.retriever.links)

    @cached_property
    def reader(self) -> Reader:
        """The model that reads answers out of passages."""
        with self._lock:
            models = self.settings.models
            return open_reader(_folder(models.reader), encoder=self.encoder, device=models.device)

    @cached_property
    def device(self) -> Device:
        """What FAISS builds and searches on: by the setting, and by what there is.

        Raises:
            ConfigError: a GPU is wanted and there is none.
        """
        return Device.open(self.settings.index.device)

    @cached_property
    def indexes(self) -> Indexes:
        """FAISS and BM25 over the chunks."""
        with self._lock:
            return Indexes.open(
                self.folder / INDEX_FOLDER, self.encoder.name, self.encoder.dimensions, device=self.device
            )

    @cached_property
    def triples(self) -> TripleIndex:
        """FAISS and BM25 over the facts of the graph, said as texts."""
        with self._lock:
            return TripleIndex.open(self.folder / TRIPLE_FOLDER, self.encoder, self.schema, device=self.device)

    @cached_property
    def schema(self) -> Schema:
        """The types of what is read in texts, with their labels: the model's and the user's own."""
        own = self.settings.extraction.types
        return self._known.extended(self.folder / Path(own).expanduser()) if own else self._known

    @cached_property
    def _known(self) -> Schema:
        """The types that the model was trained on."""
        folder = _folder(self.settings.models.extraction)
        return Schema.load(folder / "schema.toml" if folder else None)

    @cached_property
    def retriever(self) -> HybridRetriever:
        """Lexical, dense and graph retrieval, fused, on the way that a question needs."""
        return HybridRetriever(
            self.store,
            self.indexes,
            self.encoder,
            schema=self.schema,
            triples=self.triples,
            thresholds=Thresholds.load(self.folder),
            reranker=self._reranker if self.settings.retrieval.rerank else None,
            folder=self.folder / INDEX_FOLDER,
        )

    @cached_property
    def _reranker(self) -> OnnxReranker:
        with self._lock:
            models = self.settings.models
            return OnnxReranker.open(self.encoder, _folder(models.reranker), device=models.device)

    @cached_property
    def _linker(self) -> RelationLinker:
        """Tells which relation a question asks for; the classifier that ships knows only the embeddings that ship."""
        classifier = RelationClassifier.open()
        fits = classifier.embedder == self.encoder.name
        return RelationLinker(self.encoder.embed, classifier if fits else None, self.schema)

    @cached_property
    def answerer(self) -> Answerer:
        """Retrieval, reading, composition and grounding in one."""
        return Answerer(
            self.store,
            self.retriever,
            self.reader,
            self.settings,
            names=self._names.of,
            facts=Facts(self.store, self._linker).of,
            whole=WholeAnswers(self.store, self.retriever),
        )

    def close(self) -> None:
        """Release files. Everything committed is on disk already."""
        for name in ("indexes", "triples"):
            if name in self.__dict__:
                self.__dict__[name].close()
        self.store.close()

    def __enter__(self) -> KnowledgeBase:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _folder(setting: str) -> Path | None:
    return None if setting == ENCODER_DEFAULT else Path(setting)
