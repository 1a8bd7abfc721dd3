"""Finding files and reading them."""

from pathlib import Path

import pytest

from kgqa.connectors.readers import Source, discover, read_source
from kgqa.errors import ReadError, UnsupportedFormat
from kgqa.types import Document


def write(path: Path, text: str = "Some text.") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def uris(*paths: Path) -> list[str]:
    return [source.uri for source in discover(paths)]


def test_discover_finds_files_below_a_folder_in_a_fixed_order(tmp_path: Path) -> None:
    for name in ("docs/b.md", "docs/a/z.TXT", "docs/a/y.html", "docs/.hidden/x.md", "docs/.x.md", "docs/~$x.docx"):
        write(tmp_path / name)
    assert uris(tmp_path / "docs") == ["docs/b.md", "docs/a/y.html", "docs/a/z.TXT"]


def test_discover_gives_the_same_uri_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "docs/a.md")
    expected = uris(tmp_path / "docs")
    monkeypatch.chdir(tmp_path / "docs")
    assert uris(Path(".")) == uris(Path("../docs")) == expected == ["docs/a.md"]


def test_discover_tells_folders_of_one_name_apart(tmp_path: Path) -> None:
    write(tmp_path / "en/docs/a.md")
    write(tmp_path / "zh/docs/a.md")
    assert uris(tmp_path / "en/docs", tmp_path / "zh/docs") == ["en/docs/a.md", "zh/docs/a.md"]


def test_discover_calls_a_single_file_by_its_name(tmp_path: Path) -> None:
    (source,) = discover([write(tmp_path / "a.MD", "abc")])
    assert source == Source("a.MD", tmp_path / "a.MD", 3, ".md")


def test_discover_finds_a_file_once(tmp_path: Path) -> None:
    file = write(tmp_path / "docs/a.md")
    (tmp_path / "docs/b.md").symlink_to(file)
    assert uris(tmp_path / "docs", file, tmp_path / "docs") == ["docs/a.md"]


def test_discover_ends_where_links_go_in_circles(tmp_path: Path) -> None:
    write(tmp_path / "docs/a/b.md")
    (tmp_path / "docs/a/up").symlink_to(tmp_path / "docs")
    (tmp_path / "docs/gone.md").symlink_to(tmp_path / "nowhere.md")
    skipped: list[Path] = []
    assert [s.uri for s in discover([tmp_path / "docs"], on_skip=skipped.append)] == ["docs/a/b.md"]
    assert [path.name for path in skipped] == ["gone.md"]


def test_discover_reports_what_no_reader_knows(tmp_path: Path) -> None:
    write(tmp_path / "a.md")
    write(tmp_path / "b.xyz")
    skipped: list[Path] = []
    assert len(list(discover([tmp_path], on_skip=skipped.append))) == 1
    assert skipped == [tmp_path / "b.xyz"]


def test_discover_refuses_an_empty_folder(tmp_path: Path) -> None:
    write(tmp_path / "b.xyz")
    with pytest.raises(ReadError, match=r"holds no document that can be read \(1 other files\).*\.docx"):
        discover([tmp_path])


def test_discover_refuses_a_missing_path_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="gone does not exist"):
        discover([write(tmp_path / "a.md"), tmp_path / "gone"])


def test_discover_refuses_an_unknown_ending_that_was_named(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFormat, match=r"\.xyz"):
        discover([write(tmp_path / "b.xyz")])


def test_discover_refuses_no_paths() -> None:
    with pytest.raises(ReadError, match="No path was given"):
        discover([])


def test_read_source_reads_what_was_discovered(tmp_path: Path) -> None:
    (source,) = discover([write(tmp_path / "a.md", "# 标题\n\n正文。")])
    (document,) = read_source(source)
    assert isinstance(document, Document)
    assert (document.uri, document.title, document.text) == ("a.md", "标题", "标题\n\n正文。")


def test_read_source_refuses_a_file_over_the_limit(tmp_path: Path) -> None:
    (source,) = discover([write(tmp_path / "a.md", "word " * 500_000)])
    with pytest.raises(ReadError, match=r"a\.md has 2 MB, more than the 1 MB allowed"):
        read_source(source, largest=1_000_000)


def test_read_source_refuses_a_file_that_has_gone(tmp_path: Path) -> None:
    (source,) = discover([write(tmp_path / "a.md")])
    source.path.unlink()
    with pytest.raises(ReadError, match=r"a\.md cannot be opened"):
        read_source(source)
