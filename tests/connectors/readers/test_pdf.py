"""PDF: pages, paragraphs, headings, and files that are broken."""

import io
import itertools
from collections.abc import Callable

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate

from kgqa.connectors.readers.pdf import read
from kgqa.errors import ReadError
from kgqa.text import chunk
from kgqa.types import Document
from tests.connectors.readers.files import EN, ZH, pdf

STYLES = getSampleStyleSheet()
SENTENCE = "In 2017 researchers at Google published a paper that proposed the Transformer. "


def built(story: list[Flowable]) -> bytes:
    file = io.BytesIO()
    SimpleDocTemplate(file).build(story)
    return file.getvalue()


def drawn(draw: Callable[[Canvas], None], **options: StandardEncryption) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, **options)
    draw(canvas)
    canvas.save()
    return file.getvalue()


def document(data: bytes) -> Document:
    (found,) = read(data, "a.pdf")
    assert isinstance(found, Document)
    return found


def test_pdf_has_headings_and_joined_paragraphs_with_their_pages() -> None:
    found = document(
        built(
            [
                Paragraph("A History", STYLES["Title"]),
                Paragraph(SENTENCE * 4, STYLES["BodyText"]),
                Paragraph("Pre-training", STYLES["Heading2"]),
                Paragraph(SENTENCE * 2, STYLES["BodyText"]),
                PageBreak(),
                Paragraph("The second page.", STYLES["BodyText"]),
            ]
        )
    )
    assert [(b.kind, b.level, b.page, found.text[b.start : b.end]) for b in found.blocks] == [
        ("heading", 1, 1, "A History"),
        ("paragraph", 0, 1, (SENTENCE * 4).strip()),
        ("heading", 2, 1, "Pre-training"),
        ("paragraph", 0, 1, (SENTENCE * 2).strip()),
        ("paragraph", 0, 2, "The second page."),
    ]
    assert found.title == "A History"
    assert found.metadata == {"pages": "2"}


def test_pdf_joins_chinese_lines_without_a_space() -> None:
    paragraph = "二〇一七年，谷歌的研究人员发表了论文《注意力就是你所需要的一切》，提出了新的结构·后来。" * 5
    assert paragraph in document(pdf((ZH[0], paragraph, ()))).text


def test_pdf_joins_a_word_that_was_hyphenated() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 700, "The network was trained to trans-")
        canvas.drawString(72, 686, "late whole sentences.")

    assert document(drawn(draw)).text == "The network was trained to translate whole sentences."


def test_pdf_keeps_a_sentence_that_goes_on_over_a_page_break() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 100, "The network was trained in the year 2017 by eight people")
        canvas.showPage()
        canvas.drawString(72, 700, "who worked at Google.")

    found = document(drawn(draw))
    assert [c.text for c in chunk(found)] == [
        "The network was trained in the year 2017 by eight people who worked at Google."
    ]
    assert [b.page for b in found.blocks] == [1, 2]


def test_pdf_leaves_out_running_heads_and_page_numbers() -> None:
    def draw(canvas: Canvas) -> None:
        for n, word in enumerate(("first", "second", "third", "fourth"), 1):
            canvas.drawString(72, 800, "A Running Head")
            for line in range(3):
                canvas.drawString(72, 500 - 14 * line, f"Line {line} of the {word} page.")
            canvas.drawString(300, 30, f"{n}")
            canvas.showPage()

    text = document(drawn(draw)).text
    assert "Running" not in text
    assert text.count("page.") == 12
    assert text.split("\n")[-1].endswith("fourth page.")


def test_pdf_chunks_are_in_order_of_the_pages() -> None:
    pages = [c.page or 0 for c in chunk(document(pdf(EN, pages=3)))]
    assert all(a <= b for a, b in itertools.pairwise(pages)) and {1, 2, 3} == set(pages)


def test_pdf_that_needs_a_password_is_refused() -> None:
    data = drawn(lambda canvas: canvas.drawString(72, 700, "Secret."), encrypt=StandardEncryption("secret"))
    with pytest.raises(ReadError, match=r"a\.pdf is encrypted\. Save it without a password"):
        read(data, "a.pdf")


def test_pdf_that_is_a_scan_is_refused() -> None:
    with pytest.raises(ReadError, match=r"a\.pdf has no text on its 1 page\(s\): it is a scan\. Run OCR"):
        read(drawn(lambda canvas: canvas.rect(72, 72, 200, 200)), "a.pdf")


def test_pdf_that_is_broken_is_refused() -> None:
    with pytest.raises(ReadError, match=r"a\.pdf is a broken PDF"):
        read(b"%PDF-1.7\n" + b"nothing of it" * 100, "a.pdf")


def test_pdf_that_is_none_is_refused() -> None:
    with pytest.raises(ReadError, match=r"a\.pdf is not a PDF: it begins with b'<html>'"):
        read(b"<html>", "a.pdf")
