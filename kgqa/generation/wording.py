"""The few words of its own that an extractive answer has, in each language."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["WORDING", "Wording"]


@dataclass(frozen=True, slots=True)
class Wording:
    """How a language frames what the documents say."""

    abstained: str
    statement: str
    """Of the answer's words, and the sentences that they stand in."""
    sentence: str
    """Of a quoted sentence and its number."""
    whole: str
    """Of an answer that is a whole sentence, and its number."""
    differ: str
    """Opens statements whose figures contradict each other."""
    besides: str
    """Opens what another document says."""
    between: str


WORDING: Mapping[str, Wording] = {
    "en": Wording(
        abstained="The documents do not say.",
        statement="{short}: {sentences}",
        sentence="“{quote}” [{n}]",
        whole="{quote} [{n}]",
        differ="The sources differ. ",
        besides="Another source says: ",
        between=" ",
    ),
    "zh": Wording(
        abstained="文档中没有相关内容。",
        statement="{short}：{sentences}",
        sentence="“{quote}”[{n}]",
        whole="{quote}[{n}]",
        differ="各文档说法不一。",
        besides="另一份文档说：",
        between="",
    ),
}
