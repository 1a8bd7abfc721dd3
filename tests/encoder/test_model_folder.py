"""Model folders are found by name and by path, and say what is wrong with them."""

from pathlib import Path

import pytest

from kgqa.encoder import ModelFolder, model_path
from kgqa.errors import ModelError


def folder(path: Path, config: str) -> Path:
    path.mkdir(exist_ok=True)
    (path / "config.json").write_text(config, encoding="utf-8")
    return path


def test_shipped_model_is_found_by_name() -> None:
    assert (model_path("encoder") / "config.json").is_file()


def test_own_model_is_found_by_path(tmp_path: Path) -> None:
    assert model_path(tmp_path) == tmp_path
    assert model_path(str(tmp_path)) == tmp_path


def test_folder_in_the_way_does_not_hide_a_shipped_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "encoder").mkdir()
    monkeypatch.chdir(tmp_path)
    assert model_path("encoder") != Path("encoder")
    folder(tmp_path / "encoder", "{}")
    assert model_path("encoder") == Path("encoder")


def test_unknown_model_lists_what_there_is() -> None:
    with pytest.raises(ModelError, match=r"No model 'bert-large'.*encoder"):
        model_path("bert-large")


@pytest.mark.parametrize("config", ["{", "[1]", ""])
def test_torn_configuration_is_named(tmp_path: Path, config: str) -> None:
    with pytest.raises(ModelError, match=r"config\.json"):
        ModelFolder.open(folder(tmp_path, config))


def test_settings_are_checked_when_read(tmp_path: Path) -> None:
    model = ModelFolder.open(folder(tmp_path, '{"name": "m", "size": 3, "flag": true}'))
    assert (model.text("name"), model.number("size")) == ("m", 3)
    with pytest.raises(ModelError, match="'size' must be a text, not 3"):
        model.text("size")
    with pytest.raises(ModelError, match="'flag' must be a whole number, not True"):
        model.number("flag")
    with pytest.raises(ModelError, match="'other' must be a text, not None"):
        model.text("other")
    with pytest.raises(ModelError, match=r"weights\.onnx is missing"):
        model.file("weights.onnx")
