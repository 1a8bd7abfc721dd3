"""Reads entities, relations, events and coreference in chunks, in one pass over the shared encoder.

    extractor = open_extractor(encoder=Encoder.open())
    for extraction in extractor.extract(chunks): ...

The trunk of the encoder is shared; upper layers and heads are the extraction family's own: one graph from trunk states
to span scores, one from states and mentions to pair scores, and two that read again, around each trigger and around
each pronoun (see `arguments` and `references`). What they say is decoded in numpy.
"""

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kgqa.encoder import TOKEN_BUDGET, Encoder, ModelFolder, Session, batches
from kgqa.errors import ModelError
from kgqa.extraction.arguments import WIDEST_ARGUMENT, Reading, argument_inputs, choose_arguments
from kgqa.extraction.assembly import ExtractionConfig, WindowRead, assemble
from kgqa.extraction.events import WIDEST_TRIGGER, EventRead, choose_triggers
from kgqa.extraction.labels import Labels
from kgqa.extraction.pairs import is_pronoun
from kgqa.extraction.references import Question, questions, reference_inputs
from kgqa.extraction.schema import REFERENCE, Schema
from kgqa.extraction.spans import WIDEST, band_scores, choose_spans
from kgqa.extraction.windows import Window, cut, padded
from kgqa.text import sentences
from kgqa.types import Chunk, DeviceName, Extraction

__all__ = ["Extractor", "OnnxExtractor", "TokenStates", "open_extractor"]

SHIPPED = "extraction"
MOST_MENTIONS = 64
"""Of a window, best first: more of them than this are a table or noise."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Triggers = Sequence[tuple[int, int, str]]
"""Start, end and event type of the triggers of a text."""


class Extractor(Protocol):
    """Reads what chunks say."""

    @property
    def name(self) -> str:
        """Name and version, kept with every piece of evidence."""
        ...

    def extract(self, chunks: Sequence[Chunk]) -> list[Extraction]:
        """One extraction for each chunk, in the same order, with the document's offsets. The same chunks always give
        the same."""
        ...


class TokenStates(Protocol):
    """What extraction needs of the encoder: tokens with their offsets, and the states of the trunk."""

    @property
    def trunk_id(self) -> str:
        """Names the trunk's weights."""
        ...

    cls_id: int
    sep_id: int

    def tokenize(self, texts: Sequence[str]) -> list[tuple[list[int], list[tuple[int, int]]]]:
        """For each text its token ids without special tokens, and each token's characters `(start, end)`."""
        ...

    def trunk(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> NDArray[np.float32]:
        """The trunk's states `(batch, tokens, 384)` of ids `(batch, tokens)`, special tokens included."""
        ...


def open_extractor(
    folder: str | Path | None = None, *, encoder: TokenStates | None = None, device: DeviceName = "auto"
) -> Extractor:
    """The trained extractor in a model folder, by default the one that ships with kgqa; `encoder` is the shared one.

    Raises:
        ModelError: the folder is missing, corrupt, or holds another kind of model.
    """
    return OnnxExtractor.open(folder or SHIPPED, encoder or Encoder.open(device=device), device=device)


class OnnxExtractor:
    """The trained extraction model, served by ONNX Runtime on the trunk of the shared encoder."""

    def __init__(
        self,
        encoder: TokenStates,
        top: Session,
        pairs: Session,
        arguments: Session | None,
        references: Session | None,
        config: ExtractionConfig,
        schema: Schema,
    ) -> None:
        self.config = config
        self.schema = schema
        self._encoder = encoder
        self._top = top
        self._pairs = pairs
        self._arguments = arguments
        self._references = references
        self._labels = Labels.named(config.types, config.relations, config.roles, schema)
        events = config.types[self._labels.entities :]
        margins = np.array([config.trigger_margins.get(name, 0.0) for name in events], np.float32)
        self._trigger_thresholds = config.trigger_threshold + margins
        names = config.types[: self._labels.entities]
        self._name_margins = np.array([config.name_margins.get(name, 0.0) for name in names], np.float32)

    @classmethod
    def open(cls, folder: str | Path, encoder: TokenStates, *, device: DeviceName = "auto") -> "OnnxExtractor":
        """The extractor in a model folder, given by path or by the name of one that ships.

        Raises:
            ModelError: the folder lacks a file, a file is not a model's, or it was trained on another encoder.
        """
        model = ModelFolder.open(folder)
        config = ExtractionConfig.of(model)
        if model.text("trunk_id") != encoder.trunk_id:
            trained = f"{model.path} was trained on the encoder {model.text('trunk_id')}, not on {encoder.trunk_id}."
            raise ModelError(f"{trained} Train it again on this one.")
        schema = Schema.load(model.file("schema.toml"))
        spans = {*schema.entities, *schema.events}
        if (
            missing := {*config.types} - spans
            | {*config.relations} - {*schema.relations}
            | {*config.roles} - {*schema.roles}
        ):
            unknown = f"{model.path}: config.json names {min(missing)}, which schema.toml does not define."
            raise ModelError(f"{unknown} Train the model again.")
        top, pairs = (Session.open(model.file(name), device=device) for name in ("top.onnx", "pairs.onnx"))
        eventful = any(name in schema.events for name in config.types)
        arguments = Session.open(model.file("arguments.onnx"), device=device) if eventful else None
        pronouns = config.reference_threshold is not None
        references = Session.open(model.file("references.onnx"), device=device) if pronouns else None
        return cls(encoder, top, pairs, arguments, references, config, schema)

    @property
    def name(self) -> str:
        """Name and version, kept with every piece of evidence."""
        return f"kgqa-extraction@{self.config.version}"

    def watchful(self, lower: float) -> "OnnxExtractor":
        """The same model with a threshold for names that is ``lower``: it misses fewer, and takes more for names."""
        config = dataclasses.replace(self.config, span_threshold=self.config.span_threshold - lower)
        graphs = self._top, self._pairs, self._arguments, self._references
        return OnnxExtractor(self._encoder, *graphs, config, self.schema)

    def extract(self, chunks: Sequence[Chunk], triggers: Sequence[Triggers] | None = None) -> list[Extraction]:
        """One extraction for each chunk, in the same order, with the document's offsets. The same chunks always give
        the same.

        `triggers` gives each chunk the events whose arguments are to be read, instead of those that the model finds.
        """
        found: list[list[WindowRead]] = [[] for _ in chunks]
        groups = list(self._groups([chunk.text for chunk in chunks]))
        reads = self._top.side_by_side(lambda group: self._read(group, chunks, triggers), groups)
        for window, read in zip(itertools.chain(*groups), itertools.chain(*reads), strict=True):
            found[window.text].append(read)
        return [
            assemble(chunk, reads, self.config, self.schema, self.name)
            for chunk, reads in zip(chunks, found, strict=True)
        ]

    def compare(self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]) -> list[Floats]:
        """For each text the scores `(spans, spans, labels)` of the given spans: rows are heads, columns tails, labels
        those of `config.relations` and then coreference; minus infinity where two are in no window together, or where
        no tokens match.

        What a span is, the model itself says.
        """
        made = [np.full((len(of), len(of), len(self._labels.relations) + 1), -np.inf, np.float32) for of in spans]
        for group in self._groups(texts):
            states, mask, scores, trunk = self._scores(group)
            rows = [self._given(window, of, spans[window.text]) for window, of in zip(group, scores, strict=True)]
            places = [list(row.values()) for row in rows]
            pairs = self._compare(states, mask, places)
            self._read_pronouns(group, texts, trunk, places, pairs)
            for window, row, table in zip(group, rows, pairs, strict=True):
                cells = np.ix_(list(row), list(row))
                made[window.text][cells] = np.maximum(made[window.text][cells], table[: len(row), : len(row)])
        return made

    def _given(
        self, window: Window, scores: Sequence[Floats], spans: Sequence[tuple[int, int]]
    ) -> dict[int, tuple[int, int, int]]:
        """First token, last token and type of the given spans that lie in the window, by their numbers."""
        starts, ends = _token_places(window)
        banded = self._banded_names(window, scores)
        found = {}
        for number, (start, end) in enumerate(spans):
            if start in starts and end in ends:
                first, last = starts[start], ends[end]
                of = banded[first, last - first] if last - first < WIDEST else np.array([-np.inf])
                sure = of.max() > self.config.span_threshold
                found[number] = first, last, int(of.argmax()) if sure else self._labels.entities
        return found

    def _groups(self, texts: Sequence[str]) -> Iterator[list[Window]]:
        """The windows of the texts, those of like length together."""
        windows = self._windows(texts)
        for numbers in batches([len(window.ids) for window in windows], TOKEN_BUDGET):
            yield [windows[number] for number in numbers]

    def _windows(self, texts: Sequence[str]) -> list[Window]:
        ((stop,), _), *tokenized = self._encoder.tokenize([".", *texts])
        special = {"cls": self._encoder.cls_id, "sep": self._encoder.sep_id, "stop": stop}
        return [
            window
            for number, (text, (ids, offsets)) in enumerate(zip(texts, tokenized, strict=True))
            for window in cut(number, text, ids, offsets, **special)
        ]

    def _read(
        self, windows: Sequence[Window], chunks: Sequence[Chunk], triggers: Sequence[Triggers] | None
    ) -> list[WindowRead]:
        states, mask, scores, trunk = self._scores(windows)
        mentions = [self._mentions(window, of) for window, of in zip(windows, scores, strict=True)]
        enough = max(len(spans) for spans in mentions) >= 2
        places = [[span[:3] for span in spans] for spans in mentions]
        pairs = self._compare(states, mask, places) if enough else None
        if pairs is not None:
            self._read_pronouns(windows, [chunk.text for chunk in chunks], trunk, places, pairs)
        events = self._events(windows, chunks, scores, trunk, triggers)
        return [
            WindowRead(window, mentions[row], None if pairs is None else pairs[row], events[row])
            for row, window in enumerate(windows)
        ]

    def _scores(self, windows: Sequence[Window]) -> tuple[Floats, Ints, list[list[Floats]], Floats]:
        """States and mask of the windows, for each what the span head says, and the trunk's states."""
        ids, mask = padded([window.ids for window in windows]), padded([[1] * len(window.ids) for window in windows])
        shapes = padded([window.shapes for window in windows])
        trunk = self._encoder.trunk(ids, mask)
        states, *heads = self._top.run({"states": trunk, "attention_mask": mask, "shapes": shapes})
        return states, mask, [[part[row] for part in heads] for row in range(len(windows))], trunk

    def _compare(self, states: Floats, mask: Ints, spans: Sequence[Sequence[tuple[int, int, int]]]) -> Floats:
        """The scores `(windows, spans, spans, labels)` of each pair of spans of a window: first token, last, type."""
        places = padded_pairs([[span[:2] for span in row] for row in spans])
        types = padded([[span[2] for span in row] or [0] for row in spans])
        types = np.pad(types, ((0, 0), (0, places.shape[1] - types.shape[1])))
        given: dict[str, NDArray[Any]] = {"states": states, "attention_mask": mask, "mentions": places, "types": types}
        scores: Floats = self._pairs.run(given)[0]
        return scores

    def _read_pronouns(
        self,
        windows: Sequence[Window],
        texts: Sequence[str],
        trunk: Floats,
        places: Sequence[Sequence[tuple[int, int, int]]],
        pairs: Floats,
    ) -> None:
        """Put into `pairs` what reading again around each pronoun says of the names that it may stand for."""
        if self._references is None or self.config.reference_threshold is None:
            return
        spans = [[(first, last) for first, last, _ in of] for of in places]
        found = list[Question]()
        for row, window in enumerate(windows):
            words = [_words(texts[window.text], window, *span) for span in spans[row]]
            types = [self._type(kind, name) for (*_, kind), name in zip(places[row], words, strict=True)]
            found += questions(row, len(window.ids) - 1, spans[row], words, types)
        shapes = padded([window.shapes for window in windows])
        for numbers in batches([question.size for question in found], TOKEN_BUDGET):
            part = [found[number] for number in numbers]
            (scores,) = self._references.run(reference_inputs(trunk, shapes, part, spans))
            for question, of in zip(part, scores, strict=True):
                sure = of[: len(question.names)] - self.config.reference_threshold + self.config.link_threshold
                pairs[question.row, question.pronoun, list(question.names), -1] = sure

    def _type(self, kind: int, words: str) -> str:
        """The name of an entity type; of a span that is none to the model, which somebody gave, what its words say."""
        if kind < self._labels.entities:
            return self.config.types[kind]
        return REFERENCE if is_pronoun(words) else ""

    def _mentions(self, window: Window, scores: Sequence[Floats]) -> list[tuple[int, int, int, float]]:
        banded = self._banded_names(window, scores)
        found = choose_spans(banded, self.config.span_threshold, self._labels.reference)
        if len(found) > MOST_MENTIONS:
            found = sorted(sorted(found, key=lambda span: -span[3])[:MOST_MENTIONS])
        return found

    def _banded_names(self, window: Window, scores: Sequence[Floats]) -> Floats:
        return self._banded(window, scores, 0, self._labels.entities) - self._name_margins

    def _banded(self, window: Window, scores: Sequence[Floats], begin: int, end: int, widest: int = WIDEST) -> Floats:
        span, start, stop = scores
        words = window.first, window.last
        return band_scores(span, start[:, begin:end], stop[:, begin:end], *words, widest, window.paragraphs)

    def _events(
        self,
        windows: Sequence[Window],
        chunks: Sequence[Chunk],
        scores: Sequence[Sequence[Floats]],
        trunk: Floats,
        given: Sequence[Triggers] | None,
    ) -> list[list[EventRead]]:
        """The events of each window; none where the model knows none."""
        labels, events = self._labels, list[list[EventRead]]()
        if self._arguments is None:
            return [[] for _ in windows]
        for window, of in zip(windows, scores, strict=True):
            if given is None:
                banded = self._banded(window, of, labels.entities, len(labels.types), WIDEST_TRIGGER)
                events.append(choose_triggers(banded, self._trigger_thresholds, labels.entities))
            else:
                events.append(_located(window, given[window.text], labels))
        texts = {window.text: chunks[window.text] for window, read in zip(windows, events, strict=True) if read}
        cuts = {number: sentences(chunk.text, chunk.language) for number, chunk in texts.items()}
        readings = [
            Reading.around(row, event, windows[row], cuts[windows[row].text])
            for row, read in enumerate(events)
            for event in read
        ]
        made: list[list[EventRead]] = [[] for _ in windows]
        found = self._read_again(self._arguments, windows, trunk, readings)
        for reading, arguments in zip(readings, found, strict=True):
            made[reading.row].append(dataclasses.replace(reading.event, arguments=arguments))
        return made

    def _read_again(
        self, graph: Session, windows: Sequence[Window], trunk: Floats, readings: Sequence[Reading]
    ) -> list[tuple[tuple[int, int, int, float], ...]]:
        """The arguments of each event, in the window's tokens."""
        shapes = padded([window.shapes for window in windows])
        found: list[tuple[tuple[int, int, int, float], ...]] = [() for _ in readings]
        for numbers in batches([reading.size for reading in readings], TOKEN_BUDGET):
            parts = [readings[number] for number in numbers]
            roles = [self._labels.roles_of[part.event.kind] for part in parts]
            scores = graph.run(argument_inputs(trunk, shapes, parts, roles, self._labels.entities))
            for n, (number, part) in enumerate(zip(numbers, parts, strict=True)):
                window, inside = windows[part.row], slice(part.low, part.high)
                span, start, end = (score[n] for score in scores)
                first, last = ([False, *flags[inside], False] for flags in (window.first, window.last))
                paragraphs = [-1, *window.paragraphs[inside], -1]
                banded = band_scores(span, start, end, first, last, WIDEST_ARGUMENT, paragraphs)
                found[number] = choose_arguments(banded, roles[n], self.config.role_threshold, part.low)
        return found


def _located(window: Window, triggers: Triggers, labels: Labels) -> list[EventRead]:
    """The given triggers in the tokens of the window, those that lie in it."""
    starts, ends = _token_places(window)
    return [
        EventRead(starts[start], ends[end], labels.types.index(kind), 0.0)
        for start, end, kind in triggers
        if start in starts and end in ends and kind in labels.types
    ]


def _words(text: str, window: Window, first: int, last: int) -> str:
    return text[window.offsets[first][0] : window.offsets[last][1]]


def _token_places(window: Window) -> tuple[dict[int, int], dict[int, int]]:
    """Which token begins, and which ends, at a character of the text."""
    spans = [(n, start, end) for n, (start, end) in enumerate(window.offsets) if start < end]
    return {start: n for n, start, _ in spans}, {end: n for n, _, end in spans}


def padded_pairs(rows: Sequence[Sequence[tuple[int, int]]]) -> Ints:
    """`(rows, most, 2)`, with zeros behind."""
    most = max(2, max(len(row) for row in rows))
    made = np.zeros((len(rows), most, 2), dtype=np.int64)
    for n, row in enumerate(rows):
        made[n, : len(row)] = row if row else 0
    return made
