"""Reading a question over the passages that are retrieved for it, with what the graph knows of its names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kgqa.generation.descriptions import Description, descriptions
from kgqa.generation.evidence import AnswerStore
from kgqa.generation.expected import kinds_of
from kgqa.generation.facts import Fact, weighed
from kgqa.generation.names import Name, headed
from kgqa.generation.reader import Reader, Reading
from kgqa.types import Passage

__all__ = ["Found", "Inquiry"]


@dataclass(frozen=True, slots=True)
class Found:
    """What was read for a question."""

    question: str
    names: Sequence[Name]
    described: Sequence[Description]
    """What it may describe in place of a name. It is that which is asked about, not what is named."""
    readings: Sequence[Reading]
    """Most confident first; each points into the passages."""
    passages: Sequence[Passage]

    @property
    def confidence(self) -> float:
        """Of the best reading; 0 without any."""
        return max((reading.confidence for reading in self.readings), default=0.0)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Asks one question after the other of the same documents."""

    reader: Reader
    store: AnswerStore
    names: Callable[[str], Sequence[Name]]
    """The names in a question."""
    facts: Callable[[str, Sequence[Name]], Sequence[Fact]]
    """What the graph says to a question with these names."""
    retrieve: Callable[[str], Sequence[Passage]] | None = None
    """The passages that fit a question, best first; without it nothing more can be asked."""

    def ask(self, question: str, most: int | None = None) -> Found:
        """What the best `most` of the passages that are retrieved for a question say."""
        return self.read(question, list(self.retrieve(question))[:most] if self.retrieve else ())

    def read(self, question: str, passages: Sequence[Passage]) -> Found:
        """What the passages say to a question."""
        names = self.names(question) if passages else ()
        kinds = kinds_of(self.store.entities([id for passage in passages for id in passage.entities]))
        readings = self.reader.read(question, headed(passages, names), [name.text for name in names], kinds)
        said = "\n".join(f"{passage.chunk.title}\n{passage.chunk.text}" for passage in passages)
        described = descriptions(question, [name.text for name in names], said)
        facts = [] if described else self.facts(question, names)
        return Found(question, names, described, *weighed(readings, passages, facts))
