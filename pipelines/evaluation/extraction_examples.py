"""What the extraction model reads in a file of paragraphs, as Markdown for a person to judge.

    python -m kgqa.pipelines.evaluation.extraction_examples docs/extraction-paragraphs.jsonl

A line of the file is `{"id", "language", "text"}`.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from kgqa.encoder import Encoder
from kgqa.errors import DataError
from kgqa.extraction import Extractor, open_extractor
from kgqa.types import Chunk, Event, Extraction, Modality, content_id

__all__ = ["examples_markdown"]


def examples_markdown(paragraphs: Path, extractor: Extractor) -> str:
    """Each paragraph as a quotation, then its mentions by type, its facts, its events and what refers to what.

    Raises:
        DataError: a line is not a paragraph.
    """
    chunks = list(_read(paragraphs))
    return "\n".join(
        line
        for chunk, found in zip(chunks, extractor.extract(chunks), strict=True)
        for line in [f"## {chunk.id}", "", f"> {chunk.text}", "", *_told(found), ""]
    )


def _read(path: Path) -> Iterator[Chunk]:
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            text = str(row["text"])
            document = content_id("paragraph", text)
            yield Chunk(str(row["id"]), document, 0, len(text), text, language=str(row["language"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f'{path} is not a file of lines {{"id", "language", "text"}} ({error!r}).') from error


def _told(found: Extraction) -> Iterator[str]:
    mentions = found.mentions
    by_type: dict[str, list[str]] = {}
    for mention in mentions:
        if not mention.nominal:
            by_type.setdefault(mention.type, []).append(mention.text)
    for kind, texts in sorted(by_type.items()):
        yield f"- {kind}: {'; '.join(dict.fromkeys(texts))}"
    for relation in found.relations:
        fact = f"{mentions[relation.head].text} – {relation.type} – {mentions[relation.tail].text}"
        yield f"- fact: {fact} ({relation.confidence:.2f}{_modality(relation.modality)})"
    for event in found.events:
        yield f"- event: {_event(event)}"
    for cluster in found.clusters:
        if len(cluster) > 1:
            yield f"- same: {' = '.join(dict.fromkeys(mentions[number].text for number in cluster))}"


def _event(event: Event) -> str:
    arguments = "; ".join(f"{argument.role} = {argument.text}" for argument in event.arguments)
    return f"{event.type} “{event.text}” {arguments} ({event.confidence:.2f}{_modality(event.modality)})"


def _modality(modality: Modality) -> str:
    return "" if modality is Modality.ASSERTED else f", {modality.value}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paragraphs", type=Path)
    parser.add_argument("--encoder", type=Path, help="folder of the encoder (default: the shipped one)")
    parser.add_argument("--model", type=Path, help="folder of the extraction model (default: the shipped one)")
    options = parser.parse_args()
    extractor = open_extractor(options.model, encoder=Encoder.open(options.encoder))
    print(examples_markdown(options.paragraphs, extractor))


if __name__ == "__main__":
    main()
