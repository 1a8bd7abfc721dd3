"""Which relation a question asks for, and which end of it: of the schema's by a classifier, of others by their labels.

The classifier is a linear layer on the question's sentence embedding without the names in it, trained on questions in
both languages (`kgqa.pipelines.training.relation_questions`). A relation that it was not trained on is compared by its
label and description. Linking questions to relations by their meaning in place of word lists: Yih et al., ACL 2015
(https://aclanthology.org/P15-1128).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kgqa.errors import ModelError
from kgqa.extraction.schema import Schema
from kgqa.generation.names import Name
from kgqa.retrieval.predicates import label_of

__all__ = ["FOLDER", "AskedRelation", "RelationClassifier", "RelationLinker", "without_names"]

FOLDER = Path(__file__).parent.parent / "models" / "relations"
SHARPNESS = 20.0
"""Of cosines in a softmax: what the encoder was trained with."""

Vectors = npt.NDArray[np.float32]


class AskedRelation(NamedTuple):
    """A relation and the end of it that is asked for."""

    relation: str
    end: str
    """``object`` or ``subject``."""


@dataclass(frozen=True)
class RelationClassifier:
    """Gives each relation of its training, with the end that is asked for, a probability."""

    embedder: str
    """The name of the weights whose embeddings it was trained on."""
    classes: Mapping[AskedRelation, int]
    weights: Vectors
    """``(dimensions + 1, classes + 1)``: the last row is the bias, the last column is for any other question."""

    @classmethod
    def open(cls, folder: Path | None = None) -> "RelationClassifier":
        """The classifier in a model folder, by default the one that ships with kgqa.

        Raises:
            ModelError: a file of the folder is missing or is not a classifier's.
        """
        folder = folder or FOLDER
        try:
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            classes = {AskedRelation(*map(str, pair)): number for number, pair in enumerate(config["classes"])}
            weights = np.load(folder / "weights.npy").astype(np.float32)
            embedder = str(config["embedder"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"{folder} does not hold a classifier of questions ({error!r}). Train or install it again."
            ) from error
        if weights.ndim != 2 or weights.shape[1] != len(classes) + 1:
            raise ModelError(f"The weights in {folder} do not fit its classes. Train or install the classifier again.")
        return cls(embedder, classes, weights)

    def odds(self, vector: Vectors) -> Vectors:
        """The probability of each class, and last that of none of them, ``(classes + 1,)``."""
        scores = vector @ self.weights[:-1] + self.weights[-1]
        odds: Vectors = np.exp(scores - scores.max())
        odds /= odds.sum()
        return odds


@dataclass(frozen=True)
class RelationLinker:
    """Says how likely a question asks for each of some relations."""

    embed: Callable[[Sequence[str]], Vectors]
    """Unit vectors `(texts, dimensions)`, near where texts mean the same."""
    classifier: RelationClassifier | None = None
    """One on these embeddings; without, all relations are compared by their labels."""
    schema: Schema = field(default_factory=Schema.load)
    _vectors: dict[str, Vectors] = field(default_factory=dict)
    """By relation, `(2, dimensions)`: its English and its Chinese words."""

    def likely(
        self, question: str, names: Sequence[Name], asked: Sequence[tuple[AskedRelation, str, str]]
    ) -> list[float]:
        """For each relation, between a thing that is named and one that is not, of these types, how likely it is asked
        for: the probability among all that may hold between things of these types.
        """
        if not asked:
            return []
        vector = self.embed([without_names(question, names)])[0]
        known = self.classifier.classes if self.classifier else {}
        odds = self.classifier.odds(vector) if self.classifier else vector[:0]
        rivals: dict[tuple[str, str], list[int]] = {}
        shares = []
        for relation, named, answer in asked:
            # nobody asks for the subject of a symmetric relation in words of its own
            number = known.get(relation, known.get(AskedRelation(relation.relation, "object")))
            if number is None:
                shares.append(self._by_labels(vector, relation.relation, named, answer))
                continue
            if (named, answer) not in rivals:
                rivals[named, answer] = [n for other, n in known.items() if self.may_hold(other, named, answer)]
            every = sorted({number, *rivals[named, answer]})
            shares.append(float(odds[number] / (odds[every].sum() + odds[-1])))
        return shares

    def may_hold(self, asked: AskedRelation, named: str, answer: str) -> bool:
        """Whether the schema has the relation, between things of these types."""
        head, tail = (named, answer) if asked.end == "object" else (answer, named)
        return asked.relation in self.schema.relations and self.schema.allows(asked.relation, head, tail)

    def _by_labels(self, vector: Vectors, relation: str, named: str, answer: str) -> float:
        ends = ("object", "subject")
        rivals = {
            r for r in self.schema.relations if any(self.may_hold(AskedRelation(r, e), named, answer) for e in ends)
        }
        names = sorted({relation, *rivals})
        if missing := [name for name in names if name not in self._vectors]:
            texts = [text for name in missing for text in self._words(name)]
            for name, vectors in zip(missing, self.embed(texts).reshape(len(missing), 2, -1), strict=True):
                self._vectors[name] = vectors
        odds = np.exp(SHARPNESS * np.asarray([(self._vectors[name] @ vector).max() for name in names]))
        return float(odds[names.index(relation)] / odds.sum())

    def _words(self, relation: str) -> tuple[str, str]:
        """A relation in the words of each language; one that the schema lacks in those of its name."""
        english, chinese = (label_of(relation, self.schema, language) for language in ("en", "zh"))
        known = self.schema.relations.get(relation)
        return (f"{english}: {known.description}" if known else english), chinese


def without_names(question: str, names: Sequence[Name]) -> str:
    """The question without what it names: who is asked about says nothing about the relation."""
    for name in sorted(names, key=lambda name: -len(name.text)):
        question = question.replace(name.text, " ")
    return " ".join(question.split()).replace(" ?", "?")
