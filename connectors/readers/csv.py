"""Tables as comma, semicolon or tab separated values, through Python's csv: a block for each row."""

from __future__ import annotations

import csv
import io

from kgqa.connectors.readers.cleaning import line_breaks
from kgqa.connectors.readers.composing import Composer
from kgqa.connectors.readers.decoding import decode
from kgqa.connectors.readers.tables import add_table
from kgqa.errors import ReadError
from kgqa.types import Document, Failure

__all__ = ["read"]

_SAMPLE = 20_000
_DELIMITERS = ",;\t|"


def read(data: bytes, uri: str) -> list[Document | Failure]:
    """The one document of a table, each row as "name: value; name: value".

    Raises:
        ReadError: the file is empty, not text, or a row cannot be told from the next (with its line).
    """
    text = line_breaks(decode(data, uri)).replace("\0", "")
    rows = csv.reader(io.StringIO(text), _dialect(text[:_SAMPLE]))
    composer = Composer()
    try:
        add_table(composer, list(rows))
    except csv.Error as error:
        raise ReadError(
            f"{uri}, line {rows.line_num}: {error}. Most often a quotation mark is not closed there."
        ) from error
    return [composer.document(uri, media_type="text/csv")]


def _dialect(sample: str) -> type[csv.Dialect]:
    """How the values are separated: by what divides the first line most often."""
    line = sample.split("\n", 1)[0]

    class Found(csv.excel):
        delimiter = max(_DELIMITERS, key=line.count)

    return Found
