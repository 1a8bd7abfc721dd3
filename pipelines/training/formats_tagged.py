"""Reads entity annotations in columns: CoNLL, BIO, BIOES, BMES, IO; one token a line, a blank line between
sentences."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kgqa.errors import DataError
from kgqa.pipelines.training.labels import LabelMap
from kgqa.text import is_cjk
from kgqa.types import Example, Mention

__all__ = ["join_tokens", "read_tagged"]

_NO_SPACE_BEFORE = set(",.;:!?)]}%'’”") | {"'s", "n't", "'re", "'ve", "'ll", "'m", "'d", "’s", "n’t", "''"}
_NUMBERED = re.compile(r"(.{1,2}?)\d+", re.DOTALL)
"""A character, or the two halves of a broken one, and its place in its word, as in Weibo NER."""
_PLACE = re.compile(r"\d+([-.]\d+)?")
"""The number of a token in its sentence."""
_NO_SPACE_AFTER = set("([{$#“‘") | {"``"}


@dataclass(slots=True)
class _Sentence:
    line: int
    rows: list[list[str]] = field(default_factory=list)
    """The columns of each line."""
    tokens: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    text: str = ""
    """The raw text, where the file gives it in a comment."""


def read_tagged(path: Path, labels: LabelMap) -> list[Example]:
    """The sentences of a file; types are those of the schema, empty where the schema has none.

    Columns are divided by tabs or spaces. The tag is the last column that looks like one; lines that begin with ``#
    text =`` give the sentence as it was written. Types that occur in the file count as annotated in all of it.

    Raises:
        DataError: a line without a tag, or a file without any sentence.
    """
    sentences = list(_sentences(path))
    column = int(all(len(row) > 2 and _PLACE.fullmatch(row[0]) for sentence in sentences for row in sentence.rows))
    for sentence in sentences:  # in some forms the number of a token stands before it
        sentence.tokens = [row[column].strip() or " " for row in sentence.rows]
    numbered = [[_NUMBERED.fullmatch(token) for token in sentence.tokens] for sentence in sentences]
    if all(all(matches) for matches in numbered):
        for sentence, matches in zip(sentences, numbered, strict=True):
            sentence.tokens = [match[1] for match in matches if match]
    read = [_example(path, sentence, labels) for sentence in sentences]
    if not read:
        raise DataError(f"{path} holds no annotated sentence. Each line is a token and its tag: Paris B-LOC.")
    found = frozenset(mention.type for example in read for mention in example.mentions if mention.type)
    return [Example(e.text, e.mentions, source=e.source, annotated_types=found) for e in read]


def _sentences(path: Path) -> Iterator[_Sentence]:
    sentence = _Sentence(1)
    for number, line in enumerate(_lines(path), 1):
        stripped = line.strip()
        if not stripped:
            if sentence.rows:
                yield sentence
            sentence = _Sentence(number + 1)
        elif stripped.startswith("# "):
            sentence.text = stripped.removeprefix("# text = ") if stripped.startswith("# text = ") else sentence.text
        elif not stripped.startswith("-DOCSTART-"):
            _add(path, number, line.rstrip("\n"), sentence)
    if sentence.rows:
        yield sentence


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error


def _add(path: Path, number: int, line: str, sentence: _Sentence) -> None:
    columns = line.split("\t") if "\t" in line else line.split()
    tagged = [n for n, column in enumerate(columns) if n and _is_tag(column)]
    if not tagged:
        raise DataError(
            f"{path}, line {number}: no tag in {line[:60]!r}. Write the token, then O or a tag such as B-PER."
        )
    sentence.rows.append(columns)
    sentence.tags.append(columns[tagged[0] if len(columns) > 4 else tagged[-1]])


def _is_tag(column: str) -> bool:
    return column == "O" or (len(column) > 2 and column[0] in "BIESMUL" and column[1] in "-_")


def _example(path: Path, sentence: _Sentence, labels: LabelMap) -> Example:
    text, offsets = align(sentence.text, sentence.tokens) or join_tokens(sentence.tokens)
    mentions = []
    for first, last, label in _tag_spans(sentence.tags):
        start, end = offsets[first][0], offsets[last][1]
        mentions.append(Mention(start, end, text[start:end], labels.entity(label)))
    return Example(text, tuple(mentions), source=f"{path.name}:{sentence.line}")


def _tag_spans(tags: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """First token, last token and label of each span, in whichever of the schemes the tags are."""
    begin, label = -1, ""
    for n, tag in enumerate([*tags, "O"]):
        prefix, name = (tag[0], tag[2:]) if tag != "O" else ("O", "")
        if begin >= 0 and (prefix in "OBSU" or name != label):
            yield begin, n - 1, label
            begin = -1
        if prefix != "O" and begin < 0:
            begin, label = n, name
        if begin >= 0 and prefix in "SUEL":
            yield begin, n, label
            begin = -1


def align(text: str, tokens: Sequence[str]) -> tuple[str, list[tuple[int, int]]] | None:
    """The text with the tokens' places in it, or None where they are not all found in order."""
    offsets, at = [], 0
    for token in tokens:
        start = text.find(token, at)
        if start < 0 or text[at:start].strip():
            return None
        at = start + len(token)
        offsets.append((start, at))
    return (text, offsets) if text else None


def join_tokens(tokens: Sequence[str]) -> tuple[str, list[tuple[int, int]]]:
    """The tokens as running text, with the place of each: no space before a comma or between Chinese characters."""
    pieces: list[str] = []
    offsets: list[tuple[int, int]] = []
    length, before, quoted = 0, "", False
    for token in tokens:
        closes = token == '"' and quoted
        space = bool(before) and not closes and not (before == '"' and quoted) and _spaced(before, token)
        quoted ^= token == '"'
        pieces.append(" " * space + token)
        offsets.append((length + space, length + space + len(token)))
        length, before = length + space + len(token), token
    return "".join(pieces), offsets


def _spaced(before: str, token: str) -> bool:
    if token in _NO_SPACE_BEFORE or before in _NO_SPACE_AFTER or not token.strip():
        return False
    wide = is_cjk(before[-1]) or before[-1] in "，。、；：？！（）《》“”「」"
    return not (wide or is_cjk(token[0]) or token[0] in "，。、；：？！（）《》“”「」")
