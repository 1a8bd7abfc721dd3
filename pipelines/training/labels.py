"""How a data set's labels are called in the schema: the table that ships, or a user's own of the same form."""

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import kgqa.extraction
from kgqa.errors import DataError
from kgqa.extraction.schema import Schema

__all__ = ["LabelMap", "Strange"]

_DEFAULT = Path(kgqa.extraction.__file__).parent / "labels.toml"


@dataclass(frozen=True, slots=True)
class Strange:
    """Labels of annotations that a schema has no type for, and how often they were met."""

    entities: Counter[str] = field(default_factory=Counter)
    relations: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)

    @property
    def all(self) -> dict[str, int]:
        """Those of every kind, the most frequent first."""
        return dict((self.entities + self.relations + self.events).most_common())


@dataclass(frozen=True, slots=True)
class LabelMap:
    """From the labels of a data set to the types of a schema."""

    schema: Schema
    entities: Mapping[str, str] = field(default_factory=dict)
    relations: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    strange: Strange = field(default_factory=Strange)

    @classmethod
    def load(cls, schema: Schema, path: Path | None = None) -> "LabelMap":
        """The table in a TOML file, by default the one that ships with kgqa.

        Raises:
            DataError: the file cannot be read, or one of one's own names a type that the schema does not have.
        """
        given, path = path, path or _DEFAULT
        try:
            text = path.read_text(encoding="utf-8")
            raw = tomllib.loads(text)
        except (OSError, ValueError) as error:
            raise DataError(
                f'The table of labels {path} cannot be read ({error}). It is TOML: [entities] PER = "Person".'
            ) from error
        for part in ("entities", "relations", "events", "roles") if given else ():
            for label, name in raw.get(part, {}).items():
                if name and name.removeprefix("-") not in getattr(schema, part):
                    line = next((n for n, row in enumerate(text.split("\n"), 1) if label in row), 1)
                    what = f"{path}, line {line}: the schema has no {name} among its {part}."
                    raise DataError(f'{what} Add [{part}.{name}] to it, or write {label} = "" to leave the label out.')
        return cls(schema, *(raw.get(part, {}) for part in ("entities", "relations", "events", "roles")))

    def entity(self, label: str) -> str:
        """The schema's type, or an empty string where it has none; the table may name a label "" to leave it out."""
        name = self.entities.get(label, label)
        if name and name not in self.schema.entities:
            self.strange.entities[label] += 1
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
