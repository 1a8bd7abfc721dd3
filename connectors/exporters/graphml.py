"""GraphML, for Gephi, yEd, Cytoscape or networkx. Each edge carries its best quote and where it stands."""

from __future__ import annotations

import re
from pathlib import Path

from kgqa.connectors.exporters.files import written_whole
from kgqa.graph import Graph

__all__ = ["export"]

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def export(graph: Graph, path: Path) -> None:
    """Write the graph as GraphML, as networkx does.

    Raises:
        WorkspaceError: the file cannot be written.
    """
    import networkx

    addresses = {document.id: document.uri for document in graph.store.documents()}
    view = graph.to_networkx()
    for _, _, triple_id, edge in view.edges(keys=True, data=True):
        for best in graph.evidence(triple_id, limit=1):
            edge |= {
                "quote": best.quote,
                "uri": addresses.get(best.document_id, ""),
                "start": best.start,
                "end": best.end,
            }
    for values in [data for _, data in view.nodes(data=True)] + [data for *_, data in view.edges(data=True)]:
        values.update({key: _NOT_XML.sub("\ufffd", value) for key, value in values.items() if isinstance(value, str)})
    with written_whole(path) as draft:
        networkx.write_graphml_xml(view, draft, named_key_ids=True)
