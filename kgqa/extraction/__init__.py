"""What text says: mentions, relations and coreference, read by a trained model in one pass."""

from kgqa.extraction.extractor import Extractor, OnnxExtractor, open_extractor
from kgqa.extraction.schema import Schema

__all__ = ["Extractor", "OnnxExtractor", "Schema", "open_extractor"]
