"""The tokenised corpus of the bilingual pretraining, read from a text folder once at the start of a run."""

import logging
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from kgqa.pipelines.training.pretraining_data import (
    LONGEST_WORD,
    TEXT_SHARES,
    DictionaryEntry,
    Pair,
    TokenRows,
    read_dictionary,
    read_pairs,
    read_texts,
    tokenize,
    word_lengths,
)
from kgqa.pipelines.training.vocabulary import (
    PUNCTUATION,
    extended_embeddings,
    extended_tokenizer,
    frequent_characters,
)

logger = logging.getLogger(__name__)

SENTENCE_LIMIT = 128
TEXT_LIMIT = 256
JOINED_SHARE = 0.15  # of the pairs, per pass, read as one text: English, then Chinese
HELD_PAIRS = 1_000
HELD_TEXTS = 100


@dataclass(frozen=True, slots=True)
class Corpus:
    """Token rows to train on and to score with, and what the vocabulary gained."""

    tokenizer: Tokenizer
    embeddings: Tensor
    guessable: Tensor
    english: TokenRows
    chinese: TokenRows
    pair_shares: Tensor
    texts: TokenRows
    text_shares: Tensor
    word_lengths: Tensor
    held_english: TokenRows
    held_chinese: TokenRows
    held_texts: Tensor

    def to(self, device: torch.device) -> "Corpus":
        """The same corpus with its token rows on a device."""
        return replace(
            self,
            english=self.english.to(device),
            chinese=self.chinese.to(device),
            texts=self.texts.to(device),
            word_lengths=self.word_lengths.to(device),
            held_english=self.held_english.to(device),
            held_chinese=self.held_chinese.to(device),
        )


def read_corpus(data: Path, base: Path, old_embeddings: Tensor, characters: int, seed: int) -> Corpus:
    """Read and tokenise everything in the folder `data` with the tokenizer of `base` extended by `characters`."""
    dictionary = read_dictionary(data)
    known = Tokenizer.from_file(str(base / "tokenizer.json")).get_vocab()
    added = [*frequent_characters(data / "zh_char_counts.tsv", known, characters), *PUNCTUATION]
    tokenizer = extended_tokenizer(base, added)
    embeddings = extended_embeddings(old_embeddings, tokenizer, added, dictionary, seed)
    pairs = read_pairs(data)
    trained = [pair for pair in pairs if not pair.held_out]
    held = sorted((pair for pair in pairs if pair.held_out), key=lambda pair: len(pair.chinese))
    held = [pair for pair in held if len(pair.chinese) < SENTENCE_LIMIT - 2][:HELD_PAIRS]
    english, chinese, shares = _pair_rows(tokenizer, trained, dictionary, seed)
    logger.info("%d pairs and words, %d pairs held out, %d characters added", len(english), len(held), len(added))
    texts, text_shares = _text_rows(tokenizer, data, english, chinese, len(trained))
    held_texts = torch.from_numpy(
        np.random.default_rng(0).choice(int((text_shares != JOINED_SHARE).sum()), HELD_TEXTS, replace=False)
    )
    text_shares[held_texts] = 0.0
    words = _word_ids(tokenizer, dictionary)
    logger.info("%d rows of text, %.1f M tokens a pass", len(texts), float((texts.lengths * text_shares).sum()) / 1e6)
    return Corpus(
        tokenizer,
        embeddings,
        _han_ids(tokenizer),
        english,
        chinese,
        shares,
        texts,
        text_shares,
        torch.from_numpy(word_lengths(texts.ids.numpy(), words)),
        TokenRows.of(tokenize(tokenizer, [pair.english for pair in held], 512)),
        TokenRows.of(tokenize(tokenizer, [pair.chinese for pair in held], 512)),
        held_texts,
    )


def _pair_rows(
    tokenizer: Tokenizer, pairs: list[Pair], dictionary: list[DictionaryEntry], seed: int
) -> tuple[TokenRows, TokenRows, Tensor]:
    """Rows of both sides of the pairs, then of the dictionary, which is a quarter of what is drawn.

    A pair with a side too long to read whole is never drawn.
    """
    traditional = np.random.default_rng(seed).random(len(dictionary)) < 0.3
    words = [
        Pair(entry.gloss, entry.traditional if old else entry.simplified)
        for entry, old in zip(dictionary, traditional, strict=True)
    ]
    everything = [*pairs, *words]
    english = TokenRows.of(_whole(tokenizer, [pair.english for pair in everything]))
    chinese = TokenRows.of(_whole(tokenizer, [pair.chinese for pair in everything]))
    shares = torch.ones(len(everything))
    shares[len(pairs) :] = min(1.0, len(pairs) / 3 / max(1, len(words)))
    shares[(english.lengths > SENTENCE_LIMIT) | (chinese.lengths > SENTENCE_LIMIT)] = 0.0
    return english, chinese, shares


def _whole(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    """One row of ids per text, however long."""
    return list(tokenize(tokenizer, texts, 1 << 20))


def _text_rows(
    tokenizer: Tokenizer, data: Path, english: TokenRows, chinese: TokenRows, pairs: int
) -> tuple[TokenRows, Tensor]:
    """Rows of Chinese text, then of pairs joined into one text each, and how often each row is drawn in a pass."""
    rows: list[list[int]] = []
    shares: list[float] = []
    for name, share in TEXT_SHARES.items():
        rows.extend(tokenize(tokenizer, read_texts(data, name), TEXT_LIMIT))
        shares.extend([share] * (len(rows) - len(shares)))
    fitting = torch.nonzero((english.lengths[:pairs] + chinese.lengths[:pairs]) <= TEXT_LIMIT).flatten().tolist()
    joined = (np.concatenate([_row(english, row), _row(chinese, row)[1:]]) for row in fitting)
    shares.extend([JOINED_SHARE] * len(fitting))
    return TokenRows.of(chain(rows, joined)), torch.tensor(shares)


def _row(rows: TokenRows, number: int) -> NDArray[np.int32]:
    start = int(rows.starts[number])
    return rows.ids.numpy()[start : start + int(rows.lengths[number])]


def _han_ids(tokenizer: Tokenizer) -> Tensor:
    """Ids of the vocabulary's single Chinese characters: what masked training hides and guesses."""
    single = ((token, number) for token, number in tokenizer.get_vocab().items() if len(token) == 1)
    return torch.tensor(sorted(number for token, number in single if "\u3400" <= token <= "\u9fff"))


def _word_ids(tokenizer: Tokenizer, dictionary: list[DictionaryEntry]) -> list[list[int]]:
    """The dictionary's words of two to four characters, as ids."""
    vocabulary = tokenizer.get_vocab()
    words = {
        word
        for entry in dictionary
        for word in (entry.simplified, entry.traditional)
        if 2 <= len(word) <= LONGEST_WORD and all(character in vocabulary for character in word)
    }
    return [[vocabulary[character] for character in word] for word in sorted(words)]
