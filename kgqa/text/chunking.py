"""A document's chunks: whole sentences of one section and one page, as many as an encoder's window holds."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kgqa.text.segmentation import lines, sentences, trimmed
from kgqa.text.tokens import PIECE, TOKENS_PER_CHARACTER, between_graphemes, cost, count_tokens
from kgqa.types import Block, Chunk, Document, Span, content_id

__all__ = ["chunk"]

_TINY = 0.17
"""A section smaller than this part of a chunk is joined with the next one."""
_WIDE_CLAUSE_END = "；，：、。！？）”」』》…—"
_CLAUSE_END = ",;:.!?)"


@dataclass(frozen=True, slots=True)
class _Piece:
    """What is never divided among chunks: a sentence, a heading, a row, or a part of a very long one."""

    start: int
    end: int
    tokens: int
    kind: str
    page: int | None
    path: tuple[str, ...]
    """The headings above it, outermost first."""


def chunk(document: Document, size: int = 1000) -> list[Chunk]:
    """The document's chunks in order.

    Every character that is not white space is in exactly one, and ``chunk.text == document.text[start:end]``. A section
    that is too long is divided evenly; a tiny one goes with the next. A sentence is only divided when it is too long
    by itself, then after a clause or at a space.

    Args:
        size: The most that a chunk holds, in characters of English prose; of Chinese it is about a quarter of that.
    """
    limit = max(16, int(size * TOKENS_PER_CHARACTER))
    sections = _sections(_pieces(document, limit), int(limit * _TINY))
    groups = (group for section in sections for group in _packed(section, limit))
    return [_made(document, group, position) for position, group in enumerate(groups)]


def _made(document: Document, pieces: list[_Piece], position: int) -> Chunk:
    start, end = pieces[0].start, pieces[-1].end
    return Chunk(
        id=content_id(document.id, str(start), str(end)),
        document_id=document.id,
        start=start,
        end=end,
        text=document.text[start:end],
        position=position,
        language=document.language,
        page=pieces[0].page,
        heading=" › ".join(_shared_path(pieces)),
        title=document.title,
    )


def _shared_path(pieces: list[_Piece]) -> tuple[str, ...]:
    """The headings that stand above everything in the chunk."""
    paths = [piece.path for piece in pieces if piece.kind != "heading"] or [pieces[-1].path]
    shared = itertools.takewhile(lambda level: len(set(level)) == 1, zip(*paths, strict=False))
    return tuple(level[0] for level in shared)


# --- From blocks to pieces --------------------------------------------------------------------------------------------


def _pieces(document: Document, limit: int) -> Iterator[_Piece]:
    text = document.text
    path: list[tuple[int, str]] = []
    for run in _runs(document):
        if run[0].kind == "heading":
            heading = " ".join(text[run[0].start : run[0].end].split())
            path = [above for above in path if above[0] < run[0].level] + [(run[0].level, heading)]
        names = tuple(name for _, name in path)
        for page, span in _paged(_units(text, run, document.language), run):
            for part in _fitting(text, span, limit):
                tokens = count_tokens(text, part.start, part.end)
                yield _Piece(part.start, part.end, tokens, run[0].kind, page, names)


def _runs(document: Document) -> Iterator[list[Block]]:
    """The blocks one by one, but those of a paragraph that goes on over a page break together."""
    run: list[Block] = []
    for block in _all_blocks(document):
        kinds = {block.kind, *(other.kind for other in run)}
        if run and (kinds != {"paragraph"} or "\n" in document.text[run[-1].end : block.start]):
            yield run
            run = []
        run.append(block)
    if run:
        yield run


def _all_blocks(document: Document) -> Iterator[Block]:
    """The document's blocks, and one for any text that is outside of them."""
    end = 0
    for block in (*document.blocks, Block(len(document.text), len(document.text))):
        for span in trimmed(document.text, end, block.start):
            yield Block(span.start, span.end)
        if block.start < block.end:
            yield block
        end = block.end


def _units(text: str, run: list[Block], language: str) -> Iterator[Span]:
    """What is kept whole in a run of blocks: sentences; all of a heading or row; a line of code."""
    start, end, kind = run[0].start, run[-1].end, run[0].kind
    if kind in ("heading", "table_row"):
        yield from trimmed(text, start, end)
    elif kind == "code":
        for line_start, line_end in lines(text[start:end]):
            yield from trimmed(text, start + line_start, start + line_end)
    else:
        yield from (Span(start + span.start, start + span.end) for span in sentences(text[start:end], language))


def _paged(units: Iterable[Span], run: list[Block]) -> Iterator[tuple[int | None, Span]]:
    """Each unit with the page on which it starts."""
    blocks = iter(run)
    block = next(blocks)
    for unit in units:
        while unit.start >= block.end:
            block = next(blocks)
        yield block.page, unit


def _fitting(text: str, unit: Span, limit: int) -> Iterator[Span]:
    """The unit, or, if it alone is too long, its parts."""
    if unit.end - unit.start <= limit:
        yield unit
        return
    start = unit.start
    while unit.end - start > limit:  # a character is never more than a token
        end = _fit(text, start, unit.end, limit)
        yield from trimmed(text, start, end)
        start = end
    yield from trimmed(text, start, unit.end)


def _fit(text: str, start: int, end: int, limit: int) -> int:
    """Where the longest part that fits ends: after a clause of its second half, else at a space, else anywhere."""
    tokens = clause = space = 0
    for match in PIECE.finditer(text, start, end):
        if match.start() > start and text[match.start() - 1].isspace():
            space = match.start()
        tokens += cost(match[0])
        if tokens > limit and match.start() > start:
            return clause or space or between_graphemes(text, start, match.start())
        if tokens > limit // 2 and _ends_clause(text, match):
            clause = match.end()
    return end


def _ends_clause(text: str, match: re.Match[str]) -> bool:
    mark = match[0]
    return mark in _WIDE_CLAUSE_END or (mark in _CLAUSE_END and text[match.end() : match.end() + 1].isspace())


# --- From pieces to chunks --------------------------------------------------------------------------------------------


def _sections(pieces: Iterable[_Piece], tiny: int) -> Iterator[list[_Piece]]:
    """The pieces of one page under one heading, a tiny section together with the next one on its page."""
    section: list[_Piece] = []
    for (page, _), found in itertools.groupby(pieces, key=lambda piece: (piece.page, piece.path)):
        if section and (page != section[0].page or sum(piece.tokens for piece in section) >= tiny):
            yield section
            section = []
        section += found
    if section:
        yield section


def _packed(section: list[_Piece], limit: int) -> Iterator[list[_Piece]]:
    """The section in as few groups as it needs, of about equal size, none above the limit."""
    total = sum(piece.tokens for piece in section)
    share = total / max(1, -(-total // limit))
    group: list[_Piece] = []
    tokens = spent = 0
    borders = (share * n for n in itertools.count(1))
    border = next(borders)
    for piece in section:
        if group and (tokens + piece.tokens > limit or spent + piece.tokens / 2 > border):
            yield group
            group, tokens, border = [], 0, next(borders)
        group.append(piece)
        tokens += piece.tokens
        spent += piece.tokens
    if group:
        yield group
