"""Personal data that is known by its form: e-mail addresses, telephone and identity numbers, cards, network addresses.

Telephone numbers are found by Google's libphonenumber (https://github.com/daviddrysdale/python-phonenumbers). Numbers
with a check digit count only if it is right: resident identity numbers of China (GB 11643-1999, ISO 7064 MOD 11-2) and
payment cards (Luhn, ISO/IEC 7812-1). What has none, as a passport's, counts where a label stands before it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

__all__ = ["Kind", "Personal", "personal_numbers"]

Kind = str
"""``EMAIL``, ``ID``, ``CARD``, ``PHONE``, ``IP``: what a placeholder calls it."""


@dataclass(frozen=True, slots=True)
class Personal:
    """Where personal data stands in a text, and what is the same in each of its spellings."""

    start: int
    end: int
    kind: Kind
    identity: str


_EMAIL = re.compile(r"(?<![\w.+-])[\w.+'-]+@[\w-]+(?:\.[\w-]+)+(?<![.-])", re.ASCII)
_RESIDENT = re.compile(r"(?<![\dA-Za-z])\d{17}[\dXx](?![\dA-Za-z])")
_SOCIAL_SECURITY = re.compile(r"(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_LABELLED_ID = re.compile(
    r"(?:social security(?: number)?|\bssn|passport|national id(?:entity)?|identity card|\bid card|"
    r"driver'?s? licen[cs]e|身份证|护照|驾驶证|驾照|社保卡?|港澳通行证|证件)"
    r"(?: ?(?:numbers?|no\b\.?|nr\.?|#|号码|编号|号))?(?: ?(?:is|was|为|是))? ?[:：#]? ?"
    r"([A-Z]{0,3}-?\d[\dA-Z-]{4,18}(?:\([\dA-Z]\))?)(?![\dA-Za-z])",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![\d.-])[2-6](?:[ -]?\d){12,18}(?![\d-])")
_LABELLED_PHONE = re.compile(
    r"(?:\btel(?:ephone)?|\bphone|\bmobile|\bcell|\bfax|\bwhatsapp|\bwechat|电话|手机|座机|联系方式|传真|微信|热线)"
    r"(?: ?(?:numbers?|no\.?|号码|号))?(?: ?(?:is|为|是))? ?[:：]? ?(\+?\d[\d ()/-]{5,18}\d)(?!\d)",
    re.IGNORECASE,
)
_ADDRESS_4 = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)")
_ADDRESS_6 = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{1,4}:){2,7}(?::?[0-9A-Fa-f]{1,4}){1,7}(?![\w:])")
_REGIONS = ("CN", "US", "GB")
"""Whose national way of writing telephone numbers is known; of other countries, the international way."""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def personal_numbers(text: str) -> list[Personal]:
    """All that is personal by its form, in the order of the text; what overlaps is one, of the surer kind."""
    kept: list[Personal] = []
    for found in (_emails(text), _identities(text), _cards(text), _addresses(text), _phones(text)):
        for new in found:
            if all(new.end <= known.start or known.end <= new.start for known in kept):
                kept.append(new)
    return sorted(kept, key=lambda personal: personal.start)


def _emails(text: str) -> Iterator[Personal]:
    for match in _EMAIL.finditer(text):
        yield Personal(*match.span(), "EMAIL", match[0].casefold())


def _identities(text: str) -> Iterator[Personal]:
    for match in _RESIDENT.finditer(text):
        if _is_resident_number(match[0].upper()):
            yield Personal(*match.span(), "ID", match[0].upper())
    for match in _SOCIAL_SECURITY.finditer(text):
        yield Personal(*match.span(), "ID", _plain(match[0]))
    for match in _LABELLED_ID.finditer(text):
        yield Personal(*match.span(1), "ID", _plain(match[1]))


def _is_resident_number(number: str) -> bool:
    """Whether the date of birth is one and the check digit is right."""
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[17]


def _cards(text: str) -> Iterator[Personal]:
    for match in _CARD.finditer(text):
        number = _plain(match[0])
        if _has_luhn_digit(number):
            yield Personal(*match.span(), "CARD", number)


def _has_luhn_digit(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[0::2]) + sum(doubled)) % 10 == 0


def _addresses(text: str) -> Iterator[Personal]:
    for pattern in (_ADDRESS_4, _ADDRESS_6):
        for match in pattern.finditer(text):
            try:
                address = ipaddress.ip_address(match[0])
            except ValueError:
                continue
            if address.is_global:  # the others are the same in every network
                yield Personal(*match.span(), "IP", address.compressed)


def _phones(text: str) -> Iterator[Personal]:
    import phonenumbers

    if not any(character.isdigit() for character in text):
        return
    for region in _REGIONS:
        for match in phonenumbers.PhoneNumberMatcher(text, region, max_tries=len(text)):
            yield Personal(match.start, match.end, "PHONE", _national(match.number))
    for found in _LABELLED_PHONE.finditer(text):
        yield Personal(*found.span(1), "PHONE", _plain(found[1]))


def _national(number: object) -> str:
    """Without the country's code, which one spelling has and the other has not."""
    return str(number.national_number)  # type: ignore[attr-defined]  # phonenumbers.PhoneNumber, which is imported late


def _plain(number: str) -> str:
    return "".join(character for character in number if character.isalnum()).upper()
