"""PDF through PDFium: paragraphs and headings by page."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pypdfium2

from kgqa.connectors.readers.composing import Composer
from kgqa.connectors.readers.pdf_layout import Line, Paragraph, page_lines, paragraphs, without_running_lines
from kgqa.errors import ReadError
from kgqa.types import Document, Failure

__all__ = ["read"]

_PDFIUM = threading.Lock()
"""PDFium must not be called from two threads at once."""
_MAGIC_WITHIN = 1024
_SENTENCE_END = ".!?:;。！？：；…”」』）)"


def read(data: bytes, uri: str) -> list[Document | Failure]:
    """The one document of a PDF file; pages that are damaged are failures of their own.

    Raises:
        ReadError: the file is empty, damaged or needs a password, or has no text (a scan).
    """
    if not data:
        raise ReadError(f"{uri} is empty. Leave it out, or get the file again.")
    if b"%PDF" not in data[:_MAGIC_WITHIN]:
        raise ReadError(
            f"{uri} is not a PDF: it begins with {data[:8]!r}. Give it its proper file ending, or leave it out."
        )
    with _PDFIUM:
        pages, failures, metadata = _pages(data, uri)
    if not any(pages):
        problem = failures[0].reason if failures else f"{uri} has no text on its {len(pages)} page(s): it is a scan."
        raise ReadError(f"{problem} Run OCR over it first (ocrmypdf, for example), or leave it out.")
    composer = Composer()
    _add(composer, list(paragraphs(without_running_lines(pages))))
    document = composer.document(
        uri, title=_title(metadata.get("Title", "")), media_type="application/pdf", metadata={"pages": str(len(pages))}
    )
    return [document, *failures]


def _pages(data: bytes, uri: str) -> tuple[list[list[Line]], list[Failure], dict[str, str]]:
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise ReadError(_refusal(uri, str(error))) from error
    try:
        found = list(_each_page(pdf, uri))
        lines = [page for page in found if not isinstance(page, Failure)]
        return lines, [page for page in found if isinstance(page, Failure)], pdf.get_metadata_dict()
    finally:
        pdf.close()


def _refusal(uri: str, problem: str) -> str:
    if "password" in problem.lower():
        return f"{uri} is encrypted. Save it without a password and ingest it again."
    return f"{uri} is a broken PDF: {problem}. Open it in a viewer and save it again, or leave it out."


def _each_page(pdf: pypdfium2.PdfDocument, uri: str) -> Iterator[list[Line] | Failure]:
    for index in range(len(pdf)):
        try:
            yield page_lines(pdf, index)
        except pypdfium2.PdfiumError as error:
            where = f"{uri}#page={index + 1}"
            yield Failure(where, f"Page {index + 1} of {uri} cannot be read: {error}. The other pages were read.")


def _add(composer: Composer, found: list[Paragraph]) -> None:
    """Add the paragraphs; one that goes on over a page break stays one paragraph."""
    page = 0
    for paragraph in found:
        text = paragraph.text
        plain = paragraph.kind == "paragraph"
        if plain and paragraph.page != page and _is_unfinished(composer) and _goes_on(text):
            composer.resume(text, page=paragraph.page)
        else:
            composer.add(text, paragraph.kind, page=paragraph.page, level=paragraph.level)
        page = paragraph.page


def _is_unfinished(composer: Composer) -> bool:
    kind, text = composer.last()
    return kind == "paragraph" and len(text) > 40 and text[-1] not in _SENTENCE_END


def _goes_on(text: str) -> bool:
    return text[:1].islower() or not text[:1].isascii()


def _title(title: str) -> str:
    """The title of the metadata, unless a program left its file name there or nothing that says anything."""
    known = title.strip()
    if known.lower() in ("", "untitled", "(anonymous)") or known.lower().startswith("microsoft word - "):
        return ""
    return "" if known.lower().endswith((".doc", ".docx", ".tex", ".dvi", ".indd", ".pdf")) else known
