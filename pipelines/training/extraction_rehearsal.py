"""Rehearsal: what a model reads already is learned again beside a user's examples, or it would be forgotten.

A file that annotates one type says nothing of the others, and a model that goes on with it alone unlearns them. Its own
reading of the same texts, before, stands for what nobody annotated: Li and Hoiem, "Learning without Forgetting", ECCV
2016 (https://arxiv.org/abs/1606.09282), with readings in the place of probabilities.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from kgqa.extraction import Extractor, Schema
from kgqa.pipelines.evaluation.extraction import extract_examples
from kgqa.types import Example, Mention

__all__ = ["with_own_reading"]

MOST_REHEARSED = 8_000
"""Texts that the model reads before: of a large file they are enough to remember by, and all of them take long."""
SURE = 0.6
"""Confidence from which on the model's reading counts."""


def with_own_reading(examples: Sequence[Example], extractor: Extractor, schema: Schema) -> list[Example]:
    """The examples, `MOST_REHEARSED` of them, evenly spread, with the model's own mentions of the types in `schema`,
    its types, that they do not annotate; of the others these types stay unknown."""
    types = frozenset(schema.entities)
    found = list(examples)
    rehearsed = range(0, len(found), max(1, math.ceil(len(found) / MOST_REHEARSED)))
    read = extract_examples([found[place] for place in rehearsed], extractor)
    for place, extraction in zip(rehearsed, read, strict=True):
        example = found[place]
        own = [mention for mention in extraction.mentions if _is_further(mention, example)]
        found[place] = replace(
            example,
            mentions=(*example.mentions, *own),
            annotated_types=example.annotated_types | types if example.annotated_types else example.annotated_types,
        )
    return found


def _is_further(mention: Mention, example: Example) -> bool:
    """Whether a mention is sure, of a type that nobody looked for, and over nothing that somebody annotated."""
    apart = all(mention.end <= other.start or other.end <= mention.start for other in example.mentions)
    looked_for = not example.annotated_types or mention.type in example.annotated_types
    return apart and not looked_for and bool(mention.type) and mention.confidence >= SURE
