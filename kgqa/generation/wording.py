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
    listing: str
    """Between things that are listed."""
    listed: str
    """Of things that the documents name, and how many they are."""
    first_listed: str
    """Of more things than can be listed."""
    overview: str
    """Opens the topics of all documents."""


WORDING: Mapping[str, Wording] = {
    "en": Wording(
        abstained="The documents do not say.",
        statement="{short}: {sentences}",
        sentence="“{quote}” [{n}]",
        whole="{quote} [{n}]",
        differ="The sources differ. ",
        besides="Another source says: ",
        between=" ",
        listing=", ",
        listed="The documents name {count}: {names}.",
        first_listed="The documents name {count}, of which the {shown} best supported are: {names}.",
        overview="The documents are about:\n{topics}",
    ),
    "zh": Wording(
        abstained="文档中没有相关内容。",
        statement="{short}：{sentences}",
        sentence="“{quote}”[{n}]",
        whole="{quote}[{n}]",
        differ="各文档说法不一。",
        besides="另一份文档说：",
        between="",
        listing="、",
        listed="文档中提到{count}个：{names}。",
        first_listed="文档中提到{count}个，其中依据最充分的{shown}个是：{names}。",
        overview="这些文档的主要内容：\n{topics}",
    ),
}
