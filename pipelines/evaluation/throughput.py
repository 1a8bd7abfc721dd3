"""Measures extraction's throughput beside a rival of GLiNER-small's architecture and beside what the machine can do.

    python -m kgqa.pipelines.evaluation.throughput [FOLDER] [--repeats 3]

Both read the same chunks of the sample's documents (or of a folder's) in the same run, turn by turn, from text to
extractions. The rival has random weights, which cost the same time as trained ones: DeBERTa-v3-small, a bidirectional
LSTM and the span representations of Zaratiana et al., "GLiNER", https://arxiv.org/abs/2311.08526. It finds entities
alone; ours also finds relations, events and coreference. The machine's limit is a matrix product in float32.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from kgqa.connectors.readers import discover, read_source
from kgqa.encoder import Encoder, model_path
from kgqa.errors import KgqaError, MissingExtra
from kgqa.extraction import Extractor, open_extractor
from kgqa.sample import sample_documents
from kgqa.text import chunk
from kgqa.types import Chunk, Document

__all__ = ["Rival", "ThroughputReport", "flops_per_token", "matmul_limit", "measure", "read_chunks", "table"]

WIDTH = 12
"""The longest span that GLiNER looks at, in words."""
BATCH = 8
RIVAL_LABELS = 15
"""Entity types that the rival is asked for; ours reads all of its schema."""
LAYERS, HIDDEN, INNER = 6, 384, 1536


class Rival(nn.Module):
    """GLiNER-small with random weights: token ids, first pieces of words and label positions to span scores."""

    def __init__(self, layers: int = 6, hidden: int = 768, width: int = 512, vocabulary: int = 128_100) -> None:
        super().__init__()
        try:
            from transformers import DebertaV2Config, DebertaV2Model
        except ModuleNotFoundError as error:
            raise MissingExtra("transformers (the rival's encoder)", "train") from error
        shape: dict[str, Any] = {
            "vocab_size": vocabulary,
            "hidden_size": hidden,
            "num_hidden_layers": layers,
            "num_attention_heads": hidden // 64,
            "intermediate_size": 4 * hidden,
            "relative_attention": True,
            "position_buckets": 256,
            "norm_rel_ebd": "layer_norm",
            "share_att_key": True,
            "pos_att_type": ["p2c", "c2p"],
            "position_biased_input": False,
            "max_position_embeddings": 512,
            "type_vocab_size": 0,
        }
        self.encoder = DebertaV2Model(DebertaV2Config(**shape))
        self.project = nn.Linear(hidden, width)
        self.rnn = nn.LSTM(width, width // 2, batch_first=True, bidirectional=True)
        self.start, self.end, self.out, self.prompt = (
            nn.Sequential(nn.Linear(size, 4 * width), nn.ReLU(), nn.Linear(4 * width, width))
            for size in (width, width, 2 * width, width)
        )

    def forward(self, ids: Tensor, mask: Tensor, words: Tensor, labels: int) -> Tensor:
        """Scores `(batch, words, WIDTH, labels)`; `words` `(batch, words)` is each word's first piece."""
        states = self.project(self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state)
        prompts = self.prompt(states[:, 1 : 1 + labels])
        index = words.unsqueeze(-1).expand(-1, -1, states.shape[-1])
        told, _ = self.rnn(states.gather(1, index))
        first, last = self.start(told), self.end(told)
        ends = (torch.arange(told.shape[1])[:, None] + torch.arange(WIDTH)).clamp(max=told.shape[1] - 1)
        spans = torch.cat([first.unsqueeze(2).expand(-1, -1, WIDTH, -1), last[:, ends]], -1).relu()
        return torch.einsum("bwsd,bld->bwsl", self.out(spans), prompts)


@dataclass(frozen=True, slots=True)
class ThroughputReport:
    """Characters a second, medians of the repeats, and the share of the machine's limit that ours makes use of."""

    characters: int
    ours: float
    rival: float
    tokens_per_second: float
    limit_share: float
    """Of float32 matrix products, which int8 may exceed."""

    @property
    def ratio(self) -> float:
        """How many times the rival's throughput ours is."""
        return self.ours / self.rival


def measure(chunks: Sequence[Chunk], extractor: Extractor, rival: Rival, labels: int, repeats: int) -> ThroughputReport:
    """Both over the same chunks, turn by turn."""
    tokenizer = Tokenizer.from_file(str(model_path("encoder") / "tokenizer.json"))
    tokenizer.no_padding()
    characters = sum(len(part.text) for part in chunks)
    tokens = sum(len(encoding.ids) for encoding in tokenizer.encode_batch([part.text for part in chunks]))
    ours, theirs = [], []
    limit = matmul_limit()
    for _ in range(repeats):
        ours.append(_seconds(lambda: extractor.extract(chunks)))
        theirs.append(_seconds(lambda: _read(rival, tokenizer, chunks, labels)))
    spent = statistics.median(ours)
    share = tokens * flops_per_token() / spent / limit
    return ThroughputReport(
        characters, characters / spent, characters / statistics.median(theirs), tokens / spent, share
    )


def flops_per_token(context: int = 128) -> float:
    """Of the encoder's matrix products: four projections, two of the feed-forward part, attention over `context`."""
    return LAYERS * 2.0 * (4 * HIDDEN**2 + 2 * HIDDEN * INNER + 2 * context * HIDDEN)


def matmul_limit(size: int = 1536, repeats: int = 5) -> float:
    """Operations a second of the fastest of some float32 matrix products."""
    left = np.random.default_rng(0).random((size, size), dtype=np.float32)
    return 2 * size**3 / min(_seconds(lambda: left @ left) for _ in range(repeats))


@torch.inference_mode()
def _read(rival: Rival, tokenizer: Tokenizer, chunks: Sequence[Chunk], labels: int) -> int:
    """The number of spans above the threshold; decoding them further would cost the rival more."""
    found = 0
    ordered = sorted(chunks, key=lambda part: len(part.text))
    for first in range(0, len(ordered), BATCH):
        encodings = tokenizer.encode_batch([part.text for part in ordered[first : first + BATCH]])
        longest = min(512 - 2 * labels, max(len(encoding.ids) for encoding in encodings))
        ids = torch.ones(len(encodings), 2 * labels + longest, dtype=torch.long)
        mask = torch.zeros_like(ids)
        words = torch.zeros(len(encodings), longest, dtype=torch.long)
        for row, encoding in enumerate(encodings):
            kept = encoding.ids[:longest]
            ids[row, 2 * labels : 2 * labels + len(kept)] = torch.tensor(kept)
            mask[row, : 2 * labels + len(kept)] = 1
            starts = [place for place in range(len(kept)) if _starts(encoding.word_ids, place)]
            words[row, : len(starts)] = torch.tensor(starts) + 2 * labels
        widest = int((words > 0).sum(1).max())
        scores = rival(ids, mask, words[:, : max(1, widest)], labels)
        found += int((scores.sigmoid() > 0.5).sum())
    return found


def _starts(words: Sequence[int | None], place: int) -> bool:
    return words[place] is not None and (place == 0 or words[place] != words[place - 1])


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def table(report: ThroughputReport) -> str:
    """What a person reads."""
    return "\n".join(
        [
            "| text to extractions | characters a second | ratio |",
            "|---|---|---|",
            f"| kgqa, all heads | {report.ours:,.0f} | {report.ratio:.1f} |",
            f"| GLiNER-small's architecture, entities alone | {report.rival:,.0f} | 1 |",
            "",
            f"{report.characters:,} characters; kgqa reads {report.tokens_per_second:,.0f} tokens a second, "
            f"{report.limit_share:.0%} of what float32 matrix products reach here for the encoder's operations.",
        ]
    )


def read_chunks(folder: Path) -> list[Chunk]:
    """The chunks of a folder's documents; a file that cannot be read is left out."""
    found = []
    for source in discover([folder]):
        try:
            documents = read_source(source)
        except KgqaError:
            continue
        found += [part for document in documents if isinstance(document, Document) for part in chunk(document)]
    return found


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=sample_documents(), help="documents (default: sample)")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    encoder = Encoder.open(threads=options.threads)
    extractor = open_extractor(encoder=encoder)
    torch.manual_seed(0)
    rival = Rival().eval()
    print(table(measure(read_chunks(options.folder), extractor, rival, RIVAL_LABELS, options.repeats)))


if __name__ == "__main__":
    main()
