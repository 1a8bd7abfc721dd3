"""Bytes as text: whether they are text at all, and in which encoding. The same bytes always give the same text."""

from __future__ import annotations

import codecs
from collections.abc import Callable

from charset_normalizer import from_bytes

from kgqa.errors import ReadError

__all__ = ["decode"]

_SAMPLE = 65_536
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or Office file"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"SQLite format 3", "a SQLite database"),
)
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b\x1a")) + b"\x7f"


def decode(data: bytes, uri: str, declared: str | None = None) -> str:
    """The text of a file.

    By its byte order mark; else UTF-8; else UTF-16 that shows itself by its zeros; else the Chinese encoding whose
    common characters it holds; else what it declares; else Windows-1252 or what charset-normalizer finds.

    Raises:
        ReadError: the file is empty, not text, or in an encoding that cannot be told.
    """
    if not data.strip():
        raise ReadError(f"{uri} is empty. Put text into it or leave it out.")
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    _refuse_binary(data, uri)
    for encoding in filter(None, ("utf-8", _utf_16(data))):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    _refuse_controls(data, uri)
    return _chinese(data, uri) or _western(data, uri, declared)


def _refuse_binary(data: bytes, uri: str) -> None:
    for magic, what in _MAGIC:
        if data.startswith(magic):
            raise ReadError(f"{uri} looks binary: it is {what}. Give it its proper file ending, or leave it out.")
    if not _utf_16(data):
        _refuse_controls(data, uri)


def _refuse_controls(data: bytes, uri: str) -> None:
    head = data[:_SAMPLE]
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > max(2, len(head) // 50):
        raise ReadError(
            f"{uri} looks binary: {controls:,} of its first {len(head):,} bytes are control characters. "
            "Give it its proper file ending, or leave it out."
        )


def _utf_16(data: bytes) -> str | None:
    """UTF-16 without a mark, where every other byte of much of the text is zero."""
    head = data[: _SAMPLE - _SAMPLE % 2]
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = head[offset::2].count(0), head[1 - offset :: 2].count(0)
        if len(head) >= 8 and zeros > len(head) // 8 and others * 20 < zeros:
            return encoding
    return None


def _chinese(data: bytes, uri: str) -> str | None:
    """The text, if it is in one of the encodings of Chinese."""
    shares = [(_share(data, encoding, common), encoding) for encoding, common in _CHINESE]
    share, encoding = max(shares, key=lambda pair: pair[0])
    if share < 0.7:
        return None
    text = data.decode(encoding, "replace")
    if text.count("\ufffd") > 2 + len(text) // 500:
        raise ReadError(
            f"{uri} is damaged: much of it is not {encoding.upper()}. Save it as UTF-8 and ingest it again."
        )
    return text


def _western(data: bytes, uri: str, declared: str | None) -> str:
    """The text in the encoding that the file names, or in the one that most of the West used."""
    accents = len(data) - len(data.translate(None, bytes(range(128, 256))))
    for encoding in (declared, "cp1252" if accents * 5 < len(data) else None):
        try:
            if encoding:
                return codecs.decode(data, encoding)
        except (LookupError, UnicodeDecodeError):
            continue  # it names one that is not true
    best = from_bytes(data).best()
    if best is None:
        raise ReadError(f"{uri} is in an encoding that cannot be told. Save it as UTF-8 and ingest it again.")
    return str(best)


def _share(data: bytes, encoding: str, common: Callable[[bytes], bool]) -> float:
    """How much of what is not ASCII is common characters and punctuation, were the text in this encoding."""
    text = data[:_SAMPLE].decode(encoding, "replace")
    others = [c for c in text if not c.isascii()]
    found = sum(1 for c in others if c != "\ufffd" and common(c.encode(encoding, "replace")))
    return found / len(others) if others else 0.0


def _gb_common(code: bytes) -> bool:
    """Punctuation and the 3,755 characters of the first level of GB 2312."""
    return len(code) == 2 and (0xB0 <= code[0] <= 0xD7 or code[0] in (0xA1, 0xA3)) and code[1] >= 0xA1


def _big5_common(code: bytes) -> bool:
    """Punctuation and the 5,401 characters of the first level of Big5."""
    return len(code) == 2 and (0xA4 <= code[0] <= 0xC6 or 0xA1 <= code[0] <= 0xA2)


_CHINESE = (("gb18030", _gb_common), ("big5", _big5_common))
