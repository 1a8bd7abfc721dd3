"""What the graph knows about an answer: the entities that it names and the triples that it rests on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, Self

from kgqa.errors import NotFound
from kgqa.generation.compose import Statement
from kgqa.text import is_cjk, normalise_name
from kgqa.types import Citation, Document, Entity, Statistics, Triple

__all__ = ["AnswerEvidence", "AnswerStore", "addressed", "with_full_names"]

SHOWN_ENTITIES = 12
SHOWN_TRIPLES = 8


class AnswerStore(Protocol):
    """What answering needs of a store (see `kgqa.graph.GraphStore`)."""

    def document(self, document_id: str, /) -> Document:
        """The document with its text; `NotFound` if there is none."""
        ...

    def entities(self, ids: Sequence[str] | None = None, /) -> Iterable[Entity]:
        """Those of the ids that are there, in their order."""
        ...

    def triples(self, *, ids: Sequence[str] | None = None, limit: int | None = 100) -> Sequence[Triple]:
        """Those of the ids that are there, best supported first."""
        ...

    def statistics(self) -> Statistics:
        """How much the store holds."""
        ...


@dataclass(frozen=True, slots=True)
class AnswerEvidence:
    """Entities named in the quoted sentences, those of the answer's own words first; triples between them."""

    entities: tuple[Entity, ...]
    triples: tuple[Triple, ...]

    @classmethod
    def of(cls, found: Sequence[Statement], store: AnswerStore) -> Self:
        """What the passages of the statements know about the statements."""
        quotes = [quote for statement in found for quote in statement.quotes]
        said = " ".join(quote.text for quote in quotes)
        short = " ".join(statement.short for statement in found)
        ids = list(dict.fromkeys(id for quote in quotes for id in quote.passage.entities))
        named = [entity for entity in store.entities(ids) if _names(entity, said)]
        named.sort(key=lambda entity: (not _names(entity, short), -len(entity.name)))
        known = {entity.id for entity in named}
        ids = list(dict.fromkeys(id for quote in quotes for id in quote.passage.triples))
        rests_on = [t for t in store.triples(ids=ids, limit=None) if {t.subject, t.object} <= known]
        return cls(tuple(named[:SHOWN_ENTITIES]), tuple(rests_on[:SHOWN_TRIPLES]))


def with_full_names(found: Sequence[Statement], store: AnswerStore) -> list[Statement]:
    """The statements, each that answers with a part of a name by the whole one: "James Cameron" where the passage says
    "Cameron" and the graph knows one thing there that is called both. The quotes stay as they are."""
    return [replace(statement, short=_full_name(statement, store)) for statement in found]


def _full_name(statement: Statement, store: AnswerStore) -> str:
    said = normalise_name(statement.short)
    ids = list(dict.fromkeys(id for quote in statement.quotes for id in quote.passage.entities))
    called = [e for e in store.entities(ids) if said in map(normalise_name, (e.name, *e.aliases))]
    if len(called) == 1 and said != normalise_name(called[0].name) and _is_part(said, normalise_name(called[0].name)):
        return called[0].name
    return statement.short


def _is_part(short: str, name: str) -> bool:
    """Whether a name, in the form that identity gives it, is some of the words of another, or of its characters."""
    return short in name if any(map(is_cjk, short)) else set(short.split()) < set(name.split())


def _names(entity: Entity, text: str) -> bool:
    return any(name and name in text for name in (entity.name, *entity.aliases))


def addressed(citation: Citation, store: AnswerStore) -> Citation:
    """With title and address of its document; unchanged if the document has gone meanwhile (grounding drops it)."""
    try:
        document = store.document(citation.document_id)
    except NotFound:
        return citation
    return replace(citation, title=document.title, uri=document.uri)
