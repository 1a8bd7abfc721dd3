"""Facts of the graph that answer a question by themselves: one, or all that are to be counted or listed.

The names in a question are linked to entities, its other words to predicates, its dates to a period. What stands at the
other end of a fact of such an entity and predicate is an answer, if it is of a type that is asked for. Where several
names lead to answers, those that all of them lead to hold. A fact counts within a period if its own date lies in it or
a sentence that supports it says such a date.

Measured with the shipped encoder over graphs of given facts, the things found compared with all that are right:
MetaQA (250 questions of one hop) .53 answered, .48 exactly right; with a least score of .2 .72 and .58, of .15 .86 and
.59. PRQA (Chinese, 250) .82 answered, .64 exactly right, whatever the least score; what fails there asks for a second
predicate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from kgqa.extraction.open_relations import is_open
from kgqa.retrieval.asked import Asked, Period, dates_in, is_passive, named_types
from kgqa.retrieval.graph import GraphStoreView
from kgqa.retrieval.predicates import PredicateLinker, label_of
from kgqa.text import DATE
from kgqa.types import Entity, Evidence, Span, Statistics, Triple

__all__ = ["FactFinder", "FactStore", "Finding", "Named"]

LEAST = 0.25
"""Score of a predicate from which on a question may mean it."""
SURE = 0.5
"""From which on it may mean one where things are counted that no noun of the table names: its label stands there."""
_TRIED = 5  # predicates, the best first
_MOST = 2_000  # facts that are looked at for one name and predicate; the best supported ones
_DATED = 20  # evidences of a fact that are searched for a date


class FactStore(GraphStoreView, Protocol):
    """What finding facts needs of a store (see ``kgqa.graph.GraphStore``)."""

    def evidence(self, target_id: str, limit: int = 100) -> Sequence[Evidence]:
        """What supports a triple, the surest first."""
        ...

    def statistics(self) -> Statistics:
        """How much there is."""
        ...


@dataclass(frozen=True, slots=True)
class Named:
    """A name in a question and the entities that are called so."""

    span: Span
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A thing that answers, and the facts that make it an answer."""

    entity: Entity
    triples: tuple[Triple, ...]


_Found = dict[str, list[Triple]]
"""The facts by the id of the entity at their other end."""


class FactFinder:
    """Answers out of the graph alone. Safe to use from several threads."""

    def __init__(self, store: FactStore, linker: PredicateLinker) -> None:
        self.store = store
        self.linker = linker
        self._predicates: tuple[int, list[str]] = (-1, [])

    def find(self, question: str, asked: Asked, names: Sequence[Named]) -> list[Finding]:
        """What answers, the best supported first; nothing where a name or the predicate cannot be linked surely."""
        period = asked.period
        names = [name for name in names if not (period and _overlap(name.span, period.span))]
        if not (names or period):
            return []
        spans = [*(name.span for name in names), *([period.span] if period else [])]
        linked = self.linker.link(question, spans, self._known(), asked.language)
        least = SURE if (asked.counts or asked.lists) and not asked.types else LEAST
        likely = _likely(linked, least)
        if not likely:
            return []
        if names:
            each = [found for name in names if (found := self._around(question, name, likely, asked))]
        else:
            each = [found] if period and (found := self._dated(likely, asked, period)) else []
        return self._findings(_common(each))

    def _known(self) -> list[str]:
        generation = self.store.generation()
        if self._predicates[0] != generation:
            self._predicates = (generation, sorted(self.store.statistics().predicates))
        return self._predicates[1]

    def _around(self, question: str, name: Named, likely: Sequence[str], asked: Asked) -> _Found:
        """The facts of the likeliest predicate that joins an entity of this name to something that may be asked for."""
        for predicate in likely:
            found: _Found = {}
            for id in name.ids:
                forward = self.store.triples(subject=id, predicate=predicate, limit=_MOST)
                backward = self.store.triples(object=id, predicate=predicate, limit=_MOST)
                forward, backward = self._fitting(forward, True, asked), self._fitting(backward, False, asked)
                if forward and backward:
                    is_first = self._is_subject(question, name.span, predicate, asked.language)
                    forward, backward = (forward, []) if is_first else ([], backward)
                for triple in forward:
                    found.setdefault(triple.object, []).append(triple)
                for triple in backward:
                    found.setdefault(triple.subject, []).append(triple)
            if asked.period:
                found = {id: kept for id, facts in found.items() if (kept := self._within(facts, asked.period))}
            if found:
                return found
        return {}

    def _fitting(self, triples: Sequence[Triple], forward: bool, asked: Asked) -> Sequence[Triple]:
        """Those whose other end is of a type asked for; a type that no noun names fits any question."""
        if not asked.types or not triples:
            return triples
        ends = {triple.object if forward else triple.subject for triple in triples}
        types = {entity.id: entity.type for entity in self.store.entities(sorted(ends))}
        foreign = named_types() - asked.types
        return [t for t in triples if types.get(t.object if forward else t.subject) not in foreign]

    def _is_subject(self, question: str, name: Span, predicate: str, language: str) -> bool:
        """Whether the question puts the name where the predicate has its subject: 谷歌收购了…, not …收购了谷歌.

        A passive turns this round, in the question as in the predicate's own label (founded by).
        """
        label = label_of(predicate, self.linker.schema, language)
        words = [word for word in label.lower().split() if not is_passive(word, language)] or [label]
        stems = [word[: max(2, len(word) - 3)] for word in words]
        places = [place for stem in stems if (place := question.lower().find(stem)) >= 0]
        place = min(places, default=len(question))
        between = question[name.end : place] if name.end <= place else question[place : name.start]
        turned = is_passive(between, language) != is_passive(label, language)
        return (name.start < place) != turned

    def _dated(self, likely: Sequence[str], asked: Asked, period: Period) -> _Found:
        """Whatever is asked for and has a date within the period by a likely predicate."""
        for predicate in likely:
            triples = self.store.triples(predicate=predicate, limit=None)
            dates = {e.id: e.value for e in self.store.entities(sorted({t.object for t in triples})) if e.type == DATE}
            within = [t for t in triples if t.object in dates and period.holds(dates[t.object])]
            found: _Found = {}
            for triple in self._fitting(within, False, asked):
                found.setdefault(triple.subject, []).append(triple)
            if found:
                return found
        return {}

    def _within(self, triples: Sequence[Triple], period: Period) -> list[Triple]:
        return [t for t in triples if any(map(period.holds, self._said_dates(t)))]

    def _said_dates(self, triple: Triple) -> list[str]:
        return [date for found in self.store.evidence(triple.id, _DATED) for date, _ in dates_in(found.quote)]

    def _findings(self, found: Mapping[str, Sequence[Triple]]) -> list[Finding]:
        entities = self.store.entities(list(found))
        findings = [Finding(entity, tuple(dict.fromkeys(found[entity.id]))) for entity in entities]
        return sorted(findings, key=_strength, reverse=True)


def _likely(linked: Sequence[tuple[str, float]], least: float) -> list[str]:
    """Those of the schema's predicates that a question may mean, and after them the open ones, which say one fact each
    rather than all of a kind."""
    typed = [(predicate, score) for predicate, score in linked if not is_open(predicate)]
    opened = [(predicate, score) for predicate, score in linked if is_open(predicate)]
    return [predicate for kind in (typed, opened) for predicate, score in kind[:_TRIED] if score >= least]


def _strength(finding: Finding) -> tuple[int, float, str]:
    best = max(finding.triples, key=lambda triple: (triple.support, triple.confidence))
    return (best.support, best.confidence, finding.entity.id)


def _common(each: Sequence[_Found]) -> _Found:
    """The answers that every name leads to, with the facts of all; nothing where they lead to different ones."""
    if not each:
        return {}
    shared = set(each[0]).intersection(*each[1:])
    return {id: [triple for found in each for triple in found[id]] for id in each[0] if id in shared}


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end
