from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kgqa.errors import CorruptIndex
from kgqa.index import LexicalIndex

TEXTS = {
    "en1": "Geoffrey Hinton founded the company DNNresearch in Toronto.",
    "en2": "Toronto is a city on Lake Ontario.",
    "zh1": "李飞飞在斯坦福大学主持了 ImageNet 项目。",
    "zh2": "斯坦福大学位于加利福尼亚州。",
}


def filled(folder: Path | None) -> LexicalIndex:
    index = LexicalIndex.open(folder)
    index.add(list(TEXTS), list(TEXTS.values()))
    index.save()
    return index


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Which companies did Hinton found?", "en1"),
        ("谁主持了ImageNet项目？", "zh1"),
        ("加利福尼亚州", "zh2"),
        ("ontario", "en2"),
    ],
)
def test_search_finds_the_text_that_shares_terms(question: str, first: str) -> None:
    assert filled(None).search(question, 2)[0].id == first


@pytest.mark.parametrize(
    "question", ["", " ", "?", "a", "\0", '"unclosed AND (OR', "title:x^2~ [a TO b]", "\ud800", "*:*"]
)
def test_search_takes_any_text_as_words(question: str) -> None:
    assert isinstance(filled(None).search(question, 5), list)


def test_search_takes_a_question_of_fifty_kilobytes() -> None:
    question = " ".join(f"word{n}" for n in range(6000)) + " Ontario 加利福尼亚州"
    assert {hit.id for hit in filled(None).search(question, 5)[:2]} == {"en2", "zh2"}


@pytest.mark.parametrize("question", ["Hinton Toronto", "斯坦福大学在哪里？", "word " * 500 + "Ontario"])
def test_no_text_scores_higher_than_the_highest(question: str) -> None:
    index = filled(None)
    assert 0 < index.search(question, 1)[0].score <= index.highest(question)


def test_highest_counts_terms_that_no_text_holds() -> None:
    index = filled(None)
    assert index.highest("Hinton") < index.highest("Hinton absent")
    assert LexicalIndex.open(None).highest("Hinton") == 0


def test_search_of_an_empty_index_finds_nothing(tmp_path: Path) -> None:
    assert LexicalIndex.open(tmp_path / "none").search("word", 5) == []
    assert not (tmp_path / "none").exists()


def test_add_of_a_known_id_replaces_its_text() -> None:
    index = filled(None)
    index.add(["en1"], ["Something else"])
    index.save()
    assert index.search("Hinton", 5) == [] and len(index) == len(TEXTS)


def test_save_and_open_give_the_same_index(tmp_path: Path) -> None:
    saved = filled(tmp_path)
    opened = LexicalIndex.open(tmp_path)
    assert opened.ids() == saved.ids() == sorted(TEXTS)
    assert opened.search("Stanford 斯坦福大学", 5) == saved.search("Stanford 斯坦福大学", 5)


def test_what_was_not_saved_is_lost_without_harm(tmp_path: Path) -> None:
    filled(tmp_path).close()
    index = LexicalIndex.open(tmp_path)
    index.add(["new"], ["unsaved"])
    index.close()
    opened = LexicalIndex.open(tmp_path)
    assert opened.ids() == sorted(TEXTS)
    opened.add(["new"], ["saved"])
    opened.save()
    assert "new" in opened.ids()


def test_open_reports_every_torn_file(tmp_path: Path) -> None:
    filled(tmp_path).close()
    contents = {path: path.read_bytes() for path in tmp_path.iterdir() if path.stat().st_size}
    assert len(contents) > 3
    for path, content in contents.items():
        if path.name in (".managed.json", "meta.json") or path.suffix not in (".json", ".lock"):
            path.write_bytes(content[: len(content) // 2])
            with pytest.raises(CorruptIndex, match="cannot be read"):
                LexicalIndex.open(tmp_path)
            path.write_bytes(content)
    assert LexicalIndex.open(tmp_path).ids() == sorted(TEXTS)


steps = st.lists(st.tuples(st.booleans(), st.lists(st.sampled_from(sorted(TEXTS)), max_size=4)), max_size=8)


@settings(max_examples=15, deadline=None)
@given(steps)
def test_any_sequence_of_additions_and_removals_equals_a_fresh_index(sequence: list[tuple[bool, list[str]]]) -> None:
    index, there = LexicalIndex.open(None), set[str]()
    for adding, names in sequence:
        if adding:
            index.add(names, [TEXTS[name] for name in names])
            there.update(names)
        else:
            index.remove(names)
            there.difference_update(names)
        index.save()
    assert index.ids() == sorted(there)
    for question in ("Toronto Hinton", "斯坦福大学"):
        found = {hit.id for hit in index.search(question, 9)}
        assert found == {name for name in there if name[:2] == ("en" if question[0] == "T" else "zh")}
