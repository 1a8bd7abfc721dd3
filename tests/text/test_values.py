"""Values of mentions, and the date of a document."""

from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kgqa.text import VALUE_TYPES, document_date, normalise_value

_PIECES = (
    *"0123456789年月日万亿千百十零一二三两点分之成半至到,.%$-–/ 多约个元",
    *("20", "19", "May ", " to ", " million", "about ", "the ", "last ", " ago", "世纪", "Q", "km", "half", "hundred"),
)


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(_PIECES), max_size=8).map("".join) | st.text(max_size=12),
    st.sampled_from(sorted(VALUE_TYPES)),
)
@example("万十零", "Quantity")
def test_value_is_its_own_value(text: str, type: str) -> None:
    value = normalise_value(text, type)
    assert value == "" or normalise_value(value, type) == value


def test_value_belongs_to_dates_and_quantities_alone() -> None:
    assert normalise_value("2022", "Date") == normalise_value("2022", "Quantity") == "2022"
    assert normalise_value("2022", "Work") == ""


@pytest.mark.parametrize(
    ("metadata", "day"),
    [
        ({"date": "2020-06-15"}, date(2020, 6, 15)),
        ({"published": "15 June 2020"}, date(2020, 6, 15)),
        ({"发布日期": "2020年6月15日"}, date(2020, 6, 15)),
        ({"published_at": "2020-06-15T08:30:00Z"}, date(2020, 6, 15)),
        ({"date": "June 2020"}, None),
        ({"date": "03/04/2021"}, None),
        ({"pages": "12"}, None),
    ],
)
def test_document_date_is_a_day_that_its_metadata_names(metadata: dict[str, str], day: date | None) -> None:
    assert document_date(metadata) == day


def test_a_century_before_the_year_1000_is_its_own_value() -> None:
    for text in ("1世纪", "the 9th century", "公元3世纪"):
        value = normalise_value(text, "Date")
        assert value and normalise_value(value, "Date") == value
