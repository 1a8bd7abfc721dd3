"""Masked documents: nothing personal is left, and every offset points to what it did before."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgqa.privacy import Masker, MaskingExtractor, Pseudonyms
from kgqa.privacy.placeholders import PERSONS
from kgqa.text import chunk
from kgqa.types import Block, Chunk, Document
from tests.small_models import SmallExtractor

PERSONAL = ("Byron", "Babbage", "李晓梅", "example", "555-2368", "4399")
PIECES = (
    *("Ada Byron praised Charles Babbage. ", "He met Ada Byron's friend. ", "BYRON, ADA left. ", "it rained. ", "\n\n"),
    *(
        "see a.byron@example.org. ",
        "call (212) 555-2368. ",
        "SSN 536-90-4399. ",
        "by李晓梅女士, ",
        "Byte Labs hired Byron. ",
    ),
)


@pytest.fixture
def masker(tmp_path: Path) -> Masker:
    return Masker(Pseudonyms.open(tmp_path), SmallExtractor())


def document(text: str, title: str = "t", **metadata: str) -> Document:
    blocks = (Block(0, text.find("\n") if "\n" in text else len(text), "heading", level=1),)
    return Document.create(uri="a", title=title, text=text, language="en", blocks=blocks, metadata=metadata)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12), st.integers(200, 400))
def test_masked_document_holds_nothing_personal_and_keeps_its_offsets(pieces: list[str], size: int) -> None:
    text = "Ada Byron praised Charles Babbage. " + "".join(pieces)
    original = document(text.strip(), title="On Ada Byron", author="Charles Babbage")
    chunks = chunk(original, size)
    extractor = SmallExtractor()
    extractions = extractor.extract(chunks)
    with tempfile.TemporaryDirectory() as folder:
        masked = Masker(Pseudonyms.open(Path(folder)), extractor).mask(original, chunks, extractions)
    new = masked.document
    everything = [new.text, new.title, *new.metadata.values(), *(c.text + c.heading + c.title for c in masked.chunks)]
    assert not [word for word in PERSONAL for said in everything if word.casefold() in said.casefold()]
    assert [c.text for c in masked.chunks] == [new.text[c.start : c.end] for c in masked.chunks]
    assert all(a.end <= b.start for a, b in zip(masked.chunks, masked.chunks[1:], strict=False))
    assert {c.document_id for c in masked.chunks} == {new.id} != {original.id}
    for before, after in zip(extractions, masked.extractions, strict=True):
        assert [m.text for m in after.mentions] == [new.text[m.start : m.end] for m in after.mentions]
        for old, moved in zip(before.mentions, after.mentions, strict=True):
            assert moved.text == old.text or "[" in moved.text
        assert all(0 <= r.start < r.end <= len(new.text) for r in after.relations)


def test_masked_person_has_one_placeholder_in_all_documents(masker: Masker) -> None:
    texts = ("Ada Byron met Dorothy.", "it says Ada Byron wrote", "Charles met BYRON, ADA.")
    found = []
    for text in texts:
        chunks = chunk(document(text))
        found.append(masker.mask(document(text), chunks, SmallExtractor().extract(chunks)).document.text)
    (ada,) = {PERSONS.findall(text)[n] for text, n in zip(found, (0, 0, 1), strict=True)}
    assert found[1] == f"it says {ada} wrote"


def test_masked_question_has_the_placeholders_of_the_documents(masker: Masker) -> None:
    text = "Ada Byron has (212) 555-2368."
    chunks = chunk(document(text))
    masked = masker.mask(document(text), chunks, SmallExtractor().extract(chunks)).document.text
    person, phone = masked.removesuffix(".").split(" has ")
    assert masker.question("where did ada byron live") == f"where did {person} live"
    assert masker.question("where did Byron live") == f"where did {person} live"
    assert masker.question("whose is 212-555-2368") == f"whose is {phone}"
    assert masker.question("is it Isaac Newton") == "is it [NOBODY]"
    assert masker.question("李晓梅女士") == "[无名氏]女士"


def test_masked_address_and_checksum_say_nothing(masker: Masker) -> None:
    address = masker.address("patients/Ada Byron.PDF")
    assert address == masker.address("patients/Ada Byron.PDF") != masker.address("patients/Anne Byron.PDF")
    assert address.startswith("masked/") and address.endswith(".pdf") and "yron" not in address
    assert masker.address("a.jsonl#7") == masker.address("a.jsonl") + "#7"
    assert masker.fingerprint("ab") == masker.fingerprint("ab") != "ab"


def test_masking_extractor_takes_placeholders_for_people() -> None:
    text = "Where did [PERSON-Bako] meet [人物甲申] and [PHONE1]?"
    (read,) = MaskingExtractor(SmallExtractor()).extract([Chunk("c", "d", 5, 5 + len(text), text)])
    people = [m for m in read.mentions if m.type == "Person" and m.text.startswith("[")]
    assert [m.text for m in people] == ["[PERSON-Bako]", "[人物甲申]"]
    assert all(text[m.start - 5 : m.end - 5] == m.text for m in people)
