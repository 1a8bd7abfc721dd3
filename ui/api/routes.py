"""All routes under ``/api``; what no route answers is a 404 in our form, not the page."""

from __future__ import annotations

from fastapi import APIRouter

from kgqa.ui.api import chat, documents, graph, passages, system
from kgqa.ui.errors import Refused
from kgqa.ui.schemas import Error

__all__ = ["router"]

router = APIRouter(prefix="/api", responses={"4XX": {"model": Error}, "5XX": {"model": Error}})
for part in (chat.router, documents.router, passages.router, graph.router, system.router):
    router.include_router(part)


@router.get("/{path:path}", include_in_schema=False)
def unknown(path: str) -> None:
    """There is nothing here."""
    raise Refused(404, "not_found", f"There is no /api/{path}. See /api/openapi.json for what there is.")
