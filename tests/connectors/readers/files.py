"""Files of every format with the same contents, made by the libraries that people make them with."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping

import docx
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import PageBreak, SimpleDocTemplate
from reportlab.platypus import Paragraph as PdfParagraph

__all__ = ["EN", "FILES", "ZH", "Contents", "pdf"]

Contents = tuple[str, str, tuple[tuple[str, str], ...]]
"""Heading, paragraph, table with a header."""

EN: Contents = (
    "The History of BERT",
    "BERT was published by Google in 2018. It reads a text from both sides.",
    (("Name", "Year"), ("BERT", "2018"), ("GPT", "2019")),
)
ZH: Contents = (
    "智谱的历史",
    "智谱成立于2019年，总部位于北京。它由清华大学的研究者创办。",
    (("名称", "发布年份"), ("悟道", "2021年"), ("文心", "2023年")),
)


def txt(contents: Contents) -> bytes:
    return f"{contents[0]}\n\n{contents[1]}\n".encode()


def md(contents: Contents) -> bytes:
    heading, paragraph, table = contents
    header, *rows = ["| " + " | ".join(row) + " |" for row in table]
    return "\n".join([f"# {heading}", "", paragraph, "", header, "|---|---|", *rows, ""]).encode()


def html(contents: Contents) -> bytes:
    heading, paragraph, table = contents
    header, *rows = table
    cells = "".join(f"<th>{cell}</th>" for cell in header)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f"<!doctype html><html><head><meta charset=utf-8><title>{heading}</title><style>p {{}}</style></head><body>"
        f"<nav>Home</nav><h1>{heading}</h1><p>{paragraph}</p><table><tr>{cells}</tr>{body}</table>"
        "<script>alert(1)</script></body></html>"
    ).encode()


def word(contents: Contents) -> bytes:
    heading, paragraph, table = contents
    document = docx.Document()
    document.add_heading(heading, 1)
    document.add_paragraph(paragraph)
    grid = document.add_table(0, len(table[0]))
    for row in table:
        for cell, text in zip(grid.add_row().cells, row, strict=True):
            cell.text = text
    return saved(document.save)


def pdf(contents: Contents, pages: int = 1) -> bytes:
    heading, paragraph, _ = contents
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    font = "Helvetica" if heading.isascii() else "STSong-Light"
    wrap = None if heading.isascii() else "CJK"
    large = ParagraphStyle("large", fontName=font, fontSize=20, leading=26, wordWrap=wrap)
    body = ParagraphStyle("body", fontName=font, fontSize=11, leading=15, spaceBefore=10, wordWrap=wrap)
    story = [PdfParagraph(heading, large), PdfParagraph(paragraph, body)]
    for _ in range(pages - 1):
        story += [PageBreak(), PdfParagraph(paragraph, body)]
    return saved(lambda file: SimpleDocTemplate(file, invariant=1).build(story))


def csv(contents: Contents) -> bytes:
    return "".join(",".join(row) + "\r\n" for row in contents[2]).encode()


def jsonl(contents: Contents) -> bytes:
    record = {"title": contents[0], "text": contents[1], "year": 2018}
    return (json.dumps(record, ensure_ascii=False) + "\n").encode()


def saved(save: Callable[[io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    save(file)
    return file.getvalue()


FILES: Mapping[str, Callable[[Contents], bytes]] = {
    ".txt": txt,
    ".text": txt,
    ".md": md,
    ".markdown": md,
    ".html": html,
    ".htm": html,
    ".pdf": pdf,
    ".docx": word,
    ".csv": csv,
    ".jsonl": jsonl,
}
"""Every ending that a reader is registered for → how such a file is made."""
