"""References without annotators: a name that a text repeats is hidden behind a pronoun, which then stands for it.

Kocijan et al., "WikiCREM", https://arxiv.org/abs/1908.08025, who hide names behind a mask. Which names a text has, an
extraction model says.
"""

import json
import lzma
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from kgqa.errors import DataError
from kgqa.extraction import Extractor
from kgqa.extraction.pairs import clusters, shared_names
from kgqa.pipelines.evaluation.extraction import extract_examples
from kgqa.pipelines.training.formats_files import COREFERENCE
from kgqa.text import detect_language, sentences
from kgqa.types import Example, Extraction, Mention

__all__ = ["hide_names", "read_prose"]

PROSE = {
    "reading/squadshifts_new_wiki.jsonl.xz": "context",
    "reading/qed_nq.jsonl.xz": "context",
    "reading/clapnq_dev.jsonl.xz": "context",
    "reading/cmrc2018_train.jsonl.xz": "context",
    "text/zh_wikipara.jsonl.xz": "text",
    "text/zh_literature.jsonl.xz": "text",
    "text/zh_news.jsonl.xz": "text",
}
"""Files of articles, stories and news, and what their text is called."""
MOST_TEXTS = 8_000
"""Of each language: reading them for names takes minutes."""
LONGEST = {"en": 900, "zh": 300}
"""Characters of a text."""
MOST_HIDDEN = 5
"""Names of people that are hidden in a text, one at a time; of things one."""
THINGS = ("Organization", "Product", "Work")
_FORMS = {
    "en": {"he": ("he", "him", "his"), "she": ("she", "her", "her"), "it": ("it", "it", "its")},
    "zh": {"he": ("他", "他", "他"), "she": ("她", "她", "她"), "it": ("它", "它", "它")},
}
"""As a subject, as an object, and of an owner."""
_OWNER = re.compile(r"\s?['\u2019]s\b")
_OBJECT = re.compile(r"\b(?:of|to|by|with|for|from|against|between|about|on|at|than|in|and)\s*$", re.IGNORECASE)
_BEGINNING = re.compile(r"(?:^|[.!?][\"\u201d\u2019)]?\s+)$")


def read_prose(data: Path, rng: Random) -> list[Example]:
    """Texts of whole sentences from the articles, stories and news in a folder of data sets, without annotations.

    Raises:
        DataError: a file is missing or has a fault.
    """
    found: dict[str, dict[str, Path]] = {language: {} for language in LONGEST}
    for path, name in PROSE.items():
        for text in _texts(data / path, name):
            language = detect_language(text)
            if language in LONGEST:
                found[language] |= dict.fromkeys(_parts(text, language), data / path)
    drawn = [sorted(texts.items()) for texts in found.values()]
    chosen = [one for texts in drawn for one in rng.sample(texts, min(MOST_TEXTS, len(texts)))]
    return [Example(text, source=path.name) for text, path in chosen]


def _texts(path: Path, name: str) -> Iterator[str]:
    try:
        with lzma.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield str(json.loads(line)[name])
    except (OSError, EOFError, lzma.LZMAError, ValueError, KeyError) as error:
        raise DataError(f"{path}: no lines of JSON with {name!r} ({error!r}). Unpack the data again.") from error


def _parts(text: str, language: str) -> Iterator[str]:
    """Runs of sentences of at most so many characters."""
    begin = end = 0
    for sentence in sentences(text, language):
        if sentence.end - begin > LONGEST[language] and end > begin:
            yield text[begin:end]
            begin = sentence.start
        end = sentence.end
    if 80 < end - begin <= LONGEST[language]:
        yield text[begin:end]


def beside_other_names(examples: Sequence[Example], extractor: Extractor) -> list[Example]:
    """The examples where of the names in a text some alone were judged (GAP's two) with the others: the pronoun that
    stands for one of the judged does not for these, but for those that are parts of its name. Where it stands for none
    of the judged, nobody knows.
    """
    judged = [n for n, e in enumerate(examples) if e.annotated_types == {COREFERENCE} and e.clusters]
    found = list(examples)
    for n, read in zip(judged, extract_examples([examples[n] for n in judged], extractor), strict=True):
        mentions = list(examples[n].mentions)
        for other in read.mentions:
            if not other.nominal and all(other.end <= m.start or m.end <= other.start for m in examples[n].mentions):
                mentions.append(other)
        parts = shared_names([m.text for m in mentions], ["" if m.nominal else m.type for m in mentions])
        joined = clusters([*((cluster[0], m) for cluster in examples[n].clusters for m in cluster[1:]), *parts])
        found[n] = replace(examples[n], mentions=tuple(mentions), clusters=joined)
    return found


def hide_names(examples: Sequence[Example], extractor: Extractor, rng: Random) -> list[Example]:
    """The texts that repeat a name beside others, each with one of the later mentions hidden behind a pronoun; a text
    comes once for each name that is hidden in it."""
    read = extract_examples(examples, extractor)
    return [one for example, found in zip(examples, read, strict=True) for one in _hidden(example, found, rng)]


def _hidden(example: Example, found: Extraction, rng: Random) -> Iterator[Example]:
    names = [mention for mention in found.mentions if not mention.nominal and mention.type not in ("Date", "Quantity")]
    words, types = [mention.text for mention in names], [mention.type for mention in names]
    people = {n: members[0] for members in clusters(shared_names(words, types)) for n in members}
    same = [f"#{people[n]}" if n in people else words[n].casefold() for n in range(len(names))]
    for kind in ("Person", ""):
        kin = [n for n in range(len(names)) if (types[n] == "Person") == bool(kind)]
        again = [n for n in kin if any(same[o] == same[n] for o in kin if o < n) and (kind or types[n] in THINGS)]
        if again and len({same[n] for n in kin}) > 1:
            for n in rng.sample(again, min(len(again), MOST_HIDDEN if kind else 1)):
                pronoun = rng.choice(("he", "he", "she")) if kind else "it"
                yield _with_pronoun(example, names, n, [o for o in kin if o != n and same[o] == same[n]], pronoun)


def _with_pronoun(
    example: Example, names: Sequence[Mention], hidden: int, meant: Sequence[int], pronoun: str
) -> Example:
    """The example with one name hidden: the first mention is the pronoun, then come the other names."""
    text, name = example.text, names[hidden]
    subject, object, of = _FORMS["zh" if detect_language(text) == "zh" else "en"][pronoun]
    owner = _OWNER.match(text, name.end)
    word = of if owner else object if _OBJECT.search(text, 0, name.start) else subject
    word = word.capitalize() if _BEGINNING.search(text, 0, name.start) else word
    end = owner.end() if owner else name.end
    moved = name.start + len(word) - end
    mentions = [Mention(name.start, name.start + len(word), word, "Reference", nominal=True)]
    number: dict[int, int] = {}
    for n, other in enumerate(names):
        by = 0 if other.end <= name.start else moved
        if n != hidden and (not by or other.start >= end):
            number[n] = len(mentions)
            mentions.append(Mention(other.start + by, other.end + by, other.text, other.type))
    cluster = (0, *(number[n] for n in meant if n in number))
    changed = text[: name.start] + word + text[end:]
    return Example(changed, tuple(mentions), (), (cluster,), example.source, frozenset({COREFERENCE}))
