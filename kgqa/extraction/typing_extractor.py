"""An extractor that also reads types and relations of a user's own, by name and description, without training."""

import dataclasses
from collections.abc import Sequence

from kgqa.extraction.extractor import Extractor
from kgqa.extraction.own_relations import OwnRelations
from kgqa.extraction.own_types import OwnTypes
from kgqa.extraction.schema import Schema
from kgqa.index import Embedder
from kgqa.types import Chunk, Extraction

__all__ = ["TypingExtractor"]


class TypingExtractor:
    """An extractor whose mentions are then given types of one's own, and joined by relations of one's own.

    `extended` is the schema of the model, `schema`, with what is one's own (`Schema.extended`); what is of a type in
    `keep` stays so.
    """

    def __init__(
        self,
        extractor: Extractor,
        schema: Schema,
        extended: Schema,
        embedder: Embedder,
        *,
        keep: frozenset[str] = frozenset(),
    ) -> None:
        self.extractor = extractor
        self.types = OwnTypes(schema, extended, embedder, keep=keep)
        self.relations = OwnRelations(schema, extended, embedder)

    @property
    def name(self) -> str:
        """That of the model, and which types and relations were added."""
        more = f"+relations-{self.relations.name}" if self.relations.relations else ""
        return f"{self.extractor.name}+types-{self.types.name}{more}"

    def extract(self, chunks: Sequence[Chunk]) -> list[Extraction]:
        """What the model reads, with the types and relations of one's own where those fit."""
        found = [dataclasses.replace(e, extractor=self.name) for e in self.extractor.extract(chunks)]
        return self.relations.related(chunks, self.types.typed(chunks, found))
