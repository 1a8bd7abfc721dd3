"""The server about itself: health, and questions to begin with."""

from __future__ import annotations

from fastapi import APIRouter

import kgqa
from kgqa.extraction.schema import Schema
from kgqa.registry import READERS
from kgqa.ui import examples, schemas
from kgqa.ui.api.state import Workspace

__all__ = ["router"]

router = APIRouter(tags=["system"])


@router.get("/health")
def health(kb: Workspace) -> schemas.Health:
    """That the server runs, and what it accepts."""
    return schemas.Health(
        status="ok",
        version=kgqa.__version__,
        documents=len(kb.documents()),
        suffixes=sorted(READERS),
        max_upload_megabytes=kb.settings.serve.max_upload_megabytes,
    )


@router.get("/examples")
def example_questions(kb: Workspace, language: str = "en") -> schemas.Examples:
    """Three questions that the documents answer."""
    return examples.questions(kb, "zh" if language.startswith("zh") else "en")


@router.get("/schema")
def labels() -> schemas.Schema:
    """What entity types and relations are called in English and Chinese."""
    schema = Schema.load()
    return schemas.Schema(
        entities={name: dict(kind.labels) for name, kind in schema.entities.items()},
        relations={name: dict(kind.labels) for name, kind in schema.relations.items()},
    )
