"""Model folders: where one is found, and its files and settings, with an error that says what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kgqa.errors import ModelError

__all__ = ["ModelFolder", "model_path"]

SHIPPED = Path(__file__).resolve().parent.parent / "models"


def model_path(name: str | Path) -> Path:
    """The folder of a model: a directory as given, else the one of that name that ships with the package.

    Raises:
        ModelError: neither exists.
    """
    given = Path(name).expanduser()
    if given.is_dir() and (str(given) != given.name or (given / "config.json").exists()):
        return given
    if (SHIPPED / given).is_dir():
        return SHIPPED / given
    known = ", ".join(sorted(folder.name for folder in SHIPPED.glob("*") if (folder / "config.json").exists()))
    raise ModelError(f"No model {str(name)!r}: give the path of a model folder or one of: {known or 'none installed'}.")


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder with a ``config.json`` and the files of a model."""

    path: Path
    config: Mapping[str, object]

    @classmethod
    def open(cls, name: str | Path) -> ModelFolder:
        """The folder of that name or path, its configuration read.

        Raises:
            ModelError: there is no such folder, or its ``config.json`` is missing or torn.
        """
        path = model_path(name)
        config_path = path / "config.json"
        try:
            config = json.loads(config_path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ModelError(f"{config_path} cannot be read ({error}). Install or train the model again.") from error
        if not isinstance(config, dict):
            raise ModelError(f"{config_path} holds {type(config).__name__}, not settings. Train the model again.")
        return cls(path, config)

    def file(self, name: str) -> Path:
        """The path of a file that must be there.

        Raises:
            ModelError: it is not.
        """
        path = self.path / name
        if not path.is_file():
            raise ModelError(f"{path} is missing from the model. Install or train the model again.")
        return path

    def text(self, key: str) -> str:
        """A setting that is a text.

        Raises:
            ModelError: it is missing or is none.
        """
        value = self.config.get(key)
        if not isinstance(value, str):
            raise self._wrong(key, "a text", value)
        return value

    def number(self, key: str) -> int:
        """A setting that is a whole number.

        Raises:
            ModelError: it is missing or is none.
        """
        value = self.config.get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._wrong(key, "a whole number", value)
        return value

    def _wrong(self, key: str, wanted: str, value: object) -> ModelError:
        path = self.path / "config.json"
        return ModelError(f"{path}: {key!r} must be {wanted}, not {value!r}. Train the model again.")
