"""Types of a user's own, by name and description, without training (relations: `own_relations`).

What the model reads stays; a mention of a wide type (Product) becomes one of a narrower type of the user's own
(ProgrammingLanguage) where its name and the words around it are nearer to that type's description than to those of
the model's types. A type costs one embedding of its description, a mention two short ones, however many types.
"""

import dataclasses
import hashlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from kgqa.extraction.schema import EntityType, RelationType, Schema
from kgqa.index import Embedder
from kgqa.text import VALUE_TYPES, detect_language, is_cjk, normalise_name
from kgqa.types import Chunk, Extraction, Mention

__all__ = ["MARGIN", "OwnTypes", "told"]

MARGIN = 0.1
"""By how much a type of one's own must be nearer to a name than the model's type is; best over 26 types of CrossNER's
and CLUENER's training texts, English and Chinese together (`kgqa.pipelines.evaluation.own_types`)."""
KINDS = 2
"""Of a type that names no wider one, the wider types that it may divide: those nearest to its description."""
AROUND, AROUND_CJK = 40, 12
"""Characters of context on either side of a name."""

Vectors = NDArray[np.float32]


class OwnTypes:
    """The types that `extended` has and `schema`, the model's, has not; what is of a type in `keep` stays so."""

    def __init__(
        self, schema: Schema, extended: Schema, embedder: Embedder, *, keep: frozenset[str] = frozenset()
    ) -> None:
        self.types = tuple(type for name, type in extended.entities.items() if name not in schema.entities)
        self._wider = tuple(type for type in schema.entities.values() if not type.nominal)
        self._keep = keep
        self._embedder = embedder
        self._vectors = embedder.embed([told(type) for type in self.types]) if self.types else None
        self._rivals = embedder.embed([told(type) for type in self._wider])
        self._place = {type.name: n for n, type in enumerate(self._wider)}
        self._kinds = [self._kinds_of(n) for n in range(len(self.types))]

    @property
    def name(self) -> str:
        """Changes whenever a type does, so that documents are read again."""
        said = "\x1f".join(f"{type.name}\x1e{told(type)}\x1e{type.kind_of}" for type in self.types)
        return hashlib.sha256(f"{said}\x1f{MARGIN}\x1f{sorted(self._keep)}".encode()).hexdigest()[:8]

    def typed(self, chunks: Sequence[Chunk], extractions: Sequence[Extraction]) -> list[Extraction]:
        """The extractions with the mentions that are of a type of one's own named so, and what they were as `kind`.

        Mentions of one name and type in one document are judged together, and what stands for them goes with them.
        """
        chosen = self._chosen(chunks, extractions)
        return [
            dataclasses.replace(extraction, mentions=tuple(_referring(extraction, chosen.get(n, {}))))
            for n, extraction in enumerate(extractions)
        ]

    def _chosen(self, chunks: Sequence[Chunk], extractions: Sequence[Extraction]) -> dict[int, dict[int, str]]:
        """By the numbers of extraction and mention, the types of one's own."""
        groups: defaultdict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
        wanted = frozenset[str]().union(*self._kinds)
        for n, (chunk, extraction) in enumerate(zip(chunks, extractions, strict=True)):
            for m, mention in enumerate(extraction.mentions):
                if mention.type in wanted and not mention.nominal:
                    groups[chunk.document_id, normalise_name(mention.text), mention.type].append((n, m))
        if not groups:
            return {}
        vectors = self._group_vectors(chunks, extractions, list(groups.values()))
        found: defaultdict[int, dict[int, str]] = defaultdict(dict)
        for vector, ((_, _, kind), members) in zip(vectors, groups.items(), strict=True):
            if own := self._nearest(vector, kind):
                for n, m in members:
                    found[n][m] = own
        return found

    def _group_vectors(
        self, chunks: Sequence[Chunk], extractions: Sequence[Extraction], groups: Sequence[Sequence[tuple[int, int]]]
    ) -> Vectors:
        """A unit vector of each group of mentions: of the name and the places where it stands."""
        texts: dict[str, int] = {}
        rows = list[list[int]]()
        for members in groups:
            said = list[str]()
            for n, m in members:
                mention = extractions[n].mentions[m]
                said += [mention.text, _around(chunks[n], mention)]
            rows.append([texts.setdefault(text, len(texts)) for text in said])
        vectors = self._embedder.embed(list(texts))
        sums = np.stack([vectors[row].sum(0) for row in rows])
        unit: Vectors = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
        return unit

    def _nearest(self, vector: Vectors, kind: str) -> str:
        """The type of one's own that divides `kind` and is the nearest to the vector by the margin, or nothing."""
        assert self._vectors is not None
        rivals = self._rivals @ vector
        level = (rivals.mean() + rivals[self._place[kind]]) / 2
        scores = np.where([kind in kinds for kinds in self._kinds], self._vectors @ vector - level, -np.inf)
        best = int(scores.argmax())
        return self.types[best].name if scores[best] > MARGIN else ""

    def _kinds_of(self, number: int) -> frozenset[str]:
        """The model's types that a type may divide."""
        assert self._vectors is not None
        if given := self.types[number].kind_of:
            return frozenset({given}) - self._keep
        nearest = [self._wider[n].name for n in np.argsort(-(self._rivals @ self._vectors[number]), kind="stable")]
        return frozenset([name for name in nearest if name not in VALUE_TYPES][:KINDS]) - self._keep


def told(type: EntityType | RelationType) -> str:
    """A type in words: its label in the language of its description, and that."""
    chinese = detect_language(type.description) == "zh" if type.description else False
    label, mark = (type.labels["zh"], "：") if chinese else (type.labels["en"], ": ")
    return f"{label}{mark}{type.description}" if type.description else label


def _around(chunk: Chunk, mention: Mention) -> str:
    start, end = mention.start - chunk.start, mention.end - chunk.start
    width = AROUND_CJK if any(map(is_cjk, chunk.text[max(0, start - 8) : end + 8])) else AROUND
    return chunk.text[max(0, start - width) : end + width]


def _referring(extraction: Extraction, chosen: dict[int, str]) -> list[Mention]:
    """The mentions with their own types; a reference takes that of the first name that it stands for."""
    named = dict(chosen)
    for cluster in extraction.clusters:
        first = next((n for n in cluster if not extraction.mentions[n].nominal), None)
        if first in chosen:
            kind = extraction.mentions[first].type
            named |= {
                n: chosen[first]
                for n in cluster
                if extraction.mentions[n].nominal and extraction.mentions[n].type == kind
            }
    return [
        dataclasses.replace(mention, type=named[n], kind=mention.type) if n in named else mention
        for n, mention in enumerate(extraction.mentions)
    ]
