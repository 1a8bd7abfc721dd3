"""Parts by name.

Strings only: nothing is imported before it is asked for, so the core opens a store without knowing its client.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from kgqa.errors import ConfigError, MissingExtra

__all__ = ["CYPHER", "EXPORTERS", "EXTRAS", "PIPELINES", "READERS", "STORES", "load"]

READERS: Mapping[str, str] = {
    ".txt": "kgqa.connectors.readers.plain:read",
    ".text": "kgqa.connectors.readers.plain:read",
    ".md": "kgqa.connectors.readers.markdown:read",
    ".markdown": "kgqa.connectors.readers.markdown:read",
    ".html": "kgqa.connectors.readers.html:read",
    ".htm": "kgqa.connectors.readers.html:read",
    ".pdf": "kgqa.connectors.readers.pdf:read",
    ".docx": "kgqa.connectors.readers.docx:read",
    ".csv": "kgqa.connectors.readers.csv:read",
    ".jsonl": "kgqa.connectors.readers.jsonl:read",
}
"""File name ending → function ``(data: bytes, uri: str) -> list[Document | Failure]``; a failure is a damaged part."""

STORES: Mapping[str, str] = {
    "embedded": "kgqa.graph.embedded:open_store",
    "neo4j": "kgqa.connectors.neo4j:open_store",
    "neo4j+s": "kgqa.connectors.neo4j:open_store",
    "neo4j+ssc": "kgqa.connectors.neo4j:open_store",
    "bolt": "kgqa.connectors.neo4j:open_store",
    "bolt+s": "kgqa.connectors.neo4j:open_store",
    "bolt+ssc": "kgqa.connectors.neo4j:open_store",
}
"""Scheme of a store's address → function ``(path: Path, address: str) -> EmbeddedStore``; ``path`` is the record."""

EXPORTERS: Mapping[str, str] = {
    "graphml": "kgqa.connectors.exporters.graphml:export",
    "json": "kgqa.connectors.exporters.json:export",
    "csv": "kgqa.connectors.exporters.csv:export",
    "examples": "kgqa.connectors.exporters.examples:export",
}
"""Format → function ``(graph: Graph, path: Path) -> None``."""

CYPHER: Mapping[str, str] = {"embedded": "kgqa.connectors.cypher:open_cypher"}
"""Store → function ``(store: EmbeddedStore) -> CypherReader`` for one that does not understand Cypher itself."""

PIPELINES: Mapping[str, str] = {
    "ingest": "kgqa.pipelines.ingestion:ingest",
    "delete": "kgqa.pipelines.ingestion:delete",
}
"""Work that a knowledge base starts and that lies above it."""

EXTRAS: Mapping[str, str] = {
    "torch": "train",
    "transformers": "train",
    "peft": "train",
    "matplotlib": "train",
    "pandas": "pandas",
    "arcadedb_embedded": "cypher",
    "sentence_transformers": "models",
}
"""Importable package → the extra that brings it."""


def load(table: Mapping[str, str], name: str) -> Any:
    """The object that ``table`` registers under ``name``.

    Raises:
        ConfigError: nothing is registered under the name.
        MissingExtra: the part's package is not installed.
    """
    if name not in table:
        raise ConfigError(f"{name!r} is not known. Choose one of: {', '.join(sorted(table))}.")
    module, _, attribute = table[name].partition(":")
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in EXTRAS:
            raise MissingExtra(package, EXTRAS[package]) from error
        raise
