"""Server-sent events as a client reads them."""

from __future__ import annotations

import json
from typing import Any

from fastapi.testclient import TestClient

__all__ = ["ask", "parse"]


def parse(body: str) -> list[tuple[str, Any]]:
    """Name and data of each event; comments are left out."""
    found = []
    for block in body.split("\n\n"):
        lines = [line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":")]
        fields = {line[0]: line[1] for line in lines}
        if "data" in fields:
            found.append((fields.get("event", "message"), json.loads(fields["data"])))
    return found


def ask(client: TestClient, question: str, chat_id: str = "test") -> list[tuple[str, Any]]:
    """The events of an answer."""
    response = client.post("/api/chat", json={"question": question, "chat_id": chat_id})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/event-stream")
    return parse(response.text)
