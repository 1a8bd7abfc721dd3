"""Values of ArcadeDB as JSON has them, the way that those of Neo4j are given."""

from __future__ import annotations

from typing import Any

__all__ = ["plain"]

HIDDEN = frozenset({"long_name"})


def plain(value: Any) -> Any:
    """Nodes and relationships as mappings of their properties, paths as lists of both, times as text."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case dict():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set():
            return [plain(item) for item in value]
    return _of_the_engine(value)


def _of_the_engine(value: Any) -> Any:
    import jpype
    from arcadedb_embedded import Edge, Vertex
    from arcadedb_embedded.graph import Document
    from arcadedb_embedded.type_conversion import convert_java_to_python

    if not isinstance(value, Document) and isinstance(value, jpype.JClass("com.arcadedb.database.Document")):
        value = Document.wrap(value)
    if isinstance(value, Vertex):
        return {"labels": sorted(str(value.get_type_name()).split("~")), **_properties(value)}
    if isinstance(value, Edge):
        ends = [end.get("id") for end in (value.get_out(), value.get_in())]
        return {"type": str(value.get_type_name()), "start": ends[0], "end": ends[1], **_properties(value)}
    if hasattr(value, "getVertices") and hasattr(value, "getEdges"):
        nodes, relationships = value.getVertices(), value.getEdges()
        return {"nodes": [plain(n) for n in nodes], "relationships": [plain(r) for r in relationships]}
    known = convert_java_to_python(value)
    if known is not value:
        return plain(known)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _properties(record: Any) -> dict[str, Any]:
    return {name: plain(value) for name, value in record.to_dict().items() if name not in HIDDEN}
