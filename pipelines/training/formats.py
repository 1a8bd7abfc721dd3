"""The forms of annotated data that can be trained on and scored, by name.

read_examples(Path("my.conll"), "bio", Schema.load())
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from kgqa.errors import DataError
from kgqa.extraction.schema import Schema
from kgqa.pipelines.training.extraction_silver import read_silver_chinese
from kgqa.pipelines.training.extraction_silver_dialogues import read_kdconv
from kgqa.pipelines.training.extraction_silver_encyclopaedia import read_encyclopaedia
from kgqa.pipelines.training.formats_brat import read_brat
from kgqa.pipelines.training.formats_coreference import read_gap, read_litbank
from kgqa.pipelines.training.formats_documents import read_docred, read_knowledgenet
from kgqa.pipelines.training.formats_events import read_fewfc, read_geneva, read_phee
from kgqa.pipelines.training.formats_pairs import read_fewrel, read_finre, read_semeval, read_wiki80
from kgqa.pipelines.training.formats_spans import read_spans
from kgqa.pipelines.training.formats_tagged import read_tagged
from kgqa.pipelines.training.labels import LabelMap, Strange
from kgqa.types import Example

__all__ = ["FORMATS", "guess_format", "read_examples", "read_labelled", "refuse_strange"]

FORMATS: Mapping[str, Callable[[Path, LabelMap], list[Example]]] = {
    "bio": read_tagged,
    "bmes": read_tagged,
    "conll": read_tagged,
    "spans": read_spans,
    "prodigy": read_spans,
    "spacy": read_spans,
    "brat": read_brat,
    "docred": read_docred,
    "knowledgenet": read_knowledgenet,
    "fewrel": read_fewrel,
    "wiki80": read_wiki80,
    "finre": read_finre,
    "semeval": read_semeval,
    "gap": read_gap,
    "litbank": read_litbank,
    "geneva": read_geneva,
    "fewfc": read_fewfc,
    "phee": read_phee,
    "silver_zh": read_silver_chinese,
    "kdconv": read_kdconv,
    "encyclopaedia_zh": read_encyclopaedia,
}

_ENDINGS = {
    ".conll": "bio",
    ".bio": "bio",
    ".iob2": "bio",
    ".bmes": "bio",
    ".txt": "bio",
    ".jsonl": "spans",
    ".json": "docred",
    ".tsv": "gap",
    ".ann": "brat",
}


def guess_format(path: Path) -> str:
    """The format that files with this ending usually have.

    Raises:
        DataError: the ending says nothing.
    """
    if path.suffix not in _ENDINGS:
        raise DataError(f"{path}: the ending does not tell its format. Name one with --format: {', '.join(FORMATS)}.")
    return _ENDINGS[path.suffix]


def read_examples(
    path: Path, format: str | None = None, schema: Schema | None = None, labels: Path | None = None
) -> list[Example]:
    """The annotated texts of a file, with the types of the schema.

    `labels` is a table of names like the one that ships (`kgqa/extraction/labels.toml`).

    Raises:
        DataError: the file is missing or has a fault, or there is no such format.
    """
    return read_labelled(path, format, schema, labels)[0]


def read_labelled(
    path: Path, format: str | None = None, schema: Schema | None = None, labels: Path | None = None
) -> tuple[list[Example], Strange]:
    """The annotated texts of a file, and the labels that the schema has no type for, with how often they occur.

    Raises:
        DataError: the file is missing or has a fault, or there is no such format.
    """
    if not path.exists():
        raise DataError(f"{path} does not exist.")
    name = format or guess_format(path)
    if name not in FORMATS:
        raise DataError(f"There is no format {name!r}. Known are: {', '.join(FORMATS)}.")
    known = LabelMap.load(schema or Schema.load(), labels)
    examples = FORMATS[name](path, known)
    known.strange.events.update(
        e.type for example in examples for e in example.events if e.type not in known.schema.events
    )
    return examples, known.strange


def refuse_strange(path: Path, strange: Mapping[str, int]) -> None:
    """Nothing where there are no labels that the schema lacks.

    Raises:
        DataError: there are; it names the first, and the line where it is met.
    """
    if not strange:
        return
    label = next(iter(strange))
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n") if path.is_file() else []
    line = next((n for n, line in enumerate(lines, 1) if label in line), 0)
    where = f"{path}, line {line}" if line else str(path)
    others = f" Nor are {', '.join([*strange][1:6])}." if len(strange) > 1 else ""
    table = f'Add [events.NAME] to a schema file and name it with --schema, or "{label}" = "" to a table for --labels.'
    raise DataError(f"{where}: the label {label} is no type of the schema.{others} {table}")
