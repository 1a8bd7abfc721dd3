"""From files to a graph: read, chunk, extract, embed, commit, index. Resumable, one writer at a time."""

from kgqa.pipelines.ingestion.ingestion import delete, ingest
from kgqa.pipelines.ingestion.lock import writer_lock

__all__ = ["delete", "ingest", "writer_lock"]
