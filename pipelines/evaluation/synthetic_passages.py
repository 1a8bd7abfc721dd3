"""Passages made up in any number, with vectors, entities and facts, as a store in memory that retrieval can read.

Half are English, half Chinese, of about 40 words or characters each. Words and entities follow the law of Zipf and
Mandelbrot, so that some stand in a tenth of the passages and most in a few; vectors lie in clusters of few dimensions,
as those of an encoder do. The same seed gives the same passages. Nothing is written: the store is what the measures of
growth (``retrieval_scale``) read from, since committing a million passages one by one says nothing about searching.
"""

from __future__ import annotations

import itertools
import random
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from kgqa.index.embedder import Vectors
from kgqa.types import Chunk, Entity, Evidence, Statistics, Triple

__all__ = ["DIMENSIONS", "SyntheticEmbedder", "SyntheticStore", "clustered_vectors"]

DIMENSIONS = 384
PREDICATES = ("WORKS_FOR", "FOUNDED_BY", "LOCATED_IN", "MEMBER_OF", "CREATED_BY")
_NAME = "synthetic@1"
_NAMED = 5  # entities a passage, some of them twice
_WORDS = {"en": 30, "zh": 13}  # beside the names; a Chinese word has two characters
_FOREIGN = 0.1  # of the names in a passage are of the other language
_DENSE, _LATENT = 300, 64  # passages a cluster; dimensions that clusters and passages differ in
_APART = 0.5  # how far a question's vector lies from its passage's, which has length 1
_BLOCK = 10_000
_FUNCTION = "the of and in to a is was for on as with by that it at from his an which were are be this had not or has"
_PARTICLES = "的了在是和有不为这中上大以于人他也我国到说时要就出会可对生能而"
_IDEOGRAPHS, _FIRST = 3_000, 0x4E00
_SCRAMBLE, _SPACE = 0x9E3779B97F4A7C15F39D, 1 << 80
_UNSCRAMBLE = pow(_SCRAMBLE, -1, _SPACE)
_CHUNK, _ENTITY, _FACT, _DOCUMENT = range(4)

Numbers = npt.NDArray[np.int64]


class SyntheticEmbedder:
    """Knows the vectors of the questions that a store asks; any other text is somewhere by chance."""

    name = _NAME
    dimensions = DIMENSIONS

    def __init__(self, known: Mapping[str, Vectors]) -> None:
        self.known = known

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors ``(len(texts), dimensions)``."""
        return np.stack([self.known[text] if text in self.known else _chance_vector(text) for text in texts])


class SyntheticStore:
    """``size`` passages, an entity and a fact for every two of them, and ``spare`` more passages that may yet come."""

    def __init__(self, size: int, *, spare: int = 0, seed: int = 0) -> None:
        chance = np.random.default_rng(seed)
        self.first, self.last = 0, size
        total = size + spare
        entities = max(4, size // 4 * 2)
        ranks = _zipf(chance, entities // 2, (total, _NAMED))
        foreign = chance.random((total, _NAMED)) < _FOREIGN
        self.mentioned: Numbers = 2 * ranks + ((np.arange(total)[:, None] % 2) ^ foreign)
        self.names = [_name(number) for number in range(entities)]
        self.ids = [_id(_CHUNK, number) for number in range(total)]
        self.entity_ids = [_id(_ENTITY, number) for number in range(entities)]
        self.texts = list(_texts(self.mentioned, self.names, chance))
        self.rows = clustered_vectors(total, chance)
        passages = np.flatnonzero(self.mentioned[:, 0] != self.mentioned[:, 1])
        self.told: Numbers = passages[passages % 4 < 2]  # half of the passages of either language tell a fact
        self.ends: Numbers = self.mentioned[self.told, :2]
        self.ordered = [np.argsort(self.ends[:, end], kind="stable") for end in (0, 1)]
        self.writes = 1

    def grow(self, count: int) -> None:
        """The next of the spare passages are there."""
        self.last += count
        self.writes += 1

    def shrink(self, count: int) -> None:
        """The oldest passages are gone."""
        self.first += count
        self.writes += 1

    def questions(self, count: int, seed: int = 1) -> dict[str, Vectors]:
        """Questions about passages drawn at random: a name and other words of one, and a vector near to its own."""
        chance, drawn = random.Random(seed), np.random.default_rng(seed)
        asked: dict[str, Vectors] = {}
        for _ in range(count):
            number = chance.randrange(self.first, self.last)
            text, name = self.texts[number], self.names[int(chance.choice(self.mentioned[number].tolist()))]
            if number % 2:
                starts = [chance.randrange(len(text) - 2) for _ in range(3)]
                question = f"{name}的{'和'.join(text[start : start + 2] for start in starts)}是什么？"
            else:
                words = [word for word in text.rstrip(".").split() if word.islower()]
                question = f"Which {' '.join(chance.sample(words, 4))} did {name} have?"
            away = drawn.normal(0, _APART / DIMENSIONS**0.5, DIMENSIONS)
            asked[question] = _unit(self.rows[number] + away.astype(np.float32))
        return asked

    # --- What the indexes, the graph of passages and the retriever read (see their protocols) -------------------------

    def generation(self) -> int:
        return self.writes

    def embedders(self) -> list[str]:
        return [_NAME]

    def chunk_ids(self) -> list[str]:
        return self.ids[self.first : self.last]

    def titles(self) -> dict[str, str]:
        """Of all chunks."""
        return {id: self.names[int(self.mentioned[_number(id), 0])] for id in self.chunk_ids()}

    def chunks(self, ids: Sequence[str]) -> list[Chunk]:
        return [self._chunk(number) for number in map(_number, ids) if self.first <= number < self.last]

    def vectors(self, ids: Sequence[str]) -> Vectors:
        return self.rows[[_number(id) for id in ids]]

    def entities(self, ids: Sequence[str] | None = None, /) -> list[Entity]:
        numbers = range(len(self.names)) if ids is None else map(_number, ids)
        return [Entity(self.entity_ids[number], self.names[number], "Person", mentions=1) for number in numbers]

    def entity_names(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        return ((id, "Person", (name,)) for id, name in zip(self.entity_ids, self.names, strict=True))

    def entities_of_chunks(self, chunk_ids: Sequence[str]) -> dict[str, list[str]]:
        named = self.mentioned[[_number(id) for id in chunk_ids]].tolist()
        return {
            id: [self.entity_ids[entity] for entity in dict.fromkeys(numbers)]
            for id, numbers in zip(chunk_ids, named, strict=True)
        }

    def triples(
        self,
        *,
        subject: str | None = None,
        predicate: str | None = None,
        object: str | None = None,
        ids: Sequence[str] | None = None,
        limit: int | None = 100,
    ) -> list[Triple]:
        numbers: Sequence[int] = range(*np.searchsorted(self.told, (self.first, self.last)).tolist())
        if ids is not None:
            numbers = [number for number in map(_number, ids) if number in numbers]
        elif subject is not None or object is not None:
            end, wanted = (0, subject) if subject is not None else (1, object)
            numbers = [number for number in self._with_end(end, _number(str(wanted))) if number in numbers]
        found = (
            triple
            for triple in map(self._triple, numbers)
            if predicate in (None, triple.predicate)
            and subject in (None, triple.subject)
            and object in (None, triple.object)
        )
        return list(itertools.islice(found, limit))

    def triples_of_chunks(self, chunk_ids: Sequence[str]) -> dict[str, list[str]]:
        numbers = np.asarray([_number(id) for id in chunk_ids], np.int64)
        places = np.searchsorted(self.told, numbers)
        places[places == len(self.told)] = 0
        tells = self.told[places] == numbers if len(self.told) else np.zeros(len(numbers), bool)
        return {
            id: [_id(_FACT, place)] for id, place, tell in zip(chunk_ids, places.tolist(), tells, strict=True) if tell
        }

    def evidence(self, target_id: str, limit: int = 100) -> list[Evidence]:
        chunk = self._chunk(int(self.told[_number(target_id)]))
        where = (chunk.document_id, chunk.id, chunk.start, chunk.end)
        return [Evidence(target_id, target_id, *where, chunk.text, _NAME, 0.9)][:limit]

    def statistics(self) -> Statistics:
        count, facts = self.last - self.first, len(self.told)
        predicates = dict(Counter(PREDICATES[number % len(PREDICATES)] for number in range(facts)))
        return Statistics(count, count, len(self.names), facts, facts, 0, {"Person": len(self.names)}, predicates)

    def _chunk(self, number: int) -> Chunk:
        text, title = self.texts[number], self.names[int(self.mentioned[number, 0])]
        language = "zh" if number % 2 else "en"
        return Chunk(self.ids[number], _id(_DOCUMENT, number), 0, len(text), text, language=language, title=title)

    def _triple(self, number: int) -> Triple:
        subject, object = self.ends[number].tolist()
        ids, names, predicate = self.entity_ids, self.names, PREDICATES[number % len(PREDICATES)]
        return Triple(
            _id(_FACT, number), ids[subject], predicate, ids[object], names[subject], names[object], 1, confidence=0.9
        )

    def _with_end(self, end: int, entity: int) -> list[int]:
        order = self.ordered[end]
        first, last = np.searchsorted(self.ends[:, end], (entity, entity + 1), sorter=order)
        found: list[int] = order[first:last].tolist()
        return found


def _id(kind: int, number: int) -> str:
    """As long and as mixed as a hash of content, and yet to be read back."""
    return f"{(kind << 40 | number) * _SCRAMBLE % _SPACE:020x}"


def _number(id: str) -> int:
    return int(id, 16) * _UNSCRAMBLE % _SPACE & ((1 << 40) - 1)


def _zipf(chance: np.random.Generator, ranks: int, shape: tuple[int, ...]) -> Numbers:
    """Ranks from 0 on, drawn with chances of ``1 / (rank + 3.7)``: the law of Mandelbrot for words."""
    shares = np.cumsum(1 / (np.arange(ranks) + 3.7))
    drawn = np.searchsorted(shares, chance.random(shape) * shares[-1], side="right")
    return np.asarray(drawn, np.int64)


def _word(number: int) -> str:
    """A word of two syllables, or of three from the ten thousandth on."""
    syllables: list[str] = []
    while number or len(syllables) < 2:
        number, digit = divmod(number, 100)
        syllables.append("bcdfghjklmnprstvwxyz"[digit // 5] + "aeiou"[digit % 5])
    return "".join(syllables)


def _name(entity: int) -> str:
    """Two words, or three ideographs; of a million each, mixed so that frequent ones are not alike."""
    mixed = entity // 2 * 7_919 % 1_000_000
    if entity % 2:
        return "".join(chr(_FIRST + 20 * digit + 7) for digit in (mixed % 100, mixed // 100 % 100, mixed // 10_000))
    return f"{_word(20_000 + mixed % 1_000).title()} {_word(30_000 + mixed // 1_000).title()}"


def _vocabulary(chance: np.random.Generator) -> dict[str, list[str]]:
    """Words of both languages by rank; what every text has comes first."""
    pairs = _zipf(chance, _IDEOGRAPHS, (60_000, 2)).tolist()
    chinese = dict.fromkeys(f"{chr(_FIRST + first)}{chr(_FIRST + second)}" for first, second in pairs)
    return {"en": [*_FUNCTION.split(), *map(_word, range(50_000))], "zh": [*_PARTICLES, *chinese]}


def _texts(mentioned: Numbers, names: Sequence[str], chance: np.random.Generator) -> Iterator[str]:
    """A text for each row of entities, with a name after every few words."""
    words = _vocabulary(chance)
    for start in range(0, len(mentioned), _BLOCK):
        rows = mentioned[start : start + _BLOCK]
        drawn = {la: _zipf(chance, len(words[la]), (len(rows), count)).tolist() for la, count in _WORDS.items()}
        for place, entities in enumerate(rows.tolist()):
            language, space, stop = ("zh", "", "。") if (start + place) % 2 else ("en", " ", ".")
            own = [words[language][rank] for rank in drawn[language][place]]
            step = len(own) // _NAMED
            parts = [
                part
                for turn, entity in enumerate(entities)
                for part in (*own[turn * step : (turn + 1) * step], names[entity])
            ]
            yield space.join([*parts, *own[_NAMED * step :]]) + stop


def clustered_vectors(count: int, chance: np.random.Generator) -> Vectors:
    """Unit vectors ``(count, DIMENSIONS)`` around centres in a space of ``_LATENT`` dimensions, with noise in all."""
    turned = chance.normal(0, 1, (_LATENT, DIMENSIONS)).astype(np.float32) / np.float32(DIMENSIONS**0.5)
    centres = chance.normal(0, 1, (max(10, count // _DENSE), _LATENT)).astype(np.float32)
    rows = np.empty((count, DIMENSIONS), np.float32)
    for start in range(0, count, _BLOCK):
        size = min(_BLOCK, count - start)
        latent = centres[chance.integers(0, len(centres), size)]
        latent += np.float32(0.6) * chance.standard_normal((size, _LATENT), np.float32)
        noise = chance.standard_normal((size, DIMENSIONS), np.float32)
        rows[start : start + size] = _unit(latent @ turned + np.float32(0.1) * noise)
    return rows


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


def _chance_vector(text: str) -> Vectors:
    drawn = np.random.default_rng(zlib.crc32(text.encode())).normal(size=DIMENSIONS)
    return _unit(drawn.astype(np.float32))
