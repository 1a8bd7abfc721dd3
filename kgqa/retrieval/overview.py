"""What the documents as a whole are about: groups of passages and things that hang together.

Leiden communities (Traag, Waltman and van Eck, 2019, https://arxiv.org/abs/1810.08473) of the graph of passages and
entities, as GraphRAG has them (Edge et al., 2024, https://arxiv.org/abs/2404.16130), but told in the documents' words:
the passage that mentions most of what is central.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from kgqa.retrieval.graph import PassageGraph

__all__ = ["Topic", "topics"]

_CENTRAL = 20  # entities that stand for a topic
_SEED = 0


@dataclass(frozen=True, slots=True)
class Topic:
    """Passages that hang together. All ids in falling order of how central they are."""

    chunks: tuple[str, ...]
    entities: tuple[str, ...]
    """The most central ones only."""
    share: float
    """Of all passages, how many belong to it."""


def topics(graph: PassageGraph) -> list[Topic]:
    """The topics of a graph, the largest first. A passage that shares no entity with another is a topic of its own."""
    matrix = graph.weights.matrix()
    weights = matrix.tocoo()
    names = [str(node) for node in range(len(graph.ids))]
    upper = weights.row < weights.col
    edges = [
        (names[a], names[b], float(weight))
        for a, b, weight in zip(weights.row[upper], weights.col[upper], weights.data[upper], strict=True)
    ]
    if not edges:
        return []
    import graspologic_native

    _, groups = graspologic_native.leiden(edges, seed=_SEED)
    members: defaultdict[int, list[int]] = defaultdict(list)
    for node, group in groups.items():
        members[group].append(int(node))
    found = [_topic(graph, matrix, sorted(nodes)) for nodes in members.values()]
    return sorted((topic for topic in found if topic.chunks), key=lambda topic: (-topic.share, topic.chunks))


def _topic(graph: PassageGraph, weights: Any, nodes: list[int]) -> Topic:
    count = len(graph.chunks)
    chunks = np.asarray([node for node in nodes if node < count], np.int64)
    entities = np.asarray([node for node in nodes if node >= count], np.int64)
    if not len(chunks) or not len(entities):
        return Topic(tuple(graph.ids[node] for node in chunks), (), len(chunks) / count)
    mentions = weights[chunks][:, entities]
    passages = np.asarray((mentions > 0).sum(axis=0)).ravel()
    central = np.asarray(mentions.sum(axis=0)).ravel() * (passages > 1)  # what one passage alone names tells of that
    order = np.argsort(-central, kind="stable")[:_CENTRAL]
    order = order[central[order] > 0] if central.any() else order
    best = np.asarray(mentions[:, order].sum(axis=1)).ravel()
    ranked = chunks[np.argsort(-best, kind="stable")]
    return Topic(
        tuple(graph.ids[node] for node in ranked),
        tuple(graph.ids[node] for node in entities[order]),
        len(chunks) / count,
    )
