"""JSON Lines: a document for each line; a line that cannot be read does not cost the others."""

from __future__ import annotations

import json
from collections.abc import Mapping

from kgqa.connectors.readers import plain
from kgqa.connectors.readers.cleaning import line_breaks
from kgqa.connectors.readers.composing import Composer, stem
from kgqa.connectors.readers.decoding import decode
from kgqa.errors import ReadError
from kgqa.types import Document, Failure

__all__ = ["read"]

_TEXTS = ("text", "content", "body", "passage", "document", "正文", "内容")
_TITLES = ("title", "name", "headline", "标题", "名称")


def read(data: bytes, uri: str) -> list[Document | Failure]:
    """A document or a failure for each line that is not blank, named ``file.jsonl#LINE``.

    A line is an object whose text is in ``text``, ``content``, ``body``, ``passage`` or ``document``; ``title`` is its
    title, and its other plain values are its metadata.

    Raises:
        ReadError: the file is empty or not text.
    """
    lines = decode(data, uri).replace("\r\n", "\n").split("\n")
    return [_line(line, f"{uri}#{n}") for n, line in enumerate(lines, 1) if line.strip()]


def _line(line: str, uri: str) -> Document | Failure:
    try:
        return _document(json.loads(line), uri)
    except json.JSONDecodeError as error:
        where = f"{error.msg} at character {error.pos + 1:,}"
        return Failure(uri, f"{uri} is not JSON: {where}. Mend the line; the others were read.")
    except RecursionError:
        return Failure(uri, f"{uri} is nested too deeply. Mend the line; the others were read.")
    except ReadError as error:
        return Failure(uri, str(error))


def _document(record: object, uri: str) -> Document:
    if not isinstance(record, Mapping):
        raise ReadError(f'{uri} is not an object but {type(record).__name__}. Write it as {{"text": ...}}.')
    text = _first(record, _TEXTS)
    if not text.strip():
        found = ", ".join(map(str, record)) or "none"
        raise ReadError(f"{uri} has no text: its fields are {found}. Put the text under {', '.join(_TEXTS[:4])}.")
    composer = Composer()
    plain.add_paragraphs(composer, line_breaks(text))
    metadata = {str(key): _plain(value) for key, value in record.items() if isinstance(value, str | int | float)}
    for key in (*_TEXTS, *_TITLES):
        metadata.pop(key, None)
    name, _, number = uri.rpartition("#")
    title = _first(record, _TITLES) or f"{stem(name)} {number}"
    return composer.document(uri, title=title, media_type="application/jsonl", metadata=metadata)


def _plain(value: str | int | float) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _first(record: Mapping[str, object], keys: tuple[str, ...]) -> str:
    """The first of the fields that holds text."""
    return next((value for key in keys if isinstance(value := record.get(key), str) and value.strip()), "")
