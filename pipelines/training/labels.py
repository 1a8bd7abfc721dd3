"""How a data set's labels are called in the schema: the table that ships, or a user's own of the same form."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import kgqa.extraction
from kgqa.errors import DataError
from kgqa.extraction.schema import Schema

__all__ = ["LabelMap"]

_DEFAULT = Path(kgqa.extraction.__file__).parent / "labels.toml"


@dataclass(frozen=True, slots=True)
class LabelMap:
    """From the labels of a data set to the types of a schema."""

    schema: Schema
    entities: Mapping[str, str] = field(default_factory=dict)
    relations: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, schema: Schema, path: Path | None = None) -> "LabelMap":
        """The table in a TOML file, by default the one that ships with kgqa.

        Raises:
            DataError: the file cannot be read.
        """
        path = path or _DEFAULT
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(
                f'The table of labels {path} cannot be read ({error}). It is TOML: [entities] PER = "Person".'
            ) from error
        return cls(schema, *(raw.get(part, {}) for part in ("entities", "relations", "events", "roles")))

    def entity(self, label: str) -> str:
        """The schema's type, or an empty string where it has none."""
        name = self.entities.get(label, label)
        return name if name in self.schema.entities else ""

    def relation(self, label: str) -> tuple[str, bool]:
        """The schema's relation and whether its ends are swapped, or an empty string where it has none."""
        name = self.relations.get(label, label)
        swapped = name.startswith("-")
        name = name.removeprefix("-")
        return (name, swapped) if name in self.schema.relations else ("", False)

    def event(self, label: str) -> str:
        """The schema's event type, or an empty string where it has none."""
        name = self.events.get(label, label)
        name = name if name in self.schema.events else "".join(word[:1].upper() + word[1:] for word in _words(name))
        return name if name in self.schema.events else ""

    def role(self, event: str, label: str) -> str:
        """The schema's role of an event by both their labels, or an empty string where the event has no such role."""
        name = self.roles.get(f"{event}.{label}", self.roles.get(label, label))
        kind = self.schema.events.get(self.event(event))
        name = name if name in self.schema.roles else "_".join(_words(name)).upper()
        return name if kind is not None and name in kind.roles else ""


def _words(label: str) -> list[str]:
    return re.split("[_ -]+", label)
