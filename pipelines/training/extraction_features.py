"""Annotated texts as token ids with targets: what is known of each span and pair, and what no annotator looked at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

import torch
from tokenizers import Tokenizer
from torch import Tensor

from kgqa.extraction.events import WIDEST_ARGUMENT, WIDEST_TRIGGER
from kgqa.extraction.labels import Labels
from kgqa.extraction.schema import REFERENCE
from kgqa.extraction.tokens import Tokens, describe
from kgqa.pipelines.training.formats_files import COREFERENCE
from kgqa.text import is_cjk
from kgqa.types import Example

__all__ = ["NOTHING", "Batch", "Item", "Labels", "batches", "collate", "make_item"]

LONGEST = 320
"""Tokens of a training text; what lies behind is left out."""
WIDEST = 24
"""Tokens of a mention."""
NOTHING = -1
"""Stands for the relation of a pair that was judged to have none."""


@dataclass(frozen=True, slots=True)
class Item:
    """A text ready for training. Token numbers count `[CLS]` as 0."""

    ids: list[int]
    shapes: list[int]
    first: list[bool]
    last: list[bool]
    mentions: list[tuple[int, int, int]]
    """First token, last token and type, -1 where the schema has none. Triggers and arguments come last; one span may be
    several of these."""
    known_types: list[bool]
    facts: list[tuple[int, int, int]]
    """Head, tail and relation, or `NOTHING`."""
    known_relations: list[bool]
    cluster: list[int]
    """Number of each mention's cluster, -1 where it is in none."""
    linked: bool
    """Whether a mention without a cluster has no antecedent."""
    pairs: bool
    """Whether there is anything to learn about pairs."""
    refers: list[bool]
    """Whether a reference may begin with the token; where no annotator looked for them, others surely are none."""
    plain: list[bool]
    """Whether the token is of an English word in lower case, or a mark: nothing has a name of these alone."""
    events: bool = False
    """Whether there is anything to learn about events."""


def make_item(example: Example, tokenizer: Tokenizer, labels: Labels) -> Item:
    """The example in tokens; mentions that no tokens match or that lie too far back are dropped."""
    encoding = tokenizer.encode(example.text, add_special_tokens=False)
    ids, offsets = encoding.ids[: LONGEST - 2], encoding.offsets[: LONGEST - 2]
    tokens = describe(example.text, offsets)
    places = _Places(
        {start: n + 1 for n, (start, _) in enumerate(offsets) if tokens.first[n]},
        {end: n + 1 for n, (_, end) in enumerate(offsets) if tokens.last[n]},
    )
    place: dict[int, int] = {}
    mentions: list[tuple[int, int, int]] = []
    for number, mention in enumerate(example.mentions):
        if span := places.of(mention.start, mention.end, WIDEST):
            place[number] = len(mentions)
            kind = REFERENCE if mention.nominal else mention.type
            mentions.append((*span, labels.types.index(kind) if kind in labels.types else -1))
    facts = [
        (place[r.head], place[r.tail], labels.relations.index(r.type) if r.type else NOTHING)
        for r in example.relations
        if r.head in place and r.tail in place and (r.type in labels.relations or not r.type)
    ]
    facts += [(tail, head, relation) for head, tail, relation in facts if relation in labels.symmetric]
    facts += _add_events(mentions, example, places, labels)
    cluster = [-1] * len(mentions)
    events = any(labels.types[n] in example.annotated_types for n in labels.events)
    for number, members in enumerate(example.clusters):
        for member in members:
            if member in place:
                cluster[place[member]] = number
    chinese = next((character for character in example.text if is_cjk(character)), None)
    known = [name in example.annotated_types for name in labels.relations[: labels.facts]]
    known_types = [name in example.annotated_types for name in labels.types]
    if events:
        known_types[labels.argument] = True
    linked = COREFERENCE in example.annotated_types
    return Item(
        ids=[int(tokenizer.token_to_id("[CLS]") or 0), *ids, int(tokenizer.token_to_id("[SEP]") or 0)],
        shapes=[0, *tokens.shapes, 0],
        first=[False, *tokens.first, False],
        last=[False, *tokens.last, False],
        mentions=mentions,
        known_types=known_types,
        facts=sorted(set(facts)),
        known_relations=known + [False] * (len(labels.relations) - labels.facts),
        cluster=cluster,
        linked=linked,
        refers=[False, *(word in _REFERRING for word in _words(example.text, offsets, tokens)), False],
        plain=[False, *(chinese is None and _plain(example.text[start:end]) for start, end in offsets), False],
        pairs=bool(facts) or any(known) or linked or max(cluster, default=-1) >= 0,
        events=events,
    )


@dataclass(frozen=True, slots=True)
class _Places:
    """Which token a word's first and last character are in."""

    starts: Mapping[int, int]
    ends: Mapping[int, int]

    def of(self, start: int, end: int, widest: int) -> tuple[int, int] | None:
        """First and last token, or None where no words match or there are too many."""
        first, last = self.starts.get(start), self.ends.get(end)
        return (first, last) if first is not None and last is not None and 0 <= last - first < widest else None


def _add_events(
    mentions: list[tuple[int, int, int]], example: Example, places: _Places, labels: Labels
) -> list[tuple[int, int, int]]:
    """Put triggers and arguments behind the mentions; the roles as facts about them.

    Two events of one type with the same trigger become one.
    """
    number: dict[tuple[int, int, int], int] = {}

    def place(start: int, end: int, widest: int, kind: int) -> int | None:
        if (span := places.of(start, end, widest)) is None:
            return None
        if (*span, kind) not in number:
            number[*span, kind] = len(mentions)
            mentions.append((*span, kind))
        return number[*span, kind]

    facts = []
    for event in example.events:
        kind = labels.types.index(event.type) if event.type in labels.types else -1
        trigger = place(event.start, event.end, WIDEST_TRIGGER, kind) if kind in labels.events else None
        for argument in event.arguments if trigger is not None else ():
            other = place(argument.start, argument.end, WIDEST_ARGUMENT, labels.argument)
            role = labels.relations.index(argument.role) if argument.role in labels.relations else -1
            if trigger is not None and other is not None and role in labels.roles[kind]:
                facts.append((trigger, other, role))
    return facts


def _words(text: str, offsets: Sequence[tuple[int, int]], tokens: Tokens) -> list[str]:
    """For each token that begins a word the word, in lower case; for others nothing."""
    words, end = [""] * len(offsets), 0
    for n in reversed(range(len(offsets))):
        end = offsets[n][1] if tokens.last[n] else end
        words[n] = text[offsets[n][0] : end].lower() if tokens.first[n] else ""
    return words


# fmt: off
_REFERRING = frozenset({
    "i", "me", "my", "mine", "myself", "we", "us", "our", "ours", "ourselves", "you", "your", "yours", "he", "him",
    "his", "himself", "she", "her", "hers", "herself", "it", "its", "itself", "they", "them", "their", "theirs",
    "themselves", "who", "whom", "whose", "which", "that", "where", "this", "these", "those", "the", "a", "an", "one",
    "both", "each", "all", "some", "another", "other", "such", "what",
    "他", "她", "它", "其", "该", "本", "此", "这", "那", "我", "你", "您", "咱", "自", "前", "后", "两", "双", "上",
})
# fmt: on


def _plain(word: str) -> bool:
    return word.islower() or not word[:1].isalnum()


@dataclass(frozen=True, slots=True)
class Batch:
    """Items side by side."""

    ids: Tensor
    mask: Tensor
    shapes: Tensor
    first: Tensor
    last: Tensor
    refers: Tensor
    plain: Tensor
    known_types: Tensor
    items: Sequence[Item]


def collate(items: Sequence[Item]) -> Batch:
    """The items as tensors, padded to the longest."""
    longest = max(len(item.ids) for item in items)

    def padded(rows: list[list[int]] | list[list[bool]], kind: torch.dtype) -> Tensor:
        return torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows], dtype=kind)

    return Batch(
        ids=padded([item.ids for item in items], torch.long),
        mask=padded([[1] * len(item.ids) for item in items], torch.long),
        shapes=padded([item.shapes for item in items], torch.long),
        first=padded([item.first for item in items], torch.bool),
        last=padded([item.last for item in items], torch.bool),
        refers=padded([item.refers for item in items], torch.bool),
        plain=padded([item.plain for item in items], torch.bool),
        known_types=torch.tensor([item.known_types for item in items], dtype=torch.bool),
        items=items,
    )


def batches(items: Sequence[Item], tokens: int, rng: Random) -> Iterator[list[Item]]:
    """Items of similar length together, about `tokens` a batch with their padding; batches come in random order."""
    ordered = sorted(items, key=lambda item: len(item.ids) + rng.random() * 8)
    made: list[list[Item]] = []
    group: list[Item] = []
    for item in ordered:
        if group and (len(group) + 1) * max(len(group[0].ids), len(item.ids)) > tokens:
            made.append(group)
            group = []
        group.append(item)
    if group:
        made.append(group)
    rng.shuffle(made)
    yield from made
