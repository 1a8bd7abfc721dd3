"""The identity key of a name: what two spellings of one name have in common."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from kgqa.text.language import CJK

__all__ = ["normalise_name"]

_POSSESSIVE = re.compile(r"(?<=\w)(?:'s|s'|'s')$")
_QUOTES = re.compile("[\"'`´“”‘’„‟«»‹›「」『』《》〈〉〝〞]")
_SEPARATORS = re.compile(r"[\s\-‐‑‒–—―_.,，。·・•‧∙⋅、]+")
_SURROUNDING = "!?;:()[]{}<>…~|*！？；：（）【】〔〕"
_LEGAL_FORM = re.compile(
    r"(?<=\w) (?:inc|incorporated|ltd|llc|plc|corp|gmbh)$|(?<=\w\w)(?:股份有限公司|有限责任公司|有限公司)$"
)
_SPACED_CJK = re.compile(f"(?<=[{CJK}]) (?=[{CJK}])")
_INITIALS = re.compile(r"(?<!\w)[^\W\d_](?: [^\W\d_](?!\w))+")
_PLAIN = re.compile(
    r"(?!the )[A-Za-z0-9]{2,}(?: (?!(?:inc|incorporated|ltd|llc|plc|corp|gmbh)\b)[A-Za-z0-9]{2,})*",
    re.ASCII | re.IGNORECASE,
)
"""Words of which nothing goes but their case."""


@lru_cache(maxsize=65_536)
def normalise_name(name: str) -> str:
    """The identity key of a name: two spellings of one name have the same, and a key is its own key.

    Compatibility forms and case are folded (NFKC); quotation marks and 书名号 go, as do a possessive, a leading
    lower-case "the", and a legal form at the end ("Inc.", 有限公司). Hyphens, dots and middle dots count as spaces;
    spaces between Chinese characters and between initials go. Never empty for a name with a visible character.
    """
    if _PLAIN.fullmatch(name):
        return name.lower()
    plain = unicodedata.normalize("NFKC", name).strip()
    key = _folded(plain.removeprefix("the "))
    while key != (again := _stripped(key)):
        key = again
    return key or _folded(plain)


def _folded(text: str) -> str:
    previous = ""
    while text != previous:
        previous, text = text, unicodedata.normalize("NFKC", text.casefold())
    return " ".join(text.split())


def _stripped(key: str) -> str:
    key = _POSSESSIVE.sub("", key.replace("’", "'"))
    key = _SEPARATORS.sub(" ", _QUOTES.sub("", key)).strip().strip(_SURROUNDING).strip()
    key = _LEGAL_FORM.sub("", key)
    key = _INITIALS.sub(lambda match: match[0].replace(" ", ""), key)
    return _SPACED_CJK.sub("", key)
