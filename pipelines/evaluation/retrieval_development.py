"""Scores retrieval on the development pools, every part of it beside BM25, as a table and a plot.

    python -m kgqa.pipelines.evaluation.retrieval_development DATA [--pools musique 2wiki] [--plot FILE]

DATA is the folder of data sets, by default what the environment variable `KGQA_DATA` names.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kgqa.encoder import Encoder
from kgqa.errors import DataError
from kgqa.extraction import Extractor, open_extractor
from kgqa.index import Embedder
from kgqa.pipelines.evaluation.crosslingual import CrosslingualReport, score_translations
from kgqa.pipelines.evaluation.retrieval import Beside, Format, RetrievalReport, evaluate_retrieval
from kgqa.pipelines.training.pretraining_data import read_pairs
from kgqa.retrieval import OnnxReranker, Reranker

__all__ = ["POOLS", "Pool", "held_out_translations", "plot", "score_pool", "table"]

MOST_PAIRS = 1000
_BESIDE: tuple[Beside, ...] = ("hybrid", "no_triples")
"""Beside `auto`, which is the walk over the graph for the questions of these pools."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Questions over a corpus, and what is to be reached: recall at 5, or its gain over BM25, in points."""

    name: str
    questions: str
    corpus: str
    format: Format
    reach: float
    stretch: float
    over_bm25: bool = True
    graph: bool = True
    """Whether the graph is filled; without, only the indexes are measured."""


_MULTIHOP = "qa/multihop/assembled/dev_"

POOLS = (
    Pool("musique", f"{_MULTIHOP}musique_train100.json", f"{_MULTIHOP}musique_train100_corpus.json", "musique", 12, 25),
    Pool("2wiki", f"{_MULTIHOP}2wiki_train500.json", f"{_MULTIHOP}2wiki_train500_corpus.json", "hipporag", 18, 25),
    Pool(
        "hotpotqa",
        f"{_MULTIHOP}hotpotqa_train100.json",
        f"{_MULTIHOP}hotpotqa_train100_corpus.json",
        "hipporag",
        12,
        18,
    ),
    Pool(
        "zh_news",
        "qa/crud_rag/zh_news_qa_half.json",
        "qa/crud_rag/corpus_10k.json",
        "plain",
        90,
        95,
        over_bm25=False,
        graph=False,
    ),
)


def score_pool(
    pool: Pool, data: Path, embedder: Embedder, extractor: Extractor, reranker: Reranker | None = None
) -> RetrievalReport:
    """The recall of each way to retrieve on one pool.

    Raises:
        DataError: a file is missing or has a fault.
    """
    with tempfile.TemporaryDirectory(prefix="kgqa-pool-") as folder:
        return evaluate_retrieval(
            _questions(pool, data, Path(folder)),
            data / pool.corpus,
            embedder=embedder,
            extractor=extractor if pool.graph else None,
            format=pool.format,
            mode="auto" if pool.graph else "text",
            also=(*(_BESIDE if pool.graph else ()), *(("no_reranker",) if reranker else ())),
            reranker=reranker,
        )


def _questions(pool: Pool, data: Path, folder: Path) -> Path:
    """The pool's file; questions that say the `idx` of their passage are rewritten to the plain format."""
    path = data / pool.questions
    if pool.format != "plain":
        return path
    try:
        passages = json.loads((data / pool.corpus).read_text(encoding="utf-8"))
        numbers = {passage["idx"]: number for number, passage in enumerate(passages)}
        rows = json.loads(path.read_text(encoding="utf-8"))
        plain = [{"question": row["question"], "gold": [numbers[row["doc_index"]]]} for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} cannot be read ({error!r}). Unpack the data again.") from error
    (folder / "questions.json").write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")
    return folder / "questions.json"


def held_out_translations(data: Path) -> list[tuple[str, str]]:
    """The pairs that the encoder's pretraining never saw, shortest first."""
    held = sorted((pair for pair in read_pairs(data / "text") if pair.held_out), key=lambda pair: len(pair.chinese))
    return [(pair.english, pair.chinese) for pair in held[:MOST_PAIRS]]


def table(reports: Mapping[str, RetrievalReport], translations: CrosslingualReport | None) -> str:
    """A line for each pool and way to retrieve, with the gain over BM25 of the same run."""
    lines = [
        "| pool | way | R@2 | R@5 | 95 % interval | R@10 | all@5 | over BM25 | n | ms a question | target |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for pool in POOLS:
        if pool.name in reports:
            lines += _rows(pool, reports[pool.name])
    if translations:
        lines += ["", translations.to_markdown()]
    return "\n".join(lines)


def _rows(pool: Pool, report: RetrievalReport) -> Iterator[str]:
    bm25 = report.beside["bm25"].at[5]
    ways = {**report.beside, report.mode: report.scored}
    for way, recall in ways.items():
        gain = 100 * (recall.at[5] - bm25)
        figures = [recall.at[2], recall.at[5], *recall.interval, recall.at[10], recall.all_gold_at_5]
        two, five, low, high, ten, all_gold = (f"{100 * figure:.1f}" for figure in figures)
        scored = way == report.mode
        time = f"{report.ms_per_question:.1f}" if scored else ""
        verdict = _verdict(pool, gain if pool.over_bm25 else 100 * recall.at[5]) if scored else ""
        yield (
            f"| {pool.name} | {way} | {two} | {five} | {low} to {high} | {ten} | {all_gold} | {gain:+.1f} "
            f"| {recall.n} | {time} | {verdict} |"
        )


def _verdict(pool: Pool, reached: float) -> str:
    wanted = f"{'+' if pool.over_bm25 else ''}{pool.reach:g}"
    if reached >= pool.stretch:
        return f"{wanted}: stretch"
    return f"{wanted}: {'reached' if reached >= pool.reach else 'missed'}"


def plot(reports: Mapping[str, RetrievalReport], path: Path) -> None:
    """Recall at 5 of each way, with its interval, as bars by pool."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(2 + 2.4 * len(reports), 4), layout="constrained")
    ways = list(dict.fromkeys(way for report in reports.values() for way in (*report.beside, report.mode)))
    width = 0.8 / len(ways)
    for place, way in enumerate(ways):
        found = {
            number: recall
            for number, report in enumerate(reports.values())
            if (recall := {**report.beside, report.mode: report.scored}.get(way))
        }
        heights = [recall.at[5] for recall in found.values()]
        spread = [
            [recall.at[5] - recall.interval[0] for recall in found.values()],
            [recall.interval[1] - recall.at[5] for recall in found.values()],
        ]
        axes.bar([number + place * width for number in found], heights, width, yerr=spread, label=way, capsize=2)
    axes.set_xticks([number + 0.4 - width / 2 for number in range(len(reports))], list(reports))
    axes.set_ylabel("recall at 5")
    axes.set_ylim(0, 1)
    axes.legend(ncols=3, fontsize="small")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = os.environ.get("KGQA_DATA")
    parser.add_argument("data", type=Path, nargs="?", default=default, help="folder of data sets (default: KGQA_DATA)")
    parser.add_argument("--pools", nargs="*", choices=[pool.name for pool in POOLS], help="default: all of them")
    parser.add_argument("--plot", type=Path, help="picture to write")
    options = parser.parse_args(arguments)
    if options.data is None:
        parser.error("say where the data is: as an argument, or in KGQA_DATA")
    encoder = Encoder.open()
    extractor = open_extractor(encoder=encoder)
    chosen = [pool for pool in POOLS if options.pools is None or pool.name in options.pools]
    reranker = OnnxReranker.open(encoder)
    reports = {pool.name: score_pool(pool, options.data, encoder, extractor, reranker) for pool in chosen}
    translations = score_translations(held_out_translations(options.data), encoder) if options.pools is None else None
    print(table(reports, translations))
    if options.plot:
        plot(reports, options.plot)


if __name__ == "__main__":
    main()
