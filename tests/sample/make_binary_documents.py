"""Writes the PDF and DOCX files of the sample corpus from their text in `sources/`.

    python -m tests.sample.make_binary_documents

A source is Markdown of the simplest kind: `#` and `##` headings, paragraphs of one line, tables with pipes.
Needs reportlab and python-docx. Chinese is set in STSong-Light, one of the fonts that every PDF viewer has for Chinese.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import docx
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table, TableStyle

from kgqa.sample import sample_documents

SOURCES = Path(__file__).parent / "sources"
FORMATS = {
    "en/bert-and-its-relatives": "docx",
    "en/claude-shannon": "docx",
    "en/from-lstm-to-word2vec": "pdf",
    "en/ibm-from-jelinek-to-watson": "pdf",
    "zh/baidu-and-wenxin": "docx",
    "zh/history-of-language-models": "pdf",
    "zh/pangu-and-pengcheng": "pdf",
}
_WRITTEN = datetime(2026, 11, 24)


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (level 1 or 2), a paragraph (level 0) or a table (rows)."""

    level: int
    text: str
    rows: tuple[tuple[str, ...], ...] = ()


def parse(source: str) -> Iterator[Block]:
    """The blocks of a source, in order."""
    for part in re.split(r"\n\s*\n", source.strip()):
        if part.startswith("|"):
            lines = [line for line in part.splitlines() if not line.startswith("|---")]
            yield Block(0, "", tuple(tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines))
        else:
            marks, text = re.fullmatch(r"(#*)\s*(.*)", part, re.DOTALL).groups()  # type: ignore[union-attr]  # matches any text
            yield Block(len(marks), text)


def write_docx(blocks: list[Block], target: Path, chinese: bool) -> None:
    """Writes Word headings, paragraphs and tables."""
    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author, properties.language = blocks[0].text, "kgqa", "zh-CN" if chinese else "en"
    properties.created = properties.modified = _WRITTEN
    for block in blocks:
        if block.rows:
            table = document.add_table(len(block.rows), len(block.rows[0]), style="Table Grid")
            for row, cells in zip(table.rows, block.rows, strict=True):
                for cell, text in zip(row.cells, cells, strict=True):
                    cell.text = text
        elif block.level:
            document.add_heading(block.text, block.level)
        else:
            document.add_paragraph(block.text)
    document.save(str(target))


def write_pdf(blocks: list[Block], target: Path, chinese: bool) -> None:
    """Writes A4 pages; the same source gives the same bytes."""
    if chinese:
        pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    styles = [_style(size, chinese, heading=size > 11) for size in (11, 20, 14)]
    story: list[Flowable] = [_flowable(block, styles) for block in blocks]
    SimpleDocTemplate(str(target), pagesize=A4, title=blocks[0].text, author="kgqa", invariant=1).build(story)


def _style(size: int, chinese: bool, heading: bool) -> ParagraphStyle:
    font = "STSong-Light" if chinese else "Helvetica-Bold" if heading else "Times-Roman"
    return ParagraphStyle(
        f"size{size}", fontName=font, fontSize=size, leading=size * 1.4, spaceBefore=size * 0.6,
        spaceAfter=size * 0.5, wordWrap="CJK" if chinese else None, keepWithNext=heading,
    )  # fmt: skip


def _flowable(block: Block, styles: list[ParagraphStyle]) -> Flowable:
    if not block.rows:
        return Paragraph(block.text, styles[block.level])
    table = Table([[Paragraph(cell, styles[0]) for cell in row] for row in block.rows])
    table.setStyle(TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.grey), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def main() -> None:
    """Writes all of `FORMATS` into the sample's folder."""
    for name, suffix in FORMATS.items():
        blocks = list(parse((SOURCES / f"{name}.md").read_text(encoding="utf-8")))
        write = write_docx if suffix == "docx" else write_pdf
        write(blocks, sample_documents() / f"{name}.{suffix}", name.startswith("zh/"))


if __name__ == "__main__":
    main()
