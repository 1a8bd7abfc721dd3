"""Rehearsal: what a model reads already is learned again beside a user's examples, or it would be forgotten.

A file that annotates one type says nothing of the others, and a model that goes on with it alone unlearns them. Its own
reading of the same texts, before, stands for what nobody annotated: Li and Hoiem, "Learning without Forgetting", ECCV
2016 (https://arxiv.org/abs/1606.09282), with readings in the place of probabilities.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from kgqa.extraction import Extractor, Schema
from kgqa.pipelines.evaluation.extraction import extract_examples
from kgqa.types import Example, Mention

__all__ = ["with_own_reading"]

SURE = 0.6
"""Confidence from which on the model's reading counts."""


def with_own_reading(examples: Sequence[Example], extractor: Extractor, schema: Schema) -> Iterator[Example]:
    """The examples with the model's own mentions of the types in `schema`, its types, that they do not annotate."""
    types = frozenset(schema.entities)
    for example, read in zip(examples, extract_examples(examples, extractor), strict=True):
        own = [mention for mention in read.mentions if _is_further(mention, example)]
        yield replace(
            example,
            mentions=(*example.mentions, *own),
            annotated_types=example.annotated_types | types if example.annotated_types else example.annotated_types,
        )


def _is_further(mention: Mention, example: Example) -> bool:
    """Whether a mention is sure, of a type that nobody looked for, and over nothing that somebody annotated."""
    apart = all(mention.end <= other.start or other.end <= mention.start for other in example.mentions)
    looked_for = not example.annotated_types or mention.type in example.annotated_types
    return apart and not looked_for and bool(mention.type) and mention.confidence >= SURE
