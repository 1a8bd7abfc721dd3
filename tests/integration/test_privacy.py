"""A workspace with ``privacy = "mask"``, with the models that ship: nothing personal is in any of its files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import kgqa
from kgqa.errors import ConfigError

pytestmark = pytest.mark.integration

ENGLISH = """# Notes on Ada Byron

Ada Byron was born in London in 1815. Byron studied mathematics with Augustus De Morgan.

In 1843 Ada Byron wrote about the Analytical Engine of Charles Babbage. Mr Babbage lived in Oxford.

Her address is ada.byron@example.org, her phone (212) 555-2368, her SSN 536-90-4399, her card 4111 1111 1111 1111."""
CHINESE = """李晓梅出生于成都，毕业于北京大学。李晓梅于2019年加入华为技术有限公司。王建国在上海工作。

李女士的手机是13812345678，身份证号11010519491231002X，邮箱lixiaomei@example.cn。联系人：孙悦。"""
PERSONAL = (
    *("Byron", "De Morgan", "Babbage", "李晓梅", "李女士", "王建国", "孙悦", "Jane Roe"),
    *(
        "example",
        "lixiaomei",
        "555-2368",
        "2125552368",
        "536-90",
        "4111 1111",
        "4111111111111111",
        "13812345678",
        "11010519491231",
    ),
)


def write(folder: Path) -> Path:
    folder.mkdir()
    (folder / "Jane Roe.md").write_text(ENGLISH, encoding="utf-8")
    (folder / "李晓梅.txt").write_text(CHINESE, encoding="utf-8")
    record = {"title": "ada byron", "text": "The letters of Ada Byron lie in Oxford.", "author": "Charles Babbage"}
    (folder / "records.jsonl").write_text(json.dumps(record), encoding="utf-8")
    return folder


def leaks(folder: Path) -> list[tuple[str, str]]:
    """Which personal words are in which file, in the encodings that a file may have."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes().lower()
        for word in PERSONAL:
            forms = {word.lower().encode(code) for code in ("utf-8", "utf-16-le", "gb18030")}
            forms.add(json.dumps(word.lower())[1:-1].encode())
            if any(form in content for form in forms):
                found.append((path.name, word))
    return found


def test_masked_workspace_holds_nothing_personal_and_answers(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    documents, workspace = write(tmp_path / "docs"), tmp_path / "workspace"
    notes: list[str] = []
    with caplog.at_level("DEBUG"), kgqa.open(workspace, settings={"privacy": "mask"}) as kb:
        report = kb.ingest(documents, on_progress=lambda progress: notes.append(progress.note))
        assert (report.added, report.failures) == (3, ())
        assert kb.ask("Where was Ada Byron born?").text.startswith("London")
        assert kb.ask("where was byron born").text.startswith("London")
        assert kb.ask("李晓梅毕业于哪所大学？").text.startswith("北京大学")
        assert kb.ask("Where was Isaac Newton born?").abstained
        assert kb.ask("马化腾毕业于哪所大学？").abstained
        (person,) = [d.title.removeprefix("Notes on ") for d in kb.documents() if d.title.startswith("Notes on ")]
        assert person in {entity.name for entity in kb.graph.entities() if entity.type == "Person"}
        conversation = kb.conversation()
        conversation.ask("Where was Ada Byron born?")
        assert conversation.ask("What did she study?").rewritten == f"What did {person} study?"
        found = kb.search("Ada Byron")
        assert found[0].chunk.title in {f"Notes on {person}", person}
        assert {passage.chunk.title for passage in found} >= {f"Notes on {person}", person}
        for stored in kb.documents():
            text = kb.document(stored.id).text
            assert all(c.text == text[c.start : c.end] for c in kb.chunks(stored.id))
            assert not [word for word in PERSONAL if word in f"{text}{stored.title}{stored.uri}"]
        for name in ("graph.json", "graph.csv", "graph.graphml"):
            kb.export(workspace / name)
    assert leaks(documents), "the search itself finds what is there"
    assert leaks(workspace) == []
    assert not [word for word in PERSONAL if word in caplog.text + "".join(notes)]
    with kgqa.open(workspace, settings={"privacy": "mask"}) as kb:
        again = kb.ingest(documents)
        assert (again.added, again.unchanged) == (0, 3)
        (documents / "more.txt").write_text("In Turin they read what Ada Byron wrote.", encoding="utf-8")
        kb.ingest(documents)
        (new,) = [d for d in kb.documents() if "Turin" in kb.document(d.id).text]
        assert person in kb.document(new.id).text


def test_masking_is_not_begun_or_ended_halfway(tmp_path: Path) -> None:
    documents = write(tmp_path / "docs")
    with kgqa.open(tmp_path / "plain") as kb:
        kb.ingest(documents / "records.jsonl")
    with (
        kgqa.open(tmp_path / "plain", settings={"privacy": "mask"}) as kb,
        pytest.raises(ConfigError, match="not masked"),
    ):
        kb.ingest(documents)
    with kgqa.open(tmp_path / "masked", settings={"privacy": "mask"}) as kb:
        kb.ingest(documents / "records.jsonl")
    with kgqa.open(tmp_path / "masked") as kb, pytest.raises(ConfigError, match="masks personal data"):
        kb.ingest(documents)
    assert leaks(tmp_path / "masked") == []
