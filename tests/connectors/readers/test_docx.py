"""Word documents: order, tables, and files that are broken."""

import io
import zipfile

import docx
import pytest
from docx.oxml.ns import qn

from kgqa.connectors.readers import docx as reader
from kgqa.errors import ReadError
from kgqa.types import Document
from tests.connectors.readers.files import saved


def blocks(data: bytes) -> list[tuple[str, int, str]]:
    (document,) = reader.read(data, "a.docx")
    assert isinstance(document, Document)
    return [(b.kind, b.level, document.text[b.start : b.end]) for b in document.blocks]


def test_docx_keeps_the_order_of_paragraphs_and_tables() -> None:
    word = docx.Document()
    word.add_heading("模型", 0)
    word.add_heading("历史", 2)
    word.add_paragraph("第一段。")
    table = word.add_table(2, 2)
    for cell, text in zip(
        [c for row in table.rows for c in row.cells], ["名称", "年份", "悟道", "2021年"], strict=True
    ):
        cell.text = text
    word.add_paragraph("One", style="List Bullet")
    word.add_paragraph("Last.")
    assert blocks(saved(word.save)) == [
        ("heading", 1, "模型"),
        ("heading", 2, "历史"),
        ("paragraph", 0, "第一段。"),
        ("table_row", 0, "名称：悟道；年份：2021年"),
        ("list_item", 0, "One"),
        ("paragraph", 0, "Last."),
    ]


def test_docx_repeats_a_cell_that_spans_rows() -> None:
    word = docx.Document()
    table = word.add_table(3, 2)
    for cell, text in zip(
        [c for row in table.rows for c in row.cells], ["Maker", "Model", "Google", "BERT", "", "T5"], strict=True
    ):
        cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    assert [text for _, _, text in blocks(saved(word.save))] == [
        "Maker: Google; Model: BERT",
        "Maker: Google; Model: T5",
    ]


def test_docx_with_a_damaged_table_gives_its_text_all_the_same() -> None:
    word = docx.Document()
    word.add_paragraph("Before.")
    table = word.add_table(2, 2)
    table.cell(0, 0).text = "Inside."
    row = table._tbl.tr_lst[1]
    row.remove(row.tc_lst[0])
    word.add_paragraph("After.")
    assert [text for _, _, text in blocks(saved(word.save))] == ["Before.", "Inside.", "After."]


def test_docx_takes_its_title_from_its_properties() -> None:
    word = docx.Document()
    word.core_properties.title = "About BERT"
    word.add_paragraph("Text.")
    (document,) = reader.read(saved(word.save), "a.docx")
    assert isinstance(document, Document) and document.title == "About BERT"


def test_docx_that_is_none_is_refused() -> None:
    with pytest.raises(ReadError, match=r"a\.docx is not a Word document or is damaged"):
        reader.read(b"nothing of it", "a.docx")
    with pytest.raises(ReadError, match=r"a\.docx is encrypted or an old Word file"):
        reader.read(b"\xd0\xcf\x11\xe0" + b"\0" * 100, "a.docx")


def test_docx_that_is_another_archive_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "text")
    with pytest.raises(ReadError, match=r"a\.docx cannot be read as a Word document"):
        reader.read(file.getvalue(), "a.docx")


def test_docx_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_LARGEST", 2**20)
    word = docx.Document()
    word.add_paragraph("word " * 250_000)
    with pytest.raises(ReadError, match=r"a\.docx unpacks to \d MB, more than 1"):
        reader.read(saved(word.save), "a.docx")


def test_docx_without_text_is_refused() -> None:
    with pytest.raises(ReadError, match=r"a\.docx has no text in it"):
        reader.read(saved(docx.Document().save), "a.docx")


def test_docx_keeps_the_text_of_links() -> None:
    word = docx.Document()
    paragraph = word.add_paragraph("See ")
    link = paragraph._p.makeelement(qn("w:hyperlink"), {})
    run = paragraph.add_run("the page")._r
    paragraph._p.append(link)
    link.append(run)
    assert blocks(saved(word.save)) == [("paragraph", 0, "See the page")]
