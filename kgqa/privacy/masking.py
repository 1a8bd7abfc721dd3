"""Puts placeholders in the place of personal data, before anything is stored, and tells where everything then stands.

    masker = Masker(Pseudonyms.open(workspace), extractor)
    masked = masker.mask(document, chunks, extractor.extract(chunks))
    masker.question("Where does Ada Byron work?")  # "Where does [PERSON-Bako] work?"

A person has one placeholder in the whole workspace, and one of Chinese characters for a name in them. What the model
does not take for a name and no other place gives away stays as it is: masking is as good as the model.
"""

from __future__ import annotations

import bisect
import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from kgqa.extraction import Extractor, OnnxExtractor
from kgqa.privacy.labels import labelled_names
from kgqa.privacy.patterns import personal_numbers
from kgqa.privacy.people import PERSON, People, Person
from kgqa.privacy.placeholders import PERSONS, of_number, of_person, only_number
from kgqa.privacy.pseudonyms import UNKNOWN, Pseudonyms
from kgqa.text import VALUE_TYPES, detect_language, is_cjk, sentences
from kgqa.types import Block, Chunk, Document, Event, Extraction, Mention, Relation, Span, content_id

__all__ = ["Masked", "Masker", "MaskingExtractor"]

WATCHFUL = 2.0
"""How much lower the model's threshold is here, in its scores: a name that is missed is worse than a word too many."""
_CAPITALISED = re.compile(r"(?<!\w)[^\W\d_a-z][a-zß-ÿ]{2,}(?!\w)")
_NAME_KEYS = frozenset({"author", "authors", "creator", "name", "by", "editor", "作者", "姓名", "编辑", "记者"})
"""Metadata that holds a person's name, whatever the model says."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A document without personal data, its chunks, and what was read in them, all in the offsets of the new text."""

    document: Document
    chunks: tuple[Chunk, ...]
    extractions: tuple[Extraction, ...]


@dataclass(frozen=True, slots=True)
class _Replacement:
    start: int
    end: int
    text: str


class Masker:
    """Masks the documents and questions of one workspace."""

    def __init__(self, pseudonyms: Pseudonyms, extractor: Extractor) -> None:
        self._pseudonyms = pseudonyms
        self._extractor = extractor
        self._watchful = extractor.watchful(WATCHFUL) if isinstance(extractor, OnnxExtractor) else extractor

    def address(self, uri: str) -> str:
        """What a file or a part of one is called instead: folders and names say who it is about, endings do not."""
        path, mark, part = uri.partition("#")
        return f"masked/{self._pseudonyms.digest(path)}{PurePosixPath(path).suffix.lower()}{mark}{part}"

    def fingerprint(self, sha256: str) -> str:
        """What is kept instead of a file's checksum, which would tell whoever guesses its content that he is right."""
        return self._pseudonyms.digest(sha256)

    def mask(self, document: Document, chunks: Sequence[Chunk], extractions: Sequence[Extraction]) -> Masked:
        """The document with placeholders. New numbers are on disk before it is returned, so that no run forgets them.

        Raises:
            WorkspaceError: they cannot be written.
        """
        self._pseudonyms.refresh()
        beside = self._read([document.title, *document.metadata.values()])
        inside = [*extractions, *self._watchful.extract(_sentences(chunks)), labelled_names(document.text)]
        people = People.read([*inside, *beside, _named(document.metadata)], self._pseudonyms.is_full_name)
        spared = [Span(m.start, m.end) for e in extractions for m in e.mentions if m.type in VALUE_TYPES]
        text = self._text(document.text, people, people.places(inside), spared)
        masked = Document.create(
            uri=document.uri,
            title=self._text(document.title, people, any_case=True).masked,
            text=text.masked,
            language=document.language,
            media_type=document.media_type,
            blocks=tuple(text.block(block) for block in document.blocks),
            metadata={key: self._text(value, people, any_case=True).masked for key, value in document.metadata.items()},
        )
        made = tuple(self._chunk(chunk, masked, text, people) for chunk in chunks)
        self._pseudonyms.save()
        moved = tuple(text.extraction(read, chunk.id) for read, chunk in zip(extractions, made, strict=True))
        return Masked(masked, made, moved)

    def question(self, text: str) -> str:
        """The question as the masked documents would have it. Whom no document names is number 0; nothing is stored."""
        self._pseudonyms.refresh()
        read = [*self._read([text]), labelled_names(text), self._called(text)]
        people = People.read(read, self._pseudonyms.is_full_name)
        return self._text(text, people, people.places(read), any_case=True, is_new=False).masked

    def _called(self, question: str) -> Extraction:
        """Words of the question, but for the first, that are a part of one known person's name."""
        return Extraction(
            "question",
            tuple(
                Mention(*match.span(), match[0], PERSON)
                for match in _CAPITALISED.finditer(question)
                if match.start() and self._pseudonyms.known_person(match[0]) != UNKNOWN
            ),
        )

    def _read(self, texts: Sequence[str]) -> list[Extraction]:
        """What the model reads in texts that stand alone."""
        worded = [(content_id("masking", text), text) for text in texts if any(map(str.isalpha, text))]
        chunks = [Chunk(id, id, 0, len(text), text, language=detect_language(text)) for id, text in worded]
        return self._extractor.extract(chunks) if chunks else []

    def _chunk(self, chunk: Chunk, document: Document, text: _Text, people: People) -> Chunk:
        start, end = text.after(chunk.start), text.after(chunk.end)
        return dataclasses.replace(
            chunk,
            id=content_id(document.id, str(start), str(end), str(chunk.position)),
            document_id=document.id,
            start=start,
            end=end,
            text=document.text[start:end],
            heading=self._text(chunk.heading, people, any_case=True).masked,
            title=document.title,
        )

    def _text(
        self,
        text: str,
        people: People,
        places: Iterable[Person] = (),
        spared: Sequence[Span] = (),
        *,
        any_case: bool = False,
        is_new: bool = True,
    ) -> _Text:
        """The text with placeholders; ``is_new`` if whom no document named may get a number."""
        number = self._pseudonyms.number if is_new else self._pseudonyms.known_number
        found = [
            _Replacement(p.start, p.end, of_number(number(p.kind, p.identity), p.kind)) for p in personal_numbers(text)
        ]
        for person in sorted([*places, *people.find(text, spared, any_case=any_case)], key=lambda person: person.start):
            known = self._pseudonyms.known_person(person.name)
            n = self._pseudonyms.person(person.name, people.parts(person.name)) if is_new else known
            is_chinese = any(map(is_cjk, text[person.start : person.end]))
            found.append(_Replacement(person.start, person.end, of_person(n, "zh" if is_chinese else "en")))
        return _Text(text, _joined(found))


def _joined(found: Iterable[_Replacement]) -> list[_Replacement]:
    """In the order of the text, and one where several overlap."""
    joined: list[_Replacement] = []
    for new in sorted(found, key=lambda replacement: (replacement.start, -replacement.end)):
        if joined and new.start < joined[-1].end:
            joined[-1] = dataclasses.replace(joined[-1], end=max(joined[-1].end, new.end))
        else:
            joined.append(new)
    return joined


class MaskingExtractor:
    """An extractor that takes placeholders of people for the names that they stand for. For questions."""

    def __init__(self, extractor: Extractor) -> None:
        self._extractor = extractor

    @property
    def name(self) -> str:
        """That of the extractor behind it."""
        return self._extractor.name

    def extract(self, chunks: Sequence[Chunk]) -> list[Extraction]:
        """What the extractor reads, and each placeholder of a person as one."""
        return [
            _with_placeholders(extraction, chunk)
            for extraction, chunk in zip(self._extractor.extract(chunks), chunks, strict=True)
        ]


def _with_placeholders(extraction: Extraction, chunk: Chunk) -> Extraction:
    """Placeholders take the place of what was read in them: a mention keeps its number, for relations and clusters."""
    mentions = list(extraction.mentions)
    for match in PERSONS.finditer(chunk.text):
        start, end = chunk.start + match.start(), chunk.start + match.end()
        person = Mention(start, end, match[0], PERSON)
        inside = [n for n, m in enumerate(mentions) if m.start < end and start < m.end and not m.nominal]
        if inside:
            mentions[inside[0]] = person
        else:
            mentions.append(person)
    return dataclasses.replace(extraction, mentions=tuple(mentions))


def _sentences(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Each sentence for itself: the model finds in one what it misses in a passage, and the other way round."""
    return [
        Chunk(
            content_id(chunk.id, str(span.start)),
            chunk.document_id,
            chunk.start + span.start,
            chunk.start + span.end,
            chunk.text[span.start : span.end],
            language=chunk.language,
        )
        for chunk in chunks
        for span in sentences(chunk.text, chunk.language)
    ]


def _named(metadata: Mapping[str, str]) -> Extraction:
    """The names in the metadata that holds nothing else, as if they had been read."""
    names = [
        name.strip()
        for key, value in metadata.items()
        if key.casefold() in _NAME_KEYS
        for name in re.split(r"[;；、/&]| and ", value)
    ]
    return Extraction("metadata", tuple(Mention(0, len(name), name, PERSON) for name in names if name))


class _Text:
    """A text and the one with placeholders, and where each place of the one is in the other."""

    def __init__(self, text: str, replacements: Sequence[_Replacement]) -> None:
        self._replacements = replacements
        self._starts = [replacement.start for replacement in replacements]
        self._shifts = [0]
        pieces, end = [], 0
        for replacement in replacements:
            pieces += [text[end : replacement.start], replacement.text]
            end = replacement.end
            self._shifts.append(self._shifts[-1] + len(replacement.text) - (end - replacement.start))
        self.masked = "".join([*pieces, text[end:]])

    def before(self, at: int) -> int:
        """The place; inside of what was replaced, where its placeholder begins."""
        number = bisect.bisect_left(self._starts, at)
        if number and at < self._replacements[number - 1].end:
            return self._replacements[number - 1].start + self._shifts[number - 1]
        return at + self._shifts[number]

    def after(self, at: int) -> int:
        """The place; inside of what was replaced, where its placeholder ends."""
        number = bisect.bisect_left(self._starts, at)
        if number and at < self._replacements[number - 1].end:
            return self._replacements[number - 1].end + self._shifts[number]
        return at + self._shifts[number]

    def block(self, block: Block) -> Block:
        """The block in the masked text."""
        return dataclasses.replace(block, start=self.after(block.start), end=self.after(block.end))

    def extraction(self, extraction: Extraction, chunk_id: str) -> Extraction:
        """What was read, in the masked text."""
        return dataclasses.replace(
            extraction,
            chunk_id=chunk_id,
            mentions=tuple(self._moved(mention) for mention in extraction.mentions),
            relations=tuple(self._relation(relation) for relation in extraction.relations),
            events=tuple(self._event(event) for event in extraction.events),
        )

    def _moved(self, mention: Mention) -> Mention:
        start, end = self.before(mention.start), self.after(mention.end)
        text = self.masked[start:end]
        nominal = mention.nominal or only_number(text)
        return dataclasses.replace(mention, start=start, end=end, text=text, nominal=nominal, value="")

    def _relation(self, relation: Relation) -> Relation:
        return dataclasses.replace(relation, start=self.before(relation.start), end=self.after(relation.end))

    def _event(self, event: Event) -> Event:
        start, end = self.before(event.start), self.after(event.end)
        arguments = tuple(
            dataclasses.replace(a, start=self.before(a.start), end=self.after(a.end), text=self._said(a.start, a.end))
            for a in event.arguments
        )
        time = next((a.text for a, old in zip(arguments, event.arguments, strict=True) if old.text == event.time), "")
        return dataclasses.replace(
            event, start=start, end=end, text=self.masked[start:end], arguments=arguments, time=time
        )

    def _said(self, start: int, end: int) -> str:
        return self.masked[self.before(start) : self.after(end)]
