"""Entities and triples out of Neo4j: the statements behind ``GraphReader``, and the edges that walks follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

import neo4j

from kgqa.connectors.neo4j.address import Address
from kgqa.connectors.neo4j.connection import explained
from kgqa.connectors.neo4j.names import quoted, relationship_type
from kgqa.errors import NotFound
from kgqa.graph.identity import value_keys, value_of
from kgqa.graph.walk import Edge
from kgqa.text import normalise_name
from kgqa.types import Entity, Triple

__all__ = ["Neo4jEdges", "Neo4jGraph"]

_ENTITY = "RETURN e.id, coalesce(e.long_name, e.name) AS name, e.type, e.aliases, e.mentions, e.degree, e.value"
_FACT = (
    "RETURN r.id, s.id, coalesce(r.predicate, type(r)), o.id, coalesce(s.long_name, s.name), "
    "coalesce(o.long_name, o.name), r.support, r.confidence, coalesce(r.valid_from, ''), coalesce(r.valid_to, '')"
)
_TRIPLE = _FACT + " ORDER BY r.support DESC, r.confidence DESC, r.id DESC"
_BY_IDS = "UNWIND range(0, size($ids) - 1) AS place MATCH (e:Entity {id: $ids[place]}) " + _ENTITY + " ORDER BY place"
_BEST = (
    "UNWIND range(0, size($ids) - 1) AS place MATCH (n:Entity {id: $ids[place]}) "
    "CALL (n) { MATCH (n)-[r]-(m:Entity) "
    "RETURN r, m ORDER BY r.support DESC, r.confidence DESC, r.id DESC LIMIT $limit } "
    "RETURN n.id, r.id, m.id, r.support, r.confidence, type(r) "
    "ORDER BY place, r.support DESC, r.confidence DESC, r.id DESC"
)
_ADJACENT = (
    "UNWIND $ids AS id MATCH (n:Entity {id: id})--(m:Entity) WITH DISTINCT id, m.id AS other "
    "RETURN id, other ORDER BY id, other"
)


class Neo4jGraph:
    """Reads a database."""

    def __init__(self, driver: neo4j.Driver, address: Address) -> None:
        self.driver = driver
        self.address = address

    def entities(self, ids: Sequence[str]) -> list[Entity]:
        """Those that are there, in order."""
        return [_entity(row) for row in self.rows(_BY_IDS, ids=list(ids))]

    def entities_after(self, entity_id: str, count: int) -> list[Entity]:
        """The next ``count`` in the order of ids."""
        query = "MATCH (e:Entity) WHERE e.id > $id " + _ENTITY + " ORDER BY e.id LIMIT $count"
        return [_entity(row) for row in self.rows(query, id=entity_id, count=count)]

    def entity(self, entity_id: str) -> Entity:
        """One; ``NotFound`` if there is none."""
        found = self.entities([entity_id])
        if not found:
            raise NotFound(f"There is no entity {entity_id!r}. Search by name: kgqa graph find NAME")
        return found[0]

    def find(self, name: str, limit: int) -> list[Entity]:
        """See ``GraphReader.find``."""
        wanted = normalise_name(name)
        if not wanted or limit < 1:
            return []
        by_id = f"MATCH (e:Entity) WHERE e.id IN $ids {_ENTITY}"
        found = {row[0]: _entity(row) for row in self.rows(by_id, ids=value_keys(name))}
        for part in (f"\n{wanted}\n", f"\n{wanted}", wanted):
            query = (
                f"MATCH (e:Entity) WHERE e.names CONTAINS $part {_ENTITY} "
                "ORDER BY e.mentions + e.degree DESC, name, e.id LIMIT $limit"
            )
            for row in self.rows(query, part=part, limit=limit):
                found.setdefault(row[0], _entity(row))
            if len(found) >= limit:
                break
        return list(found.values())[:limit]

    def matching(
        self, subject: str | None, predicate: str | None, object: str | None, limit: int | None
    ) -> list[Triple]:
        """Triples that match everything given, best supported first."""
        type = f":{quoted(relationship_type(predicate))}" if predicate is not None else ""
        ends = [f" {{id: ${name}}}" if value is not None else "" for name, value in (("s", subject), ("o", object))]
        named = "WHERE coalesce(r.predicate, type(r)) = $predicate " if predicate is not None else ""
        query = f"MATCH (s:Entity{ends[0]})-[r{type}]->(o:Entity{ends[1]}) {named}{_TRIPLE}"
        if limit is not None:
            query += " LIMIT $limit"
        return [Triple(*row) for row in self.rows(query, s=subject, o=object, predicate=predicate, limit=limit)]

    def triples_after(self, predicate: str, triple_id: str, count: int) -> list[Triple]:
        """The next ``count`` of a predicate, in the order of ids, which the index behind their constraint has."""
        pattern = f"MATCH (s:Entity)-[r:{quoted(relationship_type(predicate))}]->(o:Entity)"
        query = (
            f"{pattern} WHERE r.id > $id AND coalesce(r.predicate, type(r)) = $name {_FACT} ORDER BY r.id LIMIT $count"
        )
        return [Triple(*row) for row in self.rows(query, id=triple_id, name=predicate, count=count)]

    def by_ids(self, ids: Sequence[str], predicates: Sequence[str]) -> list[Triple]:
        """Those of the ids that have one of the predicates; a fact is found by its type and its id."""
        types = sorted({relationship_type(predicate) for predicate in predicates})
        found: list[Triple] = []
        for type in types:
            query = f"UNWIND $ids AS id MATCH (s)-[r:{quoted(type)} {{id: id}}]->(o) {_TRIPLE}"
            found += [Triple(*row) for row in self.rows(query, ids=list(ids))]
        return sorted(found, key=lambda triple: (triple.support, triple.confidence, triple.id), reverse=True)

    def explained(self) -> AbstractContextManager[None]:
        """Within it the driver's errors are ours."""
        return explained(self.address)

    def rows(self, query: str, **values: Any) -> list[tuple[Any, ...]]:
        """What a reading statement of ours gives."""
        with explained(self.address):
            result = self.driver.execute_query(
                query,
                values,
                routing_=neo4j.RoutingControl.READ,
                database_=self.address.database,
            )
        return [tuple(record) for record in result.records]


class Neo4jEdges:
    """``kgqa.graph.walk.Edges`` over a database, for one walk."""

    def __init__(self, graph: Neo4jGraph) -> None:
        self.graph = graph
        self._predicates: dict[str, str] = {}

    def best(self, ids: Sequence[str], limit: int) -> Iterator[Edge]:
        """The best edges of each."""
        for *edge, predicate in self.graph.rows(_BEST, ids=list(ids), limit=limit):
            self._predicates[edge[1]] = predicate
            yield Edge(*edge)

    def adjacent(self, ids: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Pairs in order."""
        return ((origin, other) for origin, other in self.graph.rows(_ADJACENT, ids=list(ids)))

    def entities(self, ids: Sequence[str]) -> list[Entity]:
        """Those that are there."""
        return self.graph.entities(ids)

    def triples(self, ids: Sequence[str]) -> list[Triple]:
        """Those of the edges it has given."""
        return self.graph.by_ids(ids, [self._predicates[id] for id in ids])

    def between(self, a: str, b: str) -> Triple:
        """The best one."""
        query = f"MATCH (s:Entity {{id: $a}})-[r]->(o:Entity {{id: $b}}) {_TRIPLE} LIMIT 1"
        there = [Triple(*row) for ends in ((a, b), (b, a)) for row in self.graph.rows(query, a=ends[0], b=ends[1])]
        return max(there, key=lambda triple: (triple.support, triple.confidence, triple.id))


def _entity(row: tuple[Any, ...]) -> Entity:
    id, name, type, aliases, mentions, degree, value = row
    value = value or value_of(type, (name, *aliases))  # a graph that was written before there were values has none
    return Entity(id, name, type, tuple(aliases), mentions, degree, value)
