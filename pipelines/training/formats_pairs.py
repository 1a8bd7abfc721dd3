"""Reads single labelled pairs: FewRel, wiki80, FinRE."""

import ast
import re
from pathlib import Path

from kgqa.errors import DataError
from kgqa.pipelines.training.formats_files import json_file, judged_pair, named_relation
from kgqa.pipelines.training.formats_tagged import join_tokens
from kgqa.pipelines.training.labels import LabelMap
from kgqa.types import Example, Mention

__all__ = ["read_fewrel", "read_finre", "read_semeval", "read_wiki80"]


def read_fewrel(path: Path, labels: LabelMap) -> list[Example]:
    """Single labelled pairs in FewRel's JSON, by Wikidata property; those that the schema has no relation for have
    none."""
    return [
        _single_pair(path, n, item["tokens"], item["h"][2][0], item["t"][2][0], label, labels)
        for label, items in json_file(path).items()
        for n, item in enumerate(items)
    ]


def read_wiki80(path: Path, labels: LabelMap) -> list[Example]:
    """Single labelled pairs, a Python literal a line, by the property's English name."""
    read = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            item = ast.literal_eval(line)
            head, tail = (list(range(*item[end]["pos"])) for end in "ht")
            read.append(_single_pair(path, number, item["token"], head, tail, item["relation"], labels))
        except (ValueError, SyntaxError, KeyError, TypeError) as error:
            raise DataError(f"{path}, line {number}: not wiki80's form ({error!r}).") from error
    return read


def _single_pair(
    path: Path, number: int, tokens: list[str], head: list[int], tail: list[int], label: str, labels: LabelMap
) -> Example:
    text, offsets = join_tokens([token.strip() or "-" for token in tokens])
    spans = [(offsets[part[0]][0], offsets[part[-1]][1]) for part in (head, tail)]
    mentions = tuple(Mention(start, end, text[start:end], "") for start, end in spans)
    return Example(text, mentions, tuple(named_relation(0, 1, label, mentions, labels)), source=f"{path.name}:{number}")


def read_finre(path: Path, labels: LabelMap) -> list[Example]:
    """Chinese financial sentences with labelled pairs: head, tail, relation and sentence, divided by tabs."""
    pairs: dict[str, list[tuple[str, str, str, int]]] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            columns = line.split("\t")
            if len(columns) != 4:
                raise DataError(
                    f"{path}, line {number}: {len(columns)} columns, not head, tail, relation and sentence."
                )
            pairs.setdefault(columns[3], []).append((columns[0], columns[1], columns[2], number))
    return [_finre(path, sentence, found, labels) for sentence, found in pairs.items()]


def _finre(path: Path, sentence: str, pairs: list[tuple[str, str, str, int]], labels: LabelMap) -> Example:
    text = sentence.replace("<N>", "5")
    names = sorted({name for head, tail, _, _ in pairs for name in (head, tail) if name in text}, key=len, reverse=True)
    mentions: list[Mention] = []
    for name in names:
        start = text.find(name)
        while start >= 0 and any(m.start < start + len(name) and start < m.end for m in mentions):
            start = text.find(name, start + 1)
        if start >= 0:
            mentions.append(Mention(start, start + len(name), name, ""))
    place = {mention.text: n for n, mention in enumerate(mentions)}
    relations = {
        (head, tail, label): judged_pair(place[head], place[tail], label, mentions, labels)
        for head, tail, label, _ in pairs
        if head in place and tail in place and head != tail
    }
    distinct = {(r.head, r.tail, r.type): r for r in relations.values()}
    return Example(text, tuple(mentions), tuple(distinct.values()), source=f"{path.name}:{pairs[0][3]}")


def read_semeval(path: Path, labels: LabelMap) -> list[Example]:
    """Sentences of SemEval-2010 task 8: a number and the sentence with <e1> and <e2>, then the relation and its
    direction, a comment and a blank line.

    Raises:
        DataError: the file is not of this form.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}).") from error
    read = [
        _semeval(path, number, line, lines[number] if number < len(lines) else "", labels)
        for number, line in enumerate(lines, 1)
        if "<e1>" in line and not line.startswith("Comment")
    ]
    if not read:
        raise DataError(
            f'{path} holds no sentence. Its form is 1<tab>"The <e1>cause</e1> of ..." and, below, the relation.'
        )
    return read


_MARKED = re.compile(r'(?:\d+\t)?"?(.*?)<e1>(.+?)</e1>(.*?)<e2>(.+?)</e2>(.*?)"?\s*')
_DIRECTED = re.compile(r"(.+?)(?:\((e[12]),e[12]\))?\s*")


def _semeval(path: Path, number: int, line: str, below: str, labels: LabelMap) -> Example:
    sentence, relation = _MARKED.fullmatch(line), _DIRECTED.fullmatch(below)
    if sentence is None or relation is None or relation[1].startswith("Comment"):
        where = f"{path}, line {number}"
        raise DataError(
            f"{where}: not SemEval's form, a sentence with <e1>...</e1> and <e2>...</e2> and its relation below."
        )
    before, first, between, second, behind = sentence.groups()
    start, other = len(before), len(before) + len(first) + len(between)
    mentions = (
        Mention(start, start + len(first), first, ""),
        Mention(other, other + len(second), second, ""),
    )
    ends = (1, 0) if relation[2] == "e2" else (0, 1)
    pair = judged_pair(*ends, relation[1], mentions, labels)
    return Example(before + first + between + second + behind, mentions, (pair,), source=f"{path.name}:{number}")
