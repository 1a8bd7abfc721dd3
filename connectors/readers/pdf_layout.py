"""From the characters of a PDF page to its paragraphs: lines, the gaps between them, and the sizes of their letters.

PDFium gives the characters in reading order with their places; a PDF says nothing of paragraphs and headings.
"""

from __future__ import annotations

import itertools
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from kgqa.connectors.readers.cleaning import clean, join_lines

__all__ = ["Line", "Paragraph", "page_lines", "paragraphs", "without_running_lines"]

_HYPHEN = "\x02"
"""PDFium writes a hyphen at the end of a line so, and no line end after it."""
_HYPHENATED = re.compile(f"{_HYPHEN}(?=[A-Z0-9])")
_BULLETS = dict.fromkeys(map(ord, "\uf071\uf076\uf0a7\uf0b7\uf0d8\uf0fc"), "•")
"""Where Word's symbol fonts keep their bullets."""
_HEADING_SIZE = 1.15
_LONGEST_HEADING = 160
_LIST_MARK = re.compile(r"(?:[-•·‣▪●○◦*–]|\(?\d{1,3}(?:[.)]\s|、)|[（(][一二三四五六七八九十\d]{1,3}[)）])\s*\S")
_SENTENCE_END = ".!?。！？”」』"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text and its place on the page, in points from the lower left corner."""

    text: str
    page: int
    left: float
    right: float
    base: float
    foot: float
    """Where it ends, which is lower than its base if a hyphenated word joined it with the next one."""
    size: float
    """Of its letters, in points."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together."""

    text: str
    page: int
    kind: str
    """``heading``, ``list_item`` or ``paragraph``."""
    level: int = 0
    """Of a heading, by the size of its letters."""


def page_lines(pdf: pypdfium2.PdfDocument, index: int) -> list[Line]:
    """The lines of a page, in reading order.

    Raises:
        PdfiumError: the page is damaged.
    """
    page = pdf[index]
    try:
        text_page = page.get_textpage()
        try:
            return list(_lines(text_page, index + 1))
        finally:
            text_page.close()
    finally:
        page.close()


def _lines(text_page: pypdfium2.PdfTextPage, page: int) -> Iterator[Line]:
    line: list[tuple[int, str]] = []
    for i in range(text_page.count_chars()):
        character = chr(pdfium.FPDFText_GetUnicode(text_page, i))
        if character in "\r\n":
            yield from _line(text_page, line, page)
            line = []
        else:
            line.append((i, character))
    yield from _line(text_page, line, page)


def _line(text_page: pypdfium2.PdfTextPage, characters: list[tuple[int, str]], page: int) -> Iterator[Line]:
    inked = [i for i, character in characters if not character.isspace() and character != _HYPHEN]
    text = _HYPHENATED.sub("-", "".join(character for _, character in characters)).replace(_HYPHEN, "")
    text = clean(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").translate(_BULLETS))
    if not inked or not text:
        return
    left, base, _, _ = text_page.get_charbox(inked[0], loose=True)
    _, foot, right, _ = text_page.get_charbox(inked[-1], loose=True)
    size = statistics.median(_size(text_page, inked[n * (len(inked) - 1) // 4]) for n in range(5))
    yield Line(text, page, left, right, base, min(base, foot), size)


def _size(text_page: pypdfium2.PdfTextPage, index: int) -> float:
    """Of a letter, in points: the font's, unless a transformation of the page makes it larger or smaller."""
    _, bottom, _, top = text_page.get_charbox(index, loose=True)
    size, seen = float(pdfium.FPDFText_GetFontSize(text_page, index)), abs(top - bottom) / 1.2
    return size if 0.5 < size / max(seen, 0.1) < 2 else seen


def without_running_lines(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The pages without the headers, footers and page numbers that come again on most of them."""
    if len(pages) < 3:
        return [list(page) for page in pages]
    edges = [{_masked(line) for line in _edge(page)} for page in pages]
    counts = Counter(text for edge in edges for text in edge)
    running = {text for text, n in counts.items() if n >= 3 and n * 2 > len(pages)}
    return [_body(page, running) for page in pages]


def _body(page: Sequence[Line], running: set[str]) -> list[Line]:
    """The page without running lines; a page that would be empty then has none, but comes again as a whole."""
    edge = _edge(page)
    return [line for line in page if line not in edge or _masked(line) not in running] or list(page)


def _edge(page: Sequence[Line]) -> list[Line]:
    """Of the two highest and the two lowest lines of a page those that are no sentence."""
    heights = sorted({round(line.base) for line in page})
    outer = {*heights[:2], *heights[-2:]}
    return [line for line in page if round(line.base) in outer and line.text[-1] not in _SENTENCE_END]


def _masked(line: Line) -> str:
    return re.sub(r"\d+", "0", line.text)


def paragraphs(pages: Iterable[Iterable[Line]]) -> Iterator[Paragraph]:
    """The paragraphs of the pages in order, each on one page."""
    all_pages = [list(page) for page in pages]
    lines = [line for page in all_pages for line in page]
    body = _body_size(lines)
    sizes = sorted({round(line.size) for line in lines if line.size >= body * _HEADING_SIZE}, reverse=True)
    pitch = _pitch(all_pages)
    for page in all_pages:
        for group in _groups(page, pitch):
            text, size = join_lines([line.text for line in group]), group[0].size
            if size >= body * _HEADING_SIZE and len(text) <= _LONGEST_HEADING and _has_word(text):
                yield Paragraph(text, group[0].page, "heading", min(6, sizes.index(round(size)) + 1))
            else:
                kind = "list_item" if _LIST_MARK.match(text) else "paragraph"
                yield Paragraph(text, group[0].page, kind)


def _body_size(lines: Sequence[Line]) -> float:
    """The size of most of the letters."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _pitch(pages: Sequence[Sequence[Line]]) -> float:
    """The usual distance from a line to the next, in letter sizes: the lower quartile, no more than double-spaced."""
    steps = [
        (a.foot - b.base) / a.size
        for page in pages
        for a, b in itertools.pairwise(page)
        if a.size > 0 and 0.8 < (a.foot - b.base) / a.size < 3 and abs(a.size - b.size) < 0.1 * a.size
    ]
    return min(statistics.quantiles(steps, n=4)[0], 2.2) if len(steps) > 1 else 1.3


def _groups(page: Sequence[Line], pitch: float) -> Iterator[list[Line]]:
    group: list[Line] = []
    for line in page:
        if group and _starts_paragraph(group, line, pitch):
            yield group
            group = []
        group.append(line)
    if group:
        yield group


def _starts_paragraph(group: Sequence[Line], line: Line, pitch: float) -> bool:
    before = group[-1]
    if _LIST_MARK.match(line.text) and before.foot - line.base > 0.5 * line.size:
        return True
    if abs(before.size - line.size) > 0.12 * max(before.size, line.size) and len(line.text) > 3:
        return True
    step = (before.foot - line.base) / max(before.size, 1.0)
    if step < -1:  # higher up: the next column
        return before.text[-1] in _SENTENCE_END
    if step > pitch * 1.3 + 0.05:
        return True
    if _LIST_MARK.match(group[0].text) and step > 0.5 and line.left < group[0].left - 0.5 * line.size:
        return True
    ended = before.text[-1] in _SENTENCE_END
    indented = line.left > before.left + 0.9 * line.size and line.left > group[0].left - 0.5 * line.size
    short = before.right < max(other.right for other in group) - 4 * before.size
    return ended and step > 0.5 and (indented or (short and len(group) > 1))


def _has_word(text: str) -> bool:
    return sum(character.isalpha() for character in text) > 1
