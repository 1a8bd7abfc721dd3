"""Dates in ISO 8601, from English and Chinese words."""

from datetime import date

import pytest

from kgqa.text.dates import normalise_date

DAY = date(2020, 6, 15)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("30 November 2022", "2022-11-30"),
        ("Nov. 30, 2022", "2022-11-30"),
        ("on the 30th of November, 2022", "2022-11-30"),
        ("Monday, 5 June 2017", "2017-06-05"),
        ("30-Nov-2022", "2022-11-30"),
        ("31-Dec-1000", "1000-12-31"),
        ("the 2nd of August 1999", "1999-08-02"),
        ("31 June 2020", ""),
        ("29 Feb. 2020", "2020-02-29"),
        ("2022年11月30日", "2022-11-30"),
        ("2022 年 11 月 30 日", "2022-11-30"),
        ("二〇二二年十一月三十日", "2022-11-30"),
        ("1936年10月19日（星期一）", "1936-10-19"),
        ("２０２２年", "2022"),
        ("July 2023", "2023-07"),
        ("Sept. 2001", "2001-09"),
        ("2023年7月", "2023-07"),
        ("in 1998", "1998"),
        ("一九九八年", "1998"),
        ("截至2020年", "2020"),
    ],
)
def test_dates_have_the_precision_of_the_text(text: str, value: str) -> None:
    assert normalise_date(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("from 1998 to 2003", "1998/2003"),
        ("1998–99", "1998/1999"),
        ("1998至2003年", "1998/2003"),
        ("5–7 May 2021", "2021-05-05/2021-05-07"),
        ("May 5 to 7, 2021", "2021-05-05/2021-05-07"),
        ("between May and July 2020", "2020-05/2020-07"),
        ("2020年3月至5月", "2020-03/2020-05"),
        ("2020年3月5日至8日", "2020-03-05/2020-03-08"),
        ("the 1990s", "1990/1999"),
        ("1990年代", "1990/1999"),
        ("20世纪九十年代", "1990/1999"),
        ("上世纪80年代", "1980/1989"),
        ("the 19th century", "1801/1900"),
        ("二十世纪", "1901/2000"),
        ("Q3 2021", "2021-07/2021-09"),
        ("the third quarter of 2021", "2021-07/2021-09"),
        ("2021年第三季度", "2021-07/2021-09"),
        ("2021年上半年", "2021-01/2021-06"),
    ],
)
def test_dates_of_a_period_are_intervals(text: str, value: str) -> None:
    assert normalise_date(text) == value


@pytest.mark.parametrize(
    "text",
    [
        *(
            "03/04/2021",
            "early 2019",
            "1998年3月初",
            "30 November",
            "11月30日",
            "May",
            "5月",
            "Monday",
            "two weeks",
            "12",
        ),
        *("31 February 2020", "2022年13月", "44 BC", "the dawn of time", "٢٠٢٢", "", "-", "/", "2003 to 1998"),
    ],
)
def test_dates_that_the_text_leaves_open_have_no_value(text: str) -> None:
    assert normalise_date(text) == ""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("last year", "2019"),
        ("two years ago", "2018"),
        ("last month", "2020-05"),
        ("5 months ago", "2020-01"),
        ("last week", "2020-W24"),
        ("yesterday", "2020-06-14"),
        ("去年", "2019"),
        ("前年", "2018"),
        ("两年前", "2018"),
        ("上月", "2020-05"),
        ("今年5月", "2020-05"),
        ("去年十二月", "2019-12"),
        ("三天前", "2020-06-12"),
        ("昨天", "2020-06-14"),
        ("本周", "2020-W25"),
    ],
)
def test_dates_that_are_relative_need_the_date_of_their_document(text: str, value: str) -> None:
    assert (normalise_date(text), normalise_date(text, DAY)) == ("", value)


@pytest.mark.parametrize("text", ["May", "two weeks", "Monday", "several years ago", "那年"])
def test_dates_that_are_vague_stay_open_beside_the_date_of_their_document(text: str) -> None:
    assert normalise_date(text, DAY) == ""
