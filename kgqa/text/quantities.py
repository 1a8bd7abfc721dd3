"""Numbers as they are computed with, and their unit: ``340000000``, ``1500000000 USD``, ``3 %``; English and Chinese.

English number words are read by text2num, Chinese numerals by cn2an. Units are not converted: 5 km is not 5000 m.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from kgqa.text.language import is_cjk
from kgqa.text.units import CURRENCY_SIGNS, UNITS

__all__ = ["normalise_quantity"]

_QUALIFIERS: Mapping[str, str] = {
    "~": "~|≈|about|around|approximately|approx.|roughly|some|nearly|almost|circa|约|大约|近|将近|接近|大概|约为",
    ">": ">|more than|over|above|exceeding|upwards of|超过|逾|多于|高于|超",
    ">=": ">=|≥|at least|no less than|not less than|至少|不少于|不低于",
    "<": "<|less than|under|below|fewer than|不足|不到|少于|低于",
    "<=": "<=|≤|up to|at most|no more than|not more than|至多|最多|不超过|不多于",
}
_BEFORE = {word: sign for sign, words in _QUALIFIERS.items() for word in words.split("|")}
_QUALIFIED = re.compile("(" + "|".join(map(re.escape, sorted(_BEFORE, key=len, reverse=True))) + r")(?![a-z]) ?(.+)")
_BEHIND: Mapping[str, str] = {"左右": "~", "上下": "~", "以上": ">=", "以下": "<=", "or more": ">=", "or less": "<="}
_MORE = re.compile(r"(?<=[\d十百千万亿])(?:多|余|几)(?=[十百千万亿]|\D|$)|(?<=\d)\+")

_SIGN = "|".join(map(re.escape, sorted(CURRENCY_SIGNS, key=len, reverse=True)))
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_NUMBER = re.compile(rf"(?P<currency>{_SIGN})? ?(?P<sign>[-−])?(?P<digits>{_DIGITS}) ?(?P<rest>.*)")
_SCALES: Mapping[str, int] = {
    "hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "k": 3, "mn": 6, "mln": 6, "bn": 9,
    "bln": 9, "b": 9, "tn": 12, "trn": 12,
}  # fmt: skip
_SCALES_BEFORE_A_UNIT: Mapping[str, int] = {**_SCALES, "m": 6, "t": 12}
"""Or behind a currency: elsewhere they are metres and tonnes."""
_SCALED = re.compile(r"([a-z]+)(?![a-z])[ -]?(.*)")
_CHINESE_SCALED = re.compile(r"([十百千万亿兆]+)(.*)")
_CHINESE = re.compile(r"(负?[〇零一二三四五六七八九两十百千万亿兆点]+)(.*)")
_CHINESE_SCALES: Mapping[str, int] = {"十": 1, "百": 2, "千": 3, "万": 4, "亿": 8, "兆": 12}
_SHARE = re.compile(r"([百千])分之(.+)")
_FRACTION = re.compile(r"(\d+|[一二三四五六七八九十百]+)分之(\d+|[一二三四五六七八九十百]+)|(\d+)/(\d+)")
_TENTHS = re.compile(r"([一二两三四五六七八九])成(?:([一二三四五六七八九])|半)?")
_HALF = Decimal("0.5")
_WORDS: Mapping[str, Decimal] = {"a": Decimal(1), "an": Decimal(1), "a dozen": Decimal(12), "half": _HALF}
_AND_A_HALF = "and a half"
_PLURAL = re.compile(r"(?:dozen|hundred|thousand|(?:m|b|tr)illion)s\b")
_BELOW_ZERO = re.compile(r"(?:零下|负|minus )(?=.)")
_RANGE = re.compile(
    r"(?:between |from |从)?(?P<first>.+?)(?: ?(?:\.\.|[-–—~～至到]) ?| to | and )(?P<last>.+?)(?:之间|间)?"
)

_LONGEST, _MOST_DIGITS, _LONGEST_UNIT = 100, 25, 40
"""In characters: what is longer is a sentence or a serial number."""

_Amount = tuple[Decimal, str]
"""A number and its unit."""


def normalise_quantity(text: str) -> str:
    """The number in digits with its unit; empty where the text has no number that can be computed with.

    ``~``, ``<``, ``<=``, ``>``, ``>=`` stand before a number that is not exact, ``..`` between the ends of a range:
    "about 340 million people" is ``~340000000 people``, 5至10公里 is ``5..10 km``. A unit that has no symbol is kept as
    the text has it.
    """
    value = _value(text)
    return value if value and _value(value) == value else ""  # a unit that is read as something else is none


def _value(text: str) -> str:
    plain = _plain(text)
    if len(plain) > _LONGEST or _PLURAL.search(plain) or any(c.isdigit() and not c.isascii() for c in plain):
        return ""
    qualifier, plain = _qualifier(plain)
    if (fraction := _FRACTION.fullmatch(plain)) and not plain.startswith(("百分之", "千分之")):
        return _fraction(qualifier, *(part for part in fraction.groups() if part), is_chinese="分" in plain)
    if (amount := _amount(plain)) is not None:
        return f"{qualifier}{_written(*amount)}"
    found = _range(plain)
    return f"{qualifier}{found}" if found else ""


def _plain(text: str) -> str:
    plain = " ".join(unicodedata.normalize("NFKC", text.replace("²", "2")).casefold().split()).strip(",.;:。，、；：")
    return plain.replace(" ", "") if any(map(is_cjk, plain)) else plain.removeprefix("the ").removeprefix("a total of ")


def _qualifier(plain: str) -> tuple[str, str]:
    sign = ""
    if match := _QUALIFIED.fullmatch(plain):
        sign, plain = _BEFORE[match[1]], match[2]
    for word, behind in _BEHIND.items():
        if plain.endswith(word):
            sign, plain = behind, plain.removesuffix(word).rstrip()
    without = _MORE.sub("", plain)
    return (">", without) if without != plain else (sign, plain)


def _amount(plain: str) -> _Amount | None:
    """Number and unit, if the whole of the text is that."""
    if match := _SHARE.fullmatch(plain):
        part = _amount(match[2])
        return (part[0], "%" if match[1] == "百" else "‰") if part and not part[1] else None
    if match := _TENTHS.fullmatch(plain):
        half = Decimal(5 if plain.endswith("半") else 0)
        return 10 * _chinese(match[1]) + (_chinese(match[2]) if match[2] else half), "%"
    if (match := _NUMBER.fullmatch(plain)) and len(match["digits"]) <= _MOST_DIGITS:
        number = Decimal(match["digits"].replace(",", "")) * (-1 if match["sign"] else 1)
        return _scaled(number, match["rest"], match["currency"] or "")
    if match := _BELOW_ZERO.match(plain):
        part = _amount(plain[match.end() :])
        return (-part[0], part[1]) if part else None
    if plain == "一半":
        return _HALF, ""
    if (match := _CHINESE.fullmatch(plain)) and len(match[1]) <= _MOST_DIGITS:
        try:
            return _with_unit(_chinese(match[1]), match[2], "")
        except (ValueError, KeyError):  # cn2an has the latter for what is no numeral, such as 万十零
            return None
    return _in_words(plain)


def _chinese(numeral: str) -> Decimal:
    import cn2an

    return Decimal(str(cn2an.cn2an(numeral, "smart")))


def _scaled(number: Decimal, rest: str, currency: str) -> _Amount | None:
    if match := _CHINESE_SCALED.fullmatch(rest):
        exponent = sum(_CHINESE_SCALES[character] for character in match[1])
        return _with_unit(number.scaleb(exponent), match[2], currency)
    while match := _SCALED.fullmatch(rest):
        scales = _SCALES_BEFORE_A_UNIT if currency or match[2] in UNITS else _SCALES
        if match[1] not in scales:
            break
        number, rest = number.scaleb(scales[match[1]]), match[2]
    return _with_unit(number, rest, currency)


def _in_words(plain: str) -> _Amount | None:
    """ "Three hundred and forty million people": the longest beginning that is a number."""
    from text_to_num import text2num

    words = plain.split(" ")
    for count in range(len(words), 0, -1):
        head, rest = " ".join(words[:count]), " ".join(words[count:])
        try:
            number = _WORDS[head] if head in _WORDS else Decimal(text2num(head.removeprefix("a "), "en"))
        except ValueError:
            continue
        if rest.startswith(_AND_A_HALF):
            number, rest = number + _HALF, rest.removeprefix(_AND_A_HALF).lstrip()
        return None if head in ("a", "an") and not rest else _scaled(number, rest, "")
    return None


def _with_unit(number: Decimal, rest: str, currency: str) -> _Amount | None:
    rest = rest.strip(" -").removeprefix("of ")
    if currency:
        unit = UNITS.get(rest, "") if rest else CURRENCY_SIGNS[currency]
        return (number, CURRENCY_SIGNS[currency]) if not rest or unit in CURRENCY_SIGNS.values() else None
    is_more = rest.startswith("and ") or any(character.isdigit() for character in rest.replace("2", ""))
    if is_more or len(rest) > _LONGEST_UNIT:
        return None
    return number, UNITS.get(rest, UNITS.get(rest.lstrip("个"), rest))


def _range(plain: str) -> str:
    match = _RANGE.fullmatch(plain)
    if match is None:
        return ""
    first, last = _amount(match["first"]), _amount(match["last"])
    if first is None or last is None or (first[1] and first[1] != last[1]):
        return ""
    if not first[1] and (scale := _scale(match["last"])) and not _scale(match["first"]):
        first = first[0].scaleb(scale), first[1]
    return f"{_digits(first[0])}..{_written(*last)}" if first[0] < last[0] else ""


def _scale(plain: str) -> int:
    """The power of ten that stands as a word behind the digits: both ends of "5 to 10 million" have it."""
    rest = re.sub(rf"^(?:{_SIGN})? ?(?:{_DIGITS}) ?", "", plain)
    if match := _CHINESE_SCALED.fullmatch(rest):
        return sum(_CHINESE_SCALES[character] for character in match[1])
    match = _SCALED.fullmatch(rest)
    return _SCALES.get(match[1], 0) if match else 0


def _fraction(qualifier: str, first: str, second: str, *, is_chinese: bool) -> str:
    below, above = (first, second) if is_chinese else (second, first)
    try:
        return f"{qualifier}{_digits(_number(above))}/{_digits(_number(below))}"
    except (ValueError, InvalidOperation):
        return ""


def _number(numeral: str) -> Decimal:
    return Decimal(numeral) if numeral.isdigit() else _chinese(numeral)


def _written(number: Decimal, unit: str) -> str:
    return f"{_digits(number)} {unit}".rstrip()


def _digits(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
