"""The schema: data in a file, checked when it is read."""

from pathlib import Path

import pytest

from kgqa.errors import ConfigError
from kgqa.extraction import Schema


def test_the_shipped_schema_names_everything_in_both_languages() -> None:
    schema = Schema.load()
    assert schema.relations["FOUNDED_BY"].wikidata == "P112"
    said = [(kind.labels, kind.description) for kind in schema.entities.values()]
    said += [(kind.labels, kind.description) for kind in schema.relations.values()]
    assert len(said) > 40
    assert all(labels["en"] and labels["zh"] and description for labels, description in said)


def test_a_relation_holds_only_between_its_types() -> None:
    schema = Schema.load()
    assert schema.allows("BORN_ON", "Person", "Date")
    assert not schema.allows("BORN_ON", "Date", "Person")
    assert schema.allows("BORN_ON", "Reference", "Date")  # "she" may be a person
    assert schema.allows("PART_OF", "Quantity", "Concept")  # no types named: any


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[entities.Ship]\nen = "ship"', "no label in zh"),
        ('[entities.Ship]\nen = "ship"\nzh = "船"\ncolour = "red"', "unknown key colour"),
        ('[relations.SAILS]\nen = "sails"\nzh = "驶"\nhead = ["Ship"]', "names the type Ship"),
        ('[events.Storm]\nen = "storm"\nzh = "暴风"\nroles = ["PLACE"]', r"Add PLACE to \[roles\]"),
        ('[roles]\nPLACE = {en = "place"}', "no label in zh"),
        ("[entities", "not valid TOML"),
    ],
)
def test_a_faulty_schema_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "schema.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        Schema.load(path)


def test_a_missing_schema_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml"):
        Schema.load(tmp_path / "none.toml")
