"""What is denied or left open is not stated: cues in both languages, and how far they reach."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgqa.errors import ConfigError
from kgqa.extraction.assembly import ExtractionConfig, WindowRead, assemble
from kgqa.extraction.events import EventRead
from kgqa.extraction.modality import Cues, modality_of
from kgqa.extraction.schema import RelationType, Schema
from kgqa.extraction.windows import Window
from kgqa.text import detect_language, sentences
from kgqa.types import Chunk, Extraction, Modality

ASSERTED, NEGATED, UNCERTAIN = Modality.ASSERTED, Modality.NEGATED, Modality.UNCERTAIN


def modality(marked: str) -> Modality:
    """Of the statement about the words in brackets."""
    spans, text = list[tuple[int, int]](), ""
    for number, part in enumerate(marked.replace("]", "[").split("[")):
        if number % 2:
            spans.append((len(text), len(text) + len(part)))
        text += part
    found = [
        s for sentence in sentences(text, detect_language(text)) for s in Cues.load().scopes(text, sentence, spans)
    ]
    return modality_of(text, found, spans)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[Acme] acquired [Bolt] in 2001.", ASSERTED),
        ("[Acme] did not acquire [Bolt].", NEGATED),
        ("[Acme] didn't acquire [Bolt].", NEGATED),
        ("[Acme] didn’t acquire [Bolt].", NEGATED),
        ("[Acme] never acquired [Bolt].", NEGATED),
        ("[Acme] denied that it had acquired [Bolt].", NEGATED),
        ("[Acme] did not acquire Cod, Dim or [Bolt].", NEGATED),
        ("The sale of [Bolt] to [Acme] fell through.", NEGATED),
        ("[Acme] did not acquire Cod, but it acquired [Bolt].", ASSERTED),
        ("[Acme] not only acquired [Bolt] but also Cod.", ASSERTED),
        ("[Acme], which does not make cars, acquired [Bolt].", ASSERTED),
        ("[Bolt] was founded by [Ann], not by Bea.", ASSERTED),
        ("[Bolt] was founded by Ann, not by [Bea].", NEGATED),
        ("Not Ann but [Bea] founded [Bolt].", ASSERTED),
        ("[Acme] did not deny that it had acquired [Bolt].", UNCERTAIN),
        ("[Acme] may acquire [Bolt].", UNCERTAIN),
        ("[Acme] may not have acquired [Bolt].", UNCERTAIN),
        ("[Acme] acquired [Bolt] on May 3, 2001.", ASSERTED),
        ("[Acme] is in talks to acquire [Bolt].", UNCERTAIN),
        ("[Acme] plans to acquire [Bolt].", UNCERTAIN),
        ("If [Acme] acquires [Bolt], Cod will fall.", UNCERTAIN),
        ("Did [Acme] acquire [Bolt]?", UNCERTAIN),
        ("It is unclear whether [Acme] owns [Bolt].", UNCERTAIN),
        ("[Never Enough Ltd] acquired [Bolt].", ASSERTED),
        ("[阿里] 收购了[饿了么]。", ASSERTED),
        ("[阿里]没有收购[饿了么]。", NEGATED),
        ("[阿里]并未收购[饿了么]。", NEGATED),
        ("[阿里]否认收购[饿了么]。", NEGATED),
        ("[阿里]未收购美团，但收购了[饿了么]。", ASSERTED),
        ("[阿里]不仅收购了[饿了么]，还收购了美团。", ASSERTED),
        ("[阿里]收购[饿了么]的交易告吹。", NEGATED),
        ("[阿里]可能收购[饿了么]。", UNCERTAIN),
        ("[阿里]拟收购[饿了么]。", UNCERTAIN),
        ("据传[阿里]收购了[饿了么]。", UNCERTAIN),
        ("如果[阿里]收购[饿了么]，美团会下跌。", UNCERTAIN),
        ("[阿里]收购了[饿了么]吗？", UNCERTAIN),
        ("[无锡药明]收购了[非凡中国]。", ASSERTED),
    ],
)
def test_statements_are_told_from_denials_and_suppositions(text: str, expected: Modality) -> None:
    assert modality(text) is expected


@given(st.text(alphabet="not may if 不没可能如果,，。.?AB", max_size=60))
def test_a_scope_holds_its_cue_within_the_sentence(text: str) -> None:
    for sentence in sentences(text, "zh"):
        for scope in Cues.load().scopes(text, sentence):
            assert sentence.start <= scope.start <= scope.cue.start <= scope.cue.end <= sentence.end
            assert scope.end <= sentence.end


def test_cues_of_another_form_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "cues.toml"
    path.write_text("[en]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"of the form of modality\.toml"):
        Cues.load(path)


TEXT = "Acme may not sell Bolt. Bolt sued Acme."


def read(start: int) -> Extraction:
    words = [(0, 4), (5, 8), (9, 12), (13, 17), (18, 22), (22, 23), (24, 28), (29, 33), (34, 38), (38, 39)]
    window = Window(0, [0] * 12, [0] * 12, [True] * 12, [True] * 12, [(0, 0), *words, (0, 0)])
    names = [(1, 1, 0, 4.0), (5, 5, 0, 4.0), (7, 7, 0, 4.0), (9, 9, 0, 4.0)]
    scores = np.full((4, 4, 2), -5.0, dtype=np.float32)
    scores[1, 0, 0] = scores[2, 3, 0] = 3.0
    schema = Schema(relations={"OWNED_BY": RelationType("OWNED_BY", {"en": "owned by", "zh": "属于"})})
    config = ExtractionConfig("1", ("Organization", "Sale", "Suit"), ("OWNED_BY",), (), 0.0, 9.0, {})
    events = [EventRead(4, 4, 1, 2.0), EventRead(8, 8, 2, 2.0)]
    chunk = Chunk("c", "d", start, start + len(TEXT), TEXT)
    return assemble(chunk, [WindowRead(window, names, scores, events)], config, schema, "x@1")


@pytest.mark.parametrize("start", [0, 100])
def test_relations_and_events_carry_their_modality(start: int) -> None:
    extraction = read(start)
    assert [(r.head, r.tail, r.modality) for r in extraction.relations] == [(1, 0, UNCERTAIN), (2, 3, ASSERTED)]
    assert [(event.text, event.modality) for event in extraction.events] == [("sell", UNCERTAIN), ("sued", ASSERTED)]
