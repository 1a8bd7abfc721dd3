"""Where a document names the people whom the model read somewhere in it."""

from __future__ import annotations

import pytest

from kgqa.privacy.labels import labelled_names
from kgqa.privacy.people import PERSON, People
from kgqa.types import Extraction, Mention, Span


def people(*names: str, known: tuple[str, ...] = ()) -> People:
    mentions = tuple(Mention(0, len(name), name, PERSON) for name in names)
    folded = {name.casefold() for name in known}
    return People.read([Extraction("c", mentions)], lambda name: name.casefold() in folded)


def found(who: People, text: str, spared: tuple[Span, ...] = (), *, any_case: bool = False) -> list[tuple[str, str]]:
    return [(text[p.start : p.end], p.name) for p in who.find(text, spared, any_case=any_case)]


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("We met Ada Byron.", "Ada Byron"),
        ("ADA BYRON", "ADA BYRON"),
        ("Ada\nByron", "Ada\nByron"),
        ("Byron, Ada", "Byron, Ada"),
        ("then Byron said", "Byron"),
        ("Ada's notes", "Ada"),
        ("see people/ada-byron.html", "ada-byron"),
        ("在Ada Byron的信里", "Ada Byron"),
    ],
)
def test_people_are_found_in_other_forms_of_their_name(text: str, form: str) -> None:
    assert found(people("Ada Byron"), text) == [(form, "Ada Byron")]


@pytest.mark.parametrize("text", ["Byronic heroes", "an ada byron", "Canada", "Ada lived. Byron"])
def test_people_are_not_found_in_other_words(text: str) -> None:
    assert ("Ada Byron", "Ada Byron") not in found(people("Ada Byron"), text)
    assert not [form for form, _ in found(people("Ada Byron"), text) if form not in ("Ada", "Byron")]


def test_people_in_chinese_characters_are_found() -> None:
    who = people("李晓梅", "玛丽·居里", "王建国")
    assert found(who, "昨天李晓梅说，玛丽・居里不在。玛丽居里？") == [
        ("李晓梅", "李晓梅"),
        ("玛丽・居里", "玛丽·居里"),
        ("玛丽居里", "玛丽·居里"),
    ]
    assert found(who, "李女士和王教授") == [("李", "李晓梅"), ("王", "王建国")]


def test_people_who_share_a_surname_are_not_confused() -> None:
    assert found(people("Ada Byron", "Anne Byron"), "Byron and Anne") == [("Anne", "Anne Byron")]
    assert found(people("李晓梅", "李建国"), "李女士") == []


def test_people_called_like_a_month_leave_the_dates_alone() -> None:
    text = "May left in May."
    assert found(people("Theresa May"), text, (Span(12, 15),)) == [("May", "Theresa May")]
    assert found(people("Theresa May"), "it may rain") == []


def test_people_of_other_documents_are_found_by_their_full_names() -> None:
    who = people(known=("Ada Byron", "李晓梅", "玛丽居里", "高山"))
    assert [form for form, _ in found(who, "Ada Byron, Ada, 李晓梅, 玛丽·居里, 高山")] == [
        "Ada Byron",
        "李晓梅",
        "玛丽·居里",
    ]
    assert [form for form, _ in found(who, "ada byron, 高山", any_case=True)] == ["ada byron", "高山"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Dear Mr. Hassan, Dr Ana María Ruiz is here.", ["Hassan", "Ana María Ruiz"]),
        ("Name: Margaret O'Neill\nPatient: J. R. Smith", ["Margaret O'Neill"]),
        ("姓名：陈志强，联系人: 孙悦", ["陈志强", "孙悦"]),
        ("昨天李晓梅女士和欧阳教授", ["李晓梅", "欧阳"]),
        ("Name: unknown. 姓名：", []),
    ],
)
def test_labels_give_names_away(text: str, names: list[str]) -> None:
    extraction = labelled_names(text)
    assert [mention.text for mention in extraction.mentions] == names
    assert all(text[m.start : m.end] == m.text for m in extraction.mentions)
