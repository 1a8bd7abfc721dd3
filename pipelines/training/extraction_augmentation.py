"""More products from few: annotated texts again with product names that nobody has heard of, so that context counts.

The names are made of syllables and a version, as those of programs and models are: Orvane-3, Talix 2.1, KMR-7B.
"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from kgqa.types import Example

__all__ = ["renamed", "with_new_products"]

_BEGINNINGS = ("Or", "Tal", "Vel", "Kim", "Nov", "Lex", "Mar", "Zen", "Aqu", "Bel", "Syn", "Deep", "Open", "Hy", "Cog")
_ENDINGS = ("ix", "ara", "on", "LM", "Net", "ane", "BERT", "us", "Former", "ia", "GPT", "el", "Vision", "is", "Mind")
_VERSIONS = ("-2", "-3", " 2", " 3.5", "-V2", "-V3", "-7B", " 70B", "-4", " 1.5", " Pro", "-R1", "2", "3", "", "", "")


def with_new_products(examples: Sequence[Example], rng: Random) -> list[Example]:
    """The examples that name a product, with a new name for each."""
    return [renamed(example, rng) for example in examples if any(m.type == "Product" for m in example.mentions)]


def renamed(example: Example, rng: Random) -> Example:
    """The example with new names for its products; the same name is renamed alike, all offsets follow.

    A text where a product's name overlaps another mention stays as it is.
    """
    places = sorted({(m.start, m.end) for m in example.mentions if m.type == "Product"})
    spans = [(m.start, m.end) for m in example.mentions]
    if any(s < end and start < e and (s, e) != (start, end) for s, e in spans for start, end in places):
        return example
    names = {example.text[start:end]: _name(rng) for start, end in places}
    pieces, at, moves = [], 0, [(0, 0)]
    for start, end in places:
        name = names[example.text[start:end]]
        pieces += [example.text[at:start], name]
        moves.append((end, moves[-1][1] + len(name) - (end - start)))
        at = end
    text = "".join([*pieces, example.text[at:]])

    def moved(place: int) -> int:
        return place + next(shift for end, shift in reversed(moves) if end <= place)

    mentions = []
    for mention in example.mentions:
        start = moved(mention.start)
        end = moved(mention.end)
        mentions.append(replace(mention, start=start, end=end, text=text[start:end]))
    relations = (replace(r, start=moved(r.start), end=moved(r.end)) for r in example.relations)
    return replace(example, text=text, mentions=tuple(mentions), relations=tuple(relations))


def _name(rng: Random) -> str:
    if rng.random() < 0.25:
        return "".join(rng.sample("ABCDEGKLMNPRSTVX", rng.randint(3, 4))) + rng.choice(_VERSIONS)
    return rng.choice(_BEGINNINGS) + rng.choice(_ENDINGS) + rng.choice(_VERSIONS)
