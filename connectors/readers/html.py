"""HTML through Beautiful Soup and lxml: the text of the main content, without scripts and navigation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.dammit import EncodingDetector
from bs4.element import NavigableString, PageElement, PreformattedString, Tag

from kgqa.connectors.readers.composing import Composer
from kgqa.connectors.readers.decoding import decode
from kgqa.connectors.readers.tables import add_table
from kgqa.types import Document, Failure

__all__ = ["add_html", "read"]

_SKIPPED = frozenset(
    """script style template noscript head nav aside footer form button select svg math canvas iframe object
    dialog""".split()  # noqa: SIM905 - a hundred lines of one word each read worse
)
_INLINE = frozenset(
    """a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd label mark q rb ruby s samp small span
    strike strong sub sup time tt u var wbr""".split()  # noqa: SIM905 - as above
)
_KINDS = {"li": "list_item", "dt": "list_item", "dd": "list_item", "pre": "code"}
_LAYOUT = ("table", "ul", "ol", "p", "div", "h1", "h2", "h3")
_SPACES = re.compile(r"\s+")
_XML_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")


def read(data: bytes, uri: str) -> list[Document | Failure]:
    """The one document of an HTML file, titled by its ``<title>``.

    Raises:
        ReadError: the file is empty or not text, or has nothing to read in it.
    """
    soup = _parsed(decode(data, uri, EncodingDetector.find_declared_encoding(data, is_html=True)))
    title = soup.title.get_text() if soup.title else ""
    composer = Composer()
    _Walk(composer).over(_content(soup))
    return [composer.document(uri, title=title, media_type="text/html")]


def add_html(composer: Composer, markup: str) -> None:
    """Add the blocks of a piece of HTML."""
    _Walk(composer).over(_parsed(markup))


def _parsed(markup: str) -> BeautifulSoup:
    markup = _XML_DECLARATION.sub("", markup)
    return BeautifulSoup(markup if "<" in markup else f"<p>{markup}</p>", "lxml")


def _content(soup: BeautifulSoup) -> Tag:
    """The element that holds most of the page's own text: ``<main>``, a lone ``<article>``, or all of it."""
    body = soup.body or soup
    candidates = soup.find_all(["main", "article"])
    if not candidates:
        return body
    best = max(candidates, key=lambda tag: len(tag.get_text()))
    return best if len(best.get_text()) * 2 > len(body.get_text()) else body


class _Walk:
    """One way through the tree: runs of words are collected and added where a block ends."""

    def __init__(self, composer: Composer) -> None:
        self._composer = composer
        self._words: list[str] = []

    def over(self, root: Tag) -> None:
        """Add the blocks below an element."""
        self._inside(root, "paragraph", 0)
        self._flush("paragraph", 0)

    def _inside(self, tag: Tag, kind: str, level: int) -> None:
        for child in tag.children:
            if isinstance(child, Tag):
                self._element(child, kind, level)
            elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
                self._words.append(child if kind == "code" else _SPACES.sub(" ", child))

    def _element(self, tag: Tag, kind: str, level: int) -> None:
        name = tag.name
        if name in _SKIPPED or tag.has_attr("hidden"):
            return
        if name == "br":
            self._words.append("\n")
        elif name in _INLINE:
            self._inside(tag, kind, level)
        elif name == "table" and _is_data(tag):
            self._flush(kind, level)
            add_table(self._composer, list(_rows(tag)), header=True if tag.find("th") else None)
        else:
            self._flush(kind, level)
            inner, depth = self._kind(name, kind, level)
            self._inside(tag, inner, depth)
            self._flush(inner, depth)

    def _kind(self, name: str, kind: str, level: int) -> tuple[str, int]:
        if len(name) == 2 and name[0] == "h" and name[1] in "123456":
            return "heading", int(name[1])
        return _KINDS.get(name, kind), level

    def _flush(self, kind: str, level: int) -> None:
        text = "".join(self._words)
        self._words = []
        self._composer.add(" ".join(text.split()) if kind == "heading" else text, kind, level=level)


def _is_data(table: Tag) -> bool:
    """Whether a table holds data; many old pages use them to place things."""
    return table.find("table") is None and not any(len(cell.find_all(_LAYOUT)) > 1 for cell in table.find_all("td"))


def _rows(table: Tag) -> Iterator[list[str]]:
    for row in table.find_all("tr"):
        yield [" ".join(_text(cell).split()) for cell in row.find_all(["td", "th"])]


def _text(cell: PageElement) -> str:
    return cell.get_text(" ") if isinstance(cell, Tag) and cell.find(_LAYOUT) else cell.get_text()
