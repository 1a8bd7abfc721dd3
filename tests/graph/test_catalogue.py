"""Catalogues: the file, rows of one thing, names and keys."""

from __future__ import annotations

import gzip
import lzma
from pathlib import Path

import pytest

from kgqa.errors import DataError
from kgqa.graph import Catalogue
from kgqa.graph.identity import name_key

HEADER = "qid\ttype\ten\tzh\taliases\tdescription\tsource\n"
ROWS = (
    "Q16952\torganisation\tPeking University\t北京大学\t北大|PKU|北京大學\tuniversity in Beijing, China\tWD\n"
    "Q1\tcity\tSpringfield\t斯普林菲尔德\t\tcity in Illinois\tWD\n"
    "Q2\tcity\tSpringfield\t\tOzark City\tcity in Missouri\tWD\n"
    "\torganisation\tByte Labs\t\tBL\t\tCE\n"
    "\torganisation\tByte Labs\t字节实验室\t\tlaboratory\tCE\n"
    "\tplace\tSpringfield\t春田\t\t\tCE\n"
    "D1\tDisease\tInfluenza\t流感\tflu\t\tMINE\n"
)


def catalogue(folder: Path, rows: str = ROWS) -> Catalogue:
    path = folder / "small.tsv"
    path.write_text(HEADER + rows, encoding="utf-8")
    return Catalogue.open(path)


def test_names_of_both_scripts_and_all_spellings_find_their_entry(tmp_path: Path) -> None:
    small = catalogue(tmp_path)
    for name in ("Peking University", "peking university", "北京大学", "北京大學", "北大", "PKU"):
        (found,) = small.called(name, "Organization")
        assert found.entry.id == "Q16952" and found.is_main == (name not in ("北大", "PKU"))
    assert small.called("Peking University", "Person") == []
    assert [named.entry.id for named in small.called("flu", "Disease")] == ["D1"], "a type of one's own"


def test_rows_without_id_join_the_one_entry_that_they_fit(tmp_path: Path) -> None:
    small = catalogue(tmp_path)
    (labs,) = small.called("字节实验室", "Organization")
    assert labs.entry.line == "CE:Byte Labs: Byte Labs, 字节实验室" and "BL" in labs.entry.names
    assert {named.entry.id for named in small.called("Springfield", "Place")} == {"Q1", "Q2", "CE:春田"}


def test_entries_of_one_main_name_have_keys_of_their_own(tmp_path: Path) -> None:
    small = catalogue(tmp_path)
    (university,) = small.called("PKU", "Organization")
    assert small.key(university.entry, "Organization") == name_key("Peking University", "Organization")
    keys = {small.key(named.entry, "Place") for named in small.called("Springfield", "Place")}
    assert len(keys) == 3 and name_key("Springfield", "Place") not in keys


@pytest.mark.parametrize("ending", [".tsv", ".tsv.gz", ".tsv.xz"])
def test_packed_files_are_read(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"small{ending}"
    packed = (HEADER + ROWS).encode()
    path.write_bytes({".gz": gzip.compress(packed), ".xz": lzma.compress(packed)}.get(path.suffix, packed))
    assert len(Catalogue.open(path).entries) == 6


def test_a_bad_file_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"small\.tsv:3: 6 columns, where the header has 7"):
        catalogue(tmp_path, "Q1\tcity\tParis\t\t\t\t\nQ2\tcity\tRome\t\t\t\n")
    with pytest.raises(DataError, match=r"small\.tsv:2: a row needs a type, and a name"):
        catalogue(tmp_path, "Q1\tcity\t\t\tParis\t\t\n")
    other = tmp_path / "other.tsv"
    other.write_text("id\tname\n1\tParis\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"other\.tsv:1: the columns qid, type, en, zh, aliases are missing"):
        Catalogue.open(other)
    torn = tmp_path / "torn.tsv.xz"
    torn.write_bytes(lzma.compress((HEADER + ROWS).encode())[:-20])
    with pytest.raises(DataError, match=r"torn\.tsv\.xz cannot be read"):
        Catalogue.open(torn)
    with pytest.raises(DataError, match=r"missing\.tsv cannot be read"):
        Catalogue.open(tmp_path / "missing.tsv")
