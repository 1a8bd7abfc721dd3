"""A document as it is put together: a reader adds block after block, and the offsets are kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from kgqa.connectors.readers.cleaning import clean, clean_code, joint
from kgqa.errors import ReadError
from kgqa.text import detect_language
from kgqa.types import Block, Document

__all__ = ["Composer", "stem"]

_CLOSE = {("list_item", "list_item"), ("table_row", "table_row")}


def stem(uri: str) -> str:
    """The file name without folders and ending: a document's title where it has no better one."""
    return PurePosixPath(uri.replace("\\", "/")).stem or uri


class Composer:
    """Collects the blocks of one document; what it is given is cleaned, and empty text is left out."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._blocks: list[Block] = []
        self._length = 0

    def __len__(self) -> int:
        return len(self._blocks)

    def add(self, text: str, kind: str = "paragraph", *, page: int | None = None, level: int = 0) -> None:
        """Append a block of its own."""
        text = clean_code(text) if kind == "code" else clean(text)
        if text:
            self._append(self._gap(kind), text, Block(0, 0, kind, page, level))

    def resume(self, text: str, *, page: int | None = None) -> None:
        """Append what continues the last paragraph, on a page of its own."""
        text = clean(text)
        if text:
            before = self._parts[-1] if self._parts else ""
            self._append(joint(before, text), text, Block(0, 0, "paragraph", page))

    def last(self) -> tuple[str, str]:
        """Kind and text of the last block; empty where there is none."""
        return (self._blocks[-1].kind, self._parts[-1].strip()) if self._blocks else ("", "")

    def first_heading(self) -> str:
        """The topmost heading that comes first, or nothing."""
        headings = [(block.level, i) for i, block in enumerate(self._blocks) if block.kind == "heading"]
        if not headings:
            return ""
        block = self._blocks[min(headings)[1]]
        return " ".join("".join(self._parts)[block.start : block.end].split())

    def document(
        self, uri: str, *, title: str = "", media_type: str = "text/plain", metadata: Mapping[str, str] | None = None
    ) -> Document:
        """The document; its title is the given one, else its first heading, else the name of its file.

        Raises:
            ReadError: there is no text in it.
        """
        text = "".join(self._parts)
        if not text:
            raise ReadError(f"{uri} has no text in it. Check that it is the right file, or leave it out.")
        return Document.create(
            uri=uri,
            title=" ".join(clean(title).split()) or self.first_heading() or stem(uri),
            text=text,
            language=detect_language(self._prose() or text),
            media_type=media_type,
            blocks=tuple(self._blocks),
            metadata=metadata,
        )

    def _prose(self) -> str:
        """All but the code, which says nothing of the language."""
        parts = zip(self._parts, self._blocks, strict=True)
        return "".join(part for part, block in parts if block.kind != "code")

    def _gap(self, kind: str) -> str:
        if not self._blocks:
            return ""
        return "\n" if (self._blocks[-1].kind, kind) in _CLOSE else "\n\n"

    def _append(self, gap: str, text: str, block: Block) -> None:
        start = self._length + len(gap)
        self._parts.append(gap + text)
        self._length = start + len(text)
        self._blocks.append(Block(start, self._length, block.kind, block.page, block.level))
