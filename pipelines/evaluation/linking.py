"""How well names are linked to a catalogue, on the people, organisations and places of KnowledgeNet.

python -m kgqa.pipelines.evaluation.linking DATA [--wrong 20]

DATA is the folder of data sets, by default what the environment variable `KGQA_DATA` names; the catalogue is its
`text/entities.tsv.xz`, the texts are those of `re/knowledgenet`, whose annotators gave many mentions the id of what
they mean in Wikidata. The annotated names of each document (pronouns and values left out) are put into a store as if a
model had read them, and linked as `kgqa graph link` does: what is measured is the choice of the entry, not the reading.
Only part of what is meant is in the catalogue: the rest must not be linked. Entries without an id of Wikidata may be
right or wrong, which their ids do not tell: links to them are counted apart, and shown with ``--others``.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from kgqa.errors import DataError
from kgqa.extraction import Schema
from kgqa.graph import Catalogue, EmbeddedStore, GraphStore
from kgqa.pipelines.evaluation.answers import Share
from kgqa.pipelines.training.formats_documents import read_knowledgenet
from kgqa.pipelines.training.formats_files import json_lines
from kgqa.pipelines.training.labels import LabelMap
from kgqa.types import Chunk, Document, Extraction, Mention

__all__ = ["Linked", "LinkingReport", "evaluate_linking"]

TYPES = ("Person", "Organization", "Place")


@dataclass(frozen=True, slots=True)
class Linked:
    """A mention, what it means, and what it was linked to."""

    document_id: str
    start: int
    end: int
    text: str
    type: str
    gold: str
    """Id of Wikidata."""
    is_known: bool
    """Whether the catalogue has it."""
    found: str = ""
    """Id of the entry; empty for NIL."""


@dataclass(frozen=True, slots=True)
class LinkingReport:
    """The mentions, and what is counted of them."""

    mentions: tuple[Linked, ...]

    @property
    def known(self) -> tuple[Linked, ...]:
        """Those whose meaning the catalogue has."""
        return tuple(one for one in self.mentions if one.is_known)

    @property
    def wrong(self) -> tuple[Linked, ...]:
        """Those that were linked to something else in Wikidata."""
        return tuple(one for one in self.mentions if one.found != one.gold and _is_judged(one))

    @property
    def others(self) -> tuple[Linked, ...]:
        """Those that were linked to an entry without an id of Wikidata."""
        return tuple(one for one in self.mentions if one.found and not _is_judged(one))

    @property
    def precision(self) -> Share:
        """Of what was linked to something in Wikidata, how many are right."""
        linked = [one for one in self.mentions if _is_judged(one)]
        return Share(sum(one.found == one.gold for one in linked), len(linked))

    @property
    def recall(self) -> Share:
        """Of the mentions whose meaning the catalogue has, how many are linked to it."""
        return Share(sum(one.found == one.gold for one in self.known), len(self.known))

    @property
    def false_links(self) -> Share:
        """Of the mentions whose meaning the catalogue lacks, how many are linked to something else in Wikidata."""
        unknown = [one for one in self.mentions if not one.is_known]
        return Share(sum(map(_is_judged, unknown)), len(unknown))


def _is_judged(mention: Linked) -> bool:
    return re.fullmatch(r"Q\d+", mention.found) is not None


def evaluate_linking(folder: Path) -> LinkingReport:
    """What the catalogue in ``folder`` makes of KnowledgeNet's names.

    Raises:
        DataError: the catalogue or the texts are not there.
    """
    catalogue = Catalogue.open(folder / "text" / "entities.tsv.xz")
    texts = folder / "re" / "knowledgenet" / "facts.jsonl"
    if not texts.is_file():
        raise DataError(f"There is no {texts}. It is KnowledgeNet, of the data sets' folder.")
    ids = {entry.id for entry in catalogue.entries}
    with tempfile.TemporaryDirectory() as place, EmbeddedStore.open(Path(place) / "store.sqlite") as store:
        mentions = [one for document, names in _documents(texts, ids) for one in _stored(store, document, names)]
        store.link(catalogue)
        found = _links(store)
    return LinkingReport(
        tuple(replace(one, found=found.get((one.document_id, one.start, one.end), "")) for one in mentions)
    )


def _documents(path: Path, known: Set[str]) -> Iterator[tuple[Document, list[Linked]]]:
    """Each text with its names; ``gold`` is empty where the annotators gave none."""
    passages = iter(read_knowledgenet(path, LabelMap.load(Schema.load())))
    for _, line in json_lines(path):
        document = Document.create(uri=line["documentId"], title="", text=line["documentText"], language="en")
        names: dict[tuple[int, int], Linked] = {}
        for passage in line["passages"]:
            ids = {
                (fact[f"{end}Start"], fact[f"{end}End"]): (fact.get(f"{end}Uri") or "").rpartition("/")[2]
                for fact in passage["facts"]
                for end in ("subject", "object")
            }
            for mention in next(passages).mentions:
                place = (mention.start + passage["passageStart"], mention.end + passage["passageStart"])
                if not mention.nominal and mention.type in TYPES:
                    gold = ids.get(place, "")
                    names[place] = Linked(document.id, *place, mention.text, mention.type, gold, gold in known)
        yield document, list(names.values())


def _stored(store: GraphStore, document: Document, names: Sequence[Linked]) -> list[Linked]:
    """Those of the names of a document, which is in the store now, whose meaning is known."""
    chunk = Chunk(f"{document.id}:0", document.id, 0, len(document.text), document.text)
    read = tuple(Mention(one.start, one.end, one.text, one.type) for one in names)
    store.commit(document, [chunk], [Extraction(chunk.id, read)], np.zeros((1, 1), np.float32), "none")
    return [one for one in names if one.gold]


def _links(store: GraphStore) -> dict[tuple[str, int, int], str]:
    """The entry that each mention was linked to, by its place."""
    found = {}
    for entity in store.entities():
        ids = {link.value for link in store.links(entity.id)}
        if len(ids) == 1:
            (id,) = ids
            found.update({(e.document_id, e.start, e.end): id for e in store.evidence(entity.id, limit=10**6)})
    return found


def _line(name: str, share: Share) -> str:
    low, high = share.interval
    part = share.right / max(1, share.of)
    return f"{name:<62} {share.right:>5} of {share.of:>5}  {part:.3f} ({low:.3f}-{high:.3f})\n"


def main() -> None:
    """The command line above."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=os.environ.get("KGQA_DATA"))
    parser.add_argument("--wrong", type=int, default=0, help="How many wrong links to show, the most frequent first.")
    parser.add_argument("--others", type=int, default=0, help="How many links to entries without an id to show.")
    given = parser.parse_args()
    if given.data is None:
        raise DataError("Name the folder of data sets, or set KGQA_DATA to it.")
    report = evaluate_linking(Path(given.data))
    for title, chosen in (("all", TYPES), *((type, (type,)) for type in TYPES)):
        part = LinkingReport(tuple(one for one in report.mentions if one.type in chosen))
        known = part.known
        wrong = Share(sum(one in known for one in part.wrong), len(known))
        sys.stdout.write(f"{title}\n")
        sys.stdout.write(_line("  linked right, of those whose meaning is in the catalogue", part.recall))
        sys.stdout.write(_line("  linked wrong, of those", wrong))
        sys.stdout.write(_line("  linked, of those whose meaning is not in it (all wrong)", part.false_links))
        sys.stdout.write(_line("  precision: right, of all that are linked", part.precision))
        sys.stdout.write(
            _line("  beside: linked to an entry without an id", Share(len(part.others), len(part.mentions)))
        )
    for mentions, most in ((report.wrong, given.wrong), (report.others, given.others)):
        shown = Counter((one.text, one.type, one.gold, one.found) for one in mentions)
        for (text, type, gold, entry), count in shown.most_common(most):
            sys.stdout.write(f"{count:>4}  {text} ({type}): is {gold}, linked to {entry}\n")


if __name__ == "__main__":
    main()
