"""The application over a small knowledge base, and a client for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from kgqa.ui import create_app
from tests.ui.small_knowledge import SmallKnowledge, write_documents


@pytest.fixture
def kb(tmp_path: Path) -> SmallKnowledge:
    knowledge = SmallKnowledge(tmp_path / "workspace")
    knowledge.ingest(write_documents(tmp_path / "documents"))
    return knowledge


@pytest.fixture
def client(kb: SmallKnowledge, tmp_path: Path) -> Iterator[TestClient]:
    with TestClient(create_app(kb, static=tmp_path / "no-page"), raise_server_exceptions=False) as opened:
        yield opened
