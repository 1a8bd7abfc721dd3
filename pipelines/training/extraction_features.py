"""Annotated texts as token ids with targets: what is known of each span and pair, and what no annotator looked at."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from random import Random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from kgqa.extraction.arguments import WIDEST_ARGUMENT
from kgqa.extraction.events import WIDEST_TRIGGER
from kgqa.extraction.labels import Labels
from kgqa.extraction.references import questions
from kgqa.extraction.schema import REFERENCE
from kgqa.extraction.tokens import Tokens, describe
from kgqa.pipelines.training.formats_files import COREFERENCE
from kgqa.text import is_cjk
from kgqa.types import Example

__all__ = ["NOTHING", "NO_MENTION", "Batch", "Item", "Labels", "Pairing", "batches", "collate", "drawn", "make_item"]

LONGEST = 320
"""Tokens of a training text; what lies behind is left out."""
WIDEST = 24
"""Tokens of a mention."""
NOTHING = -1
"""Stands for the relation of a pair that was judged to have none."""


References = list[tuple[tuple[int, int], list[tuple[int, int, bool]]]]
"""First and last token of each pronoun, with those of the names that it may stand for, and whether it does."""
Events = dict[tuple[int, int, int], list[tuple[int, int, int]]]
"""First token, last token and type of each trigger, with first token, last token and role of its arguments."""
NO_MENTION = -2
"""Stands for the type of what pads a row of mentions."""
MOST_MENTIONS = 32
"""Annotated mentions of a text whose pairs are learned in one step."""
MOST_READ_AGAIN = 4800
"""Tokens of all that is read again in a step, with their padding."""
HIDDEN_TYPES = 0.1
"""Of the names, whose types the pair head does without."""


@dataclass(frozen=True, slots=True)
class Item:
    """A text ready for training. Token numbers count `[CLS]` as 0."""

    tokens: NDArray[np.uint16]
    """`(6, tokens)`: the id and the shape of each token; whether it begins a word; ends one; may begin a reference,
    where no annotator looked for them and others surely are none; and is of an English word in lower case, or a mark:
    nothing has a name of these alone."""
    mentions: list[tuple[int, int, int]]
    """First token, last token and type, -1 where the schema has none."""
    known_types: NDArray[np.bool_]
    facts: list[tuple[int, int, int]]
    """Head, tail and relation, or `NOTHING`."""
    known_relations: NDArray[np.bool_]
    cluster: list[int]
    """Number of each mention's cluster, -1 where it is in none."""
    linked: bool
    """Whether a mention without a cluster has no antecedent."""
    pairs: bool
    """Whether there is anything to learn about pairs."""
    events: "Events" = field(default_factory=dict)
    eventful: bool = False
    """Whether there is anything to learn about events."""
    references: "References" = field(default_factory=list)
    """Of the pronouns, where annotators looked for what they stand for."""

    @property
    def size(self) -> int:
        """How many tokens it has."""
        return int(self.tokens.shape[1])


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
    cluster = [-1] * len(mentions)
    for number, members in enumerate(example.clusters):
        for member in members:
            if member in place:
                cluster[place[member]] = number
    chinese = next((character for character in example.text if is_cjk(character)), None)
    known = [name in example.annotated_types for name in labels.relations]
    linked = COREFERENCE in example.annotated_types
    rows = (
        [int(tokenizer.token_to_id("[CLS]") or 0), *ids, int(tokenizer.token_to_id("[SEP]") or 0)],
        [0, *tokens.shapes, 0],
        [0, *tokens.first, 0],
        [0, *tokens.last, 0],
        [0, *(word in _REFERRING for word in _words(example.text, offsets, tokens)), 0],
        [0, *(chinese is None and _plain(example.text[start:end]) for start, end in offsets), 0],
    )
    return Item(
        tokens=np.array(rows, dtype=np.uint16),
        mentions=mentions,
        known_types=np.array([name in example.annotated_types for name in labels.types]),
        facts=sorted(set(facts)),
        known_relations=np.array(known),
        cluster=cluster,
        linked=linked,
        pairs=bool(facts) or any(known) or linked or max(cluster, default=-1) >= 0,
        events=_events(example, places, labels),
        eventful=any(labels.types[n] in example.annotated_types for n in labels.events),
        references=_references(example, mentions, place, cluster) if linked else [],
    )


def _references(
    example: Example, mentions: Sequence[tuple[int, int, int]], place: Mapping[int, int], cluster: Sequence[int]
) -> References:
    """What is asked of each pronoun; `place` gives the number of an annotated mention among `mentions`."""
    known = list(place)
    words = [example.mentions[n].text for n in known]
    types = [REFERENCE if example.mentions[n].nominal else example.mentions[n].type for n in known]
    found: References = []
    for question in questions(0, LONGEST, [mentions[n][:2] for n in range(len(known))], words, types):
        own = cluster[question.pronoun]
        names = [(*mentions[n][:2], own >= 0 and cluster[n] == own) for n in question.names if types[n]]
        if names:
            found.append((mentions[question.pronoun][:2], names))
    return found


@dataclass(frozen=True, slots=True)
class _Places:
    """Which token a word's first and last character are in."""

    starts: Mapping[int, int]
    ends: Mapping[int, int]

    def of(self, start: int, end: int, widest: int) -> tuple[int, int] | None:
        """First and last token, or None where no words match or there are too many."""
        first, last = self.starts.get(start), self.ends.get(end)
        return (first, last) if first is not None and last is not None and 0 <= last - first < widest else None


def _events(example: Example, places: _Places, labels: Labels) -> Events:
    """The events in tokens; two of one type with the same trigger become one."""
    found: Events = {}
    for event in example.events:
        kind = labels.types.index(event.type) if event.type in labels.types else -1
        trigger = places.of(event.start, event.end, WIDEST_TRIGGER) if kind in labels.events else None
        if trigger is None:
            continue
        arguments = found.setdefault((*trigger, kind), [])
        for argument in event.arguments:
            span = places.of(argument.start, argument.end, WIDEST_ARGUMENT)
            role = labels.roles.index(argument.role) if argument.role in labels.roles else -1
            if span is not None and role in labels.roles_of[kind] and (*span, role) not in arguments:
                arguments.append((*span, role))
    return found


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
class Pairing:
    """The annotated mentions of those texts of a batch whose pairs are learned, padded, and what is known of them."""

    rows: Tensor
    """`(texts,)`: their rows in the batch."""
    mentions: Tensor
    """`(texts, mentions, 2)`: first and last token."""
    kinds: Tensor
    """`(texts, mentions)`: types, -1 where the schema has none, `NO_MENTION` as padding."""
    shown: Tensor
    """`(texts, mentions)`: the types that the pair head is told, the number of entity types for none."""
    clusters: Tensor
    """`(texts, mentions)`: -1 where a mention is in none."""
    known: Tensor
    """`(texts, relations)`: what the annotators looked for."""
    linked: Tensor
    """`(texts,)`: whether a mention without a cluster has no antecedent."""
    facts: Tensor
    """`(facts, 10)`: text, head, tail (-1 where left out), relation; then of head and of tail first token, last token
    and cluster."""

    def to(self, device: torch.device) -> "Pairing":
        """The same on a device."""
        return replace(self, **_moved(self, device))


@dataclass(frozen=True, slots=True)
class Batch:
    """Items side by side. What is of tokens is `(texts, tokens)`."""

    ids: Tensor
    mask: Tensor
    shapes: Tensor
    first: Tensor
    last: Tensor
    refers: Tensor
    plain: Tensor
    known_types: Tensor
    """`(texts, types)`."""
    spans: Tensor
    """`(spans, 4)`: row, first token, last token and type of every mention."""
    triggers: Tensor
    """`(events, 4)`, likewise."""
    arguments: Tensor
    """`(arguments, 4)`: number of the event, first token, last token and role."""
    eventful: Tensor
    """Rows of the texts whose events are known."""
    pronouns: Tensor
    """`(pronouns, 3)`: row, first and last token of those whose names are known."""
    names: Tensor
    """`(names, 5)`: number of the pronoun, which of its names, first token, last token, whether it stands for it."""
    pairing: Pairing | None

    def to(self, device: torch.device) -> "Batch":
        """The same batch on a device."""
        return replace(self, **_moved(self, device))


def _moved(part: Batch | Pairing, device: torch.device) -> dict[str, Any]:
    values = {field.name: getattr(part, field.name) for field in fields(part)}
    return {name: value.to(device) for name, value in values.items() if value is not None}


def collate(items: Sequence[Item], labels: Labels, rng: Random) -> Batch:
    """The items as tensors, padded to the longest. Of a text with very many mentions a stretch is drawn."""
    tokens = np.zeros((6, len(items), max(item.size for item in items)), dtype=np.int64)
    mask = np.zeros(tokens.shape[1:], dtype=np.int64)
    for row, item in enumerate(items):
        tokens[:, row, : item.size] = item.tokens
        mask[row, : item.size] = 1
    arguments = [found for item in items for found in item.events.values()]
    asked = [names for item in items for _, names in item.references]
    ids, shapes, *flags = torch.from_numpy(tokens)
    first, last, refers, plain = (flag.bool() for flag in flags)
    return Batch(
        ids=ids,
        mask=torch.from_numpy(mask),
        shapes=shapes,
        first=first,
        last=last,
        refers=refers,
        plain=plain,
        known_types=torch.from_numpy(np.stack([item.known_types for item in items])),
        spans=_table([(row, *mention) for row, item in enumerate(items) for mention in item.mentions], 4),
        triggers=_table([(row, *trigger) for row, item in enumerate(items) for trigger in item.events], 4),
        arguments=_table([(number, *one) for number, of in enumerate(arguments) for one in of], 4),
        eventful=torch.tensor([row for row, item in enumerate(items) if item.eventful], dtype=torch.long),
        pronouns=_table([(row, *pronoun) for row, item in enumerate(items) for pronoun, _ in item.references], 3),
        names=_table([(number, n, *name) for number, names in enumerate(asked) for n, name in enumerate(names)], 5),
        pairing=_pairing(items, labels, rng),
    )


def _table(rows: Sequence[Sequence[int]], columns: int) -> Tensor:
    return torch.tensor(rows, dtype=torch.long).reshape(-1, columns)


def _pairing(items: Sequence[Item], labels: Labels, rng: Random) -> Pairing | None:
    """What is known of the pairs of the items, or None where nothing is."""
    rows = [row for row, item in enumerate(items) if item.pairs and (item.mentions or item.known_relations.any())]
    if not rows:
        return None
    chosen = [_drawn_mentions(items[row], rng) for row in rows]
    shape = (len(rows), max(1, *(len(numbers) for numbers in chosen), 1))
    mentions = np.zeros((*shape, 2), dtype=np.int64)
    kinds, shown, clusters = np.full(shape, NO_MENTION), np.full(shape, labels.entities), np.full(shape, -1)
    facts = list[tuple[int, ...]]()
    for text, (row, numbers) in enumerate(zip(rows, chosen, strict=True)):
        item = items[row]
        place = {number: n for n, number in enumerate(numbers)}
        for n, number in enumerate(numbers):
            *mentions[text, n], kind = item.mentions[number]
            kinds[text, n], clusters[text, n] = kind, item.cluster[number]
            if kind >= 0 and rng.random() >= HIDDEN_TYPES:
                shown[text, n] = kind
        for head, tail, relation in item.facts:
            ends = (value for number in (head, tail) for value in (*item.mentions[number][:2], item.cluster[number]))
            facts.append((text, place.get(head, -1), place.get(tail, -1), relation, *ends))
    return Pairing(
        rows=torch.tensor(rows),
        mentions=torch.from_numpy(mentions),
        kinds=torch.from_numpy(kinds),
        shown=torch.from_numpy(shown),
        clusters=torch.from_numpy(clusters),
        known=torch.from_numpy(np.stack([items[row].known_relations for row in rows])),
        linked=torch.tensor([items[row].linked for row in rows]),
        facts=_table(facts, 10),
    )


def _drawn_mentions(item: Item, rng: Random) -> list[int]:
    """The numbers of the item's mentions, or of a stretch of them."""
    order = list(range(len(item.mentions)))
    if len(order) <= MOST_MENTIONS:
        return order
    begin = rng.randrange(len(order) - MOST_MENTIONS + 1)
    by_place = sorted(order, key=lambda n: item.mentions[n])
    return sorted(by_place[begin : begin + MOST_MENTIONS])


def batches(items: Sequence[Item], tokens: int, rng: Random) -> Iterator[list[Item]]:
    """Items of similar length together, about `tokens` a batch with their padding; batches come in random order."""
    ordered = sorted(items, key=lambda item: item.size + rng.random() * 8)
    made: list[list[Item]] = []
    group: list[Item] = []
    for item in ordered:
        if group and (len(group) + 1) * max(group[0].size, item.size) > tokens:
            made.append(group)
            group = []
        group.append(item)
    if group:
        made.append(group)
    rng.shuffle(made)
    yield from made


def drawn(found: Tensor, tokens: int) -> Tensor:
    """Numbers of the rows of `found`, triggers or pronouns, that are read again in this step, in order: all, or as many
    as fit, of so many `tokens` each."""
    order = torch.randperm(len(found), device=found.device)
    return order[: max(1, MOST_READ_AGAIN // tokens)].sort().values
