"""Rows of tables are read one by one, all other text as it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgqa.generation.tables import segments

TABLE = "acquirer: Google; acquired company: DeepMind\nacquirer: Databricks; acquired company: MosaicML"
CHINESE = "模型：Yi-34B；机构：零一万物\n模型：Kimi K2；机构：月之暗面"


def parts(text: str) -> list[str]:
    return [text[span.start : span.end] for span in segments(text)]


@pytest.mark.parametrize("table", [TABLE, CHINESE])
def test_each_row_stands_alone_between_the_text_around(table: str) -> None:
    assert parts(table) == table.split("\n")
    assert parts(f"Purchases\n\n{table}\n\nLater it said: no; more: never.\nEnd.") == [
        "Purchases\n",
        *table.split("\n"),
        "\nLater it said: no; more: never.\nEnd.",
    ]


@pytest.mark.parametrize("text", ["", "\n", "One line.", "He said: yes.\nShe said: no.", TABLE.split("\n")[0]])
def test_text_that_is_no_table_stays_whole(text: str) -> None:
    assert parts(text) == [text]


def test_two_tables_that_touch_are_told_apart_by_their_keys() -> None:
    assert parts(f"{TABLE}\n{CHINESE}") == [*TABLE.split("\n"), *CHINESE.split("\n")]


@given(st.text(alphabet="ab:;：；\n ", max_size=60))
def test_no_character_is_lost(text: str) -> None:
    spans = list(segments(text))
    assert [text[span.start : span.end] for span in spans] == parts(text)
    assert "\n".join(parts(text)) == text
