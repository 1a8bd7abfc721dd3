"""The graph as users see it: names or ids in, typed records out, limits everywhere. ``kb.graph`` is one.

It reads, and it takes decisions on who is who.

graph.entity("DeepSeek")
for triple in graph.triples(subject="DeepSeek", predicate="FOUNDED_BY"):
    print(triple.object_name, [e.quote for e in graph.evidence(triple.id)])
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from kgqa.errors import ConfigError, MissingExtra, NotFound
from kgqa.graph import algorithms
from kgqa.graph.candidates import Candidate, candidates
from kgqa.graph.catalogue import Catalogue
from kgqa.graph.constraints import Constraint, Rejected
from kgqa.graph.linking import Linkable
from kgqa.graph.periods import Period, asked_period
from kgqa.graph.store import CypherReader, Decision, GraphStore, Match, Table
from kgqa.registry import EXTRAS
from kgqa.text import normalise_name, normalise_value
from kgqa.types import Entity, Evidence, Modality, Neighbour, Participant, Path, Statistics, StoredEvent, Triple

__all__ = ["Frames", "Graph"]


class Frames(NamedTuple):
    """The graph as ``pandas.DataFrame``, a row for each, with the fields of its record as columns."""

    entities: Any
    """Indexed by id."""
    triples: Any
    """Indexed by id; ``subject`` and ``object`` are ids of entities."""
    events: Any
    """Indexed by id."""
    participants: Any
    """One row for each that takes part in an event, named by ``event_id``."""


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
        *,
        during: str | None = None,
        as_of: str | None = None,
    ) -> list[Triple]:
        """Those that match everything given, best supported first.

        ``during`` is a date or period (``2012``, ``2012-05-31``, ``2010/2015``, ``2010/``): the facts of which a text
        says that they held on a day of it. ``as_of`` is a moment (ISO 8601, UTC, of any precision): what had been read
        by then, of the documents that are still here. See SQL:2011 on valid and system time (Kulkarni and Michels,
        2012, https://doi.org/10.1145/2380776.2380786).

        Raises:
            NotFound: subject or object is given and there is no such entity.
            QueryError: ``during`` is no date or period.
        """
        ends = [self.entity(name).id if name is not None else None for name in (subject, object)]
        return self.store.triples(
            subject=ends[0], predicate=predicate, object=ends[1], limit=limit, during=_period(during), as_of=as_of
        )

    def all_triples(self, predicate: str | None = None) -> Iterator[Triple]:
        """All, or all of a predicate, one after the other: as many as there are, in little memory."""
        return self.store.all_triples(predicate)

    def events(
        self,
        entity: str | None = None,
        type: str | None = None,
        during: str | None = None,
        *,
        modality: Modality | None = Modality.ASSERTED,
        limit: int | None = 100,
    ) -> list[StoredEvent]:
        """Events that match everything given, by their first day, those without one last.

        ``entity`` takes part; ``during`` is a date or period as for ``triples``; with ``modality`` None also what a
        text denies, plans or supposes.

        Raises:
            NotFound: there is no such entity.
            QueryError: ``during`` is no date or period.
        """
        id = self.entity(entity).id if entity is not None else None
        return self.store.events(entity=id, type=type, during=_period(during), modality=modality, limit=limit)

    def all_events(self) -> Iterator[StoredEvent]:
        """All, whatever their modality, one after the other, in the order of ids."""
        return self.store.all_events()

    def path(self, start: str, end: str, max_hops: int = 6) -> Path | None:
        """A shortest path in either direction of the triples, or None.

        Raises:
            NotFound: one of the entities is not there.
        """
        return self.store.path(self.entity(start).id, self.entity(end).id, max_hops)

    def paths(
        self,
        start: str,
        end: str,
        count: int | None = 5,
        max_hops: int = 6,
        *,
        weight: Literal["support", "confidence"] | None = None,
    ) -> list[Path]:
        """At most ``count`` paths without loops (None: all) of at most ``max_hops`` triples, in either direction.

        The shortest first; with ``weight`` the best supported first, where a step costs one over the number of its
        evidences, or the surest first, by the product of the confidences of its triples.

        Raises:
            NotFound: one of the entities is not there.
        """
        ends = (self.entity(start).id, self.entity(end).id)
        found = algorithms.best_paths(self._view(), *ends, max_hops, weight)
        return [self._path(ids, weight) for ids in itertools.islice(found, count)]

    def _path(self, ids: Sequence[str], weight: str | None) -> Path:
        limit = None if weight == "confidence" else 1
        steps = []
        for a, b in itertools.pairwise(ids):
            there = [t for s, o in ((a, b), (b, a)) for t in self.store.triples(subject=s, object=o, limit=limit)]
            sure = [t.confidence if weight == "confidence" else 0.0 for t in there]
            best = max(zip(sure, there, strict=True), key=lambda pair: (pair[0], *_rank(pair[1])))
            steps.append(best[1])
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

    def contradictions(self, predicates: Iterable[str] | None = None) -> list[tuple[Triple, ...]]:
        """Triples of which at most one can hold: two places of birth of one person. All stay, with their evidence.

        Of the predicates given, else of those that by the schema or a constraint take few objects. Two that held at
        different times, as their evidence says, do not contradict each other.
        """
        most = dict.fromkeys(algorithms.SINGLE if predicates is None else predicates, 1)
        if predicates is None:
            most |= {name: c.most for name, c in self.store.constraints().items() if c.most is not None}
        found = [t for predicate in sorted(most) for t in self.store.triples(predicate=predicate, limit=None)]
        return algorithms.contradictions(found, most)

    def _view(self) -> algorithms.View:
        generation = self.store.generation()
        if self._seen is None or self._seen[0] != generation:
            self._seen = (generation, algorithms.view(self.store.all_triples()))
        return self._seen[1]

    def evidence(self, target_id: str, limit: int = 100) -> list[Evidence]:
        """The quoted spans behind a triple or an entity, the surest first."""
        return self.store.evidence(target_id, limit)

    def statistics(self) -> Statistics:
        """How much there is."""
        return self.store.statistics()

    # --- what facts may join ----------------------------------------------------------------------------------------

    def constrain(self, constraints: Mapping[str, Constraint]) -> int:
        """How many evidences are kept out of the graph by these constraints, which take the place of those in force."""
        return self.store.constrain(constraints)

    def constraints(self) -> dict[str, Constraint]:
        """Those in force, by predicate."""
        return self.store.constraints()

    def rejected(self, limit: int | None = 100) -> list[Rejected]:
        """What they keep out, with the reason and the words of the text."""
        return self.store.rejected(limit)

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

    def link(self, catalogue: Catalogue) -> list[Decision]:
        """Names that a catalogue has become what it says, in both scripts: the decisions, new ones only.

        ``linkable`` says beforehand which they would be, and which names the catalogue cannot tell apart.
        """
        return self.store.link(catalogue)

    def linkable(self, catalogue: Catalogue) -> Linkable:
        """What ``link`` would decide, and the names that it would leave."""
        return self.store.linkable(catalogue)

    def links(self, entity: str) -> list[Decision]:
        """What the entity is in catalogues: the decisions in force, with the id of the entry as ``value``.

        Raises:
            NotFound: there is no such entity.
        """
        return self.store.links(self.entity(entity).id)

    def reject(self, triple_id: str, *, reason: str = "", by: str = "") -> Decision:
        """The fact is wrong: it is kept out of the graph, also where documents that come later say it.

        Raises:
            NotFound: there is no such triple.
        """
        return self.store.reject(triple_id, reason=reason, by=by)

    def retype(self, entity: str, type: str, *, reason: str = "", by: str = "") -> Decision:
        """The entity is of this type, whatever was read.

        Raises:
            NotFound: there is no such entity.
            QueryError: it is of this type already, or the type is no word.
        """
        return self.store.retype(self.entity(entity).id, type, reason=reason, by=by)

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

        A workspace without a server answers from a copy of its graph that it makes when the first query comes after
        a change (extra ``cypher``).

        Raises:
            ConfigError: the graph of this workspace is in a store that does not understand Cypher.
            MissingExtra: it has no server, and the extra ``cypher`` is not installed.
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
        for triple in self.all_triples():
            graph.add_edge(
                triple.subject,
                triple.object,
                key=triple.id,
                predicate=triple.predicate,
                support=triple.support,
                confidence=triple.confidence,
            )
        return graph

    def to_pandas(self) -> Frames:
        """The graph as data frames of pandas (extra ``pandas``), all events included, whatever their modality.

        Raises:
            MissingExtra: pandas is not installed.
        """
        try:
            import pandas
        except ModuleNotFoundError as error:
            raise MissingExtra("pandas", EXTRAS["pandas"]) from error
        events = [event.to_dict() for event in self.all_events()]
        parts = [{"event_id": event["id"], **part} for event in events for part in event.pop("participants")]
        entities = (entity.to_dict() for entity in self.entities())
        triples = (triple.to_dict() for triple in self.all_triples())

        def frame(record: type[Any], rows: Iterable[Mapping[str, Any]], *more: str) -> Any:
            names = [*more, *(f.name for f in dataclasses.fields(record) if f.name != "participants")]
            return pandas.DataFrame(list(rows), columns=names)

        return Frames(
            frame(Entity, entities).set_index("id"),
            frame(Triple, triples).set_index("id"),
            frame(StoredEvent, events).set_index("id"),
            frame(Participant, parts, "event_id"),
        )


def _period(value: str | None) -> Period | None:
    return None if value is None else asked_period(value)


def _rank(triple: Triple) -> tuple[int, float, str]:
    return triple.support, triple.confidence, triple.id


def _joined(names: Sequence[str]) -> str:
    return "; ".join(names)
