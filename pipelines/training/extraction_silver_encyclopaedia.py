"""Chinese relations in articles: what sentences state outright, and what is known of the people they name.

Families, teachers and friends come from PRQA's people graph. A family tie is believed where the sentence speaks of one;
a tie that the schema has no relation for shows the model two people without a relation.
"""

import json
import lzma
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kgqa.errors import DataError
from kgqa.pipelines.training.extraction_silver_relations import Fact, Name, cut, with_facts
from kgqa.pipelines.training.extraction_silver_statements import stated, stated_of_foreign
from kgqa.pipelines.training.labels import LabelMap
from kgqa.types import Example

__all__ = ["read_encyclopaedia"]

KNOWN = "qa/prqa/kb_partial.tsv"
LONGEST_SENTENCE = 180
MOST_ALIKE = 30
"""Texts on places in one country or province."""

_TIES: Mapping[str, tuple[str, str]] = {  # relation, "-" swaps its ends, and what a sentence that tells of it has
    **dict.fromkeys(("妻子", "丈夫", "前妻", "前夫"), ("SPOUSE", "[妻夫婚嫁娶妃偶侣]|[皇王]后|驸马")),
    **dict.fromkeys(("父亲", "母亲"), ("CHILD_OF", "[父母子女爸妈儿生]")),
    **dict.fromkeys(("儿子", "女儿"), ("-CHILD_OF", "[父母子女爸妈儿生]")),
    **dict.fromkeys(("弟弟", "哥哥", "姐姐", "妹妹"), ("SIBLING", "[兄弟姐妹姊哥]")),
    "毕业院校": ("EDUCATED_AT", "毕业|就读|硕士|博士|学士|入读|考入"),
}
_OTHER_TIES = re.compile(
    "好友|同学|老师|学生|同门|[侄外].+|.*孙[子女]|.*祖[父母]|[叔伯姑舅岳]父|姑母|堂[弟兄]|女婿|姐夫|妹夫|儿媳|公公|表[弟兄]"
)
_SENTENCE = re.compile("[^。！？!?\n]+[。！？!?]*")


@dataclass(frozen=True, slots=True)
class _Known:
    """Facts by the name of their first end, and all names by their first two characters, long ones first."""

    facts: Mapping[str, Sequence[tuple[str, Fact]]]
    names: Mapping[str, Sequence[str]]

    @classmethod
    def read(cls, path: Path) -> "_Known":
        facts: dict[str, list[tuple[str, Fact]]] = defaultdict(list)
        names: dict[str, set[str]] = defaultdict(set)
        for line in path.read_text(encoding="utf-8").splitlines():
            head, tie, tail = line.split("\t")
            relation, cue = _TIES.get(tie, ("", "^(?!.*(?:合作|搭档))"))
            if (not relation and not _OTHER_TIES.fullmatch(tie)) or min(len(head), len(tail)) < 2:
                continue
            ends = Name(head, "Person"), Name(tail, "Organization" if relation == "EDUCATED_AT" else "Person")
            swapped = relation.startswith("-") or (relation in ("SPOUSE", "SIBLING", "") and tail < head)
            facts[head].append((cue, Fact(ends[swapped], relation.removeprefix("-"), ends[not swapped])))
            for name in (head, tail):
                names[name[:2]].add(name)
        return cls(facts, {key: sorted(found, key=lambda name: (-len(name), name)) for key, found in names.items()})

    def of(self, sentence: str) -> Iterator[Fact]:
        """The facts whose two ends the sentence names, if it speaks of such a thing."""
        named = set(self._named(sentence))
        for name in sorted(named) if len(named) > 1 else ():
            for cue, fact in self.facts.get(name, ()):
                if {fact.head.text, fact.tail.text} <= named and (not cue or re.search(cue, sentence)):
                    yield fact

    def _named(self, sentence: str) -> Iterator[str]:
        at = 0
        while at < len(sentence) - 1:
            found = next((n for n in self.names.get(sentence[at : at + 2], ()) if sentence.startswith(n, at)), "")
            if found:
                yield found
            at += len(found) or 1


def read_encyclopaedia(path: Path, labels: LabelMap) -> list[Example]:
    """Sentences with facts, from a file of JSON lines with a ``text`` each, compressed by xz; of a longer text also how
    it begins, as a whole. What is known of people is read from ``qa/prqa`` beside the file's own folder.

    Raises:
        DataError: a file cannot be read.
    """
    try:
        known = _Known.read(path.parent.parent / KNOWN)
        with lzma.open(path, "rt", encoding="utf-8") as lines:
            texts = [json.loads(line)["text"] for line in lines]
    except (OSError, ValueError, KeyError, lzma.LZMAError) as error:
        form = f"one JSON object with a text a line, compressed by xz, and {KNOWN} of lines with three columns"
        raise DataError(f"{path} cannot be read ({error!r}). It is {form}.") from error
    made = [example for number, text in enumerate(texts, 1) for example in _examples(path, number, text, known)]
    return list(_varied({example.text: example for example in made}.values()))


def _varied(examples: Iterable[Example]) -> Iterator[Example]:
    """The texts, without most of those that only tell of yet another place in the same country or province."""
    alike: Counter[str] = Counter()
    for example in examples:
        if {relation.type for relation in example.relations} <= {"LOCATED_IN", "COUNTRY"}:
            inside = {relation.head for relation in example.relations}
            widest = min(example.mentions[r.tail].text for r in example.relations if r.tail not in inside)
            alike[widest] += 1
            if alike[widest] > MOST_ALIKE:
                continue
        yield example


def _examples(path: Path, number: int, text: str, known: _Known) -> Iterator[Example]:
    lead = cut(text)
    for n, (start, passage) in enumerate([(0, lead), *_passages(text, len(lead))]):
        facts = [fact for sentence in _SENTENCE.findall(passage) for fact in known.of(sentence)]
        facts += stated_of_foreign(passage)
        if start == 0:
            facts += [fact for sentence in _SENTENCE.findall(passage) for fact in stated(sentence)]
        if example := with_facts(passage, facts, f"{path.name}:{number}:{n}"):
            yield example


def _passages(text: str, begin: int) -> Iterator[tuple[int, str]]:
    for match in _SENTENCE.finditer(text, begin):
        if 8 < len(match[0]) <= LONGEST_SENTENCE:
            yield match.start(), match[0]
