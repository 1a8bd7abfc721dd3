"""Chinese questions made from what the speakers of KdConv tell each other (Zhou et al., ACL 2020).

Each turn says which facts it rests on. A fact whose value stands in the dialogue is asked for, with the name and the
attribute that the annotators gave it; attributes that nobody speaks of give unanswerable questions.
"""

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kgqa.errors import DataError
from kgqa.pipelines.training.reader_data import Question

__all__ = ["FILES", "dialogue_questions", "read_dialogue_questions"]

FILES = ("qa/kdconv/film/dev.json", "qa/kdconv/music/dev.json", "qa/kdconv/travel/dev.json")
UNSTATED = 0.3
LONGEST_VALUE = 40
_FORMS = (
    "{name}的{attribute}是什么？",
    "{name}的{attribute}？",
    "请问{name}的{attribute}是？",
    "你知道{name}的{attribute}吗？",
)
_BY_ATTRIBUTE = {
    "导演": ("{name}是谁导演的？", "谁执导了{name}？"),
    "歌手": ("{name}是谁唱的？", "谁演唱了{name}？"),
    "成立时间": ("{name}是什么时候成立的？", "{name}哪年成立？"),
    "出生日期": ("{name}是哪天出生的？", "{name}生于什么时候？"),
    "出生地": ("{name}出生在哪里？", "{name}是哪里人？"),
    "毕业院校": ("{name}毕业于哪所学校？", "{name}在哪里读的书？"),
    "地址": ("{name}在哪里？", "{name}位于什么地方？"),
    "门票": ("{name}的门票多少钱？", "去{name}要花多少钱？"),
    "发行时间": ("{name}是什么时候发行的？", "{name}哪年发行？"),
    "上映时间": ("{name}是什么时候上映的？", "{name}哪年上映？"),
}
"""How people ask for the commonest attributes."""


def read_dialogue_questions(data: Path, seed: int) -> list[Question]:
    """Questions on the dialogues of a data folder.

    Raises:
        DataError: a file is missing or has another form.
    """
    rng, found = random.Random(seed), []
    for name in FILES:
        try:
            dialogues = json.loads((data / name).read_text(encoding="utf-8"))
            found += [
                q for number, told in enumerate(dialogues) for q in dialogue_questions(told, f"{name}:{number}", rng)
            ]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(f"{data / name} cannot be read as KdConv's dialogues ({error!r}).") from error
    return found


def dialogue_questions(dialogue: dict[str, Any], id: str, rng: random.Random) -> Iterator[Question]:
    """One question for each fact whose name and value the dialogue says."""
    text = "\n".join(turn["message"] for turn in dialogue["messages"])
    facts = {
        (_name(fact["name"]), fact["attrname"]): fact["attrvalue"]
        for turn in dialogue["messages"]
        for fact in turn.get("attrs") or ()
        if fact["attrname"] != "Information"
    }
    said = {attribute for _, attribute in facts}
    for (name, attribute), value in facts.items():
        if name not in text:
            continue
        places = [match.span() for match in re.finditer(re.escape(value), text)] if value else []
        if places and len(value) <= LONGEST_VALUE:
            yield _question(id, name, attribute, text, places, rng)
        others = sorted(_BY_ATTRIBUTE.keys() - said)
        if others and rng.random() < UNSTATED:
            yield _question(id, name, rng.choice(others), text, (), rng)


def _name(name: str) -> str:
    """Without what an encyclopaedia adds in brackets to tell homonyms apart."""
    return re.sub(r"[（(].*?[）)]", "", name).strip()


def _question(
    id: str, name: str, attribute: str, text: str, places: Sequence[tuple[int, int]], rng: random.Random
) -> Question:
    forms = (*_FORMS, *_BY_ATTRIBUTE.get(attribute, ()) * 2)
    question = rng.choice(forms).format(name=name, attribute=attribute)
    own = f"{id}:{name}:{attribute}:{bool(places)}"
    return Question(own, question, text, tuple(places), "zh", own)
