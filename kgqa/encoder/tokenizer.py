"""Word pieces with exact character offsets into the text as it was given."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

import tokenizers

from kgqa.errors import ModelError

__all__ = ["Tokenizer", "Tokens"]

Tokens = tuple[list[int], list[tuple[int, int]]]
"""Ids of word pieces without special tokens, and the characters ``(start, end)`` that each piece stands for."""


class Tokenizer:
    """BERT's word pieces over compatibility-folded text; each Chinese character is a piece of its own.

    Offsets are in order, never empty, and cover every character but white space and what carries no text of its own
    (control and format characters, marks without a letter). A character that unfolds into several pieces (``…``,
    ``㎡``) gives each of them its offsets; accents written as marks of their own belong to the letter before them.
    """

    def __init__(self, pieces: tokenizers.Tokenizer) -> None:
        self._pieces = pieces
        self._pieces.encode_special_tokens = True  # "[MASK]" in a document is text, not a command
        self._pieces.no_truncation()
        self._pieces.no_padding()
        self.cls_id = self._special("[CLS]")
        self.sep_id = self._special("[SEP]")
        self.unknown_id = self._special("[UNK]")

    @classmethod
    def open(cls, path: Path) -> Tokenizer:
        """The tokenizer in a ``tokenizer.json``.

        Raises:
            ModelError: the file is missing or is not a tokenizer.
        """
        try:
            return cls(tokenizers.Tokenizer.from_file(str(path)))
        except Exception as error:  # the library raises bare Exception
            raise ModelError(f"{path} is not a tokenizer ({error}). Install or train the model again.") from error

    @property
    def size(self) -> int:
        """Number of ids."""
        return self._pieces.get_vocab_size()

    def tokenize(self, texts: Sequence[str]) -> list[Tokens]:
        """The pieces of each text, in order."""
        encodings = self._pieces.encode_batch([_encodable(text) for text in texts], add_special_tokens=False)
        return [
            (encoding.ids, encoding.offsets if text.isascii() else _with_marks(text, encoding.offsets))
            for text, encoding in zip(texts, encodings, strict=True)
        ]

    def _special(self, token: str) -> int:
        number = self._pieces.token_to_id(token)
        if number is None:
            raise ModelError(f"The tokenizer has no {token}: it is not one of BERT's. Install the model again.")
        return number


def _encodable(text: str) -> str:
    """The text with lone surrogates, which no encoding can hold, as replacement characters: offsets stay."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return "".join("\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)
    return text


def _with_marks(text: str, offsets: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Offsets stretched over the combining marks that the normaliser took from the end of a piece."""
    stretched = []
    for place, (start, end) in enumerate(offsets):
        limit = _next_start(offsets, place, len(text))
        while end < limit and unicodedata.category(text[end]) == "Mn":
            end += 1
        stretched.append((start, end))
    return stretched


def _next_start(offsets: list[tuple[int, int]], place: int, length: int) -> int:
    return offsets[place + 1][0] if place + 1 < len(offsets) else length
