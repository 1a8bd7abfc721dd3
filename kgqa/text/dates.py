"""Dates as ISO 8601 has them: ``2022-11-30``, ``2022-11``, ``2022``, an interval ``1990/1999``; English and Chinese.

Relative words are read by dateparser, Chinese numerals by cn2an; only what a whole phrase says without
doubt has a value. ``03/04/2021`` has none (March or April?), nor has "early 2019", nor a day without its year.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from typing import Any

from kgqa.text.language import is_cjk

__all__ = ["normalise_date"]

_YEAR = r"[12]\d{3}"
_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?"
)
_MONTH_NUMBERS = {name[:3]: number for number, name in enumerate(_MONTHS.split("|"), 1)}
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"

_ISO = re.compile(rf"({_YEAR})(?:[-/.](0?[1-9]|1[0-2])(?:[-/.](0?[1-9]|[12]\d|3[01]))?)?(?:[t ]\d\d:\d\d.*)?")
_ISO_WEEK = re.compile(rf"{_YEAR}-w[0-5]\d")
_ENGLISH = re.compile(
    rf"(?:{_WEEKDAY},? )?"
    rf"(?:(?:the )?(?P<day>{_DAY})[ -](?:of )?(?P<month>{_MONTHS})|(?P<first>{_MONTHS})\.?(?: (?P<behind>{_DAY}))?)"
    rf"\.?(?: of)?(?:, ?| |-)(?P<year>{_YEAR})"
)
_CHINESE = re.compile(
    rf"(?:公元)?({_YEAR})年(?:度|(\d{{1,2}})月份?(?:(\d{{1,2}})[日号](?:\(?(?:星期|周)[一-龥]\)?)?)?)?"
)
_QUARTER = re.compile(rf"q([1-4]),? ?({_YEAR})|({_YEAR}) ?q([1-4])")
_QUARTER_IN_WORDS = re.compile(rf"(?:the )?(first|second|third|fourth) quarter(?: of|,)? ({_YEAR})")
_CHINESE_QUARTER = re.compile(rf"({_YEAR})年第?([1-4])季度")
_CHINESE_HALF = re.compile(rf"({_YEAR})年([上下])半年")
_DECADE = re.compile(r"(?:the )?([12]\d\d0)(?:'?s|年代)")
_CHINESE_DECADE = re.compile(r"(?:(\d{1,2})世纪|上个?世纪)(\d0)年代")
_CENTURY = re.compile(r"(?:the )?(\d{1,2})(?:st|nd|rd|th) century|(?:公元)?(\d{1,2})世纪")
_EARLY = re.compile(r"0\d{3}/(?:0\d{3}|1000)")
"""A century or decade before the year 1000, as it is written in a value."""
_ORDINALS = ("first", "second", "third", "fourth")

_LONGEST = 100
"""Characters of a date: what is longer is a sentence."""
_LEADING = re.compile(r"(?:in|on|by|since|during|until|till|of|at|(?:in )?the year|year) |(?:于|在|截至|自从|直到)")
_TRAILING = re.compile(r"(?:[,.;:。，、；：]| (?:ad|ce))+$")
_WRITTEN_INTERVAL = re.compile(rf"({_YEAR}[-\d]*)/({_YEAR}[-\d]*)")
_BETWEEN = re.compile(
    r"(?:between |from |从|自|由)?(.+?)(?: ?[-–—―~～至到] ?|--| to | and | until | through | till )"
    r"(.+?)(?:间|之间|期间)?"
)

_NUMERAL = re.compile("[〇○零一二三四五六七八九十两]+(?=个?(?:年|月|日|号|世纪|季度|天|周|星期))")
_DIGITS = str.maketrans("〇○零一二三四五六七八九", "000123456789")
_SYNONYMS = {
    "昨日": "昨天",
    "今日": "今天",
    "明日": "明天",
    "上月": "上个月",
    "下月": "下个月",
    "前年": "2年前",
    "本年": "今年",
}
_RELATIVE = re.compile(
    r"yesterday|today|tomorrow|the day (?:before yesterday|after tomorrow)|(?:last|this|next) (?:day|week|month|year)|"
    r"(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|\d+) (?:day|week|month|year)s? ago|"
    r"[昨今明前后]天|[去今明]年|[上下]个月|本月|[上下本]周|\d+(?:天|周|年|个月|个星期)前"
)
_OF_RELATIVE_YEAR = re.compile(r"(去年|今年|明年|前年|本年)(\d{1,2})月(?:(\d{1,2})[日号])?")


def normalise_date(text: str, document_date: date | None = None) -> str:
    """The date in ISO 8601 with the precision that the text has; empty where the text leaves it open.

    A period is an interval of its first and last day, month or year, both of them in it; a week is ``2022-W48``.
    Relative dates ("last year", 去年) have a value only where the date of their document is known.
    """
    plain = _plain(text)
    if len(plain) > _LONGEST or any(character.isdigit() and not character.isascii() for character in plain):
        return ""
    found = _absolute(plain) or _interval(plain)
    return found or (_relative(plain, document_date) if document_date else "")


def _plain(text: str) -> str:
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    if any(map(is_cjk, plain)):
        plain = _NUMERAL.sub(lambda match: _in_digits(match[0]), plain.replace(" ", ""))
    while match := _LEADING.match(plain):
        plain = plain[match.end() :]
    return _TRAILING.sub("", plain)


def _in_digits(numeral: str) -> str:
    """一九九八 as 1998, 三十 as 30; a year is spelled digit by digit."""
    import cn2an

    try:
        return str(cn2an.cn2an(numeral, "normal"))
    except (ValueError, KeyError):
        return numeral.translate(_DIGITS)


def _absolute(plain: str) -> str:
    if match := _ISO.fullmatch(plain) or _CHINESE.fullmatch(plain):
        return _written(*match.groups())
    if match := _ENGLISH.fullmatch(plain):
        month = _MONTH_NUMBERS[(match["month"] or match["first"])[:3]]
        return _written(match["year"], str(month), (match["day"] or match["behind"] or "").rstrip("dhnrst") or None)
    if _ISO_WEEK.fullmatch(plain):
        return plain.upper()
    return _period(plain)


def _period(plain: str) -> str:
    """A quarter, half year, decade or century."""
    if _EARLY.fullmatch(plain):
        return plain
    if match := _QUARTER.fullmatch(plain):
        return _quarter(match[2] or match[3], int(match[1] or match[4]))
    if match := _QUARTER_IN_WORDS.fullmatch(plain):
        return _quarter(match[2], _ORDINALS.index(match[1]) + 1)
    if match := _CHINESE_QUARTER.fullmatch(plain):
        return _quarter(match[1], int(match[2]))
    if match := _CHINESE_HALF.fullmatch(plain):
        return f"{match[1]}-01/{match[1]}-06" if match[2] == "上" else f"{match[1]}-07/{match[1]}-12"
    if match := _DECADE.fullmatch(plain):
        return _years(int(match[1]), 10)
    if match := _CHINESE_DECADE.fullmatch(plain):
        return _years((int(match[1] or 20) - 1) * 100 + int(match[2]), 10)
    if match := _CENTURY.fullmatch(plain):
        return _years(int(match[1] or match[2]) * 100 - 99, 100)
    return ""


def _written(year: str, month: str | None = None, day: str | None = None) -> str:
    """The parts that are given; empty for a day that there was not."""
    if month is None:
        return year
    if not 1 <= int(month) <= 12 or (day and not 1 <= int(day) <= monthrange(int(year), int(month))[1]):
        return ""
    return f"{year}-{int(month):02}" + (f"-{int(day):02}" if day else "")


def _quarter(year: str, number: int) -> str:
    return f"{year}-{number * 3 - 2:02}/{year}-{number * 3:02}"


def _years(first: int, count: int) -> str:
    return f"{first:04}/{first + count - 1:04}" if 0 < first < 2100 else ""


def _precise(moment: datetime, precision: str) -> str:
    if precision == "week":
        return "{}-W{:02}".format(*moment.isocalendar())
    return moment.date().isoformat()[: {"year": 4, "month": 7}.get(precision, 10)]


def _interval(plain: str) -> str:
    """Two dates joined by a word or a line."""
    match = _WRITTEN_INTERVAL.fullmatch(plain) or _BETWEEN.fullmatch(plain)
    if match is None:
        return ""
    for first, last in itertools.product(_starts(*match.groups()), _ends(*match.groups())):
        start, end = _absolute(first), _absolute(last)
        if start and end and "/" not in start + end and start < end:
            return f"{start}/{end}"
    return ""


def _starts(first: str, last: str) -> Iterator[str]:
    """The first date, and with what it may share with the last one: "3" of "3–5 May 2021"."""
    yield first
    words = last.split(" ")
    yield from (" ".join([first, *words[n:]]) for n in range(1, len(words)))
    if is_cjk(last[-1]):
        yield first + last.lstrip("0123456789")


def _ends(first: str, last: str) -> Iterator[str]:
    """The last date, and with what it may share with the first one: 5月 of 2020年3月至5月, "99" of "1998–99"."""
    yield last
    if re.fullmatch(_YEAR, first) and re.fullmatch(r"\d\d", last):
        yield first[:2] + last
    yield from (first[: first.rfind(unit) + 1] + last for unit in "月年" if unit in first)
    if " " in first:
        yield f"{first.split(' ')[0]} {last}"


def _relative(plain: str, document_date: date) -> str:
    if match := _OF_RELATIVE_YEAR.fullmatch(plain):
        year = _relative(match[1], document_date)
        return _written(year, match[2], match[3]) if year else ""
    plain = _SYNONYMS.get(plain, plain)
    if not _RELATIVE.fullmatch(plain):
        return ""
    read = _parser("en" if plain.isascii() else "zh", document_date).get_date_data(plain)
    return "" if read.date_obj is None else _precise(read.date_obj, str(read.period))


@cache
def _parser(language: str, document_date: date) -> Any:
    """dateparser's, told to guess nothing."""
    from dateparser.date import DateDataParser  # half a second that only a document with a date of its own waits for

    moment = datetime.combine(document_date, datetime.min.time())
    settings = {
        "TIMEZONE": "UTC",
        "RETURN_AS_TIMEZONE_AWARE": False,
        "RELATIVE_BASE": moment,
        "PARSERS": ["relative-time"],
    }
    return DateDataParser(languages=[language], settings=settings)
