"""Paragraphs and what was read in them, as Markdown."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from kgqa.errors import DataError
from kgqa.pipelines.evaluation.extraction_examples import examples_markdown
from kgqa.types import Chunk, Extraction, Mention, Modality, Relation


class OneFact:
    """Reads one denied fact in each text: its first word and its last."""

    name = "one"

    def extract(self, chunks: Sequence[Chunk]) -> list[Extraction]:
        found = []
        for chunk in chunks:
            first, last = chunk.text.split()[0], chunk.text.split()[-1]
            at = chunk.text.rindex(last)
            mentions = (Mention(0, len(first), first, "Person"), Mention(at, at + len(last), last, "Place"))
            fact = Relation(0, 1, "BORN_IN", 0, len(chunk.text), 0.75, Modality.NEGATED)
            found.append(Extraction(chunk.id, mentions, (fact,), ((0, 1),)))
        return found


def test_each_paragraph_is_told_with_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "paragraphs.jsonl"
    path.write_text('{"id": "zh-1", "language": "zh", "text": "屠呦呦 不是生于 北京"}\n', encoding="utf-8")
    told = examples_markdown(path, OneFact())
    assert told.startswith("## zh-1\n\n> 屠呦呦 不是生于 北京\n")
    assert "- Person: 屠呦呦\n- Place: 北京\n" in told
    assert "- fact: 屠呦呦 – BORN_IN – 北京 (0.75, negated)" in told
    assert "- same: 屠呦呦 = 北京" in told


def test_line_without_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "paragraphs.jsonl"
    path.write_text('{"id": "en-1"}\n', encoding="utf-8")
    with pytest.raises(DataError, match=r"paragraphs\.jsonl is not a file of lines"):
        examples_markdown(path, OneFact())
