"""From the scores of a pair head to relations and to clusters of mentions that mean the same thing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kgqa.extraction.schema import REFERENCE, Schema

__all__ = ["Fact", "choose_facts", "clusters", "is_pronoun", "links", "may_stand_for", "shared_names"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Fact:
    """A relation between two mentions, by their numbers."""

    head: int
    tail: int
    type: str
    score: float


def choose_facts(
    scores: Floats, types: Sequence[str], relations: Sequence[str], schema: Schema, thresholds: Mapping[str, float]
) -> list[Fact]:
    """The relations above their threshold that the schema allows between these types, in the order of the mentions.

    `scores` is `(mentions, mentions, relations)`. Both directions of a symmetric relation count together and give one
    fact.
    """
    scores = scores[: len(types), : len(types)].copy()
    for n, name in enumerate(relations):
        if schema.relations[name].symmetric:
            both = (scores[:, :, n] + scores[:, :, n].T) / 2
            scores[:, :, n] = np.where(np.triu(np.ones(both.shape, dtype=bool)), both, -np.inf)
    limits = np.array([thresholds.get(name, 0.0) for name in relations], dtype=np.float32)
    facts = []
    for head, tail, n in np.argwhere(scores > limits).tolist():
        if head != tail and schema.allows(relations[n], types[head], types[tail]):
            facts.append(Fact(head, tail, relations[n], float(scores[head, tail, n])))
    return facts


def links(scores: Floats, names: Sequence[str], types: Sequence[str], threshold: float = 0.0) -> list[tuple[int, int]]:
    """Each mention that refers to another, with its best antecedent; mentions are in the order of the text.

    `scores` is `(mentions, mentions)`. A name links to an earlier one of its type that is written alike; people's
    names are left to `shared_names`. A reference links to a name, which it may stand before (see `LATER`), or to an
    earlier reference, a pronoun only where no name is sure enough. All mentions of one name speak for it together, as
    in training, where the likelihoods of all right antecedents are summed (Lee et al., arXiv 1707.07045).
    """
    allowed = [[other for other in range(len(types)) if _may_link(n, other, names, types)] for n in range(len(types))]
    found = []
    for n, others in enumerate(allowed):
        if others and types[n] != REFERENCE:
            best = _best(scores[n], others)
            found += [(n, best)] if scores[n, best] > threshold else []
    named = {member: group for group in clusters([*shared_names(names, types), *found]) for member in group}
    for n, others in enumerate(allowed):
        if types[n] != REFERENCE:
            continue
        parts = [others]
        if is_pronoun(names[n]):
            parts = [[o for o in others if (types[o] == REFERENCE) == referring] for referring in (False, True)]
        for part in parts:
            groups = dict.fromkeys(tuple(o for o in named.get(other, (other,)) if o in part) for other in part)
            sure = {
                group: float(np.logaddexp.reduce(scores[n, list(group)])) - LATER * (min(group) > n) for group in groups
            }
            group = max(sure, key=lambda one: (sure[one], -one[0]), default=())
            if group and sure[group] > threshold:
                found.append((n, _best(scores[n], group)))
                break
    return sorted(found)


def _best(scores: Floats, others: Sequence[int]) -> int:
    return max(others, key=lambda other: (float(scores[other]), -other))


LATER = 3.0
"""By how much surer a name must be that comes behind the reference alone. One in five is meant in GAP, which was chosen
for being hard to tell, and in texts whose names were hidden; in other prose few are."""
_NEVER = ("Date", "Quantity")


def _may_link(n: int, other: int, names: Sequence[str], types: Sequence[str]) -> bool:
    if other == n or types[n] in _NEVER or types[other] in _NEVER:
        return False
    if types[n] == REFERENCE:
        before = other < n or types[other] != REFERENCE
        return before and _agree(*(_kind(names[place], types[place]) for place in (n, other)))
    return other < n and types[other] == types[n] != "Person" and _alike(names[n], names[other])


_PRONOUNS = {
    "he": ("he", "him", "his", "himself", "他", "他的", "他自己"),
    "she": ("she", "her", "hers", "herself", "她", "她的", "她自己"),
    "it": ("it", "its", "itself", "它", "它的", "它自己", "牠"),
}
_KIND = {pronoun: kind for kind, pronouns in _PRONOUNS.items() for pronoun in pronouns}


def _kind(name: str, type: str) -> str:
    """What a pronoun says of whom it stands for, or its type of a name; empty where neither says much."""
    if type == REFERENCE:
        return _KIND.get(name.casefold(), "")
    return {"Person": "person", "": ""}.get(type, "thing")


def is_pronoun(name: str) -> bool:
    """Whether these words are a pronoun that says of what kind its antecedent is."""
    return name.casefold() in _KIND


def may_stand_for(pronoun: int, other: int, names: Sequence[str], types: Sequence[str]) -> bool:
    """Whether a mention may stand for another one, a name, by their numbers."""
    return types[other] != REFERENCE and _may_link(pronoun, other, names, types)


def _agree(one: str, other: str) -> bool:
    """Whether the kinds of two mentions may be of one thing: agreement in gender and animacy, where a language marks
    it, is certain, and settled before the model's opinion is asked (Raghunathan et al., 2010).
    """
    kinds = {one, other} - {""}
    return len(kinds) < 2 or kinds in ({"he", "person"}, {"she", "person"}, {"it", "thing"})


def _alike(one: str, other: str) -> bool:
    """Whether one name is written within the other, or is made of its initials."""
    short, long = sorted((one.casefold(), other.casefold()), key=len)
    initials = "".join(word[0] for word in _WORD.findall(one if len(one) > len(other) else other) if word[0].isupper())
    return short in long or (len(short) > 1 and short == initials.casefold())


def shared_names(names: Sequence[str], types: Sequence[str]) -> list[tuple[int, int]]:
    """Each person's name that is part of one longer name in the text, with that one: "Altman" and "Sam Altman".

    Nothing where two longer names hold it. After Raghunathan et al., "A Multi-Pass Sieve for Coreference Resolution"
    (2010): what is certain about names is settled before the model's opinion on pronouns is asked.
    """
    people = [name.casefold() if kind == "Person" else "" for name, kind in zip(names, types, strict=True)]
    words = [frozenset(_WORD.findall(name)) for name in people]
    found = []
    for n, part in enumerate(words):
        longer = [other for other, whole in enumerate(words) if part and part < whole]
        same = [other for other in range(n) if part and words[other] == part]
        if len({words[other] for other in longer}) == 1:
            found.append((n, longer[0]))
        elif same and not longer:
            found.append((n, same[0]))
    return found


_WORD = re.compile(r"\w+")


def clusters(pairs: Sequence[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    """The groups that the links join, each in order."""
    group: dict[int, set[int]] = {}
    for one, other in pairs:
        joined = group.get(one, {one}) | group.get(other, {other})
        for member in joined:
            group[member] = joined
    return tuple(sorted({tuple(sorted(members)) for members in group.values()}))
