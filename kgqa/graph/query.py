"""The graph as users see it: names or ids in, typed records out, limits everywhere. ``kb.graph`` is one.

It reads, and it takes decisions on who is who.

graph.entity("DeepSeek")
for triple in graph.triples(subject="DeepSeek", predicate="FOUNDED_BY"):
    print(triple.object_name, [e.quote for e in graph.evidence(triple.id)])
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from kgqa.errors import ConfigError, NotFound
from kgqa.graph import algorithms
from kgqa.graph.candidates import Candidate, candidates
from kgqa.graph.store import CypherReader, Decision, GraphStore, Match, Table
from kgqa.text import normalise_name, normalise_value
from kgqa.types import Entity, Evidence, Neighbour, Path, Statistics, Triple

__all__ = ["Graph"]


class Graph:
    """The graph of a store. Wherever an entity is asked for, its id or one of its names will do."""

    def __init__(self, store: GraphStore) -> None:
        self.store = store
        self._seen: tuple[int, algorithms.View] | None = None

    def entity(self, name_or_id: str) -> Entity:
        """The entity with this id, or the most mentioned one that is called so.

        Raises:
            NotFound: there is none; the message names those that are called nearly so.
        """
        try:
            return self.store.entity(name_or_id)
        except NotFound:
            found = self.store.find(name_or_id, limit=20)
        wanted = normalise_name(name_or_id)
        for entity in found:
            is_value = entity.value and entity.value == normalise_value(name_or_id, entity.type)
            if is_value or wanted in (normalise_name(name) for name in (entity.name, *entity.aliases)):
                return entity
        near = ", ".join(entity.name for entity in found[:3] or [match.entity for match in self.similar(name_or_id, 3)])
        raise NotFound(
            f"No entity is called {name_or_id!r}. "
            + (f"Did you mean: {near}?" if near else "See: kgqa graph find NAME")
        )

    def entities(self) -> Iterator[Entity]:
        """All, one after the other, in the order of ids."""
        return self.store.entities()

    def find(self, name: str, limit: int = 10) -> list[Entity]:
        """By name, alias, beginning or part of one; equal names first, then the more often mentioned."""
        return self.store.find(name, limit)

    def similar(self, name: str, limit: int = 10) -> list[Match]:
        """By a name that is spelt nearly so, the nearest first: typing errors, marks, traditional for simplified."""
        return self.store.similar(name, limit)

    def neighbours(self, entity: str, hops: int = 1, limit: int = 50) -> list[Neighbour]:
        """At most ``limit`` entities within ``hops`` triples, nearest and best supported first.

        Raises:
            NotFound: there is no such entity.
        """
        return self.store.neighbours(self.entity(entity).id, hops, limit)

    def triples(
        self,
        subject: str | None = None,
        predicate: str | None = None,
        object: str | None = None,
        limit: int | None = 100,
    ) -> list[Triple]:
        """Those that match everything given, best supported first.

        Raises:
            NotFound: subject or object is given and there is no such entity.
        """
        ends = [self.entity(name).id if name is not None else None for name in (subject, object)]
        return self.store.triples(subject=ends[0], predicate=predicate, object=ends[1], limit=limit)

    def path(self, start: str, end: str, max_hops: int = 6) -> Path | None:
        """A shortest path in either direction of the triples, or None.

        Raises:
            NotFound: one of the entities is not there.
        """
        return self.store.path(self.entity(start).id, self.entity(end).id, max_hops)

    def paths(self, start: str, end: str, count: int = 5, max_hops: int = 6) -> list[Path]:
        """At most ``count`` paths without loops, the shortest first, in either direction of the triples.

        Raises:
            NotFound: one of the entities is not there.
        """
        ends = (self.entity(start).id, self.entity(end).id)
        return [self._path(ids) for ids in algorithms.shortest_paths(self._view(), *ends, count, max_hops)]

    def _path(self, ids: Sequence[str]) -> Path:
        steps = []
        for a, b in itertools.pairwise(ids):
            there = self.store.triples(subject=a, object=b, limit=1) + self.store.triples(subject=b, object=a, limit=1)
            steps.append(max(there, key=lambda triple: (triple.support, triple.confidence, triple.id)))
        return Path(tuple(self.store.entities(ids)), tuple(steps))

    def subgraph(self, entities: Sequence[str], hops: int = 1, limit: int = 200) -> tuple[list[Entity], list[Triple]]:
        """The entities, at most ``limit`` around each of them within ``hops``, and all triples among these.

        Raises:
            NotFound: one of the entities is not there.
        """
        inside = {entity.id: entity for entity in map(self.entity, entities)}
        for id in list(inside):
            inside |= {n.entity.id: n.entity for n in self.store.neighbours(id, hops, limit)}
        found = [t for id in inside for t in self.store.triples(subject=id, limit=None) if t.object in inside]
        return list(inside.values()), found

    def pagerank(self, seeds: Mapping[str, float] | None = None, limit: int = 20) -> list[tuple[Entity, float]]:
        """The entities of the highest rank; with ``seeds`` (weights by name or id) as seen from these.

        Raises:
            NotFound: one of the seeds is not there.
        """
        weights = None if seeds is None else {self.entity(name).id: weight for name, weight in seeds.items()}
        ranks = algorithms.pagerank(self._view(), weights)
        best = sorted(ranks, key=lambda id: (-ranks[id], id))[:limit]
        return [(entity, ranks[entity.id]) for entity in self.store.entities(best)]

    def communities(self, limit: int = 20) -> list[list[Entity]]:
        """The largest groups of entities that hang together more than with the rest."""
        return [list(self.store.entities(ids)) for ids in algorithms.communities(self._view())[:limit]]

    def contradictions(self, predicates: Iterable[str] = algorithms.SINGLE) -> list[tuple[Triple, ...]]:
        """Triples of which at most one can hold: two places of birth of one person. All stay, with their evidence."""
        wanted = sorted(set(predicates))
        found = [t for predicate in wanted for t in self.store.triples(predicate=predicate, limit=None)]
        return algorithms.contradictions(found, wanted)

    def _view(self) -> algorithms.View:
        generation = self.store.generation()
        if self._seen is None or self._seen[0] != generation:
            self._seen = (generation, algorithms.view(self.store.triples(limit=None)))
        return self._seen[1]

    def evidence(self, target_id: str, limit: int = 100) -> list[Evidence]:
        """The quoted spans behind a triple or an entity, the surest first."""
        return self.store.evidence(target_id, limit)

    def statistics(self) -> Statistics:
        """How much there is."""
        return self.store.statistics()

    # --- who is who -------------------------------------------------------------------------------------------------

    def merge(self, keep: str, other: str, *, reason: str = "", by: str = "") -> Decision:
        """``other`` is ``keep``: the graph has one entity for both, also in documents that come later.

        Raises:
            NotFound: one of the entities is not there.
            QueryError: they are one already, or were decided to be two.
        """
        return self.store.merge(self.entity(keep).id, self.entity(other).id, reason=reason, by=by)

    def split(self, entity: str, documents: Sequence[str], *, reason: str = "", by: str = "") -> Decision:
        """What the documents (ids) call so is another thing of the same name.

        Raises:
            NotFound: there is no such entity.
            QueryError: none of the documents mentions it, or all that do are named.
        """
        return self.store.split(self.entity(entity).id, documents, reason=reason, by=by)

    def separate(self, entity: str, alias: str, *, reason: str = "", by: str = "") -> Decision:
        """The alias is not a name of the entity, but in the very documents that define it so.

        Raises:
            NotFound: there is no such entity, or it has no such alias.
            QueryError: the alias is its own name.
        """
        return self.store.separate(self.entity(entity).id, alias, reason=reason, by=by)

    def keep_apart(self, a: str, b: str, *, reason: str = "", by: str = "") -> Decision:
        """The two are two, and are not proposed as one.

        Raises:
            NotFound: one of the entities is not there.
        """
        return self.store.keep_apart(self.entity(a).id, self.entity(b).id, reason=reason, by=by)

    def undo(self, decision_id: str) -> Decision:
        """The decision holds no longer: the graph is as if it had never been made.

        Raises:
            NotFound: there is no such decision.
            QueryError: it was undone before.
        """
        return self.store.undo(decision_id)

    def decisions(self) -> list[Decision]:
        """All, the latest first, with those that were undone."""
        return self.store.decisions()

    def review(self, limit: int = 50, least: float = 0.5) -> list[Candidate]:
        """Pairs of entities that may be one, the likeliest first, without those that were decided to be two."""
        in_force = [d for d in self.store.decisions() if not d.undone_at]
        apart = {frozenset((d.key, d.other)) for d in in_force if d.kind in ("apart", "split")}
        for decision in in_force:
            if decision.kind == "separate":
                wholes = self.store.find(decision.other_name)
                apart |= {frozenset((decision.key, whole.id)) for whole in wholes}
        return candidates(self.store, apart, limit=limit, least=least)

    def cypher(
        self, query: str, parameters: Mapping[str, Any] | None = None, *, limit: int = 1000, seconds: float = 30.0
    ) -> Table:
        """At most ``limit`` rows of a Cypher query that only reads, within ``seconds``; it may be a stranger's.

        Raises:
            ConfigError: the graph of this workspace is in a store that does not understand Cypher.
            QueryError: the query is wrong, would change something or reach beyond the graph, or takes longer.
        """
        if not isinstance(self.store, CypherReader):
            raise ConfigError(
                "Cypher needs a graph in Neo4j. Open the workspace with store='neo4j://host:7687', "
                "or set KGQA_GRAPH__STORE=neo4j:// and NEO4J_URI."
            )
        return self.store.cypher(query, parameters or {}, limit, seconds)

    def to_networkx(self) -> Any:
        """A ``networkx.MultiDiGraph``: nodes by entity id, edges keyed by triple id, all values of plain types."""
        import networkx

        graph = networkx.MultiDiGraph()
        for entity in self.entities():
            graph.add_node(
                entity.id,
                name=entity.name,
                type=entity.type,
                aliases=_joined(entity.aliases),
                mentions=entity.mentions,
                value=entity.value,
            )
        for triple in self.triples(limit=None):
            graph.add_edge(
                triple.subject,
                triple.object,
                key=triple.id,
                predicate=triple.predicate,
                support=triple.support,
                confidence=triple.confidence,
            )
        return graph


def _joined(names: Sequence[str]) -> str:
    return "; ".join(names)
