"""Which types of entities, relations and events are read in text: data, in a TOML file that anyone can extend.

schema = Schema.load()
schema.relations["FOUNDED_BY"].labels["zh"]   # 创始人
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from kgqa.errors import ConfigError

__all__ = ["REFERENCE", "EntityType", "EventType", "RelationType", "Role", "Schema"]

REFERENCE = "Reference"
_DEFAULT = Path(__file__).parent / "schema.toml"


@dataclass(frozen=True, slots=True)
class EntityType:
    """A kind of thing that text names."""

    name: str
    labels: Mapping[str, str]
    """By language, ``en`` and ``zh``."""
    description: str = ""
    nominal: bool = False
    """True where the type is not a name but stands for one."""
    kind_of: str = ""
    """The wider type that it divides, such as ``Product``; empty where it stands beside the others."""


@dataclass(frozen=True, slots=True)
class RelationType:
    """A kind of fact about two things."""

    name: str
    labels: Mapping[str, str]
    description: str = ""
    wikidata: str = ""
    """The Wikidata property behind it, such as ``P112``."""
    head: frozenset[str] = frozenset()
    """Types that its subject may have; empty: any."""
    tail: frozenset[str] = frozenset()
    symmetric: bool = False


@dataclass(frozen=True, slots=True)
class EventType:
    """A kind of thing that happens."""

    name: str
    labels: Mapping[str, str]
    description: str = ""
    roles: tuple[str, ...] = ()
    """Those that its arguments may have."""


@dataclass(frozen=True, slots=True)
class Role:
    """How something takes part in an event."""

    name: str
    labels: Mapping[str, str]
    description: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """The types by name, in the order of the file."""

    entities: Mapping[str, EntityType] = field(default_factory=dict)
    relations: Mapping[str, RelationType] = field(default_factory=dict)
    events: Mapping[str, EventType] = field(default_factory=dict)
    roles: Mapping[str, Role] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path | None = None) -> "Schema":
        """The schema in a TOML file, by default the general one that ships with kgqa.

        Raises:
            ConfigError: the file cannot be read, lacks a label, gives a name twice, or names a type or role that it
                does not define.
        """
        path = path or _DEFAULT
        return cls.parse(_text(path), path)

    def extended(self, path: Path) -> "Schema":
        """This schema and the types of entities and relations in a TOML file: the former may be kinds of those of this
        one, the latter say of what types their ends are.

        Raises:
            ConfigError: as `load` does, and where the file defines anything else or a type that is here already.
        """
        raw = _toml(_text(path), path)
        if strange := sorted(raw.keys() - {"entities", "relations"}):
            raise ConfigError(
                f"{path}: [{strange[0]}] cannot be added without training. "
                "It may hold [entities.NAME] and [relations.NAME]."
            )
        added = {name: _entity(path, name, item) for name, item in _table(path, "entities", raw).items()}
        if known := sorted(added.keys() & {*self.entities, *self.events}):
            raise ConfigError(f"{path}: the model reads {known[0]} already. Give your type another name.")
        entities = {**self.entities, **added}
        _check_kinds(path, added.values(), self.entities)
        types = frozenset(name for name, type in entities.items() if not type.nominal)
        own = {name: _relation(path, name, item, types) for name, item in _table(path, "relations", raw).items()}
        if known := sorted(own.keys() & {*self.relations, *self.roles}):
            raise ConfigError(f"{path}: the model reads {known[0]} already. Give your relation another name.")
        if endless := [name for name, relation in own.items() if not relation.head or not relation.tail]:
            raise ConfigError(
                f"{path}: {endless[0]} does not say what it joins. "
                f'Add head = ["Person"] and tail = ["Organization"], or others of: {", ".join(sorted(types))}.'
            )
        return replace(self, entities=entities, relations={**self.relations, **own})

    @classmethod
    @lru_cache(maxsize=8)
    def parse(cls, text: str, path: Path) -> "Schema":
        """The schema in the text of a TOML file, remembered; `path` is what errors call it.

        Raises:
            ConfigError: as `load` does.
        """
        raw = _toml(text, path)
        entities = {name: _entity(path, name, item) for name, item in raw.get("entities", {}).items()}
        _check_kinds(path, entities.values(), entities)
        known = frozenset(entities)
        relations = {name: _relation(path, name, item, known) for name, item in raw.get("relations", {}).items()}
        roles = {name: _role(path, name, item) for name, item in raw.get("roles", {}).items()}
        events = {name: _event(path, name, item, roles) for name, item in raw.get("events", {}).items()}
        if shared := sorted((known & events.keys()) | (relations.keys() & roles.keys())):
            raise ConfigError(f"{path}: {shared[0]} names two things. Give one of them another name.")
        return cls(entities, relations, events, roles)

    def allows(self, relation: str, head: str, tail: str) -> bool:
        """Whether the relation may hold between mentions of these types; a nominal mention may be of any type."""
        kind = self.relations[relation]
        return self._fits(kind.head, head) and self._fits(kind.tail, tail)

    def _fits(self, allowed: frozenset[str], given: str) -> bool:
        known = self.entities.get(given)
        return not allowed or given in allowed or (known is not None and known.nominal)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"The schema {path} cannot be read: {reason}.") from error


def _toml(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise ConfigError(f"The schema {path} is not valid TOML: {error}.") from error


def _table(path: Path, name: str, raw: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    table = raw.get(name, {})
    if not isinstance(table, dict) or not all(isinstance(item, dict) for item in table.values()):
        raise ConfigError(f"{path}: {name} is not a table of types. Write [{name}.NAME] above the lines of each.")
    return table


def _check_kinds(path: Path, types: Iterable[EntityType], known: Mapping[str, EntityType]) -> None:
    for type in types:
        if type.kind_of and (type.kind_of not in known or type.kind_of == type.name or known[type.kind_of].nominal):
            kinds = ", ".join(name for name, wider in known.items() if not wider.nominal and name != type.name)
            raise ConfigError(
                f"{path}: {type.name} is a kind of {type.kind_of!r}, which is no type. Name one of: {kinds}."
            )


_ENTITY_KEYS = {"en", "zh", "description", "nominal", "kind_of"}
_ROLE_KEYS = {"en", "zh", "description"}
_EVENT_KEYS = {*_ROLE_KEYS, "roles"}
_RELATION_KEYS = {"en", "zh", "description", "wikidata", "head", "tail", "symmetric"}


def _entity(path: Path, name: str, item: Mapping[str, Any]) -> EntityType:
    labels = _labels(path, name, item, _ENTITY_KEYS)
    nominal, kind_of = bool(item.get("nominal", False)), str(item.get("kind_of", ""))
    return EntityType(name, labels, str(item.get("description", "")), nominal, kind_of)


def _relation(path: Path, name: str, item: Mapping[str, Any], entities: frozenset[str]) -> RelationType:
    labels = _labels(path, name, item, _RELATION_KEYS)
    head, tail = frozenset(item.get("head", ())), frozenset(item.get("tail", ()))
    if unknown := sorted((head | tail) - entities):
        raise ConfigError(f"{path}: the relation {name} names the type {unknown[0]}, which the file does not define.")
    wikidata, description = str(item.get("wikidata", "")), str(item.get("description", ""))
    return RelationType(name, labels, description, wikidata, head, tail, bool(item.get("symmetric", False)))


def _role(path: Path, name: str, item: Mapping[str, Any]) -> Role:
    return Role(name, _labels(path, name, item, _ROLE_KEYS), str(item.get("description", "")))


def _event(path: Path, name: str, item: Mapping[str, Any], roles: Mapping[str, Role]) -> EventType:
    labels, given = _labels(path, name, item, _EVENT_KEYS), tuple(item.get("roles", ()))
    if unknown := [role for role in given if role not in roles]:
        raise ConfigError(f"{path}: the event {name} names the role {unknown[0]}. Add {unknown[0]} to [roles].")
    return EventType(name, labels, str(item.get("description", "")), given)


def _labels(path: Path, name: str, item: Mapping[str, Any], keys: set[str]) -> dict[str, str]:
    if unknown := sorted(item.keys() - keys):
        raise ConfigError(f"{path}: {name} has the unknown key {unknown[0]}. Known are: {', '.join(sorted(keys))}.")
    if missing := [language for language in ("en", "zh") if not item.get(language)]:
        raise ConfigError(f'{path}: {name} has no label in {missing[0]}. Add one: {missing[0]} = "...".')
    return {"en": str(item["en"]), "zh": str(item["zh"])}
