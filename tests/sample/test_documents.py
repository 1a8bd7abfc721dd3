"""The documents of the sample: both languages, all formats, of a readable length, PDF and DOCX as their sources say."""

import re
from collections import Counter
from pathlib import Path

import docx
import pypdf
import pytest

from kgqa.sample import sample_documents
from tests.sample.make_binary_documents import FORMATS, SOURCES, parse
from tests.sample.reading import documents, squeezed, text

_ARTICLES = [path for path in documents().values() if path.suffix not in {".csv", ".jsonl"}]


def test_each_language_has_twelve_articles() -> None:
    counts = Counter(path.parent.name for path in _ARTICLES)
    assert set(counts) == {"en", "zh"}
    assert min(counts.values()) >= 12


def test_all_formats_are_present() -> None:
    counts = Counter(path.suffix for path in documents().values())
    assert set(counts) == {".md", ".txt", ".html", ".pdf", ".docx", ".csv", ".jsonl"}
    assert min(counts[suffix] for suffix in (".pdf", ".docx", ".html")) >= 2
    chinese = {path.suffix for path in documents().values() if path.parent.name == "zh"}
    assert {".pdf", ".docx"} <= chinese


def test_file_names_are_ascii_and_unique() -> None:
    paths = [path for path in sample_documents().rglob("*") if path.is_file()]
    assert len(documents()) == len(paths)
    assert [path.name for path in paths if not re.fullmatch(r"[a-z0-9-]+\.[a-z]+", path.name)] == []


@pytest.mark.parametrize("path", _ARTICLES, ids=lambda path: path.name)
def test_article_is_one_or_two_pages_long(path: Path) -> None:
    words = text(path)
    if path.parent.name == "en":
        assert 350 <= len(re.findall(r"[\w'-]+", words)) <= 800
    else:
        assert 500 <= len(re.findall(r"[\u4e00-\u9fff]", words)) <= 1200


@pytest.mark.parametrize(("name", "suffix"), FORMATS.items())
def test_binary_document_says_what_its_source_says(name: str, suffix: str) -> None:
    found = squeezed(text(sample_documents() / f"{name}.{suffix}"))
    blocks = list(parse((SOURCES / f"{name}.md").read_text(encoding="utf-8")))
    cells = [cell for block in blocks for row in block.rows for cell in row]
    parts = [block.text for block in blocks] + cells
    assert [part for part in parts if squeezed(part) not in found] == []
    assert cells


def test_pdf_and_docx_have_titles_and_headings() -> None:
    for name, suffix in FORMATS.items():
        path = sample_documents() / f"{name}.{suffix}"
        if suffix == "pdf":
            metadata = pypdf.PdfReader(path).metadata
            assert metadata is not None and metadata.title
        else:
            styles = Counter(p.style.name for p in docx.Document(str(path)).paragraphs if p.style is not None)
            assert styles["Heading 1"] == 1
            assert styles["Heading 2"] >= 2
