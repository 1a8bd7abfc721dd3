"""What is put together of the windows of a chunk."""

from __future__ import annotations

import numpy as np
import pytest

from kgqa.extraction.assembly import ExtractionConfig, WindowRead, assemble
from kgqa.extraction.schema import RelationType, Schema
from kgqa.extraction.windows import Window
from kgqa.types import Chunk


@pytest.mark.parametrize(("language", "text", "read"), [("en", "Acme owns Bolt", 1), ("zh", "甲公司 拥有 乙公司", 0)])
def test_a_relation_may_have_to_be_surer_in_one_language(language: str, text: str, read: int) -> None:
    ends = [0, *(at + 1 for at, letter in enumerate(text) if letter == " ")]
    words = [(start, start + len(word)) for start, word in zip(ends, text.split(" "), strict=True)]
    window = Window(0, [0] * 5, [0] * 5, [True] * 5, [True] * 5, [(0, 0), *words, (0, 0)])
    scores = np.full((2, 2, 2), -5.0, dtype=np.float32)
    scores[1, 0, 0] = 3.0
    schema = Schema(relations={"OWNED_BY": RelationType("OWNED_BY", {"en": "owned by", "zh": "属于"})})
    margins = {"zh": {"OWNED_BY": 2.5}}
    config = ExtractionConfig(
        "1", ("Organization",), ("OWNED_BY",), (), 0.0, 9.0, {"OWNED_BY": 1.0}, language_margins=margins
    )
    found = [WindowRead(window, [(1, 1, 0, 4.0), (3, 3, 0, 4.0)], scores)]
    chunk = Chunk("c", "d", 0, len(text), text, language=language)
    assert len(assemble(chunk, found, config, schema, "x@1").relations) == read
