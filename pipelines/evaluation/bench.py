"""Does the graph pay here? Questions made from the facts of a workspace, asked of every way to retrieve.

    kgqa bench DOCUMENTS --workspace WORKSPACE

A fact makes a question of one hop ("Ardent founded by what?", Ardent的创始人是什么？), two facts with a common entity
one of two hops, which names neither the common entity nor the answer. Right are the passages that support the facts.
The questions use the facts' own labels, so that the figures compare ways to retrieve and promise nothing about
questions of people. Facts are left out of the graph that is walked, for otherwise it would know the answers; what is
measured is what the mentions in the documents lead to, so the graph in use does rather better.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kgqa.errors import DataError, MissingExtra
from kgqa.extraction.open_relations import is_open
from kgqa.knowledge_base import KnowledgeBase
from kgqa.pipelines.evaluation.retrieval import bootstrap_interval
from kgqa.registry import EXTRAS
from kgqa.retrieval import HybridRetriever, PassageGraph, Thresholds
from kgqa.retrieval.hybrid import POOL, SEEDS
from kgqa.retrieval.predicates import label_of
from kgqa.retrieval.router import NEVER
from kgqa.types import Hit, Triple

__all__ = ["FOLDER", "BenchReport", "Made", "Way", "bench", "fitted_threshold", "make_questions"]

Shares = npt.NDArray[np.float64]
FOLDER = "bench"
WAYS = ("bm25", "dense", "fused", "graph")
CUT = 5
FEWEST = 20
"""Questions of each kind below which no threshold is stored."""
_WORDED = {
    "en": ("{subject} {first} what?", "{subject} {first} X, and X {second} what?"),
    "zh": ("{subject}的{first}是什么？", "{subject}的{first}的{second}是什么？"),
}


@dataclass(frozen=True, slots=True)
class Made:
    """A question and the passages that support its facts: of each group, any one will do."""

    question: str
    hops: int
    groups: tuple[frozenset[str], ...]
    """Ids of chunks."""


@dataclass(frozen=True, slots=True)
class Way:
    """How one way to retrieve did."""

    recall: Mapping[int, float]
    """Mean share of the groups found among the first five passages, by hops."""
    interval: Mapping[int, tuple[float, float]]
    """95 %, bootstrap."""
    ms: float
    """A question, mean."""
    megabytes: float
    """That its index or graph takes."""


@dataclass(frozen=True, slots=True)
class BenchReport:
    """What was measured, and what the router makes of it."""

    ways: Mapping[str, Way]
    n: Mapping[int, int]
    """Questions by hops."""
    gains: Mapping[int, tuple[float, float, float]]
    """Of the graph's recall over that of the text alone, by hops, with the ends of its 95 % interval."""
    passages: int
    facts: int
    text_from: float | None
    """The threshold that was fitted; None where there were too few questions."""
    peak_megabytes: float
    """Of memory, of the whole process."""

    def to_dict(self) -> dict[str, Any]:
        """As plain JSON types."""
        ways = {
            name: {
                "recall@5": {f"{hops}-hop": share for hops, share in way.recall.items()},
                "interval": {f"{hops}-hop": list(interval) for hops, interval in way.interval.items()},
                "ms_per_question": way.ms,
                "megabytes": way.megabytes,
            }
            for name, way in self.ways.items()
        }
        return {
            "ways": ways,
            "n": {f"{hops}-hop": count for hops, count in self.n.items()},
            "gains": {f"{hops}-hop": list(gain) for hops, gain in self.gains.items()},
            "passages": self.passages,
            "facts": self.facts,
            "text_from": self.text_from,
            "peak_megabytes": self.peak_megabytes,
            "verdict": self.verdict,
        }

    @property
    def verdict(self) -> str:
        """Whether the graph pays, in a sentence."""
        told = ", ".join(
            f"{100 * gain:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f}) at {hops} hop{'s' * (hops > 1)}"
            for hops, (gain, low, high) in self.gains.items()
        )
        if any(low > 0 for _, low, _ in self.gains.values()):
            return f"The graph pays here: {told} over text alone."
        if all(high < 0 for _, _, high in self.gains.values()):
            return f"The graph does not pay here: {told} over text alone."
        return f"Whether the graph pays here cannot be told from so many questions: {told} over text alone."

    def save(self, folder: Path) -> Path:
        """The folder that now holds ``bench.json`` and, where matplotlib is installed, ``bench.png``.

        Raises:
            MissingExtra: matplotlib is not installed; the figures are saved before.
        """
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "bench.json").write_text(json.dumps(self.to_dict(), indent=2), encoding="utf-8")
        _plot(self, folder / "bench.png")
        return folder


def bench(kb: KnowledgeBase, *, questions: int = 200, seed: int = 0) -> BenchReport:
    """The measures of each way over the documents of a workspace, with half of the questions of two hops if there are.

    The threshold of the router is stored in the workspace where there are enough questions.

    Raises:
        DataError: the graph has no fact to ask about.
    """
    made = make_questions(kb, questions, seed)
    if not made:
        raise DataError(f"{kb.folder} has no fact to ask about. Ingest documents first: kgqa ingest DOCUMENTS")
    retriever = kb.retriever
    retriever.refresh()
    graph = PassageGraph.build(kb.store, facts=False)
    shares, milliseconds, coverage = _asked(retriever, graph, made)
    hops = np.asarray([item.hops for item in made])
    counts = {kind: int((hops == kind).sum()) for kind in sorted(set(hops.tolist()))}
    text_from = None
    if len(counts) > 1 and min(counts.values()) >= FEWEST:
        text_from = fitted_threshold(coverage, shares["fused"], shares["graph"])
        retriever.router.thresholds = Thresholds(text_from)
        retriever.router.thresholds.save(kb.folder)
    sizes = _megabytes(kb, graph)
    ways = {
        name: Way(
            {kind: float(shares[name][hops == kind].mean()) for kind in counts},
            {kind: bootstrap_interval(shares[name][hops == kind]) for kind in counts},
            milliseconds[name],
            sizes[name],
        )
        for name in WAYS
    }
    over_text = shares["graph"] - shares["fused"]
    gains = {
        kind: (float(over_text[hops == kind].mean()), *bootstrap_interval(over_text[hops == kind])) for kind in counts
    }
    facts = kb.store.statistics().triples
    return BenchReport(ways, counts, gains, len(graph.chunks), facts, text_from, _peak_megabytes())


def make_questions(kb: KnowledgeBase, count: int, seed: int = 0) -> list[Made]:
    """At most ``count`` questions, half of them of two hops where there are so many; the same for the same seed."""
    typed = (triple for triple in kb.store.triples(limit=None) if not is_open(triple.predicate))  # have a noun to ask
    triples = [triple for triple in typed if triple.subject != triple.object]
    draw = random.Random(seed)
    draw.shuffle(triples)
    facts = _Facts(kb, {triple.id: triple for triple in triples})
    two: list[Made] = []
    for first, second in facts.chains(triples, draw):
        if len(two) == count // 2:
            break
        two += facts.asked(first, second)
    one: list[Made] = []
    for triple in triples:
        if len(one) + len(two) == count:
            break
        one += facts.asked(triple)
    return one + two


class _Facts:
    """Facts with the passages that support them."""

    def __init__(self, kb: KnowledgeBase, triples: Mapping[str, Triple]) -> None:
        self.store = kb.store
        self.schema = kb.schema
        self.triples = triples

    def chains(self, triples: Sequence[Triple], draw: random.Random) -> Iterator[tuple[Triple, Triple]]:
        """Pairs of facts of which the second goes on where the first ends; at most one for each first."""
        following: defaultdict[str, list[Triple]] = defaultdict(list)
        for triple in triples:
            following[triple.subject].append(triple)
        for first in triples:
            goes_on = [t for t in following[first.object] if t.object != first.subject]
            if goes_on:
                yield first, draw.choice(goes_on)

    def asked(self, first: Triple, second: Triple | None = None) -> list[Made]:
        """The question, or none where one passage supports both facts."""
        facts = [first] if second is None else [first, second]
        evidence = [self.store.evidence(triple.id) for triple in facts]
        groups = tuple(frozenset(item.chunk_id for item in found) for found in evidence)
        if not all(groups) or (second and groups[0] & groups[1]):
            return []
        language = self.store.chunk(evidence[0][0].chunk_id).language
        labels = [label_of(triple.predicate, self.schema, language) for triple in facts]
        form = _WORDED[language][len(facts) - 1]
        question = form.format(subject=first.subject_name, first=labels[0], second=labels[-1])
        return [Made(question, len(facts), groups)]


def fitted_threshold(coverage: Shares, text: Shares, graph: Shares) -> float:
    """The least coverage from which on text alone is searched such that the mean recall is the highest.

    Arrays ``(questions,)``: the share of each question that its best passage covers, and the recall of both ways.
    """
    candidates: list[float] = [*sorted(set(coverage.tolist())), NEVER]
    means = [float(np.where(coverage >= candidate, text, graph).mean()) for candidate in candidates]
    best = max(means)
    return next(candidate for candidate, mean in zip(candidates, means, strict=True) if mean >= best - 1e-9)


def _asked(
    retriever: HybridRetriever, graph: PassageGraph, made: Sequence[Made]
) -> tuple[dict[str, Shares], dict[str, float], Shares]:
    """The recall of each way on each question, the mean milliseconds of each way, and the coverage of each question."""
    shares = {name: np.zeros(len(made)) for name in WAYS}
    seconds = dict.fromkeys(WAYS, 0.0)
    coverage = np.zeros(len(made))
    for row, item in enumerate(made):
        start = time.perf_counter()
        retriever.indexes.lexical.search(item.question, POOL)
        seconds["bm25"] += (lexical := time.perf_counter() - start)
        start = time.perf_counter()
        found = retriever.search(item.question, POOL)
        seconds["fused"] += (fused := time.perf_counter() - start)
        seconds["dense"] += max(0.0, fused - lexical)
        start = time.perf_counter()
        walked = graph.walk(found.fused[:SEEDS], graph.named_in(item.question)).best(POOL)
        seconds["graph"] += fused + time.perf_counter() - start
        coverage[row] = found.coverage
        for name, hits in zip(WAYS, (found.lexical, found.dense, found.fused, walked), strict=True):
            shares[name][row] = _share(item, hits)
    return shares, {name: 1000 * spent / len(made) for name, spent in seconds.items()}, coverage


def _share(item: Made, hits: Sequence[Hit]) -> float:
    first = {hit.id for hit in hits[:CUT]}
    return float(np.mean([bool(group & first) for group in item.groups]))


def _megabytes(kb: KnowledgeBase, graph: PassageGraph) -> dict[str, float]:
    lexical = _size(kb.indexes.lexical.folder)
    dense = len(kb.indexes.dense) * kb.encoder.dimensions * 2 / 1e6  # half precision
    matrices = sum(part.nbytes for m in (graph.steps, graph.weights) for part in (m.values, m.columns, m.starts)) / 1e6
    return {"bm25": lexical, "dense": dense, "fused": lexical + dense, "graph": lexical + dense + matrices}


def _size(folder: Path | None) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6 if folder else 0.0


def _peak_megabytes() -> float:
    """Of memory that this process has had; Linux counts kilobytes, macOS bytes."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak) / (1e6 if sys.platform == "darwin" else 1e3)


def _plot(report: BenchReport, path: Path) -> None:
    try:
        import matplotlib as mpl
    except ModuleNotFoundError as error:
        raise MissingExtra("matplotlib", EXTRAS["matplotlib"]) from error
    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    width = 0.8 / len(report.ways)
    for place, (name, way) in enumerate(report.ways.items()):
        heights = [way.recall[hops] for hops in report.n]
        low = [way.recall[hops] - way.interval[hops][0] for hops in report.n]
        high = [way.interval[hops][1] - way.recall[hops] for hops in report.n]
        at = [number + place * width for number in range(len(report.n))]
        axes.bar(at, heights, width, yerr=[low, high], label=f"{name} ({way.ms:.0f} ms)", capsize=2)
    groups = [f"{hops} hop{'s' * (hops > 1)} (n = {count})" for hops, count in report.n.items()]
    axes.set_xticks([number + 0.4 - width / 2 for number in range(len(groups))], groups)
    axes.set_ylabel(f"recall at {CUT}, 95 %")
    axes.set_ylim(0, 1)
    axes.legend(ncols=2, fontsize="small")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
