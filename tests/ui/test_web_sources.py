"""The page's sources: the same strings in both languages, types that match the API, a lock file without addresses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from kgqa.ui import schemas

WEB = Path(__file__).parents[2] / "ui" / "web"
STRINGS = {lang: json.loads((WEB / "src" / "strings" / f"{lang}.json").read_text("utf-8")) for lang in ("en", "zh")}
SOURCES = {path.name: path.read_text("utf-8") for path in (WEB / "src").glob("*.ts*")}
_CHINESE = re.compile("[一-鿿]")
_SAME_IN_BOTH: set[str] = set()


def test_strings_have_the_same_keys_in_both_languages() -> None:
    assert list(STRINGS["en"]) == list(STRINGS["zh"])


def test_strings_have_the_same_placeholders() -> None:
    for key, text in STRINGS["en"].items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", STRINGS["zh"][key])), key


def test_strings_are_in_their_language() -> None:
    for key, text in STRINGS["zh"].items():
        if key != "ui.language":
            assert _CHINESE.search(text), f"{key} is not Chinese: {text}"
            assert not _CHINESE.search(STRINGS["en"][key]), key


def test_strings_are_all_used() -> None:
    source = "\n".join(SOURCES.values())
    families = ("docs.stage.", "ui.theme.")
    unused = [
        key
        for key in STRINGS["en"]
        if not key.startswith(families) and f'"{re.sub("_(one|other)$", "", key)}"' not in source
    ]
    assert unused == []


def test_sources_hold_no_sentence_outside_the_string_files() -> None:
    for name, source in SOURCES.items():
        code = re.sub(r"//[^\n]*|/\*.*?\*/", "", source, flags=re.DOTALL)
        assert not _CHINESE.search(code), name


def _interfaces() -> dict[str, set[str]]:
    found = {}
    for name, body in re.findall(r"export interface (\w+) \{(.*?)\n\}", SOURCES["types.ts"], flags=re.DOTALL):
        found[name] = set(re.findall(r"^  (\w+)\??:", body, flags=re.MULTILINE))
    return found


@pytest.mark.parametrize("name", sorted(_interfaces().keys() - {"Place"}))
def test_types_have_the_fields_of_the_api(name: str) -> None:
    model = getattr(schemas, name)
    assert issubclass(model, BaseModel)
    assert _interfaces()[name] == set(model.model_fields)


def test_lock_file_pins_without_addresses_of_a_registry() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []


def test_packages_are_pinned_exactly() -> None:
    package = json.loads((WEB / "package.json").read_text("utf-8"))
    for version in (package["dependencies"] | package["devDependencies"]).values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
