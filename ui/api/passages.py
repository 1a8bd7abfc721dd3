"""Passages: search, one passage in its context, and the evidence behind a fact."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from kgqa.errors import NotFound
from kgqa.types import Chunk, Document
from kgqa.ui import schemas
from kgqa.ui.api.chat import retrieved
from kgqa.ui.api.state import Workspace

__all__ = ["router"]

router = APIRouter(tags=["passages"])

_CONTEXT_CHARACTERS = 1500
"""A neighbouring paragraph longer than this is cut."""


@router.get("/search")
def search(
    kb: Workspace, q: Annotated[schemas.Question, Query()], limit: Annotated[int, Query(ge=1, le=50)] = 8
) -> list[schemas.Retrieved]:
    """The passages that fit a question best."""
    return [retrieved(passage) for passage in kb.search(q, limit=limit)]


@router.get("/passages/{chunk_id}")
def passage(chunk_id: str, kb: Workspace) -> schemas.Passage:
    """One passage with a paragraph of context on each side."""
    chunk = kb.passage(chunk_id)
    document = kb.document(chunk.document_id)
    start, end = _context(document, chunk)
    return schemas.Passage(
        passage_id=chunk.id,
        doc_id=document.id,
        title=document.title,
        uri=document.uri,
        language=chunk.language,
        page=chunk.page,
        heading=chunk.heading,
        position=chunk.position,
        start=chunk.start,
        end=chunk.end,
        context=document.text[start:end],
        context_start=start,
        context_end=end,
    )


@router.get("/evidence/{target_id}")
def evidence(target_id: str, kb: Workspace) -> list[schemas.Evidence]:
    """The quoted spans behind a triple or an entity."""
    found = kb.graph.evidence(target_id)
    if not found:
        raise NotFound(f"There is no evidence for {target_id!r}: no triple or entity has this id.")
    return [schemas.Evidence.model_validate(item) for item in found]


def _context(document: Document, chunk: Chunk) -> tuple[int, int]:
    before = [block for block in document.blocks if block.end <= chunk.start]
    after = [block for block in document.blocks if block.start >= chunk.end]
    within = [block for block in document.blocks if block.start < chunk.end and block.end > chunk.start]
    start = min([chunk.start, *(block.start for block in within)])
    end = max([chunk.end, *(block.end for block in within)])
    if start == chunk.start and before:
        start = before[-1].start
    if end == chunk.end and after:
        end = after[0].end
    return max(start, chunk.start - _CONTEXT_CHARACTERS), min(end, chunk.end + _CONTEXT_CHARACTERS)
