"""What text says: mentions, relations and coreference, read by a trained model in one pass."""

from kgqa.extraction.extractor import Extractor, OnnxExtractor, open_extractor
from kgqa.extraction.open_relations import OpenExtractor
from kgqa.extraction.own_relations import OwnRelations
from kgqa.extraction.own_types import OwnTypes
from kgqa.extraction.schema import Schema
from kgqa.extraction.typing_extractor import TypingExtractor

__all__ = [
    "Extractor",
    "OnnxExtractor",
    "OpenExtractor",
    "OwnRelations",
    "OwnTypes",
    "Schema",
    "TypingExtractor",
    "open_extractor",
]
