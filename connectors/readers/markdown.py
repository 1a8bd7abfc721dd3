"""Markdown (CommonMark with tables) through markdown-it-py."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from kgqa.connectors.readers import html
from kgqa.connectors.readers.cleaning import join_lines, line_breaks
from kgqa.connectors.readers.composing import Composer
from kgqa.connectors.readers.decoding import decode
from kgqa.connectors.readers.tables import add_table
from kgqa.types import Document, Failure

__all__ = ["add_markdown", "read"]

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE = re.compile(r"""^title:[ \t]*(["']?)(.+?)\1[ \t]*$""", re.MULTILINE)
_ATTRIBUTES = re.compile(r"\s*\{[ \t]*[#.:][^{}]*\}\s*$")


def read(data: bytes, uri: str) -> list[Document | Failure]:
    """The one document of a Markdown file, titled by its front matter or first heading.

    Raises:
        ReadError: the file is empty or not text.
    """
    composer = Composer()
    title = add_markdown(composer, line_breaks(decode(data, uri)))
    return [composer.document(uri, title=title, media_type="text/markdown")]


def add_markdown(composer: Composer, text: str) -> str:
    """Add the blocks of a Markdown text; the result is the title that its front matter gives, or nothing."""
    front = _FRONT_MATTER.match(text)
    title = _TITLE.search(front[1]) if front else None
    tokens = MarkdownIt("commonmark").enable("table").parse(text[front.end() :] if front else text)
    _Walk(composer).over(tokens)
    return title[2] if title else ""


class _Walk:
    """One way through the tokens of a text, with the lists and the table that it is in."""

    def __init__(self, composer: Composer) -> None:
        self._composer = composer
        self._lists = 0
        self._heading = 0
        self._rows: list[list[str]] = []
        self._in_table = False

    def over(self, tokens: Sequence[Token]) -> None:
        """Add the blocks that the tokens stand for."""
        for token in tokens:
            if token.type == "inline":
                self._inline("".join(_inline_text(token.children or [])))
            elif token.type in ("fence", "code_block"):
                self._composer.add(token.content, "code")
            elif token.type == "html_block":
                html.add_html(self._composer, token.content)
            else:
                self._structure(token)

    def _structure(self, token: Token) -> None:
        if token.type in ("list_item_open", "list_item_close"):
            self._lists += token.nesting
        elif token.type == "heading_open":
            self._heading = int(token.tag[1:])
        elif token.type == "heading_close":
            self._heading = 0
        elif token.type == "table_open":
            self._in_table, self._rows = True, []
        elif token.type == "tr_open":
            self._rows.append([])
        elif token.type == "table_close":
            self._in_table = False
            add_table(self._composer, self._rows, header=True)

    def _inline(self, text: str) -> None:
        if self._in_table:
            self._rows[-1].append(text)
        elif self._heading:
            self._composer.add(_ATTRIBUTES.sub("", text), "heading", level=self._heading)
        else:
            self._composer.add(text, "list_item" if self._lists else "paragraph")


def _inline_text(children: Sequence[Token]) -> Iterator[str]:
    """The words of a paragraph, without marks and addresses; a soft line break is no break."""
    lines: list[str] = [""]
    for child in children:
        if child.type == "softbreak":
            lines.append("")
        elif child.type == "hardbreak" or (child.type == "html_inline" and child.content.startswith("<br")):
            yield join_lines(lines) + "\n"
            lines = [""]
        elif child.type in ("text", "code_inline", "image", "text_special"):
            lines[-1] += child.content
    yield join_lines(lines)
