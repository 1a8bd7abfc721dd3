"""Reads documents whose relations were annotated exhaustively: DocRED and KnowledgeNet."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kgqa.errors import DataError
from kgqa.pipelines.training.formats_files import COREFERENCE, json_file, json_lines, named_relation
from kgqa.pipelines.training.formats_tagged import join_tokens
from kgqa.pipelines.training.labels import LabelMap
from kgqa.types import Example, Mention, Relation

__all__ = ["read_docred", "read_knowledgenet"]

# fmt: off
_PRONOUNS = frozenset({
    "i", "me", "my", "mine", "myself", "we", "us", "our", "ours", "you", "your", "he", "him", "his", "himself", "she",
    "her", "hers", "herself", "it", "its", "itself", "they", "them", "their", "theirs", "themselves",
    "who", "whom", "whose", "which", "that", "where", "this", "these",
})
# fmt: on


def read_docred(path: Path, labels: LabelMap) -> list[Example]:
    """Documents in DocRED's JSON: tokens by sentence, entities as clusters of mentions, relations between clusters.

    A relation is written for the closest pair of mentions of its two entities, and for each pair within one sentence.
    """
    documents = json_file(path)
    try:
        return [_docred(path, n, document, labels) for n, document in enumerate(documents)]
    except (KeyError, TypeError, IndexError) as error:
        raise DataError(f"{path}: not DocRED's form ({error!r}): a list of {{sents, vertexSet, labels}}.") from error


def _docred(path: Path, number: int, document: Mapping[str, Any], labels: LabelMap) -> Example:
    text, offsets = join_tokens([token for sentence in document["sents"] for token in sentence])
    firsts = [0]
    for sentence in document["sents"]:
        firsts.append(firsts[-1] + len(sentence))
    mentions: list[Mention] = []
    clusters: list[tuple[int, ...]] = []
    sentence_of: list[int] = []
    places: dict[tuple[int, int], int] = {}
    for vertex in document["vertexSet"]:
        members = []
        for item in vertex:
            first, last = (firsts[item["sent_id"]] + at for at in item["pos"])
            start, end = offsets[first][0], offsets[last - 1][1]
            if (start, end) not in places:
                places[start, end] = len(mentions)
                sentence_of.append(item["sent_id"])
                mentions.append(Mention(start, end, text[start:end], labels.entity(item["type"])))
            members.append(places[start, end])
        clusters.append(tuple(sorted(set(members))))
    relations: set[tuple[int, int, str]] = set()
    for fact in document.get("labels", ()):
        name, swapped = labels.relation(fact["r"])
        pairs = [(h, t) for h in clusters[fact["h"]] for t in clusters[fact["t"]] if h != t]
        if not pairs:
            continue
        closest = min(pairs, key=lambda pair: abs(mentions[pair[0]].start - mentions[pair[1]].start))
        chosen = [(h, t) for h, t in pairs if sentence_of[h] == sentence_of[t]] or [closest]
        relations |= {((t, h, name) if swapped else (h, t, name)) for h, t in chosen if name}
    annotated = {"Person", "Organization", "Place", "Group", "Date", "Quantity", COREFERENCE} & {
        *labels.schema.entities,
        COREFERENCE,
    }
    annotated |= _looked_for(labels)
    made = [Relation(h, t, name, *_extent(mentions[h], mentions[t])) for h, t, name in sorted(relations)]
    groups = _disjoint([frozenset(cluster) for cluster in clusters if len(cluster) > 1])
    return Example(text, tuple(mentions), tuple(made), groups, f"{path.name}:{number}", frozenset(annotated))


_NOT_DOCRED = frozenset({"P101", "P169", "P452"})
"""Properties of the table of labels that Re-DocRED's annotators did not look for."""


def _looked_for(labels: LabelMap) -> set[str]:
    properties = {label for label in labels.relations if re.fullmatch(r"P\d+", label)} - _NOT_DOCRED
    return {labels.relation(label)[0] for label in properties} - {""}


def _extent(head: Mention, tail: Mention) -> tuple[int, int]:
    return min(head.start, tail.start), max(head.end, tail.end)


_KNOWLEDGENET_TYPES = {
    "SUBSIDIARY_OF": ("Organization", "Organization"),
    "FOUNDED_BY": ("Organization", "Person"),
    "EMPLOYEE_OR_MEMBER_OF": ("Person", "Organization"),
    "CEO": ("Organization", "Person"),
    "DATE_FOUNDED": ("Organization", "Date"),
    "HEADQUARTERS": ("Organization", "Place"),
    "EDUCATED_AT": ("Person", "Organization"),
    "NATIONALITY": ("Person", ""),
    "PLACE_OF_RESIDENCE": ("Person", "Place"),
    "PLACE_OF_BIRTH": ("Person", "Place"),
    "DATE_OF_DEATH": ("Person", "Date"),
    "DATE_OF_BIRTH": ("Person", "Date"),
    "SPOUSE": ("Person", "Person"),
    "CHILD_OF": ("Person", "Person"),
    "POLITICAL_AFFILIATION": ("Person", "Organization"),
}


def read_knowledgenet(path: Path, labels: LabelMap) -> list[Example]:
    """Passages of KnowledgeNet: facts between mentions, pronouns among them; only the listed properties are
    exhaustive."""
    return [
        _passage(path, number, passage, labels)
        for number, document in json_lines(path)
        for passage in document.get("passages", ())
    ]


def _passage(path: Path, number: int, passage: Mapping[str, Any], labels: LabelMap) -> Example:
    text, base = passage["passageText"], passage["passageStart"]
    names = {item["propertyId"]: item["propertyName"] for item in passage["exhaustivelyAnnotatedProperties"]}
    places: dict[tuple[int, int], int] = {}
    mentions: list[Mention] = []
    uris: dict[str, set[int]] = {}

    def place(fact: Mapping[str, Any], end: str, kind: str) -> int:
        span = fact[f"{end}Start"] - base, fact[f"{end}End"] - base
        if span not in places:
            places[span] = len(mentions)
            mentions.append(_knowledgenet_mention(text, *span, kind))
        if fact.get(f"{end}Uri"):
            uris.setdefault(fact[f"{end}Uri"], set()).add(places[span])
        return places[span]

    relations = []
    for fact in passage["facts"]:
        property_name = names[fact["propertyId"]]
        head, tail = (
            place(fact, end, kind)
            for end, kind in zip(("subject", "object"), _KNOWLEDGENET_TYPES[property_name], strict=True)
        )
        relations += named_relation(head, tail, property_name, tuple(mentions), labels)
    clusters = _disjoint([frozenset(group) for group in uris.values() if len(group) > 1])
    annotated = frozenset(labels.relation(name)[0] for name in names.values())
    return Example(text, tuple(mentions), tuple(relations), clusters, f"{path.name}:{number}", annotated)


def _knowledgenet_mention(text: str, start: int, end: int, kind: str) -> Mention:
    words = text[start:end]
    nominal = words.lower() in _PRONOUNS
    kind = "Reference" if nominal else kind or ("Group" if words.endswith(("n", "h", "e", "i", "c", "k")) else "Place")
    return Mention(start, end, words, kind, nominal=nominal)


def _disjoint(groups: list[frozenset[int]]) -> tuple[tuple[int, ...], ...]:
    taken: set[int] = set()
    kept = []
    for group in groups:
        if not taken & group:
            kept.append(tuple(sorted(group)))
            taken |= group
    return tuple(kept)
