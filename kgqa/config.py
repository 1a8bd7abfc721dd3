"""Settings: every default in one place, and where each value came from.

Priority, highest first: arguments and command line, environment (``KGQA_SERVE__PORT=9``), ``.env`` in the current
folder, ``kgqa.toml`` of the workspace, ``kgqa/config.toml`` in the user's configuration folder, the defaults below.
Unknown keys are errors.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from kgqa.errors import ConfigError
from kgqa.types import DeviceName

__all__ = [
    "ENCODER_DEFAULT",
    "AnswerSettings",
    "ExtractionSettings",
    "GraphSettings",
    "IndexSettings",
    "IngestSettings",
    "ModelSettings",
    "Privacy",
    "Provenance",
    "RetrievalSettings",
    "ServeSettings",
    "Settings",
    "load_settings",
    "provenance",
    "user_config",
    "write_template",
]

ENCODER_DEFAULT = "shipped"
"""The value of a model setting that means the weights inside the package."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IngestSettings(_Section):
    """How documents become chunks and facts."""

    chunk_characters: int = Field(
        1000,
        ge=200,
        le=4000,
        description="Longest chunk, in Latin characters; Chinese chunks hold the same number of tokens.",
    )
    max_file_megabytes: int = Field(100, ge=1, description="Larger files are refused and reported.")
    batch_chunks: int = Field(64, ge=1, le=1024, description="Chunks that go through the encoder together.")


class ExtractionSettings(_Section):
    """What is read in texts."""

    types: str = Field(
        "",
        description="File with entity types of your own, in the workspace or by path; see docs/own-types.md. "
        "Empty: those of the model.",
    )
    open_relations: bool = Field(
        True,
        description="Whether the words between two names become a relation where no type of the schema is read; "
        "see docs/graph.md.",
    )


class GraphSettings(_Section):
    """Where the graph is."""

    store: str = Field(
        "embedded",
        description="embedded, or the address of a Neo4j server; neo4j:// alone takes it from NEO4J_URI and so on.",
    )
    catalogue: str = Field(
        "",
        description="File of known things, in the workspace or by path, that names are linked to by each ingest; "
        "see docs/graph.md. Empty: none.",
    )


class IndexSettings(_Section):
    """Where vectors are compared."""

    device: DeviceName = Field(
        "auto",
        description="Where FAISS builds and searches: auto takes a GPU where there is one and faiss-gpu is installed "
        "(see docs/retrieval.md), gpu needs one.",
    )


class RetrievalSettings(_Section):
    """How passages are found."""

    mode: Literal["auto", "text", "graph", "hybrid"] = Field(
        "auto", description="Text index only, over the graph, both fused, or chosen for each question."
    )
    passages: int = Field(8, ge=1, le=50, description="Passages that are read for a question.")
    rerank: bool = Field(
        True,
        description="Whether the reranker reads the best passages, with the way that led to each, and orders them.",
    )


class AnswerSettings(_Section):
    """How answers are composed."""

    language: Literal["auto", "en", "zh"] = Field(
        "auto", description="Language of the answer's own words; auto follows the question."
    )
    threshold: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Least confidence of an answer; below it the documents do not say. Empty: the reader's own.",
    )


class ServeSettings(_Section):
    """The web page and API."""

    host: str = Field(
        "127.0.0.1", description="Address to listen on. Anything but loopback lets others in: there is no log-in."
    )
    port: int = Field(8000, ge=0, le=65535, description="Port; 0 takes any free one.")
    max_upload_megabytes: int = Field(50, ge=1, description="Largest file that the page accepts.")


class ModelSettings(_Section):
    """Which weights are used: "shipped" or the path of a model folder that `kgqa train` wrote."""

    encoder: str = Field(ENCODER_DEFAULT, description="Encoder and sentence embedder.")
    extraction: str = Field(ENCODER_DEFAULT, description="Entities, relations and coreference.")
    reader: str = Field(ENCODER_DEFAULT, description="Extractive reader.")
    reranker: str = Field(ENCODER_DEFAULT, description="Reranker of passages.")
    threads: int = Field(0, ge=0, description="Batches that a model reads at once, a thread each; 0: one per core.")
    device: DeviceName = Field(
        "auto",
        description="Where models run: auto takes a GPU that onnxruntime-gpu has, but not for 8-bit models as those "
        "that ship, whose products it would leave to the CPU; gpu takes it for all.",
    )


Privacy = Literal["off", "mask"]


class Settings(BaseSettings):
    """All settings. ``load_settings`` fills it."""

    model_config = SettingsConfigDict(
        env_prefix="KGQA_",
        env_nested_delimiter="__",
        env_file=".env",
        extra="forbid",
        frozen=True,
        env_ignore_empty=True,
    )

    privacy: Privacy = Field(
        "off",
        description="mask: names of people, phone, e-mail and identity numbers are replaced before anything is stored.",
    )
    ingest: IngestSettings = Field(default_factory=IngestSettings)
    extraction: ExtractionSettings = Field(default_factory=ExtractionSettings)
    graph: GraphSettings = Field(default_factory=GraphSettings)
    index: IndexSettings = Field(default_factory=IndexSettings)
    retrieval: RetrievalSettings = Field(default_factory=RetrievalSettings)
    answer: AnswerSettings = Field(default_factory=AnswerSettings)
    serve: ServeSettings = Field(default_factory=ServeSettings)
    models: ModelSettings = Field(default_factory=ModelSettings)


class _OwnDotEnv(DotEnvSettingsSource):
    """A ``.env`` file may hold other programs' keys: only ``KGQA_PRIVACY`` and ``KGQA_SECTION__NAME`` are ours."""

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return {
            key: value
            for key, value in super()._load_env_vars().items()
            if key == "kgqa_privacy" or (key.startswith("kgqa_") and "__" in key)
        }


@dataclass(frozen=True, slots=True)
class Provenance:
    """One setting, its value and the place that set it."""

    key: str
    value: Any
    origin: str
    description: str


def user_config() -> Path:
    """The user's own settings file, whether it exists or not."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "kgqa" / "config.toml"


def load_settings(workspace: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Settings:
    """The settings that hold in ``workspace``.

    Raises:
        ConfigError: a file is not TOML, a key does not exist or a value cannot be used; names the key and its origin.
    """
    sources = _files(workspace)

    class Located(Settings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,
            file_secret_settings: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            files = [_toml(settings_cls, path) for path in sources]
            return (init_settings, env_settings, _OwnDotEnv(settings_cls), *files)

    try:
        located = Located(**dict(overrides or {}))
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(str(part) for part in fault["loc"])
        hint = "There is no such setting" if fault["type"] == "extra_forbidden" else fault["msg"]
        raise ConfigError(
            f"Setting {key!r} = {fault.get('input')!r}: {hint}. "
            "See `kgqa config` for all settings and where each came from."
        ) from error
    return Settings.model_construct(**{section: getattr(located, section) for section in Settings.model_fields})


def provenance(settings: Settings, workspace: Path | None = None) -> Iterator[Provenance]:
    """Each setting with its value and what set it, in the order of this file."""
    layers: list[tuple[str, Mapping[str, Any]]] = [
        ("environment", EnvSettingsSource(Settings)()),
        (".env", _OwnDotEnv(Settings)()),
    ]
    layers += [(str(path), _read_toml(path)) for path in _files(workspace)]
    for section, info in Settings.model_fields.items():
        model = getattr(settings, section)
        if not isinstance(model, BaseModel):
            origin = next((where for where, values in layers if section in values), "default")
            yield Provenance(section, model, origin, info.description or "")
            continue
        for name, field in type(model).model_fields.items():
            origin = next((where for where, values in layers if name in (values.get(section) or {})), "default")
            yield Provenance(f"{section}.{name}", getattr(model, name), origin, field.description or "")


def _files(workspace: Path | None) -> list[Path]:
    candidates = [workspace / "kgqa.toml"] if workspace else []
    candidates.append(user_config())
    return [path for path in candidates if path.is_file()]


def _toml(settings: type[BaseSettings], path: Path) -> TomlConfigSettingsSource:
    _read_toml(path)
    return TomlConfigSettingsSource(settings, path)


def _read_toml(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}. Mend the line or remove the file.") from error


def write_template(path: Path) -> Path | None:
    """The settings file that was written, with every default as a comment; None where there is one already."""
    if path.exists():
        return None
    lines = ["# Settings of this workspace. Every line shows a default; remove the # to change it.", ""]
    for section, info in Settings.model_fields.items():  # what is in no section stands before all sections, in TOML too
        model = info.get_default(call_default_factory=True, validated_data={})
        if not isinstance(model, BaseModel):
            lines += [*_template_lines(section, model, info.description), ""]
            continue
        lines.append(f"[{section}]")
        for name, field in type(model).model_fields.items():
            lines += _template_lines(name, getattr(model, name), field.description)
        lines.append("")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _template_lines(name: str, value: Any, description: str | None) -> list[str]:
    shown = json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else value
    return [f"# {description}", f"# {name} = {shown if value is not None else 0.5}"]
