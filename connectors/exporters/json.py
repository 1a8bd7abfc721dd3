"""JSON Lines: an entity or a triple on each line, every one with its evidence: address, offsets and quote.

{"kind": "entity", "id": …, "name": …, "evidence": [{"uri": …, "start": …, "end": …, "quote": …}, …]}
{"kind": "triple", "id": …, "subject": …, "predicate": …, "object": …, "evidence": […]}
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from kgqa.connectors.exporters.files import written_whole
from kgqa.graph import Graph
from kgqa.types import Entity, Triple, to_dict

__all__ = ["export"]


def export(graph: Graph, path: Path) -> None:
    """Write the graph with all evidence, a line at a time.

    Raises:
        WorkspaceError: the file cannot be written.
    """
    addresses = {document.id: document.uri for document in graph.store.documents()}
    with written_whole(path) as draft, draft.open("w", encoding="utf-8") as file:
        for entity in graph.entities():
            _write(file, "entity", entity, graph, addresses)
        for triple in graph.triples(limit=None):
            _write(file, "triple", triple, graph, addresses)


def _write(file: TextIO, kind: str, record: Entity | Triple, graph: Graph, addresses: Mapping[str, str]) -> None:
    evidence = [
        {"uri": addresses.get(e.document_id, ""), **to_dict(e)} for e in graph.evidence(record.id, limit=1_000_000)
    ]
    line = dict(itertools.chain([("kind", kind)], to_dict(record).items(), [("evidence", evidence)]))
    file.write(json.dumps(line, ensure_ascii=False) + "\n")
