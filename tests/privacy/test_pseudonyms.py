"""Numbers of people: the same in every run, and no name on disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from kgqa.errors import WorkspaceError
from kgqa.privacy import FILE, Pseudonyms


def test_pseudonyms_are_the_same_in_the_next_run(tmp_path: Path) -> None:
    first = Pseudonyms.open(tmp_path)
    numbers = [first.person(name, ("Byron",)) for name in ("Ada Byron", "李晓梅", "ADA  BYRON")]
    phone = first.number("PHONE", "2125552368")
    first.save()
    again = Pseudonyms.open(tmp_path)
    assert numbers == [1, 2, 1]
    assert [again.person(name) for name in ("李晓梅", "Ada Byron", "Anne Byron")] == [2, 1, 3]
    assert again.known_number("PHONE", "2125552368") == phone and again.known_number("PHONE", "1") == 0
    assert first.digest("a") == again.digest("a")


def test_pseudonyms_know_a_part_of_one_name_only(tmp_path: Path) -> None:
    pseudonyms = Pseudonyms.open(tmp_path)
    ada = pseudonyms.person("Ada Byron", ("Byron", "Ada"))
    assert [pseudonyms.known_person(name) for name in ("byron", "Ada", "Anne")] == [ada, ada, 0]
    pseudonyms.person("Anne Byron", ("Byron", "Anne"))
    assert pseudonyms.known_person("Byron") == 0
    assert pseudonyms.is_full_name("ada byron") and not pseudonyms.is_full_name("Ada")


def test_pseudonyms_keep_no_name(tmp_path: Path) -> None:
    pseudonyms = Pseudonyms.open(tmp_path)
    pseudonyms.person("Hypatia Byron", ("Byron",))
    pseudonyms.person("李晓梅")
    pseudonyms.number("PHONE", "13812345678")
    pseudonyms.save()
    content = (tmp_path / FILE).read_text(encoding="utf-8")
    assert not any(word in content.casefold() for word in ("hypatia", "byron", "李", "1381234", r"\u"))
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_pseudonyms_of_two_workspaces_have_nothing_in_common(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert Pseudonyms.open(tmp_path / "a").digest("Ada") != Pseudonyms.open(tmp_path / "b").digest("Ada")


def test_pseudonyms_of_another_process_are_taken_in(tmp_path: Path) -> None:
    reader, writer = Pseudonyms.open(tmp_path), Pseudonyms.open(tmp_path)
    number = writer.person("Ada Byron")
    writer.save()
    assert reader.known_person("Ada Byron") == 0
    reader.refresh()
    assert reader.known_person("Ada Byron") == number


def test_pseudonyms_survive_a_line_that_was_half_written(tmp_path: Path) -> None:
    pseudonyms = Pseudonyms.open(tmp_path)
    pseudonyms.person("Ada Byron")
    pseudonyms.save()
    with (tmp_path / FILE).open("a") as file:
        file.write('["people", "ab')
    again = Pseudonyms.open(tmp_path)
    assert (again.person("Ada Byron"), again.person("李晓梅")) == (1, 2)
    again.save()
    assert Pseudonyms.open(tmp_path).known_person("李晓梅") == 2


@pytest.mark.parametrize("content", ["nonsense\n", '{"key": "xyz"}\n', '{"no": 1}\n', "[1]\n"])
def test_pseudonyms_in_a_damaged_file_are_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(WorkspaceError, match="cannot be read"):
        Pseudonyms.open(tmp_path)
