"""Conversations of the page, kept in memory: the newest, up to a bound."""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Generator

from kgqa.types import Failed, StreamEvent
from kgqa.ui.knowledge import Dialogue, Knowledge, Mode

__all__ = ["Conversations"]

_WAIT_SECONDS = 10.0


class _Chat:
    """A dialogue that answers one question at a time."""

    def __init__(self, dialogue: Dialogue) -> None:
        self.dialogue = dialogue
        self.lock = threading.Lock()


class Conversations:
    """Dialogues by chat id. The one that was silent longest is forgotten when there are more than ``limit``."""

    def __init__(self, kb: Knowledge, limit: int = 100) -> None:
        self.kb = kb
        self.limit = limit
        self._chats: OrderedDict[str, _Chat] = OrderedDict()
        self._lock = threading.Lock()

    def __contains__(self, chat_id: str) -> bool:
        return chat_id in self._chats

    def __len__(self) -> int:
        return len(self._chats)

    def new_id(self) -> str:
        """An id that no conversation has."""
        return uuid.uuid4().hex

    def stream(self, chat_id: str, question: str, mode: Mode | None = None) -> Generator[StreamEvent, None, None]:
        """The events of the answer within the conversation ``chat_id``, which begins if it is not known.

        Closing the iterator ends the work at its next step.
        """
        chat = self._chat(chat_id)
        if not chat.lock.acquire(timeout=_WAIT_SECONDS):
            yield Failed("busy", "This conversation is still answering another question. Wait for it or stop it.", True)
            return
        try:
            yield from chat.dialogue.stream(question, mode=mode)
        finally:
            chat.lock.release()

    def _chat(self, chat_id: str) -> _Chat:
        with self._lock:
            chat = self._chats.get(chat_id) or _Chat(self.kb.conversation())
            self._chats[chat_id] = chat
            self._chats.move_to_end(chat_id)
            while len(self._chats) > self.limit:
                self._chats.popitem(last=False)
            return chat
