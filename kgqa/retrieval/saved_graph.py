"""The graph of passages in a file, so that the first question of a process need not make it anew.

To make it reads every passage, name and fact: a second for 3,400 passages of an encyclopaedia, and it grows with them.
The file is a cache beside the indexes. It holds one generation of the store and counts for no other, so that nothing
has to keep it in step; names of a document that was deleted go with it (``discard_graph``).
"""

from __future__ import annotations

import io
import json
import logging
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kgqa.errors import WorkspaceError
from kgqa.index.files import write_whole
from kgqa.retrieval.adjacency import Adjacency
from kgqa.retrieval.graph import PassageGraph

__all__ = ["discard_graph", "load_graph", "save_graph"]

logger = logging.getLogger(__name__)

FILE = "graph.npz"
FORM = 1
"""Of the file and of what the graph is made by; raise the number when either changes."""


def load_graph(folder: Path, generation: int) -> PassageGraph | None:
    """The graph of this generation of the store; None where there is none, or a file that cannot be used."""
    try:
        with np.load(io.BytesIO((folder / FILE).read_bytes()), allow_pickle=False) as found:
            known = _unpacked(found["of"]) == [FORM, generation]
            return _graph(found) if known else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        logger.warning("%s cannot be used (%r). The graph is made again from the store.", folder / FILE, error)
        return None


def save_graph(folder: Path, generation: int, graph: PassageGraph) -> None:
    """Keep the graph in the folder. Where that cannot be written to, the next process makes its own."""
    made = io.BytesIO()
    np.savez(
        made,
        of=_packed([FORM, generation]),
        chunks=np.int64(len(graph.chunks)),
        ids=_packed(list(graph.ids)),
        types=_packed(list(graph.types[len(graph.chunks) :])),
        names=_packed({name: list(nodes) for name, nodes in graph.names.items()}),
        rarity=graph.rarity,
        starts=graph.weights.starts,
        columns=graph.weights.columns,
        values=graph.weights.values,
    )
    try:
        write_whole(folder / FILE, made.getvalue())
    except WorkspaceError as error:
        logger.info("The graph of passages is not kept. %s", error)


def discard_graph(folder: Path) -> None:
    """Forget the graph of a store whose documents have changed.

    Raises:
        WorkspaceError: the file cannot be removed.
    """
    try:
        (folder / FILE).unlink(missing_ok=True)
    except OSError as error:
        raise WorkspaceError(f"{folder / FILE} cannot be removed: {error.strerror}. Remove it yourself.") from error


def _graph(found: Mapping[str, npt.NDArray[Any]]) -> PassageGraph:
    ids, count = _unpacked(found["ids"]), int(found["chunks"])
    weights = Adjacency(found["starts"], found["columns"], found["values"])
    return PassageGraph(
        chunks=ids[:count],
        ids=ids,
        numbers={id: number for number, id in enumerate(ids)},
        types=[*[""] * count, *_unpacked(found["types"])],
        names=_unpacked(found["names"]),
        rarity=found["rarity"],
        weights=weights,
        steps=weights.steps(),
        sums=weights.sums(),
    )


def _packed(value: object) -> npt.NDArray[np.uint8]:
    return np.frombuffer(json.dumps(value).encode(), np.uint8)  # in ASCII, so that half a surrogate pair is no harm


def _unpacked(packed: npt.NDArray[np.uint8]) -> Any:
    return json.loads(packed.tobytes())
