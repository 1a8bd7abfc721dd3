"""Plain text: paragraphs between blank lines, wrapped lines joined; Markdown headings in it are read as Markdown."""

from __future__ import annotations

import itertools
import re

from kgqa.connectors.readers import markdown
from kgqa.connectors.readers.cleaning import line_breaks, unwrap
from kgqa.connectors.readers.composing import Composer
from kgqa.connectors.readers.decoding import decode
from kgqa.types import Document, Failure

__all__ = ["add_paragraphs", "read"]

_MARKDOWN_HEADING = re.compile(r"^ {0,3}#{1,6} \S", re.MULTILINE)
_LONGEST_TITLE = 80
_SENTENCE_END = ".!?。！？；;，,：:…"


def read(data: bytes, uri: str) -> list[Document | Failure]:
    """The one document of a text file in any encoding.

    Raises:
        ReadError: the file is empty or not text.
    """
    text = line_breaks(decode(data, uri))
    composer = Composer()
    if len(_MARKDOWN_HEADING.findall(text)) >= 2:
        markdown.add_markdown(composer, text)
    else:
        add_paragraphs(composer, text, titled=True)
    return [composer.document(uri)]


def add_paragraphs(composer: Composer, text: str, *, titled: bool = False) -> None:
    """Add the paragraphs of a text; with ``titled``, a short first line above a blank one is its heading."""
    stretches = [list(lines) for blank, lines in itertools.groupby(text.split("\n"), key=_is_blank) if not blank]
    for n, lines in enumerate(stretches):
        if n == 0 and titled and len(stretches) > 1 and _is_title(lines):
            composer.add(lines[0], "heading", level=1)
            continue
        for paragraph in unwrap(lines):
            composer.add(paragraph)


def _is_blank(line: str) -> bool:
    return not line.strip()


def _is_title(lines: list[str]) -> bool:
    return len(lines) == 1 and len(lines[0]) <= _LONGEST_TITLE and lines[0].rstrip()[-1] not in _SENTENCE_END
