"""Questions: one answer as a stream of server-sent events, in the order of ``kgqa.types``.

``status {stage, n}`` · ``citations [{n, passage_id, doc_id, title, uri, page, quote, start, end, score}]``, before the
text · ``entities [ids]`` · ``triples [ids]`` · ``token "…"`` · ``cited [n…]`` · ``error {code, message, retryable}`` ·
``done {…}``, which is ``kgqa.ui.schemas.Done``.
A comment every 15 seconds keeps the connection open; a client cancels by closing it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.sse import EventSourceResponse, ServerSentEvent

from kgqa.types import (
    Answer,
    Cited,
    Done,
    Failed,
    FoundCitations,
    FoundEntities,
    FoundTriples,
    Passage,
    Status,
    StreamEvent,
    Token,
)
from kgqa.ui import schemas
from kgqa.ui.api.state import Chats
from kgqa.ui.errors import describe

__all__ = ["retrieved", "router"]

router = APIRouter(tags=["chat"])


def _until_the_end() -> Iterator[ExitStack]:
    """Closes things when the response ends, however it ends; a generator that is only dropped ends some time later."""
    with ExitStack() as stack:
        yield stack


@router.post("/chat", response_class=EventSourceResponse)
def chat(
    request: schemas.ChatRequest, chats: Chats, until_the_end: Annotated[ExitStack, Depends(_until_the_end)]
) -> Iterator[ServerSentEvent]:
    """The answer to a question, as it comes."""
    chat_id = request.chat_id or chats.new_id()
    message_id = chats.new_id()
    events = chats.stream(chat_id, request.question, request.mode)
    until_the_end.callback(events.close)
    try:
        for event in events:
            yield ServerSentEvent(event=event.event, data=_data(event, chat_id, message_id))
    except Exception as error:
        yield ServerSentEvent(event=Failed.event, data=_failure(error))


def _data(event: StreamEvent, chat_id: str, message_id: str) -> Any:
    match event:
        case Status(stage, n):
            return {"stage": stage, "n": n}
        case FoundCitations(citations):
            return [schemas.Citation.model_validate(citation).model_dump() for citation in citations]
        case FoundEntities(entities):
            return [entity.id for entity in entities]
        case FoundTriples(triples):
            return [triple.id for triple in triples]
        case Token(text):
            return text
        case Cited(numbers):
            return list(numbers)
        case Failed(code, message, retryable):
            return {"code": code, "message": message, "retryable": retryable}
        case Done(answer):
            return _done(answer, chat_id, message_id).model_dump()


def _failure(error: Exception) -> dict[str, str | bool]:
    status, body = describe(error)
    return {"code": body.code, "message": body.message, "retryable": status in (409, 500)}


def _done(answer: Answer, chat_id: str, message_id: str) -> schemas.Done:
    return schemas.Done(
        message_id=message_id,
        chat_id=chat_id,
        seconds=round(answer.seconds, 3),
        usage={"passages": len(answer.passages), "characters": sum(len(p.chunk.text) for p in answer.passages)},
        abstained=answer.abstained,
        reason=answer.reason,
        confidence=answer.confidence,
        language=answer.language,
        rewritten=answer.rewritten,
        text=answer.text,
        passages=[retrieved(passage) for passage in answer.passages],
    )


def retrieved(passage: Passage) -> schemas.Retrieved:
    """A passage as the API shows it."""
    chunk = passage.chunk
    return schemas.Retrieved(
        passage_id=chunk.id,
        doc_id=chunk.document_id,
        title=chunk.title,
        page=chunk.page,
        heading=chunk.heading,
        text=chunk.text,
        start=chunk.start,
        end=chunk.end,
        score=passage.score,
    )
