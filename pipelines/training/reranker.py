"""Trains the path-aware reranker and writes its model folder.

    python -m kgqa.pipelines.training.reranker DATA OUT --base kgqa/models/encoder --reader kgqa/models/reader

DATA is the folder of data sets (see `reranker_data`). Training begins with the layers of the reader on the same
encoder, stops when its minutes are used up or questions that are held back are ranked no better, and goes on from its
last checkpoint when it is started again.
"""

import argparse
import hashlib
import itertools
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch

from kgqa.encoder import Encoder
from kgqa.pipelines.training.bilingual import load_trunk, open_tokenizer
from kgqa.pipelines.training.export import export_top
from kgqa.pipelines.training.machine import Machine, add_machine, log_step, mixed_precision, read_machine, streamed
from kgqa.pipelines.training.reranker_data import Ranked, read_ranked
from kgqa.pipelines.training.reranker_model import Batch, RerankerTop, Windows, batches, ranking_loss, tokenized
from kgqa.pipelines.training.timed_run import TimedRun
from kgqa.retrieval.rerank import OnnxReranker, Reranker, Sizes

__all__ = ["RerankerReport", "score_ranked", "train_reranker"]

logger = logging.getLogger(__name__)

BATCH_TOKENS = 3200
STOPPING, SCORED = 80, 400
"""Questions that are held back, to stop on and to score on."""
POOL = 2000
"""Questions whose windows are sorted into batches of like length."""


@dataclass(frozen=True, slots=True)
class RerankerReport:
    """How a reranker was trained and how good it is; in `report.json` and the card of its folder."""

    trunk_id: str
    seed: int
    data_fingerprint: str
    questions: int
    minutes: float
    steps: int
    first_right: float
    """Of questions held back, the share whose best passage, of some that help and some that do not, helps."""
    by_chance: float
    """What the order by chance would give."""
    n: int


def train_reranker(
    data: Path,
    out: Path,
    *,
    base: Path,
    reader: Path | None = None,
    start: Path | None = None,
    minutes: float = 40,
    seed: int = 1,
    machine: Machine | None = None,
    on_step: Callable[[float, float], None] | None = None,
) -> RerankerReport:
    """Train a reranker on the upper layers of the encoder in `base`, or of the `reader` on it, and write its folder.

    `start` is a reranker on the same encoder to go on from.
    The checkpoint is `out/checkpoint.pt`; it is deleted once the model is exported. `on_step` gets the share of the
    time that is used and the running loss.

    Raises:
        DataError: the data folder lacks a file, or a file has a fault.
    """
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    machine, sizes = machine or Machine(), Sizes()
    ranked = read_ranked(data, seed)
    stopping, scored, learned = ranked[:STOPPING], ranked[STOPPING : STOPPING + SCORED], ranked[STOPPING + SCORED :]
    top, trunk = RerankerTop.on(base), load_trunk(base).to(machine.device)
    if reader:
        top.take_over_reader(base, reader)
    if start:
        top.take_over(start)
    top = top.to(machine.device)
    windows = list(tokenized([*stopping, *learned], open_tokenizer(base), sizes))
    made = list(batches(windows[: len(stopping)], BATCH_TOKENS, Random(seed)))

    def loss(batch: Batch) -> torch.Tensor:
        batch = batch.to(machine.device)
        with mixed_precision(machine.device):
            with torch.no_grad():
                states = trunk(batch.ids, batch.mask)
            scores = top(states, batch.mask, batch.roles)
        return ranking_loss(scores, batch)

    def held_back() -> float:
        top.eval()
        with torch.no_grad():
            return float(np.mean([float(loss(batch)) for batch in made]))

    run = TimedRun(top, out / "checkpoint.pt", rate=machine.rate(BATCH_TOKENS), held_back=held_back)
    drawn = _stream(windows[len(stopping) :], f"{seed}-{run.state.steps}", machine)
    run.train(lambda used: drawn, loss, minutes, on_step)
    export_top(top.cpu(), top.roles.embedding_dim, ("scores",), out / "top.onnx")
    encoder = Encoder.open(base)
    settings = {"kind": "reranker", "trunk_id": encoder.trunk_id}
    settings |= {f"{part}_tokens": size for part, size in asdict(sizes).items()}
    _write(out / "config.json", settings)
    first, chance = score_ranked(OnnxReranker.open(encoder, out), scored)
    report = RerankerReport(
        trunk_id=encoder.trunk_id,
        seed=seed,
        data_fingerprint=_fingerprint(ranked),
        questions=len(learned),
        minutes=round(run.state.seconds / 60, 1),
        steps=run.state.steps,
        first_right=round(first, 3),
        by_chance=round(chance, 3),
        n=len(scored),
    )
    _write(out / "report.json", asdict(report))
    begun = "--start RERANKER" if start else "--reader kgqa/models/reader"
    (out / "README.md").write_text(_CARD.format(begun=begun, **asdict(report)), encoding="utf-8")
    run.checkpoint.unlink()
    return report


def score_ranked(reranker: Reranker, ranked: Sequence[Ranked]) -> tuple[float, float]:
    """The share of questions whose best passage helps, and what the order by chance would give."""
    first = [reranker.scores(item.question, [*item.right, *item.wrong]).argmax() < len(item.right) for item in ranked]
    chance = [len(item.right) / (len(item.right) + len(item.wrong)) for item in ranked]
    return float(np.mean(first)), float(np.mean(chance))


def _stream(windows: Sequence[Windows], seed: str, machine: Machine) -> Iterator[Batch]:
    def part(number: int, of: int) -> Iterator[Batch]:
        for epoch in itertools.count():
            order = Random(f"{seed}-{epoch}").sample(windows, len(windows))
            for pool, start in enumerate(range(0, len(order), POOL)):
                if pool % of == number:
                    rng = Random(f"{seed}-{epoch}-{pool}")
                    yield from batches(order[start : start + POOL], machine.batch(BATCH_TOKENS), rng)

    return streamed(part, machine.workers)


def _fingerprint(ranked: Sequence[Ranked]) -> str:
    digest = hashlib.sha256()
    for item in ranked:
        digest.update(json.dumps(asdict(item), ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


_CARD = """# The path-aware reranker of kgqa

Scores how well a passage, together with the way over the graph that led to it, helps to answer a question, in English
or Chinese. A second step shares little with the question; the sentence that leads to it says why it belongs there.

**Form.** The frozen trunk of the shared bilingual encoder (embeddings and layers 0–2) reads `[CLS] question [SEP] path
[SEP] passage [SEP]`; the reranker owns layers 3–5, an embedding of what each token is to the three parts, and one score
at `[CLS]`, which is all that is computed of the last layer's attention and feed-forward. `top.onnx` (int8 per
channel) serves. Question, path and passage have at most 40, 48 and 64 tokens; of
a longer passage the part is read that shares most words with question and path.

**Method.** A cross-encoder (arXiv:1901.04085) on paths (arXiv:1911.10470), which begins with the layers of the reader
on the same encoder. Each passage that helps is compared with those of its question that do not (listwise softmax).
Questions of two steps are made: "the director of A" takes the place of a name in a question about somebody whom one
text says to have directed A, and a text about somebody else is given that name. What does not help is made in the same
way of other names in the first text, of texts that say the right thing of others, and of texts that only mention the
name.

## Data

{questions:,} questions of which the weights may ship, with attribution:

| data | licence | what was used |
|---|---|---|
| squadshifts_new_wiki (Miller et al. 2020) | CC BY 4.0 | questions of one step, English |
| QED on Natural Questions (Lamm et al. 2021) | CC BY-SA 3.0 | the same |
| CMRC 2018 (Cui et al. 2019) | CC BY-SA 4.0 | the same, Chinese |
| KnowledgeNet (Mesquita et al. 2019) | CC BY-SA 4.0 | facts and texts of its training part, English |
| Re-DocRED (Tan et al. 2022) | MIT, text CC BY-SA | the same |
| KGConv's templates (Brabant et al. 2023) | CC BY 4.0 | questions and phrases for their properties |
| KdConv (Zhou et al. 2020) | Apache-2.0 | facts and texts of its training part, Chinese |
| Chinese Wikipedia paragraphs (CC BY-SA), LCTT articles (CC BY-SA 4.0) | as named | silver facts, Chinese |

## Results

Of {n} questions held back, made in the same way, the passage with the highest score helps in {first_right:.1%}; in an
order by chance it would in {by_chance:.1%}. What it does for retrieval on other data is in docs/results.md.

## Weaknesses

- Small (5 M own parameters), trained for {minutes:.0f} minutes ({steps:,} steps).
- Most questions of two steps are made from templates, and the texts of the second step were given another name.
- Two steps at most: a third one is scored behind the way that led to it, as a second.

## Again

    python -m kgqa.pipelines.training.reranker DATA OUT --base kgqa/models/encoder {begun} \\
        --minutes {minutes:.0f} --seed {seed}

Training data {data_fingerprint}, trunk {trunk_id}. Training is bounded by time, so another machine takes another
number of steps.
"""


def _main() -> None:
    parser = argparse.ArgumentParser(description="Train the path-aware reranker.")
    parser.add_argument("data", type=Path, help="folder of data sets")
    parser.add_argument("out", type=Path, help="model folder to write")
    parser.add_argument("--base", type=Path, required=True, help="folder of the bilingual encoder")
    parser.add_argument("--reader", type=Path, help="folder of a reader on it to begin with")
    parser.add_argument("--start", type=Path, help="folder of a reranker to go on from")
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--seed", type=int, default=1)
    add_machine(parser)
    given = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    logger.setLevel(logging.INFO)
    train_reranker(
        given.data,
        given.out,
        base=given.base,
        reader=given.reader,
        start=given.start,
        minutes=given.minutes,
        seed=given.seed,
        machine=read_machine(given),
        on_step=log_step(logger),
    )


if __name__ == "__main__":
    _main()
