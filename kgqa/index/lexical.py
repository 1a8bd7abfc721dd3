"""The lexical index: BM25 over the terms of chunks in tantivy, with additions and deletions by id.

A question never reaches a query parser: it becomes its terms, any of which may match. Of a question longer than
``_MOST_TERMS`` terms the rarest are searched for. tantivy commits atomically, so a killed process loses what it had not
saved and nothing else.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from kgqa.errors import CorruptIndex, WorkspaceError
from kgqa.index.tokens import question_terms, terms
from kgqa.types import Hit

__all__ = ["LexicalIndex"]

_WRITER_BYTES = 32_000_000
_MOST_TERMS = 256
_K1 = 1.2  # tantivy's: how soon a term that is repeated counts no more


class LexicalIndex:
    """Texts by id. Without a folder it lives in memory only. Safe to use from several threads."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._lock = RLock()
        self._index: Any = None
        self._writer: Any = None

    @classmethod
    def open(cls, folder: Path | None) -> LexicalIndex:
        """The index saved in ``folder``, or an empty one. Nothing is written before something is added.

        Raises:
            CorruptIndex: the files are torn.
        """
        index = cls(folder)
        if folder is not None and folder.is_dir() and any(folder.iterdir()):
            with _torn_is_reported(folder):
                index._index = _tantivy().Index.open(str(folder))
                index.ids()
        return index

    @classmethod
    def discard(cls, folder: Path) -> None:
        """Remove a torn index, so that it can be built again."""
        shutil.rmtree(folder, ignore_errors=True)

    def __len__(self) -> int:
        with self._lock:
            return 0 if self._index is None else int(self._index.searcher().num_docs)

    def ids(self) -> list[str]:
        """Every id in the index, in their order."""
        with self._lock:
            if not len(self):
                return []
            searcher = self._index.searcher()
            found = searcher.search(_tantivy().Query.all_query(), searcher.num_docs, False).hits
            return sorted(searcher.doc(address)["id"][0] for _, address in found)  # tantivy sorts nine times as slowly

    def add(self, ids: Sequence[str], texts: Sequence[str]) -> None:
        """Add texts; an id that is there already gets the new one. They are found after ``save``."""
        tantivy = _tantivy()
        last = dict(zip(ids, texts, strict=True))
        with self._lock, _full_disk_is_reported(self.folder):
            writer = self._writing()
            for id, text in last.items():
                writer.delete_documents_by_term("id", id)
                document = tantivy.Document()
                document.add_text("id", id)
                document.add_text("terms", " ".join(terms(text)))
                writer.add_document(document)

    def remove(self, ids: Collection[str]) -> None:
        """Remove the texts of the ids; ids that are not there are passed over. Gone after ``save``."""
        with self._lock, _full_disk_is_reported(self.folder):
            if ids and self._index is not None:
                for id in ids:
                    self._writing().delete_documents_by_term("id", id)

    def search(self, question: str, limit: int) -> list[Hit]:
        """The ids whose texts share terms with the question, with their BM25 score, best first."""
        with self._lock:
            if limit < 1 or not len(self):
                return []
            tantivy, searcher = _tantivy(), self._index.searcher()
            query = tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.Should, tantivy.Query.term_query(self._index.schema, "terms", term, "freq"))
                    for term in _rarest(question, searcher)
                ]
            )
            found = searcher.search(query, limit, False).hits
            hits = [Hit(searcher.doc(address)["id"][0], float(score)) for score, address in found]
        return sorted(hits, key=lambda hit: (-hit.score, hit.id))

    def highest(self, question: str) -> float:
        """The score that no text can exceed: that of one which holds every term of the question endlessly often."""
        with self._lock:
            if not len(self):
                return 0.0
            searcher = self._index.searcher()
            texts, wanted = searcher.num_docs, _rarest(question, searcher)
            counts = [min(texts, searcher.doc_freq("terms", term)) for term in wanted]
        return (1 + _K1) * sum(math.log1p((texts - count + 0.5) / (count + 0.5)) for count in counts)

    def save(self) -> None:
        """Commit what was added and removed, for this process and for others.

        Raises:
            WorkspaceError: the disk is full or the folder cannot be written.
        """
        with self._lock, _full_disk_is_reported(self.folder):
            if self._writer is not None:
                self._writer.commit()
                self._writer.wait_merging_threads()
                self._writer = None
                self._index.reload()

    def close(self) -> None:
        """Release the files. What was not saved is lost."""
        with self._lock:
            self._index = self._writer = None

    def _writing(self) -> Any:
        if self._index is None:
            if self.folder is not None:
                self.folder.mkdir(parents=True, exist_ok=True)
            self._index = _tantivy().Index(_schema(), path=None if self.folder is None else str(self.folder))
        if self._writer is None:
            self._writer = self._index.writer(_WRITER_BYTES, 1)
        return self._writer


def _rarest(question: str, searcher: Any) -> list[str]:
    wanted = question_terms(question)
    if len(wanted) <= _MOST_TERMS:
        return wanted
    counts = {term: searcher.doc_freq("terms", term) for term in wanted}
    return sorted((term for term in wanted if counts[term]), key=lambda term: counts[term])[:_MOST_TERMS]


def _schema() -> Any:
    builder = _tantivy().SchemaBuilder()
    builder.add_text_field("id", stored=True, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("terms", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _tantivy() -> Any:
    import tantivy

    return tantivy


@contextmanager
def _torn_is_reported(folder: Path) -> Iterator[None]:
    """A file that ends too early raises any of several errors, or panics inside tantivy, which is no ``Exception``."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        raise CorruptIndex(f"The lexical index in {folder} cannot be read: {error}.") from error


@contextmanager
def _full_disk_is_reported(folder: Path | None) -> Iterator[None]:
    try:
        yield
    except (ValueError, OSError) as error:
        raise WorkspaceError(
            f"The lexical index in {folder} cannot be written: {error}. Free some space and try again."
        ) from error
