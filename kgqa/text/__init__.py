"""What a text is made of: its language, its sentences, its chunks, and what its names and values have in common."""

from kgqa.text.chinese_words import chinese_words
from kgqa.text.chunking import chunk
from kgqa.text.language import detect_language, is_cjk
from kgqa.text.names import normalise_name
from kgqa.text.segmentation import sentences
from kgqa.text.tokens import count_tokens
from kgqa.text.values import DATE, VALUE_TYPES, document_date, normalise_value

__all__ = [
    "DATE",
    "VALUE_TYPES",
    "chinese_words",
    "chunk",
    "count_tokens",
    "detect_language",
    "document_date",
    "is_cjk",
    "normalise_name",
    "normalise_value",
    "sentences",
]
