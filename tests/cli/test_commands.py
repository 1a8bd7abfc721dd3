"""The command line as a user meets it: output, exit codes, errors of one line. Runs the models that ship."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from kgqa.cli import app
from kgqa.knowledge_base import open_knowledge_base

ENGLISH = """# Lise Meitner

Lise Meitner was born in Vienna in 1878. She studied physics at the University of Vienna.
In 1907 Meitner moved to Berlin, where she worked with Otto Hahn at the Kaiser Wilhelm Institute for Chemistry.

Otto Hahn received the Nobel Prize in Chemistry in 1944.
"""
CHINESE = """# 袁隆平

袁隆平1930年出生于北京,是中国的农学家。1953年他毕业于西南农学院。
1973年,袁隆平在湖南培育出杂交水稻。2001年他获得国家最高科学技术奖。
"""


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("documents")
    (path / "meitner.md").write_text(ENGLISH, encoding="utf-8")
    (path / "yuan.md").write_text(CHINESE, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def workspace(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("workspace") / "ws"
    result = run("ingest", folder, "--workspace", path)
    assert result.exit_code == 0, result.output
    yield path


def test_ingest_again_changes_nothing(workspace: Path, folder: Path) -> None:
    before = run("graph", "stats", "-w", workspace, "--json").stdout
    report = json.loads(run("ingest", folder, "-w", workspace, "--json").stdout)
    assert (report["added"], report["unchanged"]) == (0, 2)
    assert run("graph", "stats", "-w", workspace, "--json").stdout == before


@pytest.mark.parametrize(
    ("question", "expected"),
    [("Where was Lise Meitner born?", "Vienna"), ("袁隆平出生在哪里?", "北京")],
)
def test_ask_cites_the_exact_words(workspace: Path, question: str, expected: str) -> None:
    result = run("ask", question, "-w", workspace, "--json")
    answer = json.loads(result.stdout)
    assert expected in answer["text"] and not answer["abstained"]
    with open_knowledge_base(workspace, create=False) as kb:
        for citation in answer["citations"]:
            text = kb.document(citation["document_id"]).text
            assert text[citation["start"] : citation["end"]] == citation["quote"]


def test_ask_prints_the_answer_and_its_numbered_source(workspace: Path) -> None:
    result = run("ask", "Where was Lise Meitner born?", "-w", workspace)
    assert result.exit_code == 0
    assert "Vienna" in result.stdout and "[1]" in result.stdout and "meitner.md" in result.stdout


def test_chat_ends_with_an_empty_line(workspace: Path) -> None:
    result = CliRunner().invoke(app, ["chat", "-w", str(workspace)], input="袁隆平哪一年出生?\n\n")
    assert result.exit_code == 0 and "1930" in result.stdout


def test_search_says_why_a_passage_is_there(workspace: Path) -> None:
    passages = json.loads(run("search", "水稻", "-w", workspace, "--json").stdout)
    assert "水稻" in passages[0]["chunk"]["text"] and passages[0]["sources"]


def test_graph_shows_entities_with_quotes(workspace: Path) -> None:
    found = json.loads(run("graph", "find", "Meitner", "-w", workspace, "--json").stdout)
    assert found and "Meitner" in found[0]["name"]
    assert run("graph", "entity", found[0]["id"], "-w", workspace).exit_code == 0
    triples = json.loads(run("graph", "triples", "-w", workspace, "--json").stdout)
    assert all(t["evidence"] for t in triples)


def test_delete_removes_a_document_and_its_facts(folder: Path, tmp_path: Path) -> None:
    run("ingest", folder, "-w", tmp_path / "ws")
    assert run("delete", "meitner.md", "-w", tmp_path / "ws").exit_code == 0
    left = json.loads(run("documents", "-w", tmp_path / "ws", "--json").stdout)
    assert [Path(document["uri"]).name for document in left] == ["yuan.md"]
    assert json.loads(run("graph", "find", "Meitner", "-w", tmp_path / "ws", "--json").stdout) == []


@pytest.mark.parametrize("suffix", ["graphml", "json", "csv"])
def test_export_writes_a_file(workspace: Path, tmp_path: Path, suffix: str) -> None:
    assert run("export", tmp_path / f"graph.{suffix}", "-w", workspace).exit_code == 0
    assert (tmp_path / f"graph.{suffix}").stat().st_size > 0


def test_export_to_an_unknown_format_is_a_usage_error(workspace: Path, tmp_path: Path) -> None:
    result = run("export", tmp_path / "graph.xyz", "-w", workspace)
    assert result.exit_code == 2 and "graphml" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("ask", "Who?"),
        ("search", "x"),
        ("documents",),
        ("graph", "stats"),
        ("delete", "x"),
        ("export", "x.json"),
        ("chat",),
    ],
)
def test_missing_workspace_is_one_line_that_says_what_to_do(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = run(*arguments, "-w", tmp_path / "none")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1 and "kgqa init" in result.stderr
    assert not (tmp_path / "none").exists()


def test_init_makes_a_workspace_with_settings(tmp_path: Path) -> None:
    assert run("init", tmp_path / "ws").exit_code == 0
    assert (tmp_path / "ws" / "kgqa.toml").is_file()
    assert json.loads(run("documents", "-w", tmp_path / "ws", "--json").stdout) == []


def test_one_broken_file_does_not_stop_a_run(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "good.txt").write_text("Marie Curie was born in Warsaw.", encoding="utf-8")
    (tmp_path / "docs" / "bad.pdf").write_bytes(b"%PDF-1.4 broken")
    (tmp_path / "docs" / "empty.txt").write_bytes(b"")
    (tmp_path / "docs" / "binary.txt").write_bytes(bytes(range(256)) * 10)
    result = run("ingest", tmp_path / "docs", "-w", tmp_path / "ws")
    assert result.exit_code == 1
    assert all(name in result.stderr for name in ("bad.pdf", "empty.txt", "binary.txt"))
    assert len(json.loads(run("documents", "-w", tmp_path / "ws", "--json").stdout)) == 1


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_nothing_to_ingest_says_so(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    result = run("ingest", tmp_path / name, "-w", tmp_path / "ws")
    assert result.exit_code == 1 and name in result.stderr and "Traceback" not in result.output


def test_config_names_where_a_value_came_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KGQA_SERVE__PORT", "9")
    rows = {row["key"]: row for row in json.loads(run("config", "-w", tmp_path, "--json").stdout)}
    assert (rows["serve.port"]["value"], rows["serve.port"]["origin"]) == (9, "environment")


def test_unknown_setting_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "kgqa.toml").write_text("[serve]\nprot = 1\n")
    result = run("config", "-w", tmp_path)
    assert result.exit_code == 2 and "serve.prot" in result.stderr


def test_doctor_finds_the_models() -> None:
    checks = {check["check"]: check["ok"] for check in json.loads(run("doctor", "--json").stdout)}
    assert checks["model encoder"] and checks["model extraction"] and checks["model reader"]
