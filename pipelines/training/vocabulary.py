"""Chinese characters for an English WordPiece vocabulary: the extended tokenizer and embeddings to start from.

A character starts as the weighted mean of the word-piece embeddings of the English glosses of the dictionary entries
that contain it, so that training begins with translations half found instead of from noise.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

from kgqa.pipelines.training.pretraining_data import DictionaryEntry

PUNCTUATION = ("\u3010", "\u3011", "\u3014", "\u3015")  # brackets that compatibility folding leaves full-width
UNKNOWN = 100  # [UNK] in BERT's vocabularies


def frequent_characters(counts: Path, known: Iterable[str], number: int) -> list[str]:
    """The `number` most frequent characters of a `character<TAB>count` file that the vocabulary lacks."""
    seen = set(known)
    listed = (line.split("\t")[0] for line in counts.read_text(encoding="utf-8").splitlines())
    return [character for character in listed if character not in seen][:number]


def extended_tokenizer(base: Path, characters: Sequence[str]) -> Tokenizer:
    """The tokenizer in `base/tokenizer.json` with `characters` added at the end of its vocabulary.

    Compatibility forms (full-width letters, digits and punctuation) are folded by NFKC before BERT's own normaliser,
    which keeps offsets into the original text; truncation and padding are switched off.
    """
    spec = json.loads((base / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary: dict[str, int] = spec["model"]["vocab"]
    for character in characters:
        vocabulary.setdefault(character, len(vocabulary))
    # the zero of dates, a numeral and not an ideograph, is read as the character for zero
    zero = {"type": "Replace", "pattern": {"String": "\u3007"}, "content": "\u96f6"}
    spec["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "NFKC"}, zero, spec["normalizer"]]}
    spec["truncation"] = spec["padding"] = None
    return Tokenizer.from_str(json.dumps(spec, ensure_ascii=False))


def extended_embeddings(
    old: Tensor, tokenizer: Tokenizer, characters: Sequence[str], entries: Iterable[DictionaryEntry], seed: int
) -> Tensor:
    """Embeddings `(characters, hidden)` for added characters.

    A character of entries of lengths n gets their glosses' mean weighted by 4 / n^1.5; one without entries, noise
    about the mean of `old` with the spread of `old`.
    """
    weights = _gloss_weights(characters, entries := list(entries))
    means = weights @ _gloss_vectors(old, tokenizer, [entry.gloss for entry in entries])
    found = torch.zeros(len(characters), dtype=torch.bool)
    found[weights.indices()[0]] = True
    noise = torch.randn(means.shape, generator=torch.Generator().manual_seed(seed)) * old.std(0)
    return torch.where(found[:, None], means, old.mean(0) + noise)


def _gloss_weights(characters: Sequence[str], entries: Sequence[DictionaryEntry]) -> Tensor:
    """Sparse `(characters, entries)`: how much each entry's gloss says about a character; rows sum to one."""
    row_of = {character: row for row, character in enumerate(characters)}
    cells = [
        (row_of[character], column, 4 / len(word) ** 1.5)
        for column, entry in enumerate(entries)
        for word in {entry.simplified, entry.traditional}
        for character in set(word)
        if character in row_of
    ]
    rows, columns, values = (torch.tensor(part) for part in zip(*cells, strict=True))
    totals = torch.zeros(len(characters)).index_add_(0, rows, values)
    shape = (len(characters), len(entries))
    places = torch.stack([rows, columns])
    return torch.sparse_coo_tensor(places, values / totals[rows], shape, check_invariants=True).coalesce()


def _gloss_vectors(old: Tensor, tokenizer: Tokenizer, glosses: list[str]) -> Tensor:
    """The mean embedding `(glosses, hidden)` of each gloss's word pieces."""
    encodings = tokenizer.encode_batch_fast(glosses, add_special_tokens=False)
    pieces = [[piece if piece < len(old) else UNKNOWN for piece in encoding.ids] or [UNKNOWN] for encoding in encodings]
    starts = torch.tensor([0, *(len(ids) for ids in pieces)]).cumsum(0)[:-1]
    flat = torch.tensor([piece for ids in pieces for piece in ids])
    return F.embedding_bag(flat, old, starts, mode="mean")
