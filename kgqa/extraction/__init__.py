"""What text says: mentions, relations and coreference, read by a trained model in one pass."""

from kgqa.extraction.extractor import Extractor, OnnxExtractor, open_extractor
from kgqa.extraction.open_relations import OpenExtractor
from kgqa.extraction.own_types import OwnTypes, TypingExtractor
from kgqa.extraction.schema import Schema

__all__ = ["Extractor", "OnnxExtractor", "OpenExtractor", "OwnTypes", "Schema", "TypingExtractor", "open_extractor"]
