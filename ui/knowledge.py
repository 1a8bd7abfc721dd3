"""What the page needs of a knowledge base. ``kgqa.knowledge_base.KnowledgeBase`` has it; tests use a smaller one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, Protocol

from kgqa.config import Settings
from kgqa.types import (
    Chunk,
    Deleted,
    Document,
    Entity,
    Evidence,
    IngestReport,
    Neighbour,
    Passage,
    Progress,
    Statistics,
    StoredDocument,
    StreamEvent,
    Triple,
)
from kgqa.types import Path as GraphPath

Mode = Literal["auto", "text", "graph", "hybrid"]

__all__ = ["Dialogue", "GraphView", "Knowledge", "Mode"]


class Dialogue(Protocol):
    """A conversation that remembers its turns."""

    def stream(self, question: str, *, mode: Mode | None = None) -> Iterator[StreamEvent]:
        """The events of the answer as they come, ending in ``Done`` or ``Failed``."""
        ...


class GraphView(Protocol):
    """The graph, read only. Every id that does not exist raises ``NotFound``."""

    def statistics(self) -> Statistics:
        """How much the workspace holds."""
        ...

    def entity(self, entity_id: str, /) -> Entity:
        """One node."""
        ...

    def find(self, name: str, /, limit: int = 10) -> Sequence[Entity]:
        """Nodes by name or alias, best first."""
        ...

    def triples(
        self, *, subject: str | None = None, predicate: str | None = None, object: str | None = None, limit: int = 100
    ) -> Sequence[Triple]:
        """Edges that match, best supported first."""
        ...

    def evidence(self, target_id: str, /) -> Sequence[Evidence]:
        """The quoted spans behind a triple or an entity."""
        ...

    def neighbours(self, entity_id: str, /, hops: int = 1, limit: int = 50) -> Sequence[Neighbour]:
        """Nodes within ``hops`` edges, nearest first."""
        ...

    def path(self, start: str, end: str, /) -> GraphPath | None:
        """A shortest path, or None."""
        ...


class Knowledge(Protocol):
    """An open workspace that may be used from several threads."""

    folder: Path
    settings: Settings

    @property
    def graph(self) -> GraphView:
        """The graph, read only."""
        ...

    def documents(self) -> list[StoredDocument]:
        """Every document."""
        ...

    def document(self, document_id: str) -> Document:
        """One document with its text; ``NotFound`` if there is none."""
        ...

    def chunks(self, document_id: str) -> Sequence[Chunk]:
        """The chunks of one document, in the order of its text; ``NotFound`` if there is no such document."""
        ...

    def passage(self, chunk_id: str) -> Chunk:
        """One chunk; ``NotFound`` if there is none."""
        ...

    def delete(self, document_id: str) -> Deleted:
        """What went with the document."""
        ...

    def ingest(self, paths: Sequence[Path], *, on_progress: Callable[[Progress], None] | None = None) -> IngestReport:
        """What was added from files."""
        ...

    def search(self, question: str, *, limit: int = 8) -> Sequence[Passage]:
        """The passages that fit best."""
        ...

    def conversation(self) -> Dialogue:
        """A new dialogue."""
        ...
