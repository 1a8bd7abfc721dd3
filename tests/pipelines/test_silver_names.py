"""Names hidden behind pronouns: which are, what is written in their place, and what the pronoun then stands for."""

import json
import lzma
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from kgqa.errors import DataError
from kgqa.pipelines.training import extraction_silver_names as silver
from kgqa.pipelines.training.extraction_silver_names import beside_other_names, hide_names, read_prose
from kgqa.pipelines.training.formats_files import COREFERENCE
from kgqa.types import Chunk, Example, Extraction, Mention

NAMES = {"Ada Byron": "Person", "Ada": "Person", "Mary": "Person", "Nokia": "Organization", "Paris": "Place"}
NAMES |= {"安娜": "Person", "王伟": "Person", "1950": "Date"}


class _Known:
    """Finds the names above wherever they stand."""

    name = "known"

    def extract(self, chunks: Sequence[Chunk]) -> list[Extraction]:
        wanted = re.compile("|".join(sorted(NAMES, key=len, reverse=True)))
        return [
            Extraction(
                chunk.id,
                tuple(Mention(*found.span(), found[0], NAMES[found[0]]) for found in wanted.finditer(chunk.text)),
            )
            for chunk in chunks
        ]


def hidden(text: str) -> list[Example]:
    return hide_names([Example(text, source="a:1")], _Known(), Random(1))


def test_a_later_mention_is_hidden_and_stands_for_the_others_of_its_name() -> None:
    text = "Ada Byron met Mary in Paris in 1950. Ada wrote to Mary. Nokia sold Ada's house to Nokia."
    made = hidden(text)
    assert len({example.text for example in made}) == len(made) == 4  # Ada twice, Mary, and Nokia
    for example in made:
        pronoun, *names = example.mentions
        assert all(example.text[mention.start : mention.end] == mention.text for mention in example.mentions)
        assert pronoun.nominal and pronoun.text.lower() in {"he", "she", "her", "his", "him", "it"}
        assert "1950" not in {name.text for name in names} and example.annotated_types == {COREFERENCE}
        (cluster,) = example.clusters
        meant = {example.mentions[n].text for n in cluster[1:]}
        assert cluster[0] == 0 and meant in ({"Ada Byron", "Ada"}, {"Mary"}, {"Nokia"})
    said = [re.sub("(?i)\\b(he|she|him|his|her)\\b", "*", example.text) for example in made]
    assert {text.replace("Ada wrote", "* wrote"), text.replace("to Mary", "to *")} < set(said)
    assert text.replace("Ada's", "*") in said and text.replace("to Nokia", "to it") in said
    assert any(
        example.text.startswith(
            ("Ada Byron met Mary in Paris in 1950. He w", "Ada Byron met Mary in Paris in 1950. She w")
        )
        for example in made
    )


def test_chinese_names_are_hidden_too() -> None:
    made = hidden("安娜认识王伟。安娜的书很多。")
    assert {example.text for example in made} <= {"安娜认识王伟。他的书很多。", "安娜认识王伟。她的书很多。"}
    assert [example.mentions[0].end - example.mentions[0].start for example in made] == [1]
    assert made[0].clusters == ((0, 1),) and [m.text for m in made[0].mentions[1:]] == ["安娜", "王伟"]


def test_names_that_nobody_judged_join_those_of_which_one_is_right() -> None:
    text = "Ada Byron met Mary in Paris. Nokia hired Ada. She left."
    said = (Mention(46, 49, "She", "Reference", nominal=True), Mention(0, 9, "Ada Byron", "Person"))
    known = Example(text, (*said, Mention(14, 18, "Mary", "Person")), (), ((0, 1),), "a:1", frozenset({COREFERENCE}))
    nobody, all_judged = replace(known, clusters=()), replace(known, annotated_types=frozenset({"Person", COREFERENCE}))
    more, *same = beside_other_names([known, nobody, all_judged], _Known())
    assert same == [nobody, all_judged]
    assert [m.text for m in more.mentions[3:]] == ["Paris", "Nokia", "Ada"] and more.clusters == ((0, 1, 5),)


def test_where_nothing_could_be_mistaken_nothing_is_learned() -> None:
    assert hidden("Ada Byron wrote. Ada slept in Paris.") == []
    assert hidden("Ada met Mary.") == [] == hidden("")


def write(path: Path, name: str, texts: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({name: text}) + "\n" for text in texts)


def test_prose_is_read_in_whole_sentences_and_not_too_much_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = [f"Number {n} is the first of these long sentences. " * 30 for n in range(4)]
    for path, name in silver.PROSE.items():
        chinese = path.startswith("text") or "cmrc" in path
        write(tmp_path / path, name, ["这是第一个很长的句子，没有人读它。" * 40] if chinese else english)
    monkeypatch.setattr(silver, "MOST_TEXTS", 3)
    found = read_prose(tmp_path, Random(1))
    assert len(found) <= 6 and {example.text[0] for example in found} == {"N", "这"}
    assert all(len(example.text) <= 900 and example.text.rstrip()[-1] in ".。" for example in found)
    assert found == read_prose(tmp_path, Random(1)) != read_prose(tmp_path, Random(2))


def test_a_torn_file_is_named(tmp_path: Path) -> None:
    for path, name in silver.PROSE.items():
        write(tmp_path / path, name, ["Short."])
    torn = tmp_path / "text" / "zh_news.jsonl.xz"
    torn.write_bytes(torn.read_bytes()[:-9])
    with pytest.raises(DataError, match="zh_news"):
        read_prose(tmp_path, Random(1))
