"""Chinese relations from KdConv (Zhou et al., ACL 2020): what the speakers say of films, music and sights, and the
entries of the encyclopaedia that they read from.

Each turn says which facts it rests on. An attribute that the schema has a relation for is looked for in the turn and
in those before it, and in the entry on the same thing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kgqa.errors import DataError
from kgqa.pipelines.training.extraction_silver_relations import LONGEST, Fact, Name, cut, with_facts
from kgqa.pipelines.training.extraction_silver_statements import stated
from kgqa.pipelines.training.formats_files import json_file
from kgqa.pipelines.training.labels import LabelMap
from kgqa.text import normalise_value
from kgqa.types import Example

__all__ = ["ATTRIBUTES", "PARTS", "read_kdconv"]

PARTS = ("film/dev.json", "music/dev.json", "travel/dev.json")
MOST_TURNS = 4
"""Turns that are read together."""

ATTRIBUTES: Mapping[str, tuple[str, str, str]] = {  # relation and the types of its ends; "-" swaps them
    "主演": ("CAST_MEMBER", "Work", "Person"),
    "导演": ("DIRECTED_BY", "Work", "Person"),
    "上映时间": ("PUBLISHED_ON", "Work", "Date"),
    "发行时间": ("PUBLISHED_ON", "Work", "Date"),
    "制片地区": ("COUNTRY", "Work", "Place"),
    "发行公司": ("PUBLISHED_BY", "Work", "Organization"),
    "专辑歌手": ("PERFORMER", "Work", "Person"),
    "歌曲原唱": ("PERFORMER", "Work", "Person"),
    "演唱者": ("PERFORMER", "Work", "Person"),
    "翻唱": ("PERFORMER", "Work", "Person"),
    "谱曲": ("CREATED_BY", "Work", "Person"),
    "所属专辑": ("PART_OF", "Work", "Work"),
    "出生日期": ("BORN_ON", "Person", "Date"),
    "逝世日期": ("DIED_ON", "Person", "Date"),
    "出生地": ("BORN_IN", "Person", "Place"),
    "国籍": ("NATIONALITY", "Person", "Place"),
    "毕业院校": ("EDUCATED_AT", "Person", "Organization"),
    "配偶": ("SPOUSE", "Person", "Person"),
    "主要成就": ("AWARD_RECEIVED", "Person", "Award"),
    "主要奖项": ("AWARD_RECEIVED", "Work", "Award"),
    "获得奖项": ("AWARD_RECEIVED", "Work", "Award"),
    "成立时间": ("FOUNDED_ON", "Organization", "Date"),
    "创办人": ("FOUNDED_BY", "Organization", "Person"),
    "创建人": ("FOUNDED_BY", "Organization", "Person"),
    "创始人": ("FOUNDED_BY", "Organization", "Person"),
    "董事长": ("LED_BY", "Organization", "Person"),
    "总部地点": ("HEADQUARTERS", "Organization", "Place"),
    "华语子公司": ("-PARENT_ORGANIZATION", "Organization", "Organization"),
}
_TOLD = {*ATTRIBUTES, "地址", "代表作品"}
_PLAYS = frozenset({"演员", "影视演员", "电影演员", "配音演员", "配音", "模特"})
_SINGS = frozenset({"歌手", "流行歌手", "唱作歌手", "创作歌手"})
_SCHOOL = re.compile(".{2,14}?(?:大学|学院|学校|中学|高中)(?:戏剧学院)?")
_AWARD = re.compile(".{2,28}?奖")
_TIMES = re.compile("^(?:获得?)?(?:[两一二三四五六七八九十0-9]+[届次座])?")
_ADDRESS = re.compile("([^省市区县]{2,4}市)([^省市区县]{1,3}[区县])?")
_BANDS = re.compile("乐队|乐团|组合|合唱团")


@dataclass(slots=True)
class _Things:
    """What all dialogues together say of each thing."""

    values: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    types: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    work: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    bands: set[str] = field(default_factory=set)
    countries: set[str] = field(default_factory=set)

    def facts(self, thing: str, given: Sequence[tuple[str, str]]) -> Iterator[Fact]:
        """The facts of a thing that its attributes and their values come to."""
        for attribute, value in given:
            yield from self._fact(thing, attribute, value)

    def believed(self, facts: Iterable[Fact], text: str) -> Iterator[Fact]:
        """The facts, without a country of birth in a text that speaks of no birth: it says what somebody is."""
        for fact in facts:
            if fact.relation != "BORN_IN" or "生" in text or fact.tail.text not in self.countries:
                yield fact

    def _fact(self, thing: str, attribute: str, value: str) -> Iterator[Fact]:
        name = _plain(thing)
        if attribute == "地址":
            yield from _address(name, value)
        if attribute == "代表作品" and (relation := self._performance(thing)):
            for title in re.findall("《([^《》]+)》", value) or _values(value, "Work"):
                yield Fact(Name(_plain(title), "Work"), relation, self._typed(name, "Person"))
        if attribute not in ATTRIBUTES:
            return
        relation, head, tail = ATTRIBUTES[attribute]
        if self.types[thing] and self.types[thing].most_common(1)[0][0] != head:
            return
        for said in _values(value, tail):
            ends = self._typed(name, head), self._typed(said, tail)
            yield Fact(*((ends[1], relation[1:], ends[0]) if relation[0] == "-" else (ends[0], relation, ends[1])))

    def _typed(self, name: str, kind: str) -> Name:
        return Name(name, "Organization" if kind == "Person" and name in self.bands else kind)

    def _performance(self, thing: str) -> str:
        """How a person takes part in the works that they are known for; nothing where it may be one way or another."""
        work = self.work[thing]
        return "CAST_MEMBER" if work and work <= _PLAYS else "PERFORMER" if work and work <= _SINGS else ""


def read_kdconv(path: Path, labels: LabelMap) -> list[Example]:
    """Turns and entries with the facts that they tell, from a folder with KdConv's parts.

    Raises:
        DataError: a part is missing or has another form.
    """
    found: list[Example] = []
    for part in PARTS:
        dialogues = json_file(path / part)
        try:
            things, domain = _things(dialogues), part.partition("/")[0]
            for number, dialogue in enumerate(dialogues):
                found += _told(dialogue["messages"], things, f"{domain}:{number}")
            found += _entries(dialogues, things, domain)
        except (KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path / part} cannot be read as KdConv's dialogues ({error!r}).") from error
    return list({example.text: example for example in found}.values())


def _things(dialogues: Sequence[Mapping[str, Any]]) -> _Things:
    things = _Things()
    for fact in (f for told in dialogues for turn in told["messages"] for f in turn.get("attrs") or ()):
        thing, attribute, value = fact["name"], fact["attrname"], fact["attrvalue"]
        things.values[thing].append((attribute, value))
        if attribute in ATTRIBUTES:
            things.types[thing][ATTRIBUTES[attribute][1]] += 1
        if attribute == "职业":
            things.work[thing] |= set(re.split("[、，,/；; ]+", value))
        if attribute == "国籍":
            things.countries.add(value)
        if _BANDS.search(thing) or attribute in ("乐队成员", "主唱"):
            things.bands.add(_plain(thing))
    return things


def _told(turns: Sequence[Mapping[str, Any]], things: _Things, source: str) -> Iterator[Example]:
    """Stretches of a dialogue: the turn that rests on facts, and before it what it takes to know of whom it speaks."""
    behind = 0
    for n, turn in enumerate(turns):
        names = {_plain(fact["name"]) for fact in turn.get("attrs") or () if fact["attrname"] in _TOLD}
        if n < behind or not names:
            continue
        for first in range(n, max(-1, n - MOST_TURNS), -1):
            text = "\n".join(turn["message"].strip() for turn in turns[first : n + 1])
            if len(text) > LONGEST:
                break
            if all(name in text for name in names):
                known = [
                    fact
                    for told in turns[first : n + 1]
                    for item in told.get("attrs") or ()
                    for fact in things.facts(item["name"], [(item["attrname"], item["attrvalue"])])
                ]
                if example := with_facts(text, things.believed(known, text), f"{source}:{n}"):
                    behind = n + 1
                    yield example
                break


def _entries(dialogues: Sequence[Mapping[str, Any]], things: _Things, domain: str) -> Iterator[Example]:
    entries = {
        (fact["name"], fact["attrvalue"])
        for dialogue in dialogues
        for turn in dialogue["messages"]
        for fact in turn.get("attrs") or ()
        if fact["attrname"] == "Information"
    }
    for number, (thing, entry) in enumerate(sorted(entries)):
        text = cut(re.sub(r"(?<=[^A-Za-z0-9,.])[ \u3000]+|[ \u3000]+(?=[^A-Za-z0-9(])", "", entry.strip()))
        known = things.believed(things.facts(thing, things.values[thing]), text)
        told = (fact for sentence in re.findall("[^。！？]+[。！？]?", text) for fact in stated(sentence))
        if example := with_facts(text, [*known, *told], f"{domain}:entry{number}:0"):
            yield example


def _plain(name: str) -> str:
    """Without title marks and what an encyclopaedia adds in brackets to tell homonyms apart."""
    return re.sub(r"[（(].*?[）)]|[《》]", "", name).strip()


def _values(value: str, kind: str) -> Iterator[str]:
    if kind == "Date":
        date = normalise_value(re.sub(r"[（(].*", "", value).strip(), "Date")
        yield from [date] if date else []
        return
    for part in re.split("[、，,/；;]|(?<=》)(?=《)", value):
        name = _plain(part)
        if kind == "Organization" and (school := _SCHOOL.match(name)):
            name = school[0]
        if kind == "Award":
            award = _AWARD.match(_TIMES.sub("", name))
            name = award[0] if award else ""
        if 2 <= len(name) <= 30:
            yield name


def _address(name: str, value: str) -> Iterator[Fact]:
    found = _ADDRESS.match(value)
    places = [Name(place, "Place") for place in found.groups() if place] if found else []
    for place in places:
        yield Fact(Name(name, "Place"), "LOCATED_IN", place)
