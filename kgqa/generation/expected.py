"""What kind of thing a question asks for, and whether an answer is of that kind.

"Who wrote ELIZA?" asks for a person or an organisation; that PARRY is a product tells against it. The expected answer
type of question answering: Li and Roth, "Learning Question Classifiers", 2002. How much it counts is fitted with the
reader's confidence.
"""

import re
from collections.abc import Iterable, Mapping

from kgqa.text import VALUE_TYPES, normalise_name, normalise_value
from kgqa.types import Entity

__all__ = ["TYPE_NOUNS", "Kinds", "described_types", "expected_types", "fitting", "kinds_of"]

Kinds = Mapping[str, frozenset[str]]
"""Types of entities by their normalised names."""

TYPE_NOUNS: Mapping[frozenset[str], tuple[str, str]] = {
    frozenset({"Organization"}): (
        "company|firm|corporation|organi[sz]ation|university|school|college|institute|institution|laboratory|lab|agency"
        "|bank|team|club|start-?up",
        "公司|企业|机构|组织|大学|学校|学院|研究院|研究所|实验室|银行|团队|校",
    ),
    frozenset({"Product", "Work"}): (
        "model|product|system|program|device|book|film|movie|novel|song|album|paper|article",
        "模型|产品|系统|程序|设备|书|电影|小说|歌|专辑|论文|文章",
    ),
    frozenset({"Place"}): ("city|country|town|village|province|region|place", "城市|国家|地方|省|县|镇|地区"),
    frozenset({"Person"}): (
        "man|woman|person|scientist|researcher|author|professor|founder",
        "人|科学家|研究员|作者|教授|创始人",
    ),
    frozenset({"Award"}): ("prize|award", "奖项?"),
    frozenset({"Event"}): ("war|conference|competition|election|festival", "战争|会议|大会|比赛|竞赛|选举"),
}
"""Types of the schema, and the nouns that name them, as patterns of English and of Chinese."""

_ORGANISATIONS = (
    "company|corporation|organi[sz]ation|university|school|college|institut(?:e|ion)|firm|team|club|party|agency|bank"
)
_PLACES = "city|country|place|town|village|state|province|region|continent|county|district"
_ASKED = (  # closed classes of both languages, and nouns that name a type
    (r"\b(?:who|whom|whose)\b|谁|誰|哪一?位|何人|什么人", "Person Organization Group"),
    (rf"\b(?:what|which)\s(?:\w+\s)?(?:{_ORGANISATIONS})\b", "Organization Group"),
    (
        r"(?:哪|什么|何)[一个家所支间]*(?:公司|企业|大学|学校|院校|学院|机构|研究院|研究所|组织|团队|球队|银行)|哪[家所]",
        "Organization Group",
    ),
    (r"\bwhen\b|\b(?:what|which)\s(?:\w+\s)?(?:year|date|day|month|century|decade)\b", "Date"),
    (r"什么时候|何时|哪一?[年天日月]|几[月号日]|哪个?(?:年份|日期|世纪|年代)", "Date"),
    (
        r"\bhow\s(?:many|much|old|long|far|tall|large|big|high|often)\b|多少|几[个名位条种次岁倍]|多[大长高远久]",
        "Quantity",
    ),
    (rf"\bwhere\b|\b(?:what|which)\s(?:\w+\s)?(?:{_PLACES})\b", "Place Organization"),
    (r"哪[里裡儿]|何处|何地|哪个?(?:城市|国家|地方|省|市|县|地区)|什么地方", "Place Organization"),
)
_PATTERNS = [(re.compile(pattern, re.IGNORECASE), frozenset(types.split())) for pattern, types in _ASKED]


def expected_types(question: str) -> frozenset[str]:
    """The types of the schema that an answer may have; empty where the question leaves it open."""
    return frozenset[str]().union(*(types for pattern, types in _PATTERNS if pattern.search(question)))


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


def fitting(answer: str, expected: frozenset[str], kinds: Kinds) -> float:
    """1 where an answer is of an expected type, -1 where it is known to be of another, 0 where neither is known.

    An answer that is no name itself counts by the names that stand in it.
    """
    if not expected:
        return 0.0
    values = {type for type in VALUE_TYPES if normalise_value(answer.strip(), type)}
    name = normalise_name(answer)
    types = kinds.get(name, frozenset()) | values
    if not types:
        types = frozenset[str]().union(*(own for known, own in kinds.items() if _stands_in(known, name)))
    if not types:
        return 0.0
    return 1.0 if types & expected else -1.0


def _stands_in(name: str, text: str) -> bool:
    return f" {name} " in f" {text} " if name.isascii() else len(name) > 1 and name in text
