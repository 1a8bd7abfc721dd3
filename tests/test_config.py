"""Settings: priority, provenance, clear errors."""

from pathlib import Path

import pytest

from kgqa.config import load_settings, provenance, write_template
from kgqa.errors import ConfigError


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)


def test_arguments_win_over_environment_over_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kgqa.toml").write_text("[serve]\nport = 1\nhost = '127.0.0.2'\n")
    assert load_settings(tmp_path).serve.port == 1
    monkeypatch.setenv("KGQA_SERVE__PORT", "2")
    settings = load_settings(tmp_path)
    assert (settings.serve.port, settings.serve.host) == (2, "127.0.0.2")
    assert load_settings(tmp_path, {"serve": {"port": 3}}).serve.port == 3


def test_workspace_wins_over_user(tmp_path: Path) -> None:
    (tmp_path / "config" / "kgqa").mkdir(parents=True)
    (tmp_path / "config" / "kgqa" / "config.toml").write_text("[retrieval]\npassages = 3\nmode = 'text'\n")
    (tmp_path / "kgqa.toml").write_text("[retrieval]\npassages = 5\n")
    settings = load_settings(tmp_path)
    assert (settings.retrieval.passages, settings.retrieval.mode) == (5, "text")


def test_provenance_names_the_origin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kgqa.toml").write_text("[serve]\nport = 1\n")
    (tmp_path / ".env").write_text("OPENAI_API_KEY=x\nKGQA_SERVE__HOST=127.0.0.3\n")
    monkeypatch.setenv("KGQA_RETRIEVAL__PASSAGES", "4")
    found = {p.key: (p.value, p.origin) for p in provenance(load_settings(tmp_path), tmp_path)}
    assert found["serve.port"] == (1, str(tmp_path / "kgqa.toml"))
    assert found["serve.host"] == ("127.0.0.3", ".env")
    assert found["retrieval.passages"] == (4, "environment")
    assert found["retrieval.mode"] == ("auto", "default")


def test_provenance_of_a_setting_outside_of_sections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def privacy() -> tuple[object, str]:
        (found,) = [p for p in provenance(load_settings(tmp_path), tmp_path) if p.key == "privacy"]
        return found.value, found.origin

    assert privacy() == ("off", "default")
    (tmp_path / "kgqa.toml").write_text('privacy = "mask"\n[serve]\nport = 1\n')
    assert privacy() == ("mask", str(tmp_path / "kgqa.toml"))
    (tmp_path / ".env").write_text("KGQA_PRIVACY=off\n")
    assert privacy() == ("off", ".env")
    monkeypatch.setenv("KGQA_PRIVACY", "mask")
    assert privacy() == ("mask", "environment")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('privacy = "msak"\n', "privacy"),
        ("[serve]\nprot = 1\n", "serve.prot.*no such setting"),
        ("[serve]\nport = 'x'\n", "serve.port"),
        ("[serve\n", "not valid TOML"),
        ("[retrieval]\nmode = 'fast'\n", "retrieval.mode"),
    ],
)
def test_faulty_files_say_which_key(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "kgqa.toml").write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_settings(tmp_path)


def test_template_holds_every_setting_and_changes_nothing(tmp_path: Path) -> None:
    before = load_settings()
    path = write_template(tmp_path / "kgqa.toml")
    assert path is not None and load_settings(tmp_path) == before
    text = path.read_text()
    assert all(p.key.split(".")[-1] in text for p in provenance(before))
    assert write_template(tmp_path / "kgqa.toml") is None


def test_template_lines_are_valid_once_uncommented(tmp_path: Path) -> None:
    path = write_template(tmp_path / "kgqa.toml")
    assert path is not None
    lines = [line.removeprefix("# ") if " = " in line else line for line in path.read_text().splitlines()]
    path.write_text("\n".join(lines))
    load_settings(tmp_path)
