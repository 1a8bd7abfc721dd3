"""POST /api/chat: the events, their order and form, and the memory of conversations."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator

import pytest
from fastapi import sse
from fastapi.testclient import TestClient

from kgqa.errors import ModelError
from kgqa.types import Status, StreamEvent
from kgqa.ui.conversations import Conversations
from kgqa.ui.knowledge import Mode
from tests.ui.reading import ask
from tests.ui.small_knowledge import SmallDialogue, SmallKnowledge

QUESTIONS = ["Which Nobel Prize did Otto Hahn receive?", "屠呦呦从青蒿中提取出什么?"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_chat_sends_sources_before_text_and_ends_in_done(client: TestClient, question: str) -> None:
    names = [name for name, _ in ask(client, question)]
    assert names[0] == "status"
    assert names.index("citations") < names.index("token")
    assert names[-2:] == ["cited", "done"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_chat_quotes_equal_the_text_at_their_offsets(client: TestClient, question: str) -> None:
    events = dict(ask(client, question))
    (citation,) = events["citations"]
    assert set(citation) == {"n", "passage_id", "doc_id", "title", "uri", "page", "quote", "start", "end", "score"}
    text = client.get(f"/api/documents/{citation['doc_id']}").json()["text"]
    assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert events["cited"] == [citation["n"]]


def test_chat_tokens_join_to_the_answer(client: TestClient) -> None:
    events = ask(client, QUESTIONS[0])
    done = events[-1][1]
    assert "".join(data for name, data in events if name == "token") == done["text"]
    assert "Nobel Prize in Chemistry 🏅" in done["text"]
    assert not done["abstained"]
    assert done["passages"][0]["passage_id"] == dict(events)["citations"][0]["passage_id"]


def test_chat_entities_and_triples_are_ids_of_the_graph(client: TestClient) -> None:
    events = dict(ask(client, QUESTIONS[0]))
    names = [client.get(f"/api/graph/entity/{one}").json()["entity"]["name"] for one in events["entities"]]
    assert names == ["Otto Hahn"]
    assert [client.get(f"/api/evidence/{one}").status_code for one in events["triples"]] == [200]


def test_chat_says_when_the_documents_do_not(client: TestClient) -> None:
    events = ask(client, "How tall is the Eiffel Tower in metres?")
    assert [name for name, _ in events] == ["status", "status", "done"]
    assert events[-1][1]["abstained"] is True
    assert events[-1][1]["reason"] == "low_confidence"


def test_chat_remembers_within_one_id_only(client: TestClient) -> None:
    ask(client, "Which element is named after Lise Meitner?", "one")
    followed = ask(client, "Where was she born in?", "one")[-1][1]
    assert followed["rewritten"] == "Where was Lise Meitner born in?"
    assert "Vienna" in followed["text"]
    assert ask(client, "Where was she born in?", "other")[-1][1]["rewritten"] == "Where was  born in?"


def test_chat_without_an_id_gets_one(client: TestClient) -> None:
    response = client.post("/api/chat", json={"question": QUESTIONS[0]})
    assert '"chat_id":"' in response.text.replace(": ", ":")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"question": "  "},
        {"question": "a", "chat_id": "../x"},
        {"question": "a", "mode": "x"},
        {"question": "a", "x": 1},
    ],
)
def test_chat_refuses_a_malformed_request(client: TestClient, body: dict[str, object]) -> None:
    response = client.post("/api/chat", json=body)
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "invalid_request"


class _Failing(SmallDialogue):
    def stream(self, question: str, *, mode: Mode | None = None) -> Iterator[StreamEvent]:
        yield Status("searching")
        raise (
            ModelError("The reader's weights are torn. Install kgqa again.") if question == "ours" else ValueError("x")
        )


class _FailingKnowledge(SmallKnowledge):
    def conversation(self) -> _Failing:
        return _Failing(self)


def test_chat_ends_in_an_error_event_when_the_answer_fails(client: TestClient, kb: SmallKnowledge) -> None:
    client.app.state.conversations = Conversations(_FailingKnowledge(kb.folder))  # type: ignore[attr-defined]
    name, data = ask(client, "ours")[-1]
    assert (name, data["code"], data["message"]) == (
        "error",
        "model",
        "The reader's weights are torn. Install kgqa again.",
    )
    name, data = ask(client, "foreign")[-1]
    assert (name, data["code"]) == ("error", "internal")
    assert data["message"] != "x"


class _Slow(SmallDialogue):
    closed = False
    going = threading.Event()

    def stream(self, question: str, *, mode: Mode | None = None) -> Generator[StreamEvent, None, None]:
        try:
            self.going.wait(5)
            yield from super().stream(question, mode=mode)
        finally:
            type(self).closed = True


class _SlowKnowledge(SmallKnowledge):
    def conversation(self) -> _Slow:
        return _Slow(self)


def test_chat_keeps_the_connection_open_with_comments(
    client: TestClient, kb: SmallKnowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sse._PING_INTERVAL == 15.0
    monkeypatch.setattr("fastapi.routing._PING_INTERVAL", 0.02)
    client.app.state.conversations = Conversations(_SlowKnowledge(kb.folder))  # type: ignore[attr-defined]
    threading.Timer(0.2, _Slow.going.set).start()
    body = client.post("/api/chat", json={"question": "slow"}).text
    assert body.startswith(": ping\n\n")
    assert "event: done" in body


def test_conversations_close_the_work_when_the_client_leaves(kb: SmallKnowledge) -> None:
    _Slow.going.set()
    _Slow.closed = False
    chats = Conversations(_SlowKnowledge(kb.folder))
    stream = chats.stream("one", "Which Nobel Prize did Otto Hahn receive?")
    next(stream)
    stream.close()
    assert _Slow.closed
    assert [event.event for event in chats.stream("one", "again")][-1] == "done"


def test_conversations_forget_the_longest_silent_one(kb: SmallKnowledge) -> None:
    chats = Conversations(kb, limit=2)
    for chat_id in ("a", "b", "a", "c"):
        list(chats.stream(chat_id, QUESTIONS[0]))
    assert [chat_id in chats for chat_id in ("a", "b", "c")] == [True, False, True]
    assert len(chats) == 2
