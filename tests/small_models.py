"""Small real models for tests: they follow the protocols of the large ones, load nothing and always say the same.

The extractor reads capitalised words as names, "he" and "it" as standing for the name before, and the word between two
names of a sentence as their relation, which is an event, too; years are dates. The embedder counts characters.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from kgqa.types import Argument, Chunk, Event, Extraction, Mention, Modality, Relation

__all__ = ["HashingEmbedder", "SmallEmbedder", "SmallExtractor"]

_SENTENCE = re.compile(r"[^.\n]+")
_WORDS = re.compile(r"\b(?:(?P<pronoun>[Hh]e|[Ii]t)\b|(?P<name>[A-Z]\w*(?: [A-Z]\w*)*))")
_YEAR = re.compile(r"\b[12]\d{3}\b")
_WHEN = re.compile(r"\b(?:in|on) [12]\d{3}\b")
_ORGANISATION = re.compile(r"[A-Z]{2,}|.*\b(?:Institute|Labs)\b.*")


class SmallExtractor:
    """Names, relations and coreference by spelling alone."""

    def __init__(self, name: str = "small@1") -> None:
        self.name = name

    def extract(self, chunks: Sequence[Chunk]) -> list[Extraction]:
        """One extraction for each chunk, in document offsets."""
        return [self._read(chunk) for chunk in chunks]

    def _read(self, chunk: Chunk) -> Extraction:
        mentions: list[Mention] = []
        relations: list[Relation] = []
        clusters: list[tuple[int, ...]] = []
        events: list[Event] = []
        for sentence in _SENTENCE.finditer(chunk.text):
            first = len(mentions)
            for word in _WORDS.finditer(chunk.text, sentence.start(), sentence.end()):
                pronoun = word["pronoun"] is not None
                if pronoun and mentions:
                    clusters.append((len(mentions) - 1, len(mentions)))
                kind = "Person" if word[0].lower() == "he" or not _ORGANISATION.fullmatch(word[0]) else "Organization"
                start, end = chunk.start + word.start(), chunk.start + word.end()
                mentions.append(Mention(start, end, word[0], kind, 0.9, nominal=pronoun))
            span = (chunk.start + sentence.start(), chunk.start + sentence.end())
            for head, tail in itertools.pairwise(range(first, len(mentions))):
                between = chunk.text[mentions[head].end - chunk.start : mentions[tail].start - chunk.start].split()
                if between and between[-1].isalpha():
                    modality = Modality.NEGATED if "not" in between else Modality.ASSERTED
                    confidence = 1 / (1 + len(between))
                    relations.append(Relation(head, tail, between[-1].upper(), *span, confidence, modality))
                    events.append(_event(chunk, sentence, mentions, (head, tail), between[-1], modality))
        for year in _YEAR.finditer(chunk.text):
            mentions.append(Mention(chunk.start + year.start(), chunk.start + year.end(), year[0], "Date", 0.9))
        return Extraction(chunk.id, tuple(mentions), tuple(relations), _joined(clusters), self.name, tuple(events))


def _event(
    chunk: Chunk,
    sentence: re.Match[str],
    mentions: Sequence[Mention],
    ends: tuple[int, int],
    verb: str,
    modality: Modality,
) -> Event:
    """The verb as the trigger of an event of its name, with those around it."""
    start = chunk.text.rindex(verb, 0, mentions[ends[1]].start - chunk.start) + chunk.start
    when = _WHEN.search(chunk.text, sentence.start(), sentence.end())
    arguments = tuple(
        Argument(mentions[number].start, mentions[number].end, mentions[number].text, role, number)
        for number, role in zip(ends, ("AGENT", "PATIENT"), strict=True)
    )
    time = when[0] if when else ""
    return Event(start, start + len(verb), verb, verb.capitalize(), arguments, time, modality, 0.9)


def _joined(pairs: Sequence[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    clusters: list[tuple[int, ...]] = []
    for pair in pairs:
        if clusters and pair[0] in clusters[-1]:
            clusters[-1] = (*clusters[-1], pair[1])
        else:
            clusters.append(pair)
    return tuple(clusters)


class SmallEmbedder:
    """Vectors of letter counts, the same in every process."""

    dimensions = 16

    def __init__(self, name: str = "letters@1") -> None:
        self.name = name

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors ``(len(texts), 16)``."""
        vectors = np.full((len(texts), self.dimensions), 1e-3, np.float32)
        for row, text in enumerate(texts):
            for word in text.split():
                vectors[row, hashlib.sha256(word.encode("utf-8", "replace")).digest()[0] % self.dimensions] += 1
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


class HashingEmbedder:
    """Counts of hashed character n-grams, as a unit vector: texts that share words or characters are near."""

    def __init__(self, dimensions: int = 128, name: str = "hashing@1") -> None:
        self.dimensions = dimensions
        self.name = name

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Unit vectors ``(len(texts), dimensions)``."""
        vectors = np.full((len(texts), self.dimensions), 1e-6, np.float32)
        for row, text in enumerate(texts):
            padded = f" {text.casefold()} "
            for size in (1, 2, 3):
                for start in range(len(padded) - size + 1):
                    gram = padded[start : start + size].encode("utf-8", "surrogatepass")
                    vectors[row, zlib.crc32(gram) % self.dimensions] += size
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors
