"""The plain text of a sample document, read without kgqa's own readers, so that the corpus is tested on its own."""

import re
from pathlib import Path

import docx
import pypdf

from kgqa.sample import sample_documents


def documents() -> dict[str, Path]:
    """File name -> path of each document of the sample."""
    return {path.name: path for path in sorted(sample_documents().rglob("*")) if path.is_file()}


def text(path: Path) -> str:
    """The text of a document: of pdf and docx their words, of all other formats the source as it is."""
    if path.suffix == ".pdf":
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(path).pages)
    if path.suffix == ".docx":
        document = docx.Document(str(path))
        cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
        return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)
    return path.read_text(encoding="utf-8")


def squeezed(words: str) -> str:
    """The words without white space: a PDF breaks lines anywhere."""
    return re.sub(r"\s+", "", words)
