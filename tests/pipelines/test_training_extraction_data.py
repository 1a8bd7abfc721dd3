"""What the shipped model's mixture makes of its texts: silver labels, new names, implied types."""

import json
import lzma
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgqa.errors import DataError
from kgqa.extraction import Schema
from kgqa.pipelines.training.extraction_augmentation import with_new_products, with_other_names
from kgqa.pipelines.training.extraction_corpora import (
    DEVELOPMENT,
    TRAINING,
    Corpus,
    fingerprint,
    read_corpus,
    read_development,
)
from kgqa.pipelines.training.extraction_names import Names
from kgqa.pipelines.training.formats import FORMATS, read_examples
from kgqa.types import Argument, Event, Example, Mention, Relation

TEXT = "Bo sells Wii and Wii U here, Wii."
MENTIONS = (
    Mention(0, 2, "Bo", "Person"),
    Mention(9, 12, "Wii", "Product"),
    Mention(17, 22, "Wii U", "Product"),
    Mention(29, 32, "Wii", "Product"),
)
EXAMPLE = Example(TEXT, MENTIONS, (Relation(1, 0, "DEVELOPED_BY", 0, 12),))


@given(st.integers(0, 10_000))
def test_new_names_move_everything_behind_them(seed: int) -> None:
    (new,) = with_new_products([EXAMPLE], Random(seed))
    assert all(new.text[m.start : m.end] == m.text for m in new.mentions)
    assert [new.text[: m.start].count(" sells ") for m in new.mentions] == [0, 1, 1, 1]
    assert new.text.endswith(f" here, {new.mentions[1].text}.") and new.mentions[3].text == new.mentions[1].text
    assert new.text[new.relations[0].start : new.relations[0].end] == f"Bo sells {new.mentions[1].text}"


def test_only_texts_with_products_get_new_names() -> None:
    plain = Example("Bo left.", (Mention(0, 2, "Bo", "Person"),))
    nested = replace(EXAMPLE, mentions=(*MENTIONS, Mention(13, 19, "and Wi", "Work")))
    made = with_new_products([plain, EXAMPLE, nested], Random(0))
    assert len(made) == 2 and made[0].text != TEXT and made[1].text == TEXT


NAMES = """qid	type	en	zh	aliases	description	source
	city	Aarhus	奥胡斯	奧胡斯|Århus		x
	city	New Orleans	新奥尔良	新奧爾良		x
	person	Ann (1900-1950)	王安	王安		x
	brand	Acme		Acme Inc		x
	nature	Pegasus	飞马座			x
"""


@pytest.fixture(name="names")
def _names(tmp_path: Path) -> Names:
    path = tmp_path / "entities.tsv.xz"
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.write(NAMES)
    return Names.read(path, [Example("李四", (Mention(0, 2, "李四", "Person"),))])


def test_a_name_is_replaced_by_one_of_its_type_and_writing(names: Names) -> None:
    def all_like(name: str, kind: str, sentence: str) -> set[str | None]:
        return {names.like(name, kind, sentence, Random(seed)) for seed in range(40)}

    assert all_like("张三", "Person", "张三在这里") == {"王安", "李四"}
    assert all_like("上海", "Place", "他在上海会见了奥巴马。") == {"奥胡斯", "新奥尔良"}
    assert all_like("上海", "Place", "在奧爾良和上海") == {"奧胡斯", "新奧爾良"}
    assert all_like("Paris", "Place", "In Paris.") == {"Aarhus"}
    assert all_like("Los Angeles", "Place", "In Los Angeles.") == {"New Orleans"}
    assert all_like("Bo", "Person", "Bo left.") == {None}  # "Ann (1900-1950)" is no plain name
    assert all_like("paris", "Place", "in paris") == all_like("3M", "Organization", "3M grew.") == {None}


def test_texts_with_other_names_keep_their_offsets(names: Names) -> None:
    text = "张三住在上海，张三说。"
    mentions = (Mention(0, 2, "张三", "Person"), Mention(4, 6, "上海", "Place"), Mention(7, 9, "张三", "Person"))
    event = Event(2, 3, "住", "Presence", (Argument(0, 2, "张三", "ENTITY"), Argument(3, 6, "在上海", "PLACE")))
    example = Example(text, mentions, (Relation(0, 1, "RESIDENCE", 0, 6),), events=(event,))
    plain = Example("没有。")
    made = [e for seed in range(30) for e in with_other_names([example, plain], names, Random(seed))]
    assert len(made) > 20
    for new in made:
        spans: list[Mention | Event | Argument] = [*new.mentions, *new.events, *new.events[0].arguments]
        assert all(new.text[span.start : span.end] == span.text for span in spans)
        assert new.mentions[0].text == new.mentions[2].text
        assert new.text[new.relations[0].start : new.relations[0].end].endswith(new.mentions[1].text)
        assert new.events[0].text == "住" and new.events[0].arguments[1].text == f"在{new.mentions[1].text}"


def test_a_catalogue_of_another_form_is_named(tmp_path: Path) -> None:
    path = tmp_path / "entities.tsv.xz"
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.write("a\tb\n1\t2\n")
    with pytest.raises(DataError, match="columns type, en, zh and aliases"):
        Names.read(path, [])


def test_silver_labels_are_complete_dates_titles_and_versions(tmp_path: Path) -> None:
    path = tmp_path / "zh.jsonl.xz"
    texts = ["他于1919年6月15日出生在巴黎。", "《红楼梦》是小说，很有名。", "他去年去了北京，今天回来。"]
    texts.append("我们安装了Fedora 31系统来测试。")
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
    read = read_examples(path, "silver_zh")
    found = [(mention.text, mention.type) for example in read for mention in example.mentions]
    assert found == [("1919年6月15日", "Date"), ("红楼梦", "Work"), ("Fedora 31", "Product")]
    path.write_bytes(b"no xz")
    with pytest.raises(DataError, match="cannot be read"):
        read_examples(path, "silver_zh")


def test_a_relation_tells_the_type_of_an_end_without_one(tmp_path: Path) -> None:
    item = {"token": ["Ann", "married", "Bo", "."], "h": {"pos": [0, 1]}, "t": {"pos": [2, 3]}, "relation": "spouse"}
    other = {**item, "relation": "mountain range"}
    (tmp_path / "pairs.txt").write_text(f"{item}\n{other}\n", encoding="utf-8")
    (example,) = read_corpus(tmp_path, Corpus("pairs", "pairs.txt", "wiki80"), Schema.load())
    assert [mention.type for mention in example.mentions] == ["Person", "Person"]


def test_a_nationality_is_a_group_whatever_a_data_set_calls_it(tmp_path: Path) -> None:
    fact = {"propertyId": "10", "subjectStart": 0, "subjectEnd": 2, "objectStart": 6, "objectEnd": 12}
    passage = {
        "passageText": "Bo is Danish.",
        "passageStart": 0,
        "exhaustivelyAnnotatedProperties": [{"propertyId": "10", "propertyName": "NATIONALITY"}],
        "facts": [fact],
    }
    for corpus in DEVELOPMENT:
        path = tmp_path / corpus.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if corpus.format == "bio":
            path.write_text("Danish\tB-LOC\nAarhus\tB-LOC\n", encoding="utf-8")
        elif corpus.format == "knowledgenet":
            path.write_text((json.dumps({"passages": [passage]}) + "\n") * 9, encoding="utf-8")
        elif corpus.format in EVENTS:
            path.write_text(json.dumps(EVENTS[corpus.format]), encoding="utf-8")
        elif corpus.format == "litbank":
            path.mkdir()
        elif corpus.format == "encyclopaedia_zh":
            path.write_bytes(lzma.compress(b""))
            (tmp_path / "qa/prqa").mkdir(parents=True, exist_ok=True)
            (tmp_path / "qa/prqa/kb_partial.tsv").touch()
        elif corpus.format == "kdconv":
            for part in ("film", "music", "travel"):
                (path / part).mkdir(parents=True)
                (path / part / "dev.json").write_text("[]", encoding="utf-8")
        else:
            path.write_text({"docred": "[]", "gap": GAP, "semeval": SEMEVAL}.get(corpus.format, ""), encoding="utf-8")
    read = {corpus.name: examples for corpus, examples in read_development(tmp_path, Schema.load())}
    assert [mention.type for mention in read["uner_en"][0].mentions] == ["Group", "Place"]


EVENTS = {
    "geneva": {"tokens": ["x"], "entity_mentions": [], "event_mentions": []},
    "fewfc": {"content": "x", "events": []},
    "phee": {"context": "x", "annotations": []},
}
SEMEVAL = '1\t"A <e1>b</e1> c <e2>d</e2>."\nOther\n'
GAP = "Text\tPronoun\tPronoun-offset\tA\tA-offset\tA-coref\tB\tB-offset\tB-coref\nx\tx\t0\tx\t0\tTRUE\tx\t0\tFALSE\n"


def test_training_and_development_parts_do_not_meet(tmp_path: Path) -> None:
    lines = [f"Town{n}\tB-LOC\n" for n in range(200)]
    (tmp_path / "a.conll").write_text("\n".join(lines), encoding="utf-8")
    train, dev = (
        {example.text for example in read_corpus(tmp_path, Corpus("a", "a.conll", "bio", part=part), Schema.load())}
        for part in ("train", "dev")
    )
    assert train.isdisjoint(dev) and len(train | dev) == 200 and 20 < len(dev) < 60


def test_the_mixture_is_well_formed() -> None:
    schema = Schema.load()
    for corpus in (*TRAINING, *DEVELOPMENT):
        assert corpus.format in FORMATS
        assert corpus.annotated is None or corpus.annotated <= set(schema.entities)
    overlapping = {corpus.path for corpus in TRAINING} & {corpus.path for corpus in DEVELOPMENT}
    parts = {(c.path, c.part) for c in (*TRAINING, *DEVELOPMENT) if c.path in overlapping}
    assert all((path, "train") in parts and (path, "dev") in parts for path in overlapping)


def test_the_fingerprint_tells_data_apart() -> None:
    assert fingerprint([EXAMPLE]) == fingerprint([EXAMPLE]) != fingerprint([replace(EXAMPLE, text="another")])
