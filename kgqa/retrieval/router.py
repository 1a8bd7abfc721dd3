"""Which way a question takes: through the text, over the graph, or to an answer made of facts alone.

General signals decide: what the question's words ask for (``asked``), whether its names and predicate are found in the
graph (``facts``), and how much of it the best passage covers, for what one passage covers needs no second one. From
which coverage on the text alone is searched is measured on the user's own documents by ``kgqa bench``.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Protocol

from kgqa.errors import WorkspaceError
from kgqa.index.files import write_whole
from kgqa.retrieval.asked import Asked, asked_for
from kgqa.retrieval.facts import Finding, Named

__all__ = ["Finder", "Plan", "Route", "Router", "Thresholds"]

FILE = "router.json"
NEVER = 1.01
"""A coverage that no passage has."""


class Route(enum.StrEnum):
    """The kinds of questions that are searched for in different ways."""

    ONE_HOP = "one-hop"
    """One passage says it."""
    MULTI_HOP = "multi-hop"
    """A passage leads to the one that says it."""
    LOOKUP = "lookup"
    """Facts of the graph say it."""
    AGGREGATION = "aggregation"
    """All facts that fit are counted or listed."""
    OVERVIEW = "overview"
    """The documents as a whole are asked about."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What the router decides by where words do not tell. The defaults were measured on the development pools."""

    text_from: float = NEVER
    """Share of a question that its best passage must cover for the text alone to be searched; above 1: never."""

    @classmethod
    def load(cls, folder: Path) -> Thresholds:
        """Those that ``kgqa bench`` left in a workspace; the defaults where there are none.

        Raises:
            WorkspaceError: the file is not one of thresholds.
        """
        path = folder / FILE
        if not path.is_file():
            return cls()
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            return cls(**{field.name: float(found[field.name]) for field in fields(cls)})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WorkspaceError(
                f"{path} cannot be read ({error!r}). Remove it, or measure again: kgqa bench"
            ) from error

    def save(self, folder: Path) -> Path:
        """The file that holds them now."""
        write_whole(folder / FILE, json.dumps(asdict(self), indent=1).encode())
        return folder / FILE


@dataclass(frozen=True, slots=True)
class Plan:
    """The way that a question takes, and what was found on the way to this decision."""

    route: Route
    asked: Asked
    findings: tuple[Finding, ...] = ()


class Finder(Protocol):
    """Finds facts that answer (see ``FactFinder``)."""

    def find(self, question: str, asked: Asked, names: Sequence[Named]) -> list[Finding]:
        """What answers, the best supported first."""
        ...


class Router:
    """Decides on the way of a question."""

    def __init__(self, finder: Finder, thresholds: Thresholds | None = None) -> None:
        self.finder = finder
        self.thresholds = thresholds or Thresholds()

    def plan(self, question: str, names: Sequence[Named], coverage: Callable[[], float]) -> Plan:
        """The way of a question with these names; ``coverage`` looks up the share of it that the best passage has."""
        asked = asked_for(question)
        findings = tuple(self.finder.find(question, asked, names))
        if asked.sums_up and not findings:
            return Plan(Route.OVERVIEW, asked)
        if findings and (asked.counts or asked.lists or (asked.period and not names)):
            return Plan(Route.AGGREGATION, asked, findings)
        if findings:
            return Plan(Route.LOOKUP, asked, findings)
        return Plan(Route.ONE_HOP if coverage() >= self.thresholds.text_from else Route.MULTI_HOP, asked)
