"""Names that something beside them gives away: a title before or behind, a label such as ``Name:`` or 联系人."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kgqa.privacy.people import PERSON, TITLES
from kgqa.text.language import CJK
from kgqa.types import Extraction, Mention

__all__ = ["labelled_names"]

_NAME = r"[A-ZÀ-Þ][\w'’-]*\w(?: (?:[A-ZÀ-Þ]\.|(?:[a-z]{2,3} )?[A-ZÀ-Þ][\w'’-]*\w)){%s}"
_HONORIFIC = re.compile(rf"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor)\.? (?P<name>{_NAME % '0,2'})")
_LABEL = re.compile(
    r"\b(?i:full name|name|patient|client|customer|applicant|employee|contact(?: person)?|attn|signed(?: by)?|author)"
    rf" ?[:：] ?(?P<name>{_NAME % '1,3'})"
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾萧肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
"""The hundred most frequent ones: some 85 of 100 people in China have one of them."""
_PERSONAL_TITLES = "|".join(title for title in TITLES.split("|") if title not in ("总", "氏"))
_CHINESE_TITLED = re.compile(
    rf"(?P<name>(?:欧阳|司马|上官|诸葛|[{_SURNAMES}])(?:[{CJK}]{{1,2}})?)(?={_PERSONAL_TITLES})"
)
_CHINESE_LABEL = re.compile(
    r"(?:姓名|联系人|患者|病人|客户|员工|负责人|经办人|代理人|法定代表人|申请人|收件人|寄件人|签名|签字|作者)"
    rf" ?[:：] ?(?P<name>[{CJK}]{{2,4}}(?:·[{CJK}]{{1,6}})*)(?![{CJK}])"
)


def labelled_names(text: str) -> Extraction:
    """The names as if a model had read them."""
    return Extraction("labels", tuple(_found(text)))


def _found(text: str) -> Iterator[Mention]:
    for pattern in (_HONORIFIC, _LABEL, _CHINESE_TITLED, _CHINESE_LABEL):
        for match in pattern.finditer(text):
            yield Mention(*match.span("name"), match["name"], PERSON)
