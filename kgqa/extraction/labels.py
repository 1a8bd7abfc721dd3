"""The order in which a model's outputs stand for the types of its schema."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kgqa.extraction.schema import REFERENCE, Schema

__all__ = ["Labels"]


@dataclass(frozen=True, slots=True)
class Labels:
    """The order in which a model's outputs stand for the types of its schema."""

    types: tuple[str, ...]
    """Of the span head: entity types, then event types."""
    relations: tuple[str, ...]
    """Of the pair head."""
    roles: tuple[str, ...]
    """Of the argument head."""
    symmetric: frozenset[int]
    """Numbers of relations."""
    entities: int
    """How many of the types are those of entities; they come first."""
    roles_of: Mapping[int, tuple[int, ...]]
    """By the number of an event type the numbers of its roles."""

    @classmethod
    def of(cls, schema: Schema) -> "Labels":
        """All types of the schema, in its order."""
        return cls.named((*schema.entities, *schema.events), tuple(schema.relations), tuple(schema.roles), schema)

    @classmethod
    def named(cls, types: Sequence[str], relations: Sequence[str], roles: Sequence[str], schema: Schema) -> "Labels":
        """Those types, relations and roles of a schema, in this order."""
        symmetric = frozenset(n for n, name in enumerate(relations) if schema.relations[name].symmetric)
        place = {name: n for n, name in enumerate(roles)}
        roles_of = {
            n: tuple(place[role] for role in schema.events[name].roles if role in place)
            for n, name in enumerate(types)
            if name in schema.events
        }
        return cls(tuple(types), tuple(relations), tuple(roles), symmetric, len(types) - len(roles_of), roles_of)

    @property
    def reference(self) -> int:
        """The number of the type of what refers without naming, -1 where the schema has none."""
        return self.types.index(REFERENCE) if REFERENCE in self.types else -1

    @property
    def events(self) -> range:
        """The numbers of the event types."""
        return range(self.entities, len(self.types))

    def numbers(self, *names: str) -> list[int]:
        """The numbers of those of the types that there are."""
        return [self.types.index(name) for name in names if name in self.types]
