"""Personal data that is known by its form, in English and Chinese."""

from __future__ import annotations

import itertools

import pytest

from kgqa.privacy.patterns import personal_numbers


def found(text: str) -> list[tuple[str, str]]:
    return [(text[p.start : p.end], p.kind) for p in personal_numbers(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to jane.doe@example.com.", ("jane.doe@example.com", "EMAIL")),
        ("邮箱zhang.wei@example.cn。", ("zhang.wei@example.cn", "EMAIL")),
        ("Call (212) 555-2368 now", ("(212) 555-2368", "PHONE")),
        ("Call +44 20 7946 0958 now", ("+44 20 7946 0958", "PHONE")),
        ("手机13812345678，", ("13812345678", "PHONE")),
        ("电话：010-62781234。", ("010-62781234", "PHONE")),
        ("tel: 5551234", ("5551234", "PHONE")),
        ("客服热线400-810-8888", ("400-810-8888", "PHONE")),
        ("SSN 536-90-4399", ("536-90-4399", "ID")),
        ("social security number is 536904399", ("536904399", "ID")),
        ("身份证11010519491231002X，", ("11010519491231002X", "ID")),
        ("11010519491231002x", ("11010519491231002x", "ID")),
        ("护照号码：E12345678", ("E12345678", "ID")),
        ("Passport No. C01X00T47", ("C01X00T47", "ID")),
        ("card 4111 1111 1111 1111,", ("4111 1111 1111 1111", "CARD")),
        ("from 8.8.8.8:", ("8.8.8.8", "IP")),
        ("at 2001:4860:4860::8888 today", ("2001:4860:4860::8888", "IP")),
    ],
)
def test_personal_numbers_are_found_in_their_forms(text: str, expected: tuple[str, str]) -> None:
    assert found(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "110105194912310021",  # wrong check digit
        "11010519491331002X",  # a thirteenth month
        "4111 1111 1111 1112",  # wrong check digit
        "000-12-3456",  # never issued
        "on 2022-11-30, 1998-2003, at 12:30:45",
        "2022年11月30日，编号20221130001",
        "1,234,567,890 people, 175000000000 parameters, 0.12345678",
        "arXiv:2005.14165, 10.1038/nature14539",
        "192.168.0.1 and 127.0.0.1 are everywhere, 300.1.1.1 nowhere",
        "a@b, @handle",
        "",
    ],
)
def test_personal_numbers_are_not_any_number(text: str) -> None:
    assert found(text) == []


def test_personal_numbers_are_one_in_two_spellings() -> None:
    text = "(212) 555-2368, +1 212-555-2368; 11010519491231002x 11010519491231002X; A@Example.org a@example.org"
    identities = [p.identity for p in personal_numbers(text)]
    assert identities == [i for one in identities[::2] for i in (one, one)]
    assert len(set(identities)) == 3


def test_personal_numbers_do_not_overlap() -> None:
    places = personal_numbers("身份证号11010519491231002X电话13812345678，tel: 13812345678@qq.com")
    assert all(a.end <= b.start for a, b in itertools.pairwise(places))
