"""How retrieval grows with the number of passages: building, searching, walking, adding and deleting, as a table.

    python -m kgqa.pipelines.evaluation.retrieval_scale [--sizes 1000 10000 100000 1000000] [--plot FILE]

or ``make bench-scale``. The passages are made up (``synthetic_passages``); the indexes, the graph of passages and the
retriever are those in use. Left out are the encoder and the reranker, whose time is the same at any size, and the index
over facts, which is made of the same parts. Each figure is given by the clock and in CPU time of this process, which
counts what FAISS and tantivy do in several threads and not what else the machine does.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from kgqa.errors import MissingExtra
from kgqa.index import DenseIndex, Indexes, LexicalIndex
from kgqa.index.embedder import Vectors
from kgqa.pipelines.evaluation.synthetic_passages import SyntheticEmbedder, SyntheticStore
from kgqa.registry import EXTRAS
from kgqa.retrieval import HybridRetriever, PassageGraph
from kgqa.retrieval.hybrid import POOL, SEEDS

__all__ = ["Quantiles", "Scale", "Seconds", "measure", "plot", "table"]

CHANGED = 100
"""Passages that are added and deleted at once."""
QUESTIONS = 200
CUT = 10


@dataclass(frozen=True, slots=True)
class Seconds:
    """What something took."""

    wall: float
    cpu: float

    def __add__(self, other: Seconds) -> Seconds:
        return Seconds(self.wall + other.wall, self.cpu + other.cpu)


@dataclass(frozen=True, slots=True)
class Quantiles:
    """What a question took, of many."""

    median: Seconds
    p95: Seconds


@dataclass(frozen=True, slots=True)
class Scale:
    """What was measured at one size."""

    passages: int
    edges: int
    """Of the graph: mentions and facts, each pair of ends once."""
    build: Mapping[str, Seconds]
    """By part: ``dense``, ``lexical``, ``graph``."""
    megabytes: Mapping[str, float]
    """By part: the indexes' files, the graph's arrays in memory."""
    questions: Mapping[str, Quantiles]
    """By part: ``lexical``, ``dense``, ``walk``, and ``retrieve``, which is everything together."""
    recall: float
    """Of the exact ten nearest vectors, those that the dense search finds among its first ten."""
    changes: Mapping[str, Seconds]
    """``add`` and ``delete`` of 100 passages, in the indexes alone; with ``, saved`` everything that ``sync`` does."""


def measure(size: int, questions: int = QUESTIONS, *, seed: int = 0) -> Scale:
    """The figures among ``size`` passages."""
    store = SyntheticStore(size, spare=CHANGED, seed=seed)
    asked = store.questions(questions, seed + 1)
    embedder = SyntheticEmbedder(asked)
    with tempfile.TemporaryDirectory(prefix="kgqa-scale-") as name:
        folder = Path(name)
        indexes = Indexes.open(folder, embedder.name, embedder.dimensions)
        with _clocked(indexes) as build:
            indexes.sync(store)
        started = _now()
        graph = PassageGraph.build(store)
        build["graph"] = _since(started)
        megabytes = {
            "dense": _size(folder.glob("dense*")),
            "lexical": _size((folder / "lexical").rglob("*")),
            "graph": _memory(graph),
        }
        edges = len(graph.weights.columns) // 2
        retriever = HybridRetriever(store, indexes, embedder)
        figures = _asked_in_parts(retriever, graph, asked)
        del graph  # the retriever makes one of its own
        retriever.retrieve(next(iter(asked)))
        figures["retrieve"] = _quantiles([_timed(partial(retriever.retrieve, question)) for question in asked])
        recall = _recall(indexes.dense, store, np.stack(list(asked.values())))
        del retriever
        changes: dict[str, Seconds] = {}
        for what, change in (("add", store.grow), ("delete", store.shrink)):
            change(CHANGED)
            started = _now()
            with _clocked(indexes) as spent:
                indexes.sync(store)
            changes |= {what: spent["dense"] + spent["lexical"], f"{what}, saved": _since(started)}
        indexes.close()
    return Scale(size, edges, build, megabytes, figures, recall, changes)


def _asked_in_parts(
    retriever: HybridRetriever, graph: PassageGraph, asked: Mapping[str, Vectors]
) -> dict[str, Quantiles]:
    times: dict[str, list[Seconds]] = {"lexical": [], "dense": [], "walk": []}
    indexes = retriever.indexes
    for question, vector in asked.items():
        times["lexical"].append(_timed(partial(indexes.lexical.search, question, POOL)))
        times["dense"].append(_timed(partial(indexes.dense.search, vector[None], POOL)))
        seeds = retriever.search(question).fused[:SEEDS]
        started = _now()
        graph.walk(seeds, graph.named_in(question)).best(POOL)
        times["walk"].append(_since(started))
    return {part: _quantiles(spent) for part, spent in times.items()}


def _recall(dense: DenseIndex, store: SyntheticStore, vectors: Vectors) -> float:
    """Ties aside, for the exact ten are those of the vectors as they were given, in single precision."""
    ids, wanted = store.chunk_ids(), min(CUT, len(store.chunk_ids()))
    exact = store.rows[store.first : store.last] @ vectors.T
    best = np.argpartition(-exact, wanted - 1, axis=0)[:wanted].T
    found = dense.search(vectors, wanted)
    shares = [
        len({hit.id for hit in hits}.intersection(ids[row] for row in rows.tolist())) / wanted
        for hits, rows in zip(found, best, strict=True)
    ]
    return float(np.mean(shares))


@contextmanager
def _clocked(indexes: Indexes) -> Iterator[dict[str, Seconds]]:
    """What each index spends meanwhile on its own, without the reading of the store."""
    spent = {"dense": Seconds(0, 0), "lexical": Seconds(0, 0)}
    parts: Mapping[str, tuple[DenseIndex | LexicalIndex, Sequence[str]]] = {
        "dense": (indexes.dense, ("lay_out", "add", "remove")),
        "lexical": (indexes.lexical, ("add", "remove", "save")),
    }

    def clocked(part: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any) -> Any:
            started = _now()
            try:
                return act(*given)
            finally:
                spent[part] += _since(started)

        return timed

    for part, (index, methods) in parts.items():
        for method in methods:
            setattr(index, method, clocked(part, getattr(index, method)))
    try:
        yield spent
    finally:
        for index, methods in parts.values():
            for method in methods:
                delattr(index, method)


def _now() -> Seconds:
    return Seconds(time.perf_counter(), time.process_time())


def _since(started: Seconds) -> Seconds:
    now = _now()
    return Seconds(now.wall - started.wall, now.cpu - started.cpu)


def _timed(act: Callable[[], object]) -> Seconds:
    started = _now()
    act()
    return _since(started)


def _quantiles(spent: Sequence[Seconds]) -> Quantiles:
    each = np.asarray([(seconds.wall, seconds.cpu) for seconds in spent])
    median, p95 = (Seconds(*map(float, np.quantile(each, share, axis=0))) for share in (0.5, 0.95))
    return Quantiles(median, p95)


def _size(paths: Iterable[Path]) -> float:
    return sum(path.stat().st_size for path in paths if path.is_file()) / 1e6


def _memory(graph: PassageGraph) -> float:
    """Of its arrays; the ids and names are as large in any view of them."""
    matrices = [part.nbytes for m in (graph.steps, graph.weights) for part in (m.values, m.columns, m.starts)]
    return (sum(matrices) + graph.rarity.nbytes) / 1e6


def table(scales: Sequence[Scale]) -> str:
    """A line for each measure, a column for each size; times as clock / CPU."""
    lines = [
        _row(["", *(f"{scale.passages:,} passages" for scale in scales)]),
        _row(["---"] * (1 + len(scales))),
        _row(["edges of the graph", *(f"{scale.edges:,}" for scale in scales)]),
    ]
    for part in scales[0].build:
        lines.append(_row([f"build {part}, s", *(_figures(scale.build[part], 1) for scale in scales)]))
    for part in scales[0].megabytes:
        lines.append(_row([f"{part}, MB", *(f"{scale.megabytes[part]:.1f}" for scale in scales)]))
    for part in scales[0].questions:
        for name in ("median", "p95"):
            times = [getattr(scale.questions[part], name) for scale in scales]
            lines.append(_row([f"{part}, {name}, ms", *(_figures(spent, 1000) for spent in times)]))
    lines.append(_row([f"dense recall@{CUT}", *(f"{scale.recall:.3f}" for scale in scales)]))
    for what in scales[0].changes:
        times = [scale.changes[what] for scale in scales]
        lines.append(
            _row(
                [
                    f"{what} {CHANGED}, ms".replace(f", saved {CHANGED}", f" {CHANGED} and save"),
                    *(_figures(spent, 1000) for spent in times),
                ]
            )
        )
    return "\n".join(lines)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _figures(spent: Seconds, unit: float) -> str:
    return " / ".join(
        f"{unit * value:,.{0 if unit * value >= 100 else 2 if unit * value < 10 else 1}f}"
        for value in (spent.wall, spent.cpu)
    )


def plot(scales: Sequence[Scale], path: Path) -> None:
    """Time to build and time of a question over the number of passages, both axes logarithmic.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
    except ModuleNotFoundError as error:
        raise MissingExtra("matplotlib", EXTRAS["matplotlib"]) from error
    mpl.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    sizes = [scale.passages for scale in scales]
    for part in scales[0].build:
        left.plot(sizes, [scale.build[part].cpu for scale in scales], marker="o", label=part)
    first = sum(spent.cpu for spent in scales[0].build.values())
    left.plot(sizes, [first * size / sizes[0] for size in sizes], linestyle=":", color="grey", label="linear")
    left.set_ylabel("to build, s of CPU")
    for part in scales[0].questions:
        for name, style in (("median", "-"), ("p95", "--")):
            times = [1000 * getattr(scale.questions[part], name).wall for scale in scales]
            colour = right.get_lines()[-1].get_color() if name == "p95" else None
            label = part if name == "median" else None
            right.plot(sizes, times, style, marker="o", color=colour, label=label)
    right.set_ylabel("a question, ms (dashed: p95)")
    for axes in (left, right):
        axes.set(xscale="log", yscale="log", xlabel="passages")
        axes.grid(alpha=0.3)
        axes.legend(fontsize="small")
    figure.savefig(path, dpi=100)
    pyplot.close(figure)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--plot", type=Path, help="picture to write")
    options = parser.parse_args(arguments)
    scales = []
    for size in sorted(options.sizes):
        scales.append(measure(size, options.questions))
        sys.stderr.write(f"{size:,} passages measured\n")
    sys.stdout.write(table(scales) + "\n")
    if options.plot:
        plot(scales, options.plot)


if __name__ == "__main__":
    main()
