"""The nouns of kgqa: frozen records that every layer shares, and nothing that does work.

Offsets are counted in characters (Unicode code points) of ``Document.text`` as it is stored, half open:
``text[start:end]``. Text is stored once, in the document; everything else points into it.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

__all__ = [
    "Answer",
    "Argument",
    "Block",
    "Chunk",
    "Citation",
    "Cited",
    "Deleted",
    "DeviceName",
    "Document",
    "Done",
    "Entity",
    "Event",
    "Evidence",
    "Example",
    "Extraction",
    "Failed",
    "Failure",
    "FoundCitations",
    "FoundEntities",
    "FoundTriples",
    "Hit",
    "IngestReport",
    "Mention",
    "Modality",
    "Neighbour",
    "Participant",
    "Passage",
    "Path",
    "Progress",
    "Relation",
    "Span",
    "Statistics",
    "Status",
    "StoredDocument",
    "StoredEvent",
    "StreamEvent",
    "Token",
    "Triple",
    "Turn",
    "content_id",
    "to_dict",
]

DeviceName = Literal["auto", "cpu", "gpu"]
"""Where something computes: ``auto`` takes a GPU where there is one, ``gpu`` needs one."""


def content_id(*parts: str) -> str:
    """A 20-character hexadecimal id that depends on the parts alone: the same content has the same id everywhere."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:20]


def to_dict(record: Any) -> dict[str, Any]:
    """The record as plain JSON types: nested records become objects, tuples become lists, enumerations their values."""
    plain = _plain(record)
    if not isinstance(plain, dict):
        raise TypeError(f"{type(record).__name__} is not a record of kgqa.types")
    return plain


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


class _Record:
    """Gives every record ``to_dict()``."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The record as plain JSON types."""
        return to_dict(self)


# --- Text -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span(_Record):
    """A stretch of characters, half open."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Block(_Record):
    """A structural unit of a document as its reader saw it, in the order of the text."""

    start: int
    end: int
    kind: str = "paragraph"
    """``heading``, ``paragraph``, ``list_item``, ``table_row`` or ``code``."""
    page: int | None = None
    """Page number counted from 1 where the format has pages."""
    level: int = 0
    """Depth of a heading, 1 for the topmost; 0 for anything else."""


@dataclass(frozen=True, slots=True)
class Document(_Record):
    """A source text. ``text`` is what every offset points into; it never changes once stored."""

    id: str
    uri: str
    title: str
    text: str
    language: str
    """``en`` or ``zh``: the language of most of its letters."""
    sha256: str
    """Of ``text`` in UTF-8."""
    media_type: str = "text/plain"
    blocks: tuple[Block, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def create(
        cls,
        *,
        uri: str,
        title: str,
        text: str,
        language: str,
        media_type: str = "text/plain",
        blocks: tuple[Block, ...] = (),
        metadata: Mapping[str, str] | None = None,
    ) -> Document:
        """A document whose id and checksum are made from its text."""
        sha256 = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return cls(
            content_id("document", sha256), uri, title, text, language, sha256, media_type, blocks, metadata or {}
        )


@dataclass(frozen=True, slots=True)
class StoredDocument(_Record):
    """What a list of documents shows: the document without its text, and what was drawn from it."""

    id: str
    uri: str
    title: str
    language: str
    sha256: str
    media_type: str
    characters: int
    chunks: int
    entities: int
    triples: int
    added_at: str
    """ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class Chunk(_Record):
    """A span of a document that is indexed and read as one piece. ``text == document.text[start:end]``."""

    id: str
    document_id: str
    start: int
    end: int
    text: str
    position: int = 0
    """Its number within the document, from 0."""
    language: str = "en"
    page: int | None = None
    heading: str = ""
    """The headings above it, outermost first, joined by `` › ``."""
    title: str = ""
    """The document's title."""


# --- What the models read in text -------------------------------------------------------------------------------------


class Modality(enum.StrEnum):
    """Whether the text states a thing, denies it, or leaves it open: supposes, plans, asks or doubts it."""

    ASSERTED = "asserted"
    NEGATED = "negated"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Mention(_Record):
    """A typed span in the text. Offsets are the document's."""

    start: int
    end: int
    text: str
    type: str
    """A type of the schema, such as ``Person``."""
    confidence: float = 1.0
    nominal: bool = False
    """True for pronouns and descriptions ("she", "the company", 该公司): they refer, but do not name."""
    value: str = ""
    """What a date or quantity comes to, ``2022-11-30`` or ``1500000000 USD``; empty where the text leaves it open."""
    kind: str = ""
    """The model's type where ``type`` is one of a user's own that divides it: ``Product`` of a programming language."""


@dataclass(frozen=True, slots=True)
class Relation(_Record):
    """A typed pair of mentions, read in the text. ``head`` and ``tail`` index ``Extraction.mentions``."""

    head: int
    tail: int
    type: str
    """A relation type of the schema, such as ``FOUNDED_BY``."""
    start: int
    end: int
    """The evidence: the sentence or sentences that hold both mentions, in the document's offsets."""
    confidence: float = 1.0
    modality: Modality = Modality.ASSERTED


@dataclass(frozen=True, slots=True)
class Argument(_Record):
    """What takes part in an event, by its role. Any span may be one, also one that no mention has."""

    start: int
    end: int
    text: str
    role: str
    """A role of the schema, such as ``VICTIM``."""
    mention: int | None = None
    """The mention of ``Extraction.mentions`` that it is, or the only one in it."""
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Event(_Record):
    """Something that happens, read in the text: a trigger word of a type, and what takes part."""

    start: int
    end: int
    text: str
    """The trigger."""
    type: str
    """An event type of the schema, such as ``Attack``."""
    arguments: tuple[Argument, ...] = ()
    time: str = ""
    """When the text says so: the words of its time."""
    modality: Modality = Modality.ASSERTED
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Extraction(_Record):
    """All that was read in one chunk."""

    chunk_id: str
    mentions: tuple[Mention, ...] = ()
    relations: tuple[Relation, ...] = ()
    clusters: tuple[tuple[int, ...], ...] = ()
    """Coreference: groups of indexes into ``mentions`` that refer to one thing. A mention is in one group at most."""
    extractor: str = ""
    """Name and version of what read it, for the evidence."""
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Example(_Record):
    """Annotated text for training and scoring. Offsets are those of ``text``."""

    text: str
    mentions: tuple[Mention, ...] = ()
    relations: tuple[Relation, ...] = ()
    clusters: tuple[tuple[int, ...], ...] = ()
    source: str = ""
    """File and line it was read from."""
    annotated_types: frozenset[str] = frozenset()
    """The types its annotators looked for: only of these does a missing annotation mean "none here"."""
    events: tuple[Event, ...] = ()


# --- The graph --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entity(_Record):
    """A node of the graph."""

    id: str
    name: str
    type: str
    aliases: tuple[str, ...] = ()
    """Other names it was seen under, most frequent first."""
    mentions: int = 0
    """Number of live mentions."""
    degree: int = 0
    """Number of live triples that it takes part in."""
    value: str = ""
    """What a date or quantity comes to, whatever its names: ISO 8601, or a number and its unit."""


@dataclass(frozen=True, slots=True)
class Triple(_Record):
    """A typed edge of the graph between two entities."""

    id: str
    subject: str
    predicate: str
    object: str
    subject_name: str = ""
    object_name: str = ""
    support: int = 0
    """Number of live evidences."""
    confidence: float = 0.0
    """Of its best evidence."""
    valid_from: str = ""
    """The first day, ISO 8601, on which it held by its evidence; empty where none says since when."""
    valid_to: str = ""
    """The last such day; empty where none says until when."""


@dataclass(frozen=True, slots=True)
class Evidence(_Record):
    """The quoted span that supports a triple or a mention. ``quote == document.text[start:end]``."""

    id: str
    target_id: str
    """The triple, the entity or the event."""
    document_id: str
    chunk_id: str
    start: int
    end: int
    quote: str
    extractor: str
    confidence: float
    title: str = ""
    page: int | None = None
    valid_from: str = ""
    """The first day, ISO 8601, on which the fact held or the event happened as said here; empty where it is not."""
    valid_to: str = ""
    """The last such day; empty where it is not said."""
    read_at: str = ""
    """When the document came into the store: ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class Participant(_Record):
    """Who or what takes part in an event."""

    role: str
    """A role of the schema, such as ``VICTIM``."""
    text: str
    start: int
    end: int
    entity_id: str = ""
    """Empty for what is no entity, such as a price or a clause."""
    entity_name: str = ""


@dataclass(frozen=True, slots=True)
class StoredEvent(_Record):
    """An event of the graph: what one place of a document tells of, with who takes part and when."""

    id: str
    type: str
    trigger: str
    """The words that name it. ``trigger == document.text[start:end]``."""
    document_id: str
    chunk_id: str
    start: int
    end: int
    participants: tuple[Participant, ...] = ()
    """In the order of the text."""
    time: str = ""
    """The words that say when; empty where the text does not."""
    valid_from: str = ""
    """Their first day, ISO 8601; empty where they leave it open."""
    valid_to: str = ""
    modality: Modality = Modality.ASSERTED
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Neighbour(_Record):
    """An entity at some distance from another, and the triples that lead to it."""

    entity: Entity
    distance: int
    triples: tuple[Triple, ...]


@dataclass(frozen=True, slots=True)
class Path(_Record):
    """Entities joined by triples, in order: ``len(entities) == len(triples) + 1``."""

    entities: tuple[Entity, ...]
    triples: tuple[Triple, ...]


@dataclass(frozen=True, slots=True)
class Statistics(_Record):
    """How much a workspace holds."""

    documents: int
    chunks: int
    entities: int
    triples: int
    evidences: int
    mentions: int
    entity_types: Mapping[str, int]
    predicates: Mapping[str, int]
    events: int = 0
    rejected: int = 0
    """Evidences of facts that constraints keep out."""


@dataclass(frozen=True, slots=True)
class Deleted(_Record):
    """What went with a document."""

    document_id: str
    chunks: int
    entities: int
    triples: int
    evidences: int


# --- Retrieval and answers --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hit(_Record):
    """What an index returns: the id of a chunk or triple and a score, higher is better."""

    id: str
    score: float


@dataclass(frozen=True, slots=True)
class Passage(_Record):
    """What a retriever returns: a chunk, its score, and why it is there."""

    chunk: Chunk
    score: float
    sources: Mapping[str, float] = field(default_factory=dict)
    """Score by source, such as ``{"lexical": 7.1, "dense": 0.63}``."""
    entities: tuple[str, ...] = ()
    triples: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    """Ids of what led to it over the graph, in order: the chunk or entity that the search started from, then entities,
    with the triple between each two of them. Empty where it was found by itself."""


@dataclass(frozen=True, slots=True)
class Citation(_Record):
    """The quoted span behind one statement of an answer. ``quote == document.text[start:end]``."""

    n: int
    """Its number in the answer's text, from 1: ``[1]``."""
    document_id: str
    chunk_id: str
    title: str
    uri: str
    page: int | None
    start: int
    end: int
    quote: str
    score: float


@dataclass(frozen=True, slots=True)
class Answer(_Record):
    """An answer with its sources, or the statement that the documents do not say."""

    question: str
    text: str
    citations: tuple[Citation, ...] = ()
    abstained: bool = False
    reason: str = ""
    """Why it abstained: ``no_documents``, ``nothing_found``, ``low_confidence``; empty otherwise."""
    confidence: float = 0.0
    entities: tuple[Entity, ...] = ()
    triples: tuple[Triple, ...] = ()
    passages: tuple[Passage, ...] = ()
    """Everything retrieved, best first, cited or not."""
    language: str = "en"
    rewritten: str = ""
    """The question as it was searched for, when the conversation completed it."""
    seconds: float = 0.0
    trace_id: str = ""
    short: str = ""
    """The words of the documents that answer, without the sentence around them."""


@dataclass(frozen=True, slots=True)
class Turn(_Record):
    """One exchange of a conversation."""

    question: str
    answer: Answer


# --- The stream of an answer: one sequence of events for page, CLI and Python -----------------------------------------


@dataclass(frozen=True, slots=True)
class Status(_Record):
    """What is being done: ``searching``, ``reading`` (of ``n`` passages) or ``writing``."""

    event: ClassVar[str] = "status"
    stage: str
    n: int = 0


@dataclass(frozen=True, slots=True)
class FoundCitations(_Record):
    """Numbered sources, sent before the text that refers to them."""

    event: ClassVar[str] = "citations"
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class FoundEntities(_Record):
    """Entities that the answer is about."""

    event: ClassVar[str] = "entities"
    entities: tuple[Entity, ...]


@dataclass(frozen=True, slots=True)
class FoundTriples(_Record):
    """Triples that the answer rests on."""

    event: ClassVar[str] = "triples"
    triples: tuple[Triple, ...]


@dataclass(frozen=True, slots=True)
class Token(_Record):
    """The next piece of the answer's text."""

    event: ClassVar[str] = "token"
    text: str


@dataclass(frozen=True, slots=True)
class Cited(_Record):
    """The numbers of the sources that the finished text uses, in the order of their first use."""

    event: ClassVar[str] = "cited"
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Failed(_Record):
    """The answer ended in an error."""

    event: ClassVar[str] = "error"
    code: str
    message: str
    retryable: bool = False


@dataclass(frozen=True, slots=True)
class Done(_Record):
    """The whole answer; always the last event of an answer that did not fail."""

    event: ClassVar[str] = "done"
    answer: Answer


StreamEvent = Status | FoundCitations | FoundEntities | FoundTriples | Token | Cited | Failed | Done


# --- Ingestion --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress(_Record):
    """How far a stage of a run is. ``total`` is None while it is unknown."""

    stage: str
    """``reading``, ``extracting`` or ``indexing``."""
    done: int
    total: int | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Failure(_Record):
    """A source that could not be ingested, and what to do about it."""

    uri: str
    reason: str


@dataclass(frozen=True, slots=True)
class IngestReport(_Record):
    """What a run did. Documents that were there already count as ``unchanged``."""

    added: int = 0
    replaced: int = 0
    unchanged: int = 0
    failures: tuple[Failure, ...] = ()
    chunks: int = 0
    mentions: int = 0
    entities: int = 0
    """In the whole graph after the run, as are the triples."""
    triples: int = 0
    links: int = 0
    """Names that were linked to the catalogue, where there is one."""
    seconds: float = 0.0
    interrupted: bool = False
