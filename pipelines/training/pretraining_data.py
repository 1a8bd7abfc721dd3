"""What the bilingual pretraining reads: Chinese text, English-Chinese pairs, a dictionary, and their token batches."""

import json
import lzma
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

# How often each text is drawn per pass: the laws are many and alike, the general texts few and broad.
TEXT_SHARES = {
    "docs": 1.0,
    "gov": 4.0,
    "judgments": 3.0,
    "kdconv": 4.0,
    "lctt": 1.0,
    "literature": 4.0,
    "news": 4.0,
    "oiwiki": 1.0,
    "pingcap": 1.0,
    "prclaw": 0.25,
    "twlaw": 0.25,
    "wikipara": 4.0,
    "wikisent": 4.0,
}
HELD_OUT_ONE_IN = 210
LONGEST_WORD = 4


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and its translation."""

    english: str
    chinese: str

    @property
    def held_out(self) -> bool:
        """Whether the pair is kept from training, decided by a hash of its text."""
        digest = blake2b(f"{self.english}\n{self.chinese}".encode(), digest_size=8).digest()
        return int.from_bytes(digest) % HELD_OUT_ONE_IN == 0


@dataclass(frozen=True, slots=True)
class DictionaryEntry:
    """A Chinese word in both scripts and its English glosses as one text."""

    simplified: str
    traditional: str
    gloss: str


def read_lines(path: Path) -> Iterator[dict[str, object]]:
    """The objects of a `.jsonl.xz` file."""
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def read_pairs(folder: Path) -> list[Pair]:
    """Every distinct English-Chinese pair of the folder's `enzh_*` files."""
    pairs = (
        Pair(str(line["en"]), str(line["zh"]))
        for path in sorted(folder.glob("enzh_*.jsonl.xz"))
        for line in read_lines(path)
    )
    return list(dict.fromkeys(pairs))


def read_dictionary(folder: Path) -> list[DictionaryEntry]:
    """The entries of `lexicon_cedict.jsonl.xz`, the first three glosses of each."""
    entries = []
    for line in read_lines(folder / "lexicon_cedict.jsonl.xz"):
        glosses = line["en"] if isinstance(line["en"], list) else []
        gloss = "; ".join(str(gloss) for gloss in glosses[:3] if not str(gloss).startswith(("CL:", "variant of")))
        if gloss:
            entries.append(DictionaryEntry(str(line["hans"]), str(line["hant"]), gloss))
    return entries


def read_texts(folder: Path, share: str) -> list[str]:
    """The texts of `zh_{share}.jsonl.xz`."""
    return [str(line["text"]) for line in read_lines(folder / f"zh_{share}.jsonl.xz")]


@dataclass(frozen=True, slots=True)
class TokenRows:
    """Token ids of many texts: one flat tensor, and where each row starts and how long it is."""

    ids: Tensor
    starts: Tensor
    lengths: Tensor

    @classmethod
    def of(cls, rows: Iterable[Sequence[int] | NDArray[np.int32]]) -> "TokenRows":
        """Rows from lists of ids."""
        arrays = [np.asarray(row, dtype=np.int32) for row in rows]
        lengths = torch.tensor([len(array) for array in arrays])
        return cls(torch.from_numpy(np.concatenate(arrays)), lengths.cumsum(0) - lengths, lengths)

    def __len__(self) -> int:
        return len(self.starts)

    def to(self, device: torch.device) -> "TokenRows":
        """The same rows on a device."""
        return TokenRows(self.ids.to(device), self.starts.to(device), self.lengths.to(device))

    def batch(self, rows: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Ids and mask `(rows, longest)`, zero where a row has ended, and each token's place in `ids`."""
        lengths = self.lengths[rows]
        steps = torch.arange(int(lengths.max()), device=self.ids.device)
        mask = steps < lengths[:, None]
        places = torch.where(mask, self.starts[rows][:, None] + steps, 0)
        return torch.where(mask, self.ids[places], 0).long(), mask, places


def tokenize(tokenizer: Tokenizer, texts: Sequence[str], limit: int, chunk: int = 20_000) -> Iterator[list[int]]:
    """The ids of each text with its special tokens, cut into rows of at most `limit`; nothing is dropped."""
    vocabulary = tokenizer.get_vocab()
    cls, sep = vocabulary["[CLS]"], vocabulary["[SEP]"]
    for start in range(0, len(texts), chunk):
        for encoding in tokenizer.encode_batch_fast(texts[start : start + chunk], add_special_tokens=False):
            ids = encoding.ids
            for cut in range(0, max(len(ids), 1), limit - 2):
                yield [cls, *ids[cut : cut + limit - 2], sep]


def word_lengths(ids: NDArray[np.int32], words: Iterable[Sequence[int]]) -> NDArray[np.uint8]:
    """For every position of a flat id array, the length of the longest of `words` that starts there, or 1."""
    longest = np.ones(len(ids), dtype=np.uint8)
    by_length: dict[int, list[Sequence[int]]] = {}
    for word in words:
        by_length.setdefault(len(word), []).append(word)
    for length in range(2, LONGEST_WORD + 1):
        if length in by_length and len(ids) >= length:
            codes = _codes(np.lib.stride_tricks.sliding_window_view(ids, length))
            known = np.unique(_codes(np.array(by_length[length])))
            found = known[np.searchsorted(known, codes).clip(max=len(known) - 1)] == codes
            longest[: len(codes)][found] = length
    return longest


def _codes(grams: NDArray[np.int32]) -> NDArray[np.int64]:
    """One integer per row of ids below 2^16."""
    codes = np.zeros(len(grams), dtype=np.int64)
    for column in range(grams.shape[1]):
        codes = (codes << 16) | grams[:, column]
    return codes


def drawn_rows(lengths: Tensor, shares: Tensor, budget: int, rng: np.random.Generator) -> Iterator[Tensor]:
    """Batches of row numbers without end, each of rows of like length and about `budget` tokens.

    In one pass a row appears `shares` times, its fraction by chance; rows are shuffled in pools before sorting.
    """
    sizes, chances = lengths.cpu().numpy(), shares.cpu().numpy()
    while True:
        copies = (chances + rng.random(len(chances))).astype(np.int64)
        order = rng.permutation(np.repeat(np.arange(len(sizes)), copies))
        pool = max(256, 40 * budget // max(1, int(sizes[order].mean())))
        for start in range(0, len(order), pool):
            yield from _cut(order[start : start + pool], sizes, budget, rng)


def _cut(pool: NDArray[np.int64], sizes: NDArray[np.int64], budget: int, rng: np.random.Generator) -> list[Tensor]:
    """A pool sorted by length and cut where the padded size would pass the budget, the batches in random order."""
    ordered = pool[np.argsort(sizes[pool], kind="stable")]
    batches, first = [], 0
    for last in range(1, len(ordered) + 1):
        if last == len(ordered) or (last - first + 1) * sizes[ordered[last]] > budget:
            batches.append(torch.from_numpy(ordered[first:last]))
            first = last
    return [batches[number] for number in rng.permutation(len(batches))]
