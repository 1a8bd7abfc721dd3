"""Chooses from which score on a model is believed, on development texts that then are not scored."""

import json
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from kgqa.encoder import Encoder
from kgqa.extraction import OnnxExtractor
from kgqa.pipelines.evaluation.extraction import ExtractionReport, extract_examples, score
from kgqa.pipelines.evaluation.extraction_events import EventScores, score_events
from kgqa.pipelines.evaluation.extraction_pairs import GIVEN_PAIRS, JudgedPairs, judged_pairs
from kgqa.pipelines.training.extraction_corpora import Corpus
from kgqa.pipelines.training.extraction_export import write_json
from kgqa.text import detect_language, sentences
from kgqa.types import Event, Example, Extraction, Relation

__all__ = [
    "apart_margin",
    "choose_name_margins",
    "choose_pair_thresholds",
    "choose_thresholds",
    "keep_thresholds",
    "of_given_pairs",
    "trigger_margins",
]

FREQUENT = 25
"""Facts of a relation in the texts that thresholds are chosen on, from which on it has its own."""
_GRID = (-1.0, -0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
_ROLE_GRID = (-3.0, -2.5, -2.0, -1.75, -1.5, -1.25, -1.0, -0.75, *_GRID[1:])
_APART_GRID = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0)
_GIVEN_GRID = (-4.0, -3.5, -3.0, -2.5, -2.0, -1.5, *_GRID)
"""Of relations that only given pairs teach: most of such pairs have none, which makes a model say little."""
UNJUDGED = 1.0
"""By how much surer a relation must be in a language in which nobody said where it does not hold: there it was learned
from facts that are known to be right, and every pair of names looks like one. Of the sample's Chinese facts, read by a
person, 42 of 74 are right without it and 14 of 22 with it.
"""
AS_GOOD = 0.01
"""F1 that may be given away for fewer and surer facts: near its best the curve is flat, and a graph that is believed
needs the end of it where more of what is read is right.
"""
SELDOM = 0.01
"""Share of texts in which an event is found whose type none of them annotates: what is learned from texts that were
chosen for holding it looks likely everywhere.
"""
IN_FREE_TEXT = 1.0
"""From which score on a relation is believed in free text, at least, that was learned from given Chinese pairs: of
those most hold one, of all pairs of names few do.
"""

SHARED = (
    "span_threshold",
    "link_threshold",
    "trigger_threshold",
    "role_threshold",
    "apart_margin",
)
"""Of all types together."""

_Found = Sequence[tuple[Corpus, Sequence[Example], Sequence[Extraction]]]


def choose_thresholds(out: Path, encoder: Encoder, tuned: Sequence[tuple[Corpus, Sequence[Example]]]) -> None:
    """Write the thresholds with the best F1 to `config.json`: one for all relations and its own for a frequent one, the
    highest that are as good; one for triggers and one for roles. Relations that only sets of given pairs annotate get
    theirs from those. Facts across sentences must be so much surer that they are right as often as those within one,
    and triggers of a type of events that these texts do not annotate so much surer that few of them have one.
    """
    path = out / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    names = tuple(config["relation_thresholds"])
    lowest = {
        "trigger_threshold": _GRID[0],
        "role_threshold": _ROLE_GRID[0],
        "apart_margin": 0.0,
        "trigger_margins": {},
    }
    write_json(path, {**config, **lowest, "relation_thresholds": dict.fromkeys(names, _GRID[0])})
    extractor = OnnxExtractor.open(out, encoder)
    given = [examples for corpus, examples in tuned if corpus.format in GIVEN_PAIRS]
    found = [
        (corpus, examples, extract_examples(examples, extractor))
        for corpus, examples in tuned
        if corpus.format not in GIVEN_PAIRS
    ]
    events = [entry for entry in found if any(example.events for example in entry[1])]
    relations = [entry for entry in found if any(example.relations for example in entry[1])]
    thresholds = _of_relations(names, relations)
    annotated = {
        relation.type for _, examples, _ in relations for example in examples for relation in example.relations
    }
    for examples in given:
        thresholds |= of_given_pairs(judged_pairs(examples, extractor), thresholds, set(names) - annotated)
    judged = {r.type for corpus, examples in tuned if corpus.language == "zh" for e in examples for r in e.relations}
    margins = {name: max(0.0, IN_FREE_TEXT - thresholds[name]) if name in judged else UNJUDGED for name in names}
    chosen = {**config, "relation_thresholds": thresholds, "apart_margin": apart_margin(thresholds, relations)}
    chosen |= {"language_margins": {"zh": margins}}
    chosen |= _of_events(events) if events else {}
    margins = trigger_margins(found, float(chosen.get("trigger_threshold", 0.0)))
    write_json(path, {**chosen, "trigger_margins": margins})


def keep_thresholds(out: Path, start: Path, taught: Collection[str]) -> None:
    """Write to `out/config.json` the thresholds of the model in `start`, from which it was trained on; relations and
    types of events that were `taught` have none yet, since the scores of those have moved.
    """
    path = out / "config.json"
    config, first = (json.loads((folder / "config.json").read_text(encoding="utf-8")) for folder in (out, start))
    config |= {name: first[name] for name in SHARED if name in first}
    known = {name: at for name, at in first["relation_thresholds"].items() if name not in taught}
    config["relation_thresholds"] |= {name: at for name, at in known.items() if name in config["relation_thresholds"]}
    margins = first.get("language_margins", {})
    config["language_margins"] = {language: _untaught(more, taught) for language, more in margins.items()}
    config["trigger_margins"] = _untaught(first.get("trigger_margins", {}), taught)
    config["name_margins"] = _untaught(first.get("name_margins", {}), taught)
    write_json(path, config)


def choose_name_margins(out: Path, encoder: Encoder, examples: Sequence[Example]) -> None:
    """Write to `config.json` by how much more or less than others the names must score of the types that `examples`
    annotate: the one of `_GRID` with the best F1 on them, of several as good the nearest to none. Few names tell
    nothing.
    """
    names = [m.type for e in examples for m in e.mentions if m.type in e.annotated_types and not m.nominal]
    if len(names) < FREQUENT:
        return
    path = out / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    read = extract_examples(examples, OnnxExtractor.open(out, encoder).watchful(-_GRID[0]))

    def f1(margin: float) -> float:
        least = _probability(float(config["span_threshold"]) + margin)
        kept = [
            replace(e, mentions=tuple(m for m in e.mentions if m.confidence > least), relations=(), clusters=())
            for e in read
        ]
        return score(examples, kept, "entities").f1

    best = max(_GRID, key=lambda margin: (round(f1(margin), 4), -abs(margin)))
    write_json(
        path, {**config, "name_margins": {**config.get("name_margins", {}), **dict.fromkeys(sorted({*names}), best)}}
    )


def choose_pair_thresholds(out: Path, encoder: Encoder, examples: Sequence[Example]) -> None:
    """Write to `config.json` the thresholds of the relations that `examples` say of given pairs alone, without having
    looked for them elsewhere: those with the best F1 on these pairs.
    """
    annotated = frozenset[str]().union(*(example.annotated_types for example in examples))
    free = {relation.type for example in examples for relation in example.relations if relation.type} - annotated
    if not free:
        return
    path = out / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    thresholds = config["relation_thresholds"]
    chosen = of_given_pairs(judged_pairs(examples, OnnxExtractor.open(out, encoder)), thresholds, free)
    write_json(path, {**config, "relation_thresholds": {**thresholds, **chosen}})


def _untaught(margins: Mapping[str, float], taught: Collection[str]) -> dict[str, float]:
    return {name: margin for name, margin in margins.items() if name not in taught}


def trigger_margins(found: _Found, threshold: float) -> dict[str, float]:
    """For the types of events that none of the texts annotates, by how much more than the threshold a trigger must
    score for one in a hundred of the texts to have one.
    """
    annotated = {kind for _, examples, _ in found for example in examples for kind in example.annotated_types}
    extractions = [extraction for _, _, read in found for extraction in read]
    kinds = sorted({event.type for extraction in extractions for event in extraction.events} - annotated)
    margins = {}
    for kind in kinds:
        best = [
            max((_log_odds(e.confidence) for e in x.events if e.type == kind), default=-math.inf) for x in extractions
        ]
        seldom = sorted(best, reverse=True)[math.ceil(SELDOM * len(best)) - 1]
        if seldom > threshold:
            margins[kind] = round(seldom - threshold, 2)
    return margins


def _of_relations(names: Sequence[str], found: _Found) -> dict[str, float]:
    reports = {threshold: [_scored(threshold, *entry) for entry in found] for threshold in _GRID}
    means = {at: math.fsum(report.f1 for report in scored) / max(1, len(scored)) for at, scored in reports.items()}
    common = _highest_as_good(means)
    return {name: _own_threshold(name, common, reports) for name in names}


def _highest_as_good(f1: Mapping[float, float]) -> float:
    """The highest threshold whose F1 is nearly the best one."""
    return max(threshold for threshold, value in f1.items() if value >= max(f1.values()) - AS_GOOD)


def of_given_pairs(pairs: JudgedPairs, thresholds: Mapping[str, float], free: Collection[str]) -> dict[str, float]:
    """The thresholds of the `free` relations of some pairs with the best F1 over all of them: first one for all, then
    its own for each frequent one. Those of other relations stay at `thresholds`.
    """
    names = [name for name in dict.fromkeys(pairs.relations) if name in free]
    if not names or not (pairs.gold >= 0).any():
        return {}
    chosen = {name: thresholds.get(name, 0.0) for name in pairs.relations}

    def f1(changed: Mapping[str, float]) -> float:
        best = pairs.best({**chosen, **changed})
        right = int(((best == pairs.gold) & (best >= 0)).sum())
        return 2 * right / max(1, int((best >= 0).sum()) + int((pairs.gold >= 0).sum()))

    def f1_of_all(at: float) -> float:
        return f1({name: at for name in names})  # noqa: C420  # mypy takes fromkeys for one of Nones

    common = max(_GIVEN_GRID, key=lambda at: (round(f1_of_all(at), 3), at))
    chosen |= dict.fromkeys(names, common)
    counts = Counter(pairs.relations[column] for column in pairs.gold.tolist() if column >= 0)
    for name in sorted((name for name in names if counts[name] >= FREQUENT), key=lambda name: -counts[name]):
        chosen[name] = max(_GIVEN_GRID, key=lambda at: (round(f1({name: at}), 3), at))
    return {name: chosen[name] for name in names}


def apart_margin(thresholds: Mapping[str, float], found: _Found) -> float:
    """The least of `_APART_GRID` by which facts across sentences, above their thresholds, are right as often as those
    within a sentence; its last, if none is enough.
    """

    def precision(margin: float, across: bool) -> float:
        right = predicted = 0.0
        for corpus, examples, extractions in found:
            kept = [
                replace(e, relations=tuple(r for r in e.relations if _is_believed(r, example, margin, across)))
                for example, e in zip(examples, extractions, strict=True)
            ]
            report = score(examples, kept, "relations", by_entity=corpus.format == "docred")
            right += report.recall * report.n
            predicted += report.recall * report.n / report.precision if report.precision else 0.0
        return right / predicted if predicted else 0.0

    def _is_believed(relation: Relation, example: Example, margin: float, across: bool) -> bool:
        least = _probability(thresholds.get(relation.type, 0.0) + (margin if across else 0.0))
        return relation.confidence > least and _across(relation, example.text) == across

    within = precision(0.0, False)
    return next((margin for margin in _APART_GRID if precision(margin, True) >= within), _APART_GRID[-1])


def _across(relation: Relation, text: str) -> bool:
    """Whether a fact's evidence is more than one sentence."""
    cut = sentences(text, detect_language(text))
    return sum(span.start < relation.end and relation.start < span.end for span in cut) > 1


def _of_events(found: _Found) -> dict[str, float]:
    """Triggers first; then roles, of the events that are left, by how many arguments the texts have."""

    def scored(trigger: float, role: float) -> list[EventScores]:
        kept = [(examples, [_believed(e, trigger, role) for e in extractions]) for _, examples, extractions in found]
        return [score_events(examples, believed, believed, resamples=0) for examples, believed in kept]

    trigger = max(_GRID, key=lambda at: sum(scores.triggers.f1 for scores in scored(at, _ROLE_GRID[-1])))
    role = max(_ROLE_GRID, key=lambda at: sum(s.arguments.f1 * s.arguments.n for s in scored(trigger, at)))
    return {"trigger_threshold": trigger, "role_threshold": role}


def _believed(extraction: Extraction, trigger: float, role: float) -> Extraction:
    def surest(event: Event) -> Event:
        return replace(event, arguments=tuple(a for a in event.arguments if a.confidence > _probability(role)))

    events = (surest(event) for event in extraction.events if event.confidence > _probability(trigger))
    return replace(extraction, events=tuple(events))


def _scored(
    threshold: float, corpus: Corpus, examples: Sequence[Example], found: Sequence[Extraction]
) -> ExtractionReport:
    above = [_above(extraction, threshold) for extraction in found]
    return score(examples, above, "relations", by_entity=corpus.format == "docred")


def _own_threshold(name: str, common: float, reports: Mapping[float, Sequence[ExtractionReport]]) -> float:
    """The highest threshold with nearly the best mean F1 of one relation, weighted by how often it occurs, or the
    common one.

    Never below the common: texts chosen for a relation hold it more often than others do.
    """
    weights = [report.per_type[name].n if name in report.per_type else 0 for report in reports[common]]
    if sum(weights) < FREQUENT:
        return common

    def weighted(threshold: float) -> float:
        types = (report.per_type.get(name) for report in reports[threshold])
        total = math.fsum(w * (scores.f1 if scores else 0) for w, scores in zip(weights, types, strict=True))
        return total / sum(weights)

    return _highest_as_good({threshold: weighted(threshold) for threshold in _GRID if threshold >= common})


def _above(extraction: Extraction, threshold: float) -> Extraction:
    least = _probability(threshold)
    return replace(extraction, relations=tuple(r for r in extraction.relations if r.confidence > least))


def _probability(score: float) -> float:
    return 1 / (1 + math.exp(-score))


def _log_odds(probability: float) -> float:
    """The inverse of `_probability`; of what is certain as far as a confidence tells."""
    sure = min(probability, 1 - 1e-6)
    return math.log(sure / (1 - sure))
