"""What kind of thing a question asks for, and whether an answer is of that kind.

"Who wrote ELIZA?" asks for a person, or else an organisation; that PARRY is a product tells against it. "How many
people work there?" asks for people, not for two families of models. The expected answer type of question answering: Li
and Roth, "Learning Question Classifiers", 2002. How much it counts is fitted with the reader's confidence.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from kgqa.extraction.schema import Schema
from kgqa.index.tokens import content_terms
from kgqa.text import VALUE_TYPES, is_cjk, normalise_name, normalise_value
from kgqa.text.units import CURRENCY_SIGNS, UNITS
from kgqa.types import Entity

__all__ = [
    "ANYTHING",
    "TYPE_NOUNS",
    "Expected",
    "Kinds",
    "described_types",
    "expected",
    "fitting",
    "kinds_of",
    "schema_types",
]

Kinds = Mapping[str, frozenset[str]]
"""Types of entities by their normalised names."""

TYPE_NOUNS: Mapping[frozenset[str], tuple[str, str]] = {
    frozenset({"Organization"}): (
        "company|firm|corporation|organi[sz]ation|university|school|college|institute|institution|laboratory|lab|agency"
        "|bank|team|club|party|start-?up",
        "公司|企业|企業|机构|機構|组织|組織|大学|大學|院校|学校|學校|学院|學院|研究院|研究所|实验室|實驗室|银行|銀行|团队|團隊"
        "|球队|球隊|校",
    ),
    frozenset({"Product", "Work"}): (
        "model|product|system|program|device|book|film|movie|novel|song|album|paper|article",
        "模型|产品|產品|系统|系統|程序|设备|設備|书|書|电影|電影|小说|小說|歌|专辑|專輯|论文|論文|文章",
    ),
    frozenset({"Place"}): (
        "city|country|town|village|province|state|county|district|region|continent|place",
        "城市|国家|國家|地方|省|县|縣|镇|鎮|地区|地區",
    ),
    frozenset({"Person"}): (
        "man|woman|person|scientist|researcher|author|professor|founder",
        "人|科学家|科學家|研究员|研究員|作者|教授|创始人|創始人",
    ),
    frozenset({"Award"}): ("prize|award", "[奖獎][项項]?"),
    frozenset({"Event"}): (
        "war|conference|competition|election|festival",
        "战争|戰爭|会议|會議|大会|大會|比赛|比賽|竞赛|競賽|选举|選舉",
    ),
}
"""Types of the schema, and the nouns that name them, as patterns of English and of Chinese."""

_NO_NOUN = "do|does|did|is|are|was|were|has|have|had|can|could|will|would|of|in|on|at|by|for|the|an?"
_WITHIN = rf"(?:(?!(?:{_NO_NOUN})\b)[\w'’-]+\s){{0,3}}?"
"""Words between "which" and the noun that it asks for."""
_WHICH = "(?:哪|[什甚][么麼]|何)(?![时時处處]|一?[年天日月]|[里裡儿兒])[^哪什甚何谁誰是有的，。？?]{0,7}?"


def _long(nouns: str) -> str:
    """Those of more than one character: behind 什么, 人 may begin 人工智能."""
    return "|".join(noun for noun in nouns.split("|") if len(noun) > 1)


_ASKED = (  # closed classes of both languages; likely types, and others that may answer
    (r"\b(?:who|whom|whose)\b|谁|誰|哪一?位|何人|[什甚][么麼]人(?![工类類口])", "Person", "Organization Group"),
    (r"哪[家所]", "Organization Group", ""),
    (rf"\bwhen\b|\b(?:what|which)\s{_WITHIN}(?:year|date|day|month|century|decade)\b", "Date", ""),
    (
        r"[什甚][么麼][时時]候|何[时時]|哪一?[年天日月]|[几幾][月号號日]|哪[个個]?(?:年份|日期|世[纪紀]|年代)",
        "Date",
        "",
    ),
    (
        r"\bhow\s(?:many|much|old|long|far|tall|large|big|high|often)\b|多少|[几幾][个個位名条條种種次岁歲倍]|多[大长長高远遠久]",
        "Quantity",
        "",
    ),
    (r"\bwhere\b|哪[里裡儿兒]|何[处處]|何地|哪[个個]?[省市县縣]", "Place", "Organization"),
)
_PATTERNS = [
    (re.compile(pattern, re.IGNORECASE), frozenset(likely.split()), frozenset(possible.split()))
    for pattern, likely, possible in _ASKED
] + [
    (
        re.compile(rf"\b(?:what|which)\s{_WITHIN}(?:{english})\b|{_WHICH}(?:{_long(chinese)})(?!的)", re.IGNORECASE),
        types,
        frozenset({"Group"} if "Organization" in types else ()),
    )
    for types, (english, chinese) in TYPE_NOUNS.items()
]
_MONEY = re.compile(
    r"\bhow much\b.*\b(?:money|costs?|pa(?:y|id)|price|worth|spen[dt]|raised?|invest(?:ed)?|s(?:ell|old)|bought|buy)\b"
    "|多少[钱錢]|[价價]格|多少[万亿萬億]?[美欧歐日]?元",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    rf"\bhow many\s(?P<words>(?:(?!(?:{_NO_NOUN})\b)[\w-]+\s?){{1,3}})"
    r"|(?:多少|[几幾])(?P<characters>[\u4e00-\u9fff]{1,4})",
    re.IGNORECASE,
)
_CURRENCIES = sorted(
    {word for word, unit in UNITS.items() if unit in CURRENCY_SIGNS.values()} | CURRENCY_SIGNS.keys(),
    key=lambda word: (-len(word), word),
)
_CURRENCY = re.compile(
    "|".join(
        rf"(?<![^\W\d_]){re.escape(w)}(?![^\W\d_])" if w.isascii() and w.isalpha() else re.escape(w)
        for w in _CURRENCIES
    ),
    re.IGNORECASE,
)
_BEFORE, _BEHIND = 12, 24
"""Characters around a number in which its unit is looked for."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What may answer a question."""

    likely: frozenset[str] = frozenset()
    """Types of the schema; with `possible` empty where the question leaves it open."""
    possible: frozenset[str] = frozenset()
    """Further types."""
    money: bool = False
    """Whether a sum of money is asked for."""
    counted: frozenset[str] = frozenset()
    """The terms of what is counted; of Chinese its characters."""

    @property
    def types(self) -> frozenset[str]:
        """All types that an answer may have."""
        return self.likely | self.possible


ANYTHING = Expected()


def expected(question: str) -> Expected:
    """What may answer the question, by its words."""
    found = [(likely, possible) for pattern, likely, possible in _PATTERNS if pattern.search(question)]
    counted = _COUNTED.search(question)
    terms = frozenset(counted["characters"] or content_terms(counted["words"])) if counted else frozenset()
    return Expected(
        frozenset[str]().union(*(likely for likely, _ in found)),
        frozenset[str]().union(*(possible for _, possible in found)),
        _MONEY.search(question) is not None,
        frozenset[str](terms),
    )


@cache
def schema_types() -> frozenset[str]:
    """The types of entities that questions may ask for: those of the schema that ships."""
    return frozenset(Schema.load().entities)


def described_types(description: str, language: str) -> frozenset[str]:
    """The types that a description's noun names; empty where it names none. English has it first, Chinese last."""
    chinese = language == "zh"
    found = [
        (match.end() if chinese else -match.start(), types)
        for types, patterns in TYPE_NOUNS.items()
        for match in re.finditer(patterns[1] if chinese else rf"\b(?:{patterns[0]})\b", description, re.IGNORECASE)
    ]
    return max(found, default=(0, frozenset[str]()), key=lambda pair: pair[0])[1]


def kinds_of(entities: Iterable[Entity]) -> Kinds:
    """The types of entities by all their names."""
    found: dict[str, frozenset[str]] = {}
    for entity in entities:
        for name in map(normalise_name, (entity.name, *entity.aliases)):
            found[name] = found.get(name, frozenset()) | {entity.type}
    return found


def fitting(answer: str, expected: Expected, kinds: Kinds, before: str = "", behind: str = "") -> float:
    """1 where an answer is of a likely type, -1 where it is known to be of a type that cannot be, else 0.

    An answer that is no name itself counts by the names that stand in it. A type of a user's own leaves it open: no
    question word asks for it. A number must be of what is counted, as far as the words `before` and `behind` it tell: 0
    where they do not, -1 where a sum of money is asked for.
    """
    if not expected.types:
        return 0.0
    values = {type for type in VALUE_TYPES if normalise_value(answer.strip(), type)}
    name = normalise_name(answer)
    types = kinds.get(name, frozenset()) | values
    if not types:
        types = frozenset[str]().union(*(own for known, own in kinds.items() if _stands_in(known, name)))
    types &= schema_types()
    if not types:
        return 0.0
    if not types & expected.types:
        return -1.0
    if "Quantity" in types & expected.likely:
        return _counts(f"{before[-_BEFORE:]}{answer}{behind[:_BEHIND]}", expected)
    return float(bool(types & expected.likely))


def _counts(text: str, expected: Expected) -> float:
    """Whether a number with the words around it is of what is asked for."""
    if expected.money:
        return 1.0 if _CURRENCY.search(text) else -1.0
    if not expected.counted:
        return 1.0
    chinese = any(map(is_cjk, "".join(expected.counted)))
    if chinese != any(map(is_cjk, text)):
        return 1.0  # of another language: nothing can be compared
    return float(not expected.counted.isdisjoint(text if chinese else content_terms(text)))


def _stands_in(name: str, text: str) -> bool:
    return f" {name} " in f" {text} " if name.isascii() else len(name) > 1 and name in text
