"""The JSON of the API. Offsets count Unicode code points of the document's text, half open, as everywhere in kgqa."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kgqa.ui.knowledge import Mode

__all__ = [
    "Block",
    "ChatRequest",
    "Chunk",
    "Citation",
    "Deleted",
    "Document",
    "DocumentRow",
    "Done",
    "Entity",
    "EntityFacts",
    "Error",
    "ErrorBody",
    "Evidence",
    "Examples",
    "Health",
    "Job",
    "Passage",
    "Path",
    "Progress",
    "Report",
    "Retrieved",
    "Schema",
    "Statistics",
    "Subgraph",
    "Triple",
]


class _Out(BaseModel):
    """Made from a record of ``kgqa.types``. Outside, a chunk is a passage, and ``document_id`` is ``doc_id``."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)


class ErrorBody(BaseModel):
    """What went wrong: a code for programs, a sentence for people."""

    code: str
    message: str


class Error(BaseModel):
    """The body of every answer that is not a success."""

    error: ErrorBody


# --- questions --------------------------------------------------------------------------------------------------------

Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
ChatId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class ChatRequest(BaseModel):
    """A question. Questions with the same ``chat_id`` belong to one conversation."""

    model_config = ConfigDict(extra="forbid")

    question: Question
    chat_id: ChatId | None = None
    mode: Mode | None = None


class Citation(_Out):
    """A numbered source: the quoted span behind one statement."""

    n: int
    passage_id: str = Field(validation_alias="chunk_id")
    doc_id: str = Field(validation_alias="document_id")
    title: str
    uri: str
    page: int | None
    quote: str
    start: int
    end: int
    score: float


class Retrieved(BaseModel):
    """A passage that was found for a question, whether the answer uses it or not."""

    passage_id: str
    doc_id: str
    title: str
    page: int | None
    heading: str
    text: str
    start: int
    end: int
    score: float


class Done(BaseModel):
    """The end of an answer."""

    message_id: str
    chat_id: str
    seconds: float
    usage: dict[str, int]
    abstained: bool
    reason: str
    confidence: float
    language: str
    rewritten: str
    text: str
    passages: list[Retrieved]


class Examples(BaseModel):
    """Questions to begin with."""

    source: Literal["sample", "graph", "none"]
    questions: list[str]


# --- documents --------------------------------------------------------------------------------------------------------


class DocumentRow(_Out):
    """A document in a list."""

    id: str
    uri: str
    title: str
    language: str
    media_type: str
    characters: int
    chunks: int
    entities: int
    triples: int
    added_at: str


class Block(_Out):
    """A structural unit of a document."""

    start: int
    end: int
    kind: str
    page: int | None
    level: int


class Chunk(_Out):
    """Where a passage lies in its document."""

    passage_id: str = Field(validation_alias="id")
    start: int
    end: int
    page: int | None
    heading: str


class Document(BaseModel):
    """A document with the text that offsets point into."""

    id: str
    uri: str
    title: str
    language: str
    media_type: str
    text: str
    blocks: list[Block]
    chunks: list[Chunk]


class Passage(BaseModel):
    """A passage within its context: ``context`` is ``document.text[context_start:context_end]``."""

    passage_id: str
    doc_id: str
    title: str
    uri: str
    language: str
    page: int | None
    heading: str
    position: int
    start: int
    end: int
    context: str
    context_start: int
    context_end: int


class Deleted(_Out):
    """What went with a document."""

    doc_id: str = Field(validation_alias="document_id")
    chunks: int
    entities: int
    triples: int
    evidences: int


class Progress(_Out):
    """How far a stage of a job is."""

    stage: str
    done: int
    total: int | None
    note: str


class Failure(_Out):
    """A file that could not be read."""

    uri: str
    reason: str


class Report(_Out):
    """What a job did."""

    added: int
    replaced: int
    unchanged: int
    failures: list[Failure]
    entities: int
    triples: int
    seconds: float


class Job(BaseModel):
    """Files on their way into the graph."""

    id: str
    files: list[str]
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: Progress | None
    report: Report | None
    error: ErrorBody | None


# --- graph ------------------------------------------------------------------------------------------------------------


class Entity(_Out):
    """A node."""

    id: str
    name: str
    type: str
    aliases: list[str]
    mentions: int
    degree: int
    value: str


class Triple(_Out):
    """An edge."""

    id: str
    subject: str
    predicate: str
    object: str
    subject_name: str
    object_name: str
    support: int
    confidence: float


class Evidence(_Out):
    """The quoted span behind a triple or an entity."""

    id: str
    target_id: str
    passage_id: str = Field(validation_alias="chunk_id")
    doc_id: str = Field(validation_alias="document_id")
    title: str
    page: int | None
    start: int
    end: int
    quote: str
    extractor: str
    confidence: float


class EntityFacts(BaseModel):
    """A node with its edges in both directions."""

    entity: Entity
    triples: list[Triple]


class Subgraph(BaseModel):
    """A part of the graph that can be drawn: every edge joins two of the nodes."""

    nodes: list[Entity]
    edges: list[Triple]
    total: int
    """Entities in the whole graph."""


class Path(BaseModel):
    """A shortest path; both lists are empty where there is none."""

    entities: list[Entity]
    triples: list[Triple]


class Statistics(_Out):
    """How much the workspace holds."""

    documents: int
    chunks: int
    entities: int
    triples: int
    evidences: int
    mentions: int
    entity_types: dict[str, int]
    predicates: dict[str, int]


class Schema(BaseModel):
    """What types and relations are called: technical name → language → label."""

    entities: dict[str, dict[str, str]]
    relations: dict[str, dict[str, str]]


class Health(BaseModel):
    """That the server runs, and what it accepts."""

    status: Literal["ok"]
    version: str
    documents: int
    suffixes: list[str]
    max_upload_megabytes: int
