"""Documents from files: one module for each format, and the walk over folders."""

from kgqa.connectors.readers.sources import Source, discover, read_source

__all__ = ["Source", "discover", "read_source"]
