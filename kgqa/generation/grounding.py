"""Holds an answer to its sources: every marker must resolve, and every quote must be what the document says there."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kgqa.errors import NotFound
from kgqa.types import Citation, Document

__all__ = ["Grounded", "ground", "markers"]

_MARKER = re.compile(r"\s?\[(\d+)\]")


@dataclass(frozen=True, slots=True)
class Grounded:
    """A text whose markers all resolve, and the citations that it uses, in the order of their numbers."""

    text: str
    citations: tuple[Citation, ...]

    @property
    def used(self) -> tuple[int, ...]:
        """The numbers that the text uses, in the order of their first use."""
        return markers(self.text)


def markers(text: str) -> tuple[int, ...]:
    """The distinct numbers of the markers `[n]` in a text, in the order of their first use."""
    return tuple(dict.fromkeys(int(match.group(1)) for match in _MARKER.finditer(text)))


def ground(text: str, citations: Sequence[Citation], document: Callable[[str], Document]) -> Grounded:
    """The text without markers that nothing stands behind, and the citations that are used and true to their document.

    A citation is true when its document exists and its quote is not empty and equals the document's text at its
    offsets.
    """
    true = {citation.n: citation for citation in citations if _is_true(citation, document)}
    kept = _MARKER.sub(lambda match: match.group() if int(match.group(1)) in true else "", text)
    return Grounded(kept, tuple(true[n] for n in sorted(markers(kept))))


def _is_true(citation: Citation, document: Callable[[str], Document]) -> bool:
    try:
        text = document(citation.document_id).text
    except NotFound:
        return False
    return bool(citation.quote) and text[citation.start : citation.end] == citation.quote
