"""Questions with passages that help and some that do not, for the reranker: of one step, of two, and about two things.

One step: reading data whose context lies among the nearest that lack the answer. Two steps are made of annotated
facts: "the director of A" takes the place of a name in a question about B, where one text says that B directed A and
another tells about B. Few texts tell about the same thing, so the second text's subject is given B's name; what else
the first text names leads to texts about those, made in the same way, which do not help. Names of the relations and
the questions are those of KGConv's templates in English, and our own in Chinese.
"""

import random
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kgqa.extraction.schema import Schema
from kgqa.pipelines.training.extraction_corpora import TRAINING, read_corpus
from kgqa.pipelines.training.reader_data import Question, read_lines
from kgqa.pipelines.training.reader_facts import TEMPLATES, Template, read_templates
from kgqa.pipelines.training.relation_questions import OWN
from kgqa.retrieval.rerank import Candidate
from kgqa.text import sentences
from kgqa.types import Example, Mention

__all__ = [
    "ONE_STEP",
    "Ranked",
    "Wording",
    "compared",
    "one_step",
    "read_ranked",
    "read_wording",
    "sayings",
    "two_step",
]

ONE_STEP = ("squadshifts_new_wiki", "cmrc2018_train", "qed_nq")
FACT_SETS = {
    "en": ("knowledgenet", "re-docred"),
    "zh": ("kdconv", "stated_zh", "stated_zh_more", "stated_zh_software"),
}
WRONG = 4
"""Passages that do not help, of one question."""
LONGEST = 800
"""Characters of a passage; longer texts are cut around what they say of their subject."""
_VALUES = ("Date", "Quantity", "Number", "Money")


@dataclass(frozen=True, slots=True)
class Ranked:
    """A question, the passages that help to answer it, and some that do not."""

    question: str
    right: tuple[Candidate, ...]
    wrong: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """How one asks for a property of a thing, and how one says "the director of A", in one language."""

    questions: Mapping[str, Sequence[Template]]
    phrases: Mapping[str, Sequence[Template]]
    """With what stands before and behind the name."""

    def phrase(self, said: "_Said", rng: random.Random) -> str | None:
        """The words for what a text says, such as "the director of A"; None where none fit."""
        found = _fitting(self.phrases.get(said.predicate, ()), said.type, said.object[0].type)
        return _with_name(rng.choice(found), said.name) if found else None

    def ask(self, said: "_Said", subject: str, rng: random.Random) -> str | None:
        """A question whose answer a text says, about somebody who is called `subject` in it."""
        found = _fitting(self.questions.get(said.predicate, ()), said.type, said.object[0].type)
        return _with_name(rng.choice(found), subject) if found else None


@dataclass(frozen=True, slots=True)
class _Said:
    """What a text says of a thing that it names: the predicate, and the mentions of both."""

    text: Example
    predicate: str
    """A Wikidata property; `-P57` joins whom somebody directed with what."""
    subject: tuple[Mention, ...]
    object: tuple[Mention, ...]

    @property
    def name(self) -> str:
        return _name(self.subject)

    @property
    def type(self) -> str:
        return next((mention.type for mention in self.subject if mention.type), "")


def read_ranked(data: Path, seed: int, *, two_steps: int = 16_000, comparisons: int = 3_000) -> list[Ranked]:
    """All questions, in an order by chance.

    Raises:
        DataError: a file is missing or has a fault.
    """
    rng, schema = random.Random(seed), Schema.load()
    found = [ranked for name in ONE_STEP for ranked in one_step(list(read_lines(_lines(data, name))), rng)]
    for language, names in FACT_SETS.items():
        wording = read_wording(data, schema, language)
        texts = [e for corpus in TRAINING if corpus.name in names for e in read_corpus(data, corpus, schema)]
        said = list(sayings(texts, schema))
        found += two_step(said, wording, language, two_steps // len(FACT_SETS), rng)
        found += compared(said, language, comparisons // len(FACT_SETS), rng)
    rng.shuffle(found)
    return found


def _lines(data: Path, name: str) -> Path:
    return data / "reading" / f"{name}.jsonl.xz"


# --- One step ---------------------------------------------------------------------------------------------------------


def one_step(questions: Sequence[Question], rng: random.Random) -> Iterator[Ranked]:
    """Each question with its context, contexts beside it in the file (of the same article, mostly), and some others.

    Half of the passages are given a way to them, true or not, so that a way alone says nothing.
    """
    contexts = list(dict.fromkeys(question.context for question in questions))
    place = {context: number for number, context in enumerate(contexts)}
    for question in questions:
        if not question.answers:
            continue
        here, told = place[question.context], {question.context[s:e] for s, e in question.answers}
        near = [contexts[n] for n in range(max(0, here - 3), min(len(contexts), here + 4)) if n != here]
        drawn = [*rng.sample(near, min(3, len(near))), *rng.sample(contexts, min(3, len(contexts)))]
        wrong = [text for text in dict.fromkeys(drawn) if not any(answer in text for answer in told)]
        decoys = [*near, question.context]
        if wrong:
            yield Ranked(
                question.question,
                (_candidate(question.context, question.language, decoys, rng),),
                tuple(_candidate(text, question.language, decoys, rng) for text in wrong[:WRONG]),
            )


def _candidate(text: str, language: str, decoys: Sequence[str], rng: random.Random) -> Candidate:
    path = ""
    if rng.random() < 0.5:
        told = rng.choice(decoys)
        path = rng.choice([told[span.start : span.end] for span in sentences(told, language)] or [""])
    return Candidate(path, _part(text, 0, rng))


def _part(text: str, at: int, rng: random.Random) -> str:
    """At most `LONGEST` characters, or some hundred, as chunks are of any size, with the place `at` inside."""
    longest = rng.choice((LONGEST // 4, LONGEST // 2, LONGEST))
    start = max(0, min(at - longest // 3, len(text) - longest))
    start = text.rfind(" ", 0, start) + 1 if start and " " in text[:start] else start
    return text[start : start + longest]


# --- Two steps --------------------------------------------------------------------------------------------------------


_PHRASE = re.compile(r"^(?:who|what|which [a-z]+) (?:is|was|are|were) (?=the )", re.IGNORECASE)
_CHINESE_PHRASE = re.compile(r"^的(?P<what>.{1,8}?)(?:是谁|是什么|是哪.*|在哪.*|叫什么.*|有哪些)？$")


def read_wording(data: Path, schema: Schema, language: str) -> Wording:
    """How to ask, by Wikidata property; `-P57` asks for what somebody directed."""
    if language == "en":
        questions = read_templates(data / TEMPLATES)
        phrases = {
            property: [
                replace(t, left=_PHRASE.sub("", t.left.strip()), right=t.right.strip().removesuffix("?").strip())
                for t in templates
                if _PHRASE.match(t.left) and len(t.right) < 4
            ]
            for property, templates in questions.items()
        }
        return Wording(questions, {property: found for property, found in phrases.items() if found})
    return _own_wording(schema)


def _own_wording(schema: Schema) -> Wording:
    """Our own Chinese questions. They stand behind a name, whatever it is of."""
    questions: defaultdict[str, list[Template]] = defaultdict(list)
    phrases: defaultdict[str, list[Template]] = defaultdict(list)
    for name, ends in tomllib.loads(OWN.read_text(encoding="utf-8")).items():
        property = schema.relations[name].wikidata if name in schema.relations else ""
        for text in ends.get("object", ()) if property else ():
            if not text.isascii():
                questions[property].append(Template("", text, False, False))
                if found := _CHINESE_PHRASE.match(text):
                    phrases[property].append(Template("", f"的{found['what']}", False, False))
    return Wording(questions, phrases)


def _fitting(templates: Sequence[Template], subject: str, object: str) -> list[Template]:
    kinds = (subject == "Person", object == "Person")
    return [t for t in templates if not t.left or (t.of_person, t.for_person) == kinds]


def _with_name(template: Template, name: str) -> str:
    return template.ask(name) if template.left else f"{name}{template.right}"


def sayings(texts: Sequence[Example], schema: Schema) -> Iterator[_Said]:
    """Everything that the texts say of a thing by name, both ways."""
    for example in texts:
        group: dict[int, tuple[int, ...]] = {place: (place,) for place in range(len(example.mentions))}
        for cluster in example.clusters:
            group |= dict.fromkeys(cluster, tuple(sorted(cluster)))
        seen: set[tuple[str, tuple[int, ...], tuple[int, ...]]] = set()
        for relation in example.relations:
            property = schema.relations[relation.type].wikidata if relation.type in schema.relations else ""
            head, tail = group[relation.head], group[relation.tail]
            for sign, one, other in (("", head, tail), ("-", tail, head)):
                key = (f"{sign}{property}", one, other)
                named = tuple(example.mentions[n] for n in one if not example.mentions[n].nominal)
                values = tuple(example.mentions[n] for n in other if not example.mentions[n].nominal)
                if property and named and values and key not in seen:
                    seen.add(key)
                    yield _Said(example, f"{sign}{property}", named, values)


def two_step(
    said: Sequence[_Said], wording: Wording, language: str, count: int, rng: random.Random
) -> Iterator[Ranked]:
    """Questions for a property of what a property of something is."""
    firsts = [one for one in said if one.predicate in wording.phrases and _names_something(one.object)]
    seconds: defaultdict[str, list[_Said]] = defaultdict(list)
    for one in said:
        if one.predicate in wording.questions and one.type not in _VALUES:
            seconds[one.type].append(one)
    made = 0
    for _ in range(4 * count):
        first = rng.choice(firsts)
        bridge, type = _name(first.object), first.object[0].type
        fitting = [s for s in rng.sample(seconds[type], min(12, len(seconds[type]))) if s.text is not first.text]
        if not bridge or not fitting:
            continue
        second = fitting[0]
        phrase = wording.phrase(first, rng)
        asked = (
            wording.ask(second, phrase[0].lower() + phrase[1:] if phrase.startswith("The ") else phrase, rng)
            if phrase
            else None
        )
        if asked is None:
            continue
        way = _sentence(first, language)
        told = Candidate(way, _renamed(second, bridge, rng))
        start = Candidate("", _titled(first.text.text, first.name, first.subject[0].start, rng))
        wrong = list(_wrong(first, second, seconds, way, language, rng))
        if wrong:
            yield Ranked(asked, (start, told), tuple(wrong[:WRONG]))
            made += 1
            if made == count:
                return


def _wrong(
    first: _Said,
    second: _Said,
    seconds: Mapping[str, Sequence[_Said]],
    way: str,
    language: str,
    rng: random.Random,
) -> Iterator[Candidate]:
    """What the first text leads to besides, texts that say the right thing of somebody else, and others."""
    ends = {mention.text for mention in (*first.subject, *first.object)}
    others = [m for m in first.text.mentions if not m.nominal and m.text not in ends and m.type not in _VALUES]
    for mention in rng.sample(others, min(2, len(others))):
        same = rng.sample(seconds[mention.type], min(8, len(seconds[mention.type])))
        found = sorted(same, key=lambda s: s.predicate != second.predicate)[:1]
        for about in found:
            if about.text is not first.text:
                place = _Said(first.text, "", (mention,), (mention,))
                yield Candidate(_sentence(place, language), _renamed(about, mention.text, rng))
    pool = seconds[second.type]
    same = [
        s for s in rng.sample(pool, min(30, len(pool))) if s.predicate == second.predicate and s.name != second.name
    ]
    for about in same[:2]:  # the right thing of somebody else, behind the right way or none
        yield Candidate(rng.choice((way, "")), _renamed(about, about.name, rng))
    passing = [s for s in rng.sample(pool, min(6, len(pool))) if s.text is not second.text]
    for about in passing[:1]:  # it names what is looked for, but is about something else
        beside = [m for m in about.text.mentions if not m.nominal and m.type == second.type and m.text != about.name]
        if beside:
            chosen = rng.choice(beside)
            yield Candidate(way, _renamed(_Said(about.text, "", (chosen,), (chosen,)), _name(first.object), rng, False))
    about = rng.choice(pool)
    yield Candidate("", _renamed(about, about.name, rng))


# --- Two things -------------------------------------------------------------------------------------------------------


_FIRST = {
    "en": {
        "P569": ("Who was born first, {a} or {b}?", "Who is older, {a} or {b}?", "Who was born later, {a} or {b}?"),
        "P570": ("Who died first, {a} or {b}?", "Who died later, {a} or {b}?", "Who lived longer, {a} or {b}?"),
        "P571": ("Which was founded first, {a} or {b}?", "Which is older, {a} or {b}?"),
        "P577": ("Which came out first, {a} or {b}?", "Which was released earlier, {a} or {b}?"),
        "P27": ("Are {a} and {b} of the same nationality?", "Do {a} and {b} have the same nationality?"),
        "P17": ("Are {a} and {b} in the same country?", "Are both {a} and {b} located in the same country?"),
        "P19": ("Were {a} and {b} born in the same place?",),
        "P106": ("Did {a} and {b} have the same profession?",),
        "P159": ("Are the headquarters of {a} and {b} in the same city?",),
    },
    "zh": {
        "P569": ("{a}和{b}谁出生得更早？", "{a}和{b}谁的年纪更大？"),
        "P570": ("{a}和{b}谁去世得更早？",),
        "P571": ("{a}和{b}哪个成立得更早？",),
        "P577": ("{a}和{b}哪部更早上映？", "{a}和{b}哪个发行得更早？"),
        "P57": ("{a}和{b}的导演是同一个人吗？",),
        "P27": ("{a}和{b}是同一个国家的人吗？",),
        "P175": ("{a}和{b}是同一个人唱的吗？",),
        "P19": ("{a}和{b}出生在同一个地方吗？",),
    },
}
"""Comparisons of two things by a property that a text says of each."""


def compared(said: Sequence[_Said], language: str, count: int, rng: random.Random) -> Iterator[Ranked]:
    """Questions that compare two things by what one text says of each."""
    by_property: defaultdict[str, list[_Said]] = defaultdict(list)
    for one in said:
        if one.predicate in _FIRST[language] and _names_something(one.subject):
            by_property[one.predicate].append(one)
    properties = [property for property, found in by_property.items() if len(found) > WRONG + 2]
    for _ in range(count if properties else 0):
        property = rng.choice(properties)
        drawn = rng.sample(by_property[property], WRONG + 2)
        a, b, *others = list({one.name: one for one in drawn}.values())
        asked = rng.choice(_FIRST[language][property]).format(a=a.name, b=b.name)
        wrong = [Candidate(rng.choice(("", _sentence(a, language))), _renamed(one, one.name, rng)) for one in others]
        if wrong:
            yield Ranked(asked, tuple(Candidate("", _renamed(one, one.name, rng)) for one in (a, b)), tuple(wrong))


# --- Texts ------------------------------------------------------------------------------------------------------------


def _name(mentions: Sequence[Mention]) -> str:
    return max((mention.text for mention in mentions), key=len, default="")


def _names_something(mentions: Sequence[Mention]) -> bool:
    return bool(mentions) and all(m.type not in _VALUES for m in mentions) and len(_name(mentions)) > 1


def _sentence(said: _Said, language: str) -> str:
    """The first sentence with both ends, else the first with the object; half of the time under the text's subject."""
    text = said.text.text
    spans = sentences(text, language)

    def has(span: tuple[int, int], mentions: Sequence[Mention]) -> bool:
        return any(span[0] <= m.start and m.end <= span[1] for m in mentions)

    places = [(span.start, span.end) for span in spans]
    both = [p for p in places if has(p, said.object) and has(p, said.subject)]
    found = both or [p for p in places if has(p, said.object)]
    return text[slice(*found[0])] if found else ""


def _renamed(said: _Said, name: str, rng: random.Random, titled: bool = True) -> str:
    """The text about its subject, with another name for it."""
    text, at = said.text.text, 0
    for mention in sorted({(m.start, m.end) for m in said.subject}, reverse=True):
        text = text[: mention[0]] + name + text[mention[1] :]
        at = mention[0]
    return _titled(text, name if titled else "", at, rng)


def _titled(text: str, title: str, at: int, rng: random.Random) -> str:
    part = _part(text, at, rng)
    return f"{title}\n{part}" if title and rng.random() < 0.7 else part
