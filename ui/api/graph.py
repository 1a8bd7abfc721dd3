"""The graph, read only: what the page draws and lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query

from kgqa.types import Entity, Triple
from kgqa.ui import schemas
from kgqa.ui.api.state import Workspace
from kgqa.ui.knowledge import GraphView

__all__ = ["router"]

router = APIRouter(prefix="/graph", tags=["graph"])

Limit = Annotated[int, Query(ge=1, le=1000)]


@router.get("/statistics")
def statistics(kb: Workspace) -> schemas.Statistics:
    """How much the workspace holds, by type."""
    return schemas.Statistics.model_validate(kb.graph.statistics())


@router.get("/find")
def find(kb: Workspace, q: Annotated[schemas.Question, Query()], limit: Limit = 10) -> list[schemas.Entity]:
    """Entities by name or alias."""
    return [schemas.Entity.model_validate(entity) for entity in kb.graph.find(q, limit=limit)]


@router.get("/entity/{entity_id}")
def entity(entity_id: str, kb: Workspace, limit: Limit = 100) -> schemas.EntityFacts:
    """One entity with its facts in both directions."""
    node = kb.graph.entity(entity_id)
    edges = {t.id: t for t in kb.graph.triples(subject=entity_id, limit=limit)}
    edges |= {t.id: t for t in kb.graph.triples(object=entity_id, limit=limit)}
    return schemas.EntityFacts(entity=schemas.Entity.model_validate(node), triples=_best(edges.values(), limit))


@router.get("/neighbours/{entity_id}")
def neighbours(
    entity_id: str, kb: Workspace, hops: Annotated[int, Query(ge=1, le=3)] = 1, limit: Limit = 40
) -> schemas.Subgraph:
    """The entity with those around it, at most ``limit`` more."""
    return _around(kb.graph, [entity_id], hops, limit + 1)


@router.get("/around")
def around(
    kb: Workspace,
    id: Annotated[list[str], Query(min_length=1, max_length=40)],
    limit: Annotated[int, Query(ge=1, le=300)] = 40,
) -> schemas.Subgraph:
    """The entities of an answer with those one step away, at most ``limit`` in all."""
    return _around(kb.graph, id, 1, limit)


@router.get("/path")
def path(kb: Workspace, start: str, end: str) -> schemas.Path:
    """A shortest path between two entities."""
    for entity_id in (start, end):
        kb.graph.entity(entity_id)
    found = kb.graph.path(start, end)
    if found is None:
        return schemas.Path(entities=[], triples=[])
    return schemas.Path(
        entities=[schemas.Entity.model_validate(e) for e in found.entities],
        triples=[schemas.Triple.model_validate(t) for t in found.triples],
    )


def _around(graph: GraphView, ids: list[str], hops: int, limit: int) -> schemas.Subgraph:
    """The named nodes first, then their neighbours in turn, so that no one's fan crowds out another's."""
    nodes: dict[str, Entity] = {entity_id: graph.entity(entity_id) for entity_id in ids[:limit]}
    edges: dict[str, Triple] = {}
    fans = [list(graph.neighbours(entity_id, hops=hops, limit=limit)) for entity_id in nodes]
    for rank in range(max((len(fan) for fan in fans), default=0)):
        for fan in (fan for fan in fans if rank < len(fan)):
            neighbour = fan[rank]
            if len(nodes) < limit or neighbour.entity.id in nodes:
                nodes.setdefault(neighbour.entity.id, neighbour.entity)
            edges |= {triple.id: triple for triple in neighbour.triples}
    inside = [edge for edge in edges.values() if edge.subject in nodes and edge.object in nodes]
    return schemas.Subgraph(
        nodes=[schemas.Entity.model_validate(node) for node in nodes.values()],
        edges=_best(inside, len(inside)),
        total=graph.statistics().entities,
    )


def _best(triples: Iterable[Triple], limit: int) -> list[schemas.Triple]:
    ranked = sorted(triples, key=lambda t: (-t.support, -t.confidence, t.id))
    return [schemas.Triple.model_validate(triple) for triple in ranked[:limit]]
