"""What every registered reader keeps, in both languages."""

import hashlib
import itertools

import pytest

from kgqa.errors import ReadError
from kgqa.registry import READERS, load
from kgqa.text import chunk
from kgqa.types import Document
from tests.connectors.readers.files import EN, FILES, ZH, Contents

CASES = pytest.mark.parametrize(("contents", "language"), [(EN, "en"), (ZH, "zh")], ids=["en", "zh"])
ENDINGS = pytest.mark.parametrize("ending", sorted(READERS))


def read(ending: str, contents: Contents) -> Document:
    (document,) = load(READERS, ending)(FILES[ending](contents), f"folder/file{ending}")
    assert isinstance(document, Document)
    return document


def test_readers_all_have_a_file_to_be_tested_with() -> None:
    assert set(FILES) == set(READERS)


@CASES
@ENDINGS
def test_readers_give_text_language_title_and_kind(ending: str, contents: Contents, language: str) -> None:
    document = read(ending, contents)
    heading, paragraph, table = contents
    assert document.language == language
    assert document.uri.startswith(f"folder/file{ending}")
    assert "/" in document.media_type
    if ending == ".csv":
        assert all(cell in document.text for row in table for cell in row)
        assert document.title == "file"
    else:
        assert paragraph in document.text
        assert document.title == heading


@CASES
@ENDINGS
def test_readers_give_blocks_that_hold_all_text_in_order(ending: str, contents: Contents, language: str) -> None:
    document = read(ending, contents)
    assert document.blocks
    assert all(0 <= b.start < b.end <= len(document.text) for b in document.blocks)
    assert all(a.end <= b.start for a, b in itertools.pairwise(document.blocks))
    assert {b.kind for b in document.blocks} <= {"heading", "paragraph", "list_item", "table_row", "code"}
    assert all((b.level > 0) == (b.kind == "heading") for b in document.blocks)
    inside = "".join(document.text[b.start : b.end] for b in document.blocks)
    assert "".join(inside.split()) == "".join(document.text.split())


@CASES
@ENDINGS
def test_readers_give_clean_text_that_identifies_the_document(ending: str, contents: Contents, language: str) -> None:
    document = read(ending, contents)
    assert not any(c in document.text for c in "\0\r\ufeff")
    assert document.text == document.text.strip()
    assert document.sha256 == hashlib.sha256(document.text.encode()).hexdigest()
    assert read(ending, contents) == document


@CASES
@ENDINGS
def test_readers_give_documents_that_can_be_divided(ending: str, contents: Contents, language: str) -> None:
    document = read(ending, contents)
    chunks = chunk(document)
    assert "".join("".join(c.text.split()) for c in chunks) == "".join(document.text.split())


@ENDINGS
def test_readers_refuse_an_empty_file_and_say_so(ending: str) -> None:
    with pytest.raises(ReadError, match=f"a{ending} is empty"):
        load(READERS, ending)(b"", f"a{ending}")


@ENDINGS
def test_readers_refuse_what_is_not_their_format(ending: str) -> None:
    with pytest.raises(ReadError, match=f"a{ending}"):
        load(READERS, ending)(bytes(range(256)) * 40, f"a{ending}")


@pytest.mark.parametrize("ending", [".csv", ".html", ".jsonl", ".md", ".txt"])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_readers_of_text_give_the_same_document_in_any_encoding(ending: str, encoding: str) -> None:
    data = FILES[ending](ZH).replace(b"<meta charset=utf-8>", b"")
    (plain,) = load(READERS, ending)(data, f"a{ending}")
    (other,) = load(READERS, ending)(data.decode().encode(encoding), f"a{ending}")
    assert other == plain
