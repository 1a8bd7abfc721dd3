"""The names in a question, and how many of them a passage mentions.

A passage about somebody else may hold words of the right kind; that it never names whom the question is about gives
it away.
"""

import re
import unicodedata
from collections.abc import Sequence

from kgqa.extraction import Extractor
from kgqa.text import detect_language, is_cjk, normalise_name
from kgqa.types import Chunk, content_id

__all__ = ["named_share", "question_names"]

_VALUES = frozenset({"Date", "Quantity"})
_WORD = re.compile(r"[a-z0-9\u00c0-\u024f]+|[^\W_]")  # a word of letters and digits, or one ideograph


def question_names(question: str, extractor: Extractor) -> tuple[str, ...]:
    """What the extraction model takes for names in a question; a name inside a longer one is left out."""
    id = content_id("question", question)
    chunk = Chunk(id, id, 0, len(question), question, language=detect_language(question))
    names = {
        mention.text
        for extraction in extractor.extract([chunk])
        for mention in extraction.mentions
        if not mention.nominal and mention.type not in _VALUES
    }
    return tuple(sorted(name for name in names if not any(name != other and name in other for other in names)))


def named_share(names: Sequence[str], text: str) -> float:
    """The mean over the names of the share that the text mentions, 0 to 1; 1 where there are no names.

    Of a name in words, the share of its words counts: "Gomez" is half of "Aidan Gomez". A Chinese name stands there
    or does not.
    """
    wanted = [words for words in (_WORD.findall(normalise_name(name)) for name in names) if words]
    if not wanted:
        return 1.0
    said = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    told, known = "".join(said), frozenset(said)
    return sum(_share(words, told, known) for words in wanted) / len(wanted)


def _share(words: Sequence[str], told: str, known: frozenset[str]) -> float:
    if any(is_cjk(character) for word in words for character in word):
        return float("".join(words) in told)
    return sum(word in known for word in words) / len(words)
