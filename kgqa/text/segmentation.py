"""Sentences with exact offsets, by Wikimedia's sentencex (https://github.com/wikimedia/sentencex)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sentencex import segment

from kgqa.text.tokens import between_graphemes
from kgqa.types import Span

__all__ = ["lines", "sentences", "trimmed"]

_WINDOW = 2_000
"""All that the segmenter is shown at once: where that is full of quotation marks, its time grows with the square."""
_NOT_SPACE = re.compile(r"\S")
_SHOWN = dict.fromkeys([*map(ord, "\t\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000")], " ")
_SHOWN |= dict.fromkeys(range(0x2000, 0x200B), " ") | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_AFTER_FULL_STOP = re.compile("(?<=[。！？])[0-9a-z]|(?<=[。！？][”’」』）])[0-9a-z]")
_CLOSING = re.compile(r"([”’」』）】》〉]+)\s*(?=\S)")
_ENUMERATOR = re.compile(r"[(（\[]?(?:\d{1,3}|[A-Za-z]|[一二三四五六七八九十]{1,3})[.)）\]、．]")


def sentences(text: str, language: str) -> list[Span]:
    """The sentences of the text in order, without the white space around them.

    They never overlap and together cover every character that is not white space. A line break ends a sentence:
    readers have joined wrapped lines before.
    """
    return [span for start, end in lines(text) for span in _line_sentences(text, start, end, language)]


def lines(text: str) -> Iterator[tuple[int, int]]:
    """Offsets of the text's lines, without their ends."""
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield start, end
        start = end + 1


def trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    """The span without the white space around it; nothing if nothing is left."""
    first = _NOT_SPACE.search(text, start, end)
    if first is not None:
        yield Span(first.start(), start + len(text[start:end].rstrip()))


def _line_sentences(text: str, start: int, end: int, language: str) -> Iterator[Span]:
    """The segments with what belongs together put together."""
    pending: Span | None = None
    for span in _segments(text, start, end, language):
        if pending is None:
            pending = span
        elif _belongs_together(text, pending, span, language):
            pending = Span(pending.start, span.end)
        else:
            closing = _CLOSING.match(text, span.start, span.end) if pending.end == span.start else None
            yield Span(pending.start, closing.end(1)) if closing else pending
            pending = Span(closing.end(), span.end) if closing else span
    if pending is not None:
        yield pending


def _segments(text: str, start: int, end: int, language: str) -> Iterator[Span]:
    """What the segmenter finds between two offsets, window by window, trimmed."""
    while start < end:
        stop = min(end, start + _WINDOW)
        lengths = [len(piece) for piece in segment(language, _shown(text[start:stop]))]
        if stop < end and len(lengths) > 1:
            lengths.pop()  # it may go on in the next window
        elif stop < end:
            lengths = [_cut(text, start, stop) - start]
        for length in lengths:
            yield from trimmed(text, start, start + length)
            start += length


def _shown(text: str) -> str:
    """The text as the segmenter gets it, of the same length.

    It panics over an initial after a space of more than one byte, takes no lone surrogates, and sees no sentence end
    in "。2020年", as if the stop were a decimal point's.
    """
    return _AFTER_FULL_STOP.sub("X", text.translate(_SHOWN))


def _cut(text: str, start: int, stop: int) -> int:
    """The best place before ``stop`` to end a sentence that never ends."""
    space = text.rfind(" ", start + (stop - start) // 2, stop)
    return space + 1 if space > start else between_graphemes(text, start, stop)


def _belongs_together(text: str, before: Span, after: Span, language: str) -> bool:
    """Whether there is no sentence boundary between two segments.

    There is none after a lone enumerator ("2."), before something without letters and digits, and, in Chinese, after a
    full stop that English takes for an abbreviation's.
    """
    if before.end - before.start <= 6 and _ENUMERATOR.fullmatch(text, before.start, before.end):
        return True
    if after.end - after.start <= 8 and not any(c.isalnum() for c in text[after.start : after.end]):
        return True
    if language == "en" or text[before.end - 1] != ".":
        return False
    around = text[max(before.start, before.end - 40) : min(after.end, after.start + 40)]
    return len(segment("en", _shown(around))) == 1
