"""What a text is made of: its language, its sentences, its chunks, and the identity keys of the names in it."""

from kgqa.text.chunking import chunk
from kgqa.text.language import detect_language, is_cjk
from kgqa.text.names import normalise_name
from kgqa.text.segmentation import sentences
from kgqa.text.tokens import count_tokens

__all__ = ["chunk", "count_tokens", "detect_language", "is_cjk", "normalise_name", "sentences"]
