"""Chinese relations by distant supervision: what a text with known facts is taken to say."""

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from kgqa.errors import DataError
from kgqa.pipelines.training.extraction_silver_relations import Fact, Name, cut, with_facts
from kgqa.pipelines.training.extraction_silver_statements import stated, stated_of_foreign
from kgqa.pipelines.training.formats import read_examples
from kgqa.types import Example

ANN, FILM = Name("安娜", "Person"), Name("天空之城", "Work")


def read(example: Example | None) -> list[tuple[str, str, str]]:
    assert example is not None
    return [(example.mentions[r.head].text, r.type, example.mentions[r.tail].text) for r in example.relations]


def told(*turns: tuple[str, list[tuple[str, str, str]]]) -> dict[str, Any]:
    return {
        "messages": [
            {"message": text, "attrs": [{"name": n, "attrname": a, "attrvalue": v} for n, a, v in facts]}
            for text, facts in turns
        ]
    }


def kdconv(folder: Path, **parts: list[dict[str, Any]]) -> list[Example]:
    for part in ("film", "music", "travel"):
        (folder / part).mkdir()
        (folder / part / "dev.json").write_text(json.dumps(parts.get(part, [])), encoding="utf-8")
    return read_examples(folder, "kdconv")


def test_a_fact_is_found_by_the_closest_pair_of_its_names() -> None:
    example = with_facts("安娜唱歌。《天空之城》由安娜演唱。", [Fact(FILM, "PERFORMER", ANN)], "x")
    assert read(example) == [("天空之城", "PERFORMER", "安娜")]
    assert example is not None and [m.start for m in example.mentions] == [6, 12]
    assert example.annotated_types == frozenset()


def test_a_text_without_both_names_has_no_fact() -> None:
    assert with_facts("安娜唱歌。", [Fact(FILM, "PERFORMER", ANN)], "x") is None


@pytest.mark.parametrize("text", ["安娜看《美国往事》。", "安娜看USABC。", "安娜在USA1。", "安娜读《论美国》。"])
def test_no_name_within_a_title_or_a_word(text: str) -> None:
    facts = [Fact(ANN, "NATIONALITY", Name(name, "Place")) for name in ("美国", "USA")]
    assert with_facts(text, facts, "x") is None


def test_a_short_title_counts_between_its_marks_only() -> None:
    fact = Fact(Name("后来", "Work"), "PERFORMER", ANN)
    assert with_facts("后来安娜走了。", [fact], "x") is None
    assert read(with_facts("《后来》是安娜的歌。", [fact], "x")) == [("后来", "PERFORMER", "安娜")]


def test_a_date_is_found_in_any_form_and_the_most_exact_one_is_taken() -> None:
    fact = Fact(ANN, "BORN_ON", Name("1958-07-19", "Date"))
    assert read(with_facts("安娜1958年7月19日出生。", [fact], "x")) == [("安娜", "BORN_ON", "1958年7月19日")]
    assert read(with_facts("安娜是1958年出生的。", [fact], "x")) == [("安娜", "BORN_ON", "1958年")]
    assert with_facts("安娜是1959年出生的。", [fact], "x") is None


def test_another_date_beside_that_of_birth_is_none_of_hers_unless_the_text_tells_of_a_death() -> None:
    fact = Fact(ANN, "BORN_ON", Name("1958", "Date"))
    text = "安娜出生于1958年，1980年出道"
    assert ("安娜", "", "1980年") in read(with_facts(f"{text}。", [fact], "x"))
    assert read(with_facts(f"{text}，2001年去世。", [fact], "x")) == [("安娜", "BORN_ON", "1958年")]


def test_a_date_of_one_fact_is_no_date_of_the_other() -> None:
    facts = [
        Fact(ANN, "BORN_ON", Name("1958", "Date")),
        Fact(FILM, "PUBLISHED_ON", Name("1986", "Date")),
    ]
    found = read(with_facts("安娜生于1958年，《天空之城》上映于1986年。", facts, "x"))
    assert {("安娜", "", "1986年"), ("天空之城", "", "1958年")} < set(found)


def test_members_of_a_cast_hold_no_relation() -> None:
    facts = [Fact(FILM, "CAST_MEMBER", ANN), Fact(FILM, "CAST_MEMBER", Name("鲍里斯", "Person"))]
    assert ("安娜", "", "鲍里斯") in read(with_facts("《天空之城》由安娜、鲍里斯主演。", facts, "x"))


def test_a_text_is_cut_behind_a_sentence() -> None:
    assert cut("一二。三四。五六。", 7) == "一二。三四。"
    assert cut("一二三四五六七八。", 7) == ""


def test_a_turn_is_read_with_those_before_it_up_to_the_name(tmp_path: Path) -> None:
    dialogue = told(
        ("你好。", []),
        ("知道天空之城这部电影吗？", []),
        ("知道，是宫崎骏导演的。", [("天空之城（1986年宫崎骏导演电影）", "导演", "宫崎骏")]),
        ("片长呢？", [("天空之城（1986年宫崎骏导演电影）", "片长", "124分钟")]),
    )
    (example,) = kdconv(tmp_path, film=[dialogue])
    assert example.text == "知道天空之城这部电影吗？\n知道，是宫崎骏导演的。"
    assert read(example) == [("天空之城", "DIRECTED_BY", "宫崎骏")]
    assert {m.text: m.type for m in example.mentions} == {"天空之城": "Work", "宫崎骏": "Person"}


def test_an_entry_is_read_with_all_that_is_known_of_its_thing(tmp_path: Path) -> None:
    entry = "安娜（Anna），1958年7月19日出生于德国柏林，毕业于柏林大学。"
    dialogue = told(
        ("她是谁？", [("安娜", "Information", entry)]),
        ("毕业了。", [("安娜", "毕业院校", "柏林大学音乐系"), ("安娜", "出生日期", "1958年7月19日")]),
        ("歌手。", [("安娜", "职业", "歌手"), ("安娜", "代表作品", "《后来》")]),
    )
    (example,) = kdconv(tmp_path, music=[dialogue])
    assert set(read(example)) == {("安娜", "EDUCATED_AT", "柏林大学"), ("安娜", "BORN_ON", "1958年7月19日")}


def test_a_sight_lies_in_the_city_and_the_district_of_its_address(tmp_path: Path) -> None:
    dialogue = told(("神武门在北京市东城区景山前街4号。", [("神武门", "地址", "北京市东城区景山前街4号")]))
    (example,) = kdconv(tmp_path, travel=[dialogue])
    assert read(example) == [("神武门", "LOCATED_IN", "北京市"), ("神武门", "LOCATED_IN", "东城区")]


@pytest.mark.parametrize(("work", "relation"), [("演员", "CAST_MEMBER"), ("歌手", "PERFORMER"), ("演员、导演", "")])
def test_what_somebody_is_known_for_is_theirs_by_their_work(tmp_path: Path, work: str, relation: str) -> None:
    facts = [("安娜", "职业", work), ("安娜", "代表作品", "《天空之城》")]
    found = kdconv(tmp_path, film=[told(("安娜的代表作是天空之城。", facts))])
    assert [fact for example in found for fact in read(example)] == (
        [("天空之城", relation, "安娜")] if relation else []
    )


def test_a_country_of_birth_is_believed_where_a_birth_is_spoken_of(tmp_path: Path) -> None:
    facts = [("安娜", "出生地", "美国"), ("安娜", "国籍", "美国")]
    said, born = told(("安娜是美国人。", facts)), told(("安娜出生在美国。", facts))
    found = kdconv(tmp_path, film=[said, born])
    assert [[name for _, name, _ in read(example)] for example in found] == [
        ["NATIONALITY"],
        ["BORN_IN", "NATIONALITY"],
    ]


def test_a_file_of_another_form_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"film/dev\.json cannot be read as KdConv"):
        kdconv(tmp_path, film=[{"turns": []}])


@pytest.mark.parametrize(
    ("sentence", "facts"),
    [
        ("纳托尔出生于约克郡的一个小村庄。", [("纳托尔", "BORN_IN", "约克郡")]),
        ("事件发生在湖南省长沙市。", []),
        ("叶定仕生于1882年。", [("叶定仕", "BORN_ON", "1882")]),
        ("柳元麟（1906年～1997年），军事人物。", [("柳元麟", "BORN_ON", "1906"), ("柳元麟", "DIED_ON", "1997")]),
        ("隋朝（581年～618年），朝代。", []),
        ("罗珊珊（），女，毕业于中央戏剧学院表演系。", [("罗珊珊", "EDUCATED_AT", "中央戏剧学院")]),
        ("金（），曾赢得艾美奖。", []),
        ("麦可·金（），曾赢得艾美奖。", [("麦可·金", "AWARD_RECEIVED", "艾美奖")]),
        ("周冬雨，与张三结婚。", [("周冬雨", "SPOUSE", "张三")]),
        ("石涛是朱亨嘉的长子。", [("石涛", "CHILD_OF", "朱亨嘉")]),
        ("刘快（），刘殷的弟弟，宗室。", [("刘快", "SIBLING", "刘殷")]),
        (
            "阿林是一个位于美国阿肯色州的城市。",
            [
                ("阿林", "COUNTRY", "美国"),
                ("阿林", "LOCATED_IN", "阿肯色州"),
                ("阿肯色州", "COUNTRY", "美国"),
            ],
        ),
        ("该站位于中国。", []),
        ("突尼斯航空，是国家航空公司，成立于1948年。", [("突尼斯航空", "FOUNDED_ON", "1948")]),
        ("教育学院成立于1981年。", []),
        (
            "味丹公司，总部位于台中市沙鹿区。",
            [("味丹公司", "HEADQUARTERS", "沙鹿区"), ("沙鹿区", "LOCATED_IN", "台中市")],
        ),
        (
            "《鸟人》（）是由亚伦·帕克执导、马修·莫汀与贾宏声主演的电影。",
            [
                ("鸟人", "DIRECTED_BY", "亚伦·帕克"),
                ("鸟人", "CAST_MEMBER", "马修·莫汀"),
                ("鸟人", "CAST_MEMBER", "贾宏声"),
            ],
        ),
        (
            "《星战》是香港歌手古巨基的专辑，2005年发行。",
            [
                ("星战", "PERFORMER", "古巨基"),
                ("星战", "PUBLISHED_ON", "2005"),
            ],
        ),
        ("《异域》是由作家柏杨所创作的。", [("异域", "AUTHOR", "柏杨")]),
    ],
)
def test_what_a_sentence_states(sentence: str, facts: list[tuple[str, str, str]]) -> None:
    assert [(fact.head.text, fact.relation, fact.tail.text) for fact in stated(sentence)] == facts


@pytest.mark.parametrize(
    ("sentence", "facts"),
    [
        ("如今 Maven 是由 Apache 开发的工具。", [("Maven", "DEVELOPED_BY", "Apache")]),
        ("由 Apache 开发者写的 Maven。", []),
        ("Mattermost 的联合创始人兼首席执行官 Ian Tien 说。", [("Mattermost", "FOUNDED_BY", "Ian Tien")]),
        ("公司 Fluid AI 首席执行官 Abhinav Aggarwal 表示。", [("Fluid AI", "CEO", "Abhinav Aggarwal")]),
        ("据 IBM 工程师 Phil Estes 说。", [("Phil Estes", "EMPLOYER", "IBM")]),
        ("MySQL 后来被 Oracle 收购。", [("Oracle", "ACQUIRED", "MySQL")]),
        ("IBM 收购了 Red Hat。", [("IBM", "ACQUIRED", "Red Hat")]),
        ("Python 3.8 于 2019年发布，IBM 于 1981年发布了它。", [("Python 3.8", "PUBLISHED_ON", "2019")]),
    ],
)
def test_what_a_sentence_states_of_things_with_foreign_names(sentence: str, facts: list[tuple[str, str, str]]) -> None:
    assert [(fact.head.text, fact.relation, fact.tail.text) for fact in stated_of_foreign(sentence)] == facts


def test_a_province_is_no_country() -> None:
    (fact, *_) = stated("王力生于台湾省台北市。")
    assert (fact.relation, fact.tail.text) == ("BORN_IN", "台北市")
    assert [fact.tail.text for fact in stated("王力生于台湾台北市。")] == ["台北市", "台湾"]


def encyclopaedia(folder: Path, *texts: str) -> list[Example]:
    path = folder / "text" / "zh.jsonl.xz"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(lzma.compress("".join(json.dumps({"text": text}) + "\n" for text in texts).encode()))
    (folder / "qa" / "prqa").mkdir(parents=True, exist_ok=True)
    ties = "徐达\t儿子\t徐辉祖\n徐达\t好友\t汤和\n徐达\t搭档\t常遇春\n"
    (folder / "qa" / "prqa" / "kb_partial.tsv").write_text(ties, encoding="utf-8")
    return read_examples(path, "encyclopaedia_zh")


def test_a_family_tie_is_believed_where_the_sentence_speaks_of_one(tmp_path: Path) -> None:
    told, silent = "他派徐达的长子徐辉祖前往。", "徐达见了徐辉祖。"
    assert [read(example) for example in encyclopaedia(tmp_path, told, silent)] == [[("徐辉祖", "CHILD_OF", "徐达")]]


def test_friends_hold_no_relation_and_of_partners_nothing_is_known(tmp_path: Path) -> None:
    found = encyclopaedia(tmp_path, "徐达和汤和来了。", "徐达与汤和合作。", "徐达和常遇春来了。")
    assert [read(example) for example in found] == [[("徐达", "", "汤和")]]


def test_what_stands_far_into_a_text_is_read_by_the_sentence_for_what_is_known_only(tmp_path: Path) -> None:
    text = "徐达是明朝的将领。" + "后来没有什么可说。" * 30 + "叶定仕生于1882年。徐达与汤和是好友。"
    assert [example.text for example in encyclopaedia(tmp_path, text)] == ["徐达与汤和是好友。"]


def test_places_of_one_country_do_not_crowd_out_the_rest(tmp_path: Path) -> None:
    names = [a + b for a in "东西南北上下" for b in "山水林田湖草沙石"]
    found = encyclopaedia(tmp_path, *(f"{name}镇是位于美国德州的城市。" for name in names), "叶定仕生于1882年。")
    assert len(found) == 31 and read(found[-1]) == [("叶定仕", "BORN_ON", "1882年")]


def test_a_file_that_is_no_xz_is_named(tmp_path: Path) -> None:
    encyclopaedia(tmp_path)
    (tmp_path / "text" / "zh.jsonl.xz").write_bytes(b"no xz")
    with pytest.raises(DataError, match="cannot be read"):
        read_examples(tmp_path / "text" / "zh.jsonl.xz", "encyclopaedia_zh")
