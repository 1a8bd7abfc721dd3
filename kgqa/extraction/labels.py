"""The order in which a model's outputs stand for the types of its schema."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kgqa.extraction.schema import ARGUMENT, REFERENCE, Schema

__all__ = ["Labels"]


@dataclass(frozen=True, slots=True)
class Labels:
    """The order in which a model's outputs stand for the types of its schema."""

    types: tuple[str, ...]
    """Of the span head: entity types, then event types, then `Argument`."""
    relations: tuple[str, ...]
    """Of the pair head: relations, then roles."""
    symmetric: frozenset[int]
    entities: int
    """How many of the types are those of entities; they come first."""
    facts: int
    """How many of the relations are relations; they come before the roles."""
    roles: Mapping[int, tuple[int, ...]]
    """By the number of an event type the numbers of its roles."""

    @classmethod
    def of(cls, schema: Schema) -> "Labels":
        """All types of the schema, in its order."""
        types = (*schema.entities, *schema.events, *([ARGUMENT] if schema.events else []))
        return cls.named(types, (*schema.relations, *schema.roles), schema)

    @classmethod
    def named(cls, types: Sequence[str], relations: Sequence[str], schema: Schema) -> "Labels":
        """Those types and relations of a schema, in this order."""
        place = {name: n for n, name in enumerate(relations)}
        symmetric = {n for name, n in place.items() if name in schema.relations and schema.relations[name].symmetric}
        roles = {
            n: tuple(place[role] for role in schema.events[name].roles if role in place)
            for n, name in enumerate(types)
            if name in schema.events
        }
        entities = sum(name in schema.entities for name in types)
        facts = sum(name in schema.relations for name in relations)
        return cls(tuple(types), tuple(relations), frozenset(symmetric), entities, facts, roles)

    @property
    def reference(self) -> int:
        """The number of the type of what refers without naming, -1 where the schema has none."""
        return self.types.index(REFERENCE) if REFERENCE in self.types else -1

    @property
    def events(self) -> range:
        """The numbers of the event types."""
        return range(self.entities, self.entities + len(self.roles))

    @property
    def argument(self) -> int:
        """The number of the type of what takes part in an event, -1 where the schema has no events."""
        return len(self.types) - 1 if self.roles else -1

    def numbers(self, *names: str) -> list[int]:
        """The numbers of those of the types that there are."""
        return [self.types.index(name) for name in names if name in self.types]
