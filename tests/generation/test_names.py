"""Names in questions, and what passages say of them."""

from collections.abc import Sequence

import pytest

from kgqa.generation import Name, Names, headed, named_share, question_names
from kgqa.types import Chunk, Entity, Extraction, Mention, Span
from tests.generation.fakes import document, passage


class ListExtractor:
    """Finds the names that it was given."""

    name = "list"

    def __init__(self, *mentions: tuple[str, str, bool]) -> None:
        self.mentions = mentions

    def extract(self, chunks: Sequence[Chunk]) -> list[Extraction]:
        return [
            Extraction(
                chunk.id,
                tuple(
                    Mention(at, at + len(text), text, kind, nominal=nominal)
                    for text, kind, nominal in self.mentions
                    if (at := chunk.text.find(text)) >= 0
                ),
            )
            for chunk in chunks
        ]


@pytest.mark.parametrize(
    ("names", "text", "share"),
    [
        (["Aidan Gomez"], "A talk: Aidan Gomez, co-founder of Cohere.", 1.0),
        (["Aidan Gomez"], "Gomez studied in Toronto.", 0.5),
        (["Aidan Gomez"], "Claude Shannon was born in Petoskey.", 0.0),
        (["Google", "DeepMind"], "Google was founded in 1998.", 0.5),
        (["GPT-4"], "They trained GPT-4 in 2022.", 1.0),
        (["任少卿"], "朱松纯毕业于中国科学技术大学。", 0.0),
        (["任少卿"], "何恺明、任少卿等人提出残差网络。", 1.0),
        (["DeepSeek-V3"], "ＤｅｅｐＳｅｅｋ－Ｖ３共有6710亿参数。", 1.0),
        ([], "Anything.", 1.0),
        (["…"], "Anything.", 1.0),
    ],
)
def test_named_share_counts_what_the_text_mentions(names: list[str], text: str, share: float) -> None:
    assert named_share(names, text) == pytest.approx(share)


def test_question_names_are_whole_names_without_values_and_references() -> None:
    found = [
        ("Michael Jordan", "Person", False),
        ("Jordan", "Person", False),
        ("2009", "Date", False),
        ("he", "", True),
        ("商汤科技", "Organization", False),
    ]
    asked = "Was he, Michael Jordan, in 2009 with 商汤科技?"
    assert question_names(asked, ListExtractor(*found)) == ("Michael Jordan", "商汤科技")
    assert question_names("Who?", ListExtractor(*found)) == ()


def known(text: str) -> list[tuple[Span, Entity]]:
    """A graph in which two are called Jordan, and one 商汤科技有限公司."""
    entities = [
        Entity("1", "Jordan", "Person"),
        Entity("2", "Jordan", "Place"),
        Entity("3", "商汤科技", "Organization"),
    ]
    return [(Span(at, at + len(e.name)), e) for e in entities if (at := text.find(e.name)) >= 0]


def test_names_are_those_of_the_model_and_of_the_graph_and_the_longer_counts() -> None:
    names = Names(ListExtractor(("商汤", "Place", False), ("he", "", True), ("2009", "Date", False)), known)
    assert names.of("Was he, Jordan, in 2009 with 商汤科技?") == (
        Name("Jordan", frozenset({"1", "2"})),
        Name("商汤科技", frozenset({"3"})),
    )
    found = names.mentions(["Was he, Jordan, in 2009 with 商汤科技?"])[0]
    assert [(m.text, m.type) for m in found] == [
        ("he", ""),
        ("Jordan", "Person"),
        ("2009", "Date"),
        ("商汤科技", "Organization"),
    ]


def test_common_words_that_the_graph_has_are_no_names_beside_capital_letters() -> None:
    metal = Entity("m", "heavy metal", "Concept")
    names = Names(
        ListExtractor(), lambda text: [(Span(at, at + 11), metal)] if (at := text.find(metal.name)) >= 0 else []
    )
    assert names.of("Which heavy metal band came from Oslo?") == ()
    assert names.of("which heavy metal band came from oslo?") == (Name("heavy metal", frozenset({"m"})),)


def test_a_passage_stands_under_the_names_that_the_graph_knows_to_be_meant() -> None:
    she = document("A talk", "She led SenseTime until 2020.")
    table = document("Table", "name: X; year: 1999\nname: Y; year: 2001")
    names = [Name("Ada Lee", frozenset({"a"})), Name("商汤科技", frozenset({"s"})), Name("SenseTime", frozenset({"s"}))]
    one, other, rows = headed(
        [passage(she, entities=["a", "s"]), passage(she, entities=["x"]), passage(table, entities=["a"])], names
    )
    assert one.chunk.heading.split() == ["Ada", "Lee", "商汤科技"]
    assert (other.chunk.heading, rows.chunk.heading) == ("", "")
    assert one.chunk.text == she.text
