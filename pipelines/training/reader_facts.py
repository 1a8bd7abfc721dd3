"""Questions made from facts whose words are marked in a text: "Who founded Acme?" on a text that says so.

A fact of KnowledgeNet or Re-DocRED is asked with the question templates of KGConv for its Wikidata property (Brabant
et al., https://arxiv.org/abs/2308.15298), forwards and backwards; the answers are all mentions of its other end. Asking
for a property that the exhaustively annotated text does not state gives unanswerable questions.
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kgqa.errors import DataError
from kgqa.extraction.schema import Schema
from kgqa.pipelines.training.extraction_corpora import DEVELOPMENT, TRAINING, read_corpus
from kgqa.pipelines.training.reader_data import Question
from kgqa.types import Example, Mention

__all__ = ["FACT_SETS", "TEMPLATES", "Template", "fact_questions", "read_fact_questions", "read_templates"]

FACT_SETS = ("knowledgenet", "re-docred")
TEMPLATES = "qa/kgconv_templates/template_library.json"
UNSTATED = 0.3
"""How often a subject is also asked for a property that its text does not state."""
PER_PROPERTY = 600
"""At most this many questions of one data set ask for the same property: half of all facts are about countries."""
_PERSON = "Q5"


@dataclass(frozen=True, slots=True)
class Template:
    """A question about a property, with a gap for its subject; `-P112` asks for what the subject founded."""

    left: str
    right: str
    of_person: bool
    """Whether it is asked of a person."""
    for_person: bool
    """Whether its answer is a person."""

    def ask(self, subject: str) -> str:
        """The question."""
        text = f"{self.left.strip()} {subject} {self.right.strip()}".strip()
        for loose, tight in ((" 's ", "'s "), (" ?", "?")):
            text = text.replace(loose, tight)
        return text[0].upper() + text[1:]


def read_templates(path: Path) -> dict[str, list[Template]]:
    """The templates of each property.

    Raises:
        DataError: the file is missing or has another form.
    """
    try:
        library = json.loads(path.read_text(encoding="utf-8"))
        found: defaultdict[str, dict[Template, None]] = defaultdict(dict)
        for entry in library:
            key = entry["template_key"]
            kinds = _PERSON in key["s_types"], _PERSON in key["o_types"]
            for form in entry["templates"]:
                found[key["p"]][Template(form["left"], form["right"], *kinds)] = None
        return {name: list(templates) for name, templates in found.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} cannot be read as KGConv's templates ({error!r}). Unpack the data again.") from error


def read_fact_questions(data: Path, seed: int, *, held_back: bool = False) -> list[Question]:
    """Questions on the training parts of `FACT_SETS`, or on what is held back of them.

    Raises:
        DataError: a file is missing or has a fault.
    """
    schema, templates = Schema.load(None), read_templates(data / TEMPLATES)
    corpora = [corpus for corpus in (DEVELOPMENT if held_back else TRAINING) if corpus.name in FACT_SETS]
    return [
        question
        for corpus in corpora
        for question in fact_questions(read_corpus(data, corpus, schema), schema, templates, random.Random(seed))
    ]


def fact_questions(
    examples: Sequence[Example], schema: Schema, templates: Mapping[str, Sequence[Template]], rng: random.Random
) -> list[Question]:
    """One question for each named subject and property that a text states, and some for properties that it does not."""
    stated = sorted({relation.type for example in examples for relation in example.relations})
    properties = {name: schema.relations[name].wikidata for name in stated if schema.relations[name].wikidata}
    every = sorted(properties.values())
    asked: list[Question | None] = []
    for example in examples:
        groups = _Groups.of(example)
        facts = _facts(example, groups, properties)
        for (subject, property), objects in facts.items():
            asked.append(_question(example, groups, subject, property, sorted(objects), templates, rng))
        for subject in sorted({subject for subject, _ in facts}):
            if rng.random() < UNSTATED:
                asked.append(_unstated(example, groups, subject, facts, templates, rng, every))
    found = [question for question in asked if question]
    rng.shuffle(found)
    seen: Counter[str] = Counter()
    kept = []
    for question in found:
        seen[property := question.id.rpartition(":")[2]] += 1
        if seen[property] <= PER_PROPERTY:
            kept.append(question)
    return kept


@dataclass(frozen=True, slots=True)
class _Groups:
    """The mentions of a text by what they mean."""

    of_mention: Mapping[int, int]
    members: Mapping[int, Sequence[Mention]]
    """Those that are names or values, not pronouns."""

    @classmethod
    def of(cls, example: Example) -> "_Groups":
        number = {place: place for place in range(len(example.mentions))}
        for cluster in example.clusters:
            number |= dict.fromkeys(cluster, min(cluster))
        members: defaultdict[int, list[Mention]] = defaultdict(list)
        for place, mention in enumerate(example.mentions):
            if not mention.nominal:
                members[number[place]].append(mention)
        return cls(number, members)

    def name(self, group: int) -> str:
        """The longest name."""
        return max((mention.text for mention in self.members.get(group, ())), key=len, default="")


def _facts(example: Example, groups: _Groups, properties: Mapping[str, str]) -> dict[tuple[int, str], set[int]]:
    """The groups that are the other end, by subject and property, both ways."""
    found: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
    for relation in example.relations:
        if relation.type in properties:
            head, tail = groups.of_mention[relation.head], groups.of_mention[relation.tail]
            found[head, properties[relation.type]].add(tail)
            found[tail, f"-{properties[relation.type]}"].add(head)
    return dict(found)


def _unstated(
    example: Example,
    groups: _Groups,
    subject: int,
    facts: Mapping[tuple[int, str], set[int]],
    templates: Mapping[str, Sequence[Template]],
    rng: random.Random,
    every: Sequence[str],
) -> Question | None:
    """A question that fits the subject's kind, for a property that the text does not state of it."""
    for property in rng.sample(every, min(8, len(every))):
        if (subject, property) not in facts:
            question = _question(example, groups, subject, property, (), templates, rng)
            if question:
                return question
    return None


def _question(
    example: Example,
    groups: _Groups,
    subject: int,
    property: str,
    objects: Sequence[int],
    templates: Mapping[str, Sequence[Template]],
    rng: random.Random,
) -> Question | None:
    """None where the subject or every object has no name, or no template fits."""
    name = groups.name(subject)
    answers = sorted({(m.start, m.end) for group in objects for m in groups.members.get(group, ())})
    kinds = {m.type for group in objects for m in groups.members.get(group, ())}
    fitting = list(_fitting(templates.get(property, ()), _is_person(groups, subject), kinds))
    if not name or not fitting or bool(objects) != bool(answers):
        return None
    id = f"fact:{example.source}:{subject}:{property}"
    return Question(id, rng.choice(fitting).ask(name), example.text, tuple(answers), "en", id)


def _is_person(groups: _Groups, group: int) -> bool:
    return any(mention.type == "Person" for mention in groups.members.get(group, ()))


def _fitting(templates: Sequence[Template], of_person: bool, kinds: set[str]) -> Iterator[Template]:
    for template in templates:
        if template.of_person == of_person and (not kinds or template.for_person == ("Person" in kinds)):
            yield template
