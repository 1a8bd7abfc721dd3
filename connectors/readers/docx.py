"""Word documents (.docx) through python-docx: headings, paragraphs, lists and tables in reading order."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

import docx
from docx.document import Document as WordDocument
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from kgqa.connectors.readers.composing import Composer
from kgqa.connectors.readers.tables import add_table
from kgqa.errors import ReadError
from kgqa.types import Document, Failure

__all__ = ["read"]

_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_LARGEST = 512 * 2**20
"""Bytes that the archive may unpack to."""
_HEADING = re.compile(r"heading (\d)|标题 (\d)", re.IGNORECASE)
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"


def read(data: bytes, uri: str) -> list[Document | Failure]:
    """The one document of a Word file.

    Raises:
        ReadError: the file is empty, damaged, encrypted, unpacks to more than 512 MB, or has no text.
    """
    _check(data, uri)
    try:
        word = docx.Document(io.BytesIO(data))
        composer = Composer()
        walk = _Walk(composer, uri)
        walk.over(word)
        title = word.core_properties.title
    except Exception as error:  # python-docx has no error of its own: a damaged part shows as any of a dozen
        raise ReadError(
            f"{uri} cannot be read as a Word document: {type(error).__name__}: {error}. Save it again in Word."
        ) from error
    return [composer.document(uri, title=title, media_type=_MEDIA_TYPE), *walk.failures]


def _check(data: bytes, uri: str) -> None:
    if not data:
        raise ReadError(f"{uri} is empty. Put text into it or leave it out.")
    if data.startswith(_OLD_OFFICE):
        raise ReadError(f"{uri} is encrypted or an old Word file (.doc). Save it as .docx without a password.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise ReadError(f"{uri} is not a Word document or is damaged: {error}. Save it again in Word.") from error
    if size > _LARGEST:
        raise ReadError(
            f"{uri} unpacks to {size / 2**20:,.0f} MB, more than {_LARGEST // 2**20}. Divide it or leave it out."
        )


class _Walk:
    """One way through a Word document; a table or paragraph that is damaged does not cost the others."""

    def __init__(self, composer: Composer, uri: str) -> None:
        self._composer = composer
        self._uri = uri
        self._styles: dict[str, str] = {}
        self.failures: list[Failure] = []

    def over(self, word: WordDocument) -> None:
        """Add the blocks of the document."""
        self._styles = {style.style_id: style.name or "" for style in word.styles}
        for n, item in enumerate(word.iter_inner_content(), 1):
            try:
                if isinstance(item, Paragraph):
                    self._paragraph(item)
                else:
                    add_table(self._composer, list(_rows(item)))
            except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
                what = "paragraph" if isinstance(item, Paragraph) else "table"
                reason = f"Block {n} of {self._uri}, a {what}, is damaged: {error}. The rest was read."
                self.failures.append(Failure(f"{self._uri}#block={n}", reason))

    def _paragraph(self, paragraph: Paragraph) -> None:
        style = self._styles.get(paragraph._p.style or "", "")
        heading = _HEADING.match(style)
        if heading is not None or style in ("Title", "标题"):
            level = int(heading[1] or heading[2]) if heading else 1
            self._composer.add(" ".join(paragraph.text.split()), "heading", level=level)
        else:
            self._composer.add(paragraph.text, "list_item" if _is_listed(paragraph, style) else "paragraph")


def _is_listed(paragraph: Paragraph, style: str) -> bool:
    properties = paragraph._p.pPr
    return style.startswith(("List", "列表")) or (properties is not None and properties.numPr is not None)


def _rows(table: Table) -> Iterator[list[str]]:
    """The text of each cell; one that spans several rows is in each, one that spans several columns in the first."""
    above: list[str] = []
    for row in table._tbl.tr_lst:
        cells = [""] * row.grid_before
        for cell in row.tc_lst:
            repeated = cell.vMerge == "continue" and len(cells) < len(above)
            cells += [above[len(cells)] if repeated else _cell_text(_Cell(cell, table))]
            cells += [""] * (cell.grid_span - 1)
        yield cells
        above = cells


def _cell_text(cell: _Cell) -> str:
    parts = []
    for item in cell.iter_inner_content():
        parts += [item.text] if isinstance(item, Paragraph) else [" ".join(row) for row in _rows(item)]
    return " ".join(parts)
