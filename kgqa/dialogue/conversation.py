"""A dialogue: remembers its turns, and completes a follow-up from them before it is answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from kgqa.dialogue.rewrite import rewrite
from kgqa.generation import Answerer, Names
from kgqa.generation.answerer import Mode
from kgqa.types import Answer, Done, StreamEvent, Turn

__all__ = ["Conversation"]

REMEMBERED = 20


class Conversation:
    """Questions that may refer to those before. Only the last `REMEMBERED` turns are kept.

    `names` finds what the turns mention. `mask` puts placeholders in the place of personal data, where the documents
    have them too.
    """

    def __init__(
        self,
        answerer: Answerer,
        names: Names,
        turns: Sequence[Turn] = (),
        *,
        mask: Callable[[str], str] = str,
    ) -> None:
        self._answerer = answerer
        self._names = names
        self._mask = mask
        self._turns = deque(turns, maxlen=REMEMBERED)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """What was said, oldest first."""
        return tuple(self._turns)

    def ask(self, question: str, *, mode: Mode | None = None) -> Answer:
        """The answer; its `rewritten` is the question as it was understood, where that differs."""
        for event in self.stream(question, mode=mode):
            if isinstance(event, Done):
                return event.answer
        raise AssertionError("a stream ends with Done")

    def stream(self, question: str, *, mode: Mode | None = None) -> Iterator[StreamEvent]:
        """The events of the answer; the turn is remembered once the last one has come."""
        question = self._mask(question)
        completed = rewrite(question, self.turns, self._names)
        for event in self._answerer.stream(question, mode=mode, completed=completed):
            if isinstance(event, Done):
                self._turns.append(Turn(question, event.answer))
            yield event
