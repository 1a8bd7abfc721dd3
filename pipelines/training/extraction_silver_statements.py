"""Chinese sentences that state a fact outright, as encyclopaedias do: "X出生于Y", "《X》由Y执导", "X成立于1905年".

Patterns find the facts; the model learns from the sentences what they look like in context. The patterns teach; nothing
of them is left at run time. They are strict: a name is only what stands between marks or at the head of a sentence.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise

from kgqa.pipelines.training.extraction_silver_relations import Fact, Name
from kgqa.text import normalise_value

__all__ = ["COUNTRIES", "stated", "stated_of_foreign"]

_LANDS = (
    "中国|中华人民共和国|中华民国|台湾|香港|澳门|日本|韩国|朝鲜|蒙古|越南|泰国|老挝|缅甸|柬埔寨|马来西亚|新加坡|印度尼西亚|印尼"
    "|菲律宾|印度|巴基斯坦|孟加拉国|斯里兰卡|尼泊尔|伊朗|伊拉克|土耳其|以色列|沙特阿拉伯|叙利亚|黎巴嫩|约旦|阿富汗|哈萨克斯坦"
    "|俄罗斯|苏联|乌克兰|白俄罗斯|波兰|捷克|斯洛伐克|匈牙利|罗马尼亚|保加利亚|塞尔维亚|克罗地亚|希腊|意大利|西班牙|葡萄牙|法国"
    "|德国|奥地利|瑞士|荷兰|比利时|卢森堡|英国|爱尔兰|丹麦|瑞典|挪威|芬兰|冰岛|美国|加拿大|墨西哥|古巴|巴西|阿根廷|智利|秘鲁"
    "|哥伦比亚|委内瑞拉|乌拉圭|澳大利亚|澳洲|新西兰|埃及|南非|尼日利亚|肯尼亚|摩洛哥|突尼斯|阿尔及利亚|利比亚|苏丹|埃塞俄比亚"
)
COUNTRIES = frozenset(_LANDS.split("|"))
_DATE = r"\d{4}年(?:\d{1,2}月(?:\d{1,2}[日号])?)?"
_HAN = r"[\u4e00-\u9fff]"
_NAME = rf"(?:{_HAN}{{1,6}}(?:·{_HAN}{{1,7}}){{1,3}}|{_HAN}{{2,5}})"
_OTHER = rf"(?:{_HAN}{{1,6}}?(?:·{_HAN}{{1,7}}?){{1,3}}|{_HAN}{{2,5}}?)"
"""A name that something follows."""
_AFTER = r"(?:，|(?<=[）)]))"
_THING = r"[\u4e00-\u9fffA-Za-z0-9·・ -]{2,18}?"
_BRACKETS = r"(?:[（(][^（）()]{0,60}[）)])?"
_LAND = f"(?:(?:{'|'.join(sorted(COUNTRIES, key=lambda name: (-len(name), name)))})(?!省))"
_PROVINCES = (
    "河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海|内蒙古|广西"
    "|西藏|宁夏|新疆|北京|天津|上海|重庆"
)
_UNIT = (
    rf"(?:(?:{_PROVINCES})(?:省|市|{_HAN}{{0,3}}自治区)?|东京都|(?![东南西北中]部)[^\W\d_的和与在于、一]{{1,7}}?"
    "(?:自治区|自治州|特别区|省|市(?![县区镇州])|州(?![市县区东南西北中路])|[南北]道|县(?!市)|郡|(?<!地)区(?!域)|府|镇|乡(?!镇)|村))"
)
_PLACES = rf"(?P<places>{_LAND}?{_UNIT}+|{_LAND})(?=[的，。；、东西南北中境内近]|$)"
_PERSON = rf"^(?P<head>{_NAME}){_BRACKETS}"
_PERSON_IS = rf"^(?P<head>{_NAME})(?:[（(][^（）()]{{0,60}}[）)]，?是?|，是?|是)"
_TOLD = r"(?:，[^。；他她其]{0,30}?)?"
_WORK = rf"^(?:[^《》，。]{{0,6}})《(?P<head>[^《》]{{1,30}})》{_BRACKETS}"
_PEOPLE = rf"(?P<tails>{_OTHER}(?:[、和与及]{_OTHER})*)"
_SCHOOL = r"(?P<tail>[^\W\d_A-Za-z的]{2,12}?(?:大学|学院|学校|中学|高中))"
_BORN = "(?:出生|(?<![出发产诞])生)"
_FOUND = "(?:成立|创立|创办|创建)"
_ENDS = "(?=[，。、和并]|$)"
_PLAYED = "(?:等人?)?(?:领衔|联合|共同)?主演"
_OUT = "(?:上映|发行|出版|播出|首播|发售|推出)"

_PATTERNS: Mapping[tuple[str, str, str], tuple[str, ...]] = {  # relation and the types of its ends
    ("BORN_ON", "Person", "Date"): (
        rf"{_PERSON}，?(?:[男女]，)?于?(?P<tail>{_DATE}){_BORN}[于在，。]",
        rf"{_PERSON}，?(?:[男女]，)?{_BORN}于(?P<tail>{_DATE})",
    ),
    ("BORN_IN", "Person", "Place"): (
        rf"{_PERSON}，?(?:[男女]，)?于?(?:{_DATE})?，?{_BORN}[于在](?:{_DATE})?的?{_PLACES}",
    ),
    ("EDUCATED_AT", "Person", "Organization"): (rf"{_PERSON}{_TOLD}(?:{_DATE})?(?:先后)?(?:毕业于|就读于){_SCHOOL}",),
    ("AWARD_RECEIVED", "Person", "Award"): (
        rf"{_PERSON}{_TOLD}(?:{_DATE})?(?:获得|荣获|获颁|赢得)了?(?P<tail>[^，。；、的了该年和过两三四座]{{2,14}}?奖){_ENDS}",
    ),
    ("POLITICAL_PARTY", "Person", "Organization"): (
        rf"{_PERSON}{_TOLD}(?:{_DATE})?加入(?P<tail>{_HAN}{{2,5}}党){_ENDS}",
    ),
    ("SPOUSE", "Person", "Person"): (
        rf"{_PERSON}{_TOLD}(?:{_DATE})?[与和同](?P<tail>{_OTHER})结婚{_ENDS}",
        rf"{_PERSON_IS}(?P<tail>{_OTHER})的(?:妻子|丈夫){_ENDS}",
    ),
    ("CHILD_OF", "Person", "Person"): (
        rf"{_PERSON_IS}(?:[^。；他她其]{{0,20}}?，)?是?(?P<tail>{_OTHER})(?:之[子女]|的?(?:儿子|女儿|[长次][子女])){_ENDS}",
    ),
    ("SIBLING", "Person", "Person"): (
        rf"{_PERSON_IS}(?:[^。；他她其]{{0,20}}?，)?是?(?P<tail>{_OTHER})(?:之[弟兄妹姊]|的?(?:弟弟|哥哥|妹妹|姐姐|胞[弟兄妹姊])){_ENDS}",
    ),
    ("LOCATED_IN", "Place", "Place"): (
        rf"^(?P<head>{_THING}){_BRACKETS}，?(?:[是为现]*一?[座个家条所间处幢栋片]|[是为现]+一?)?(?:位于|坐落于|地处){_PLACES}",
    ),
    ("FOUNDED_ON", "Organization", "Date"): (
        rf"^(?P<head>{_THING}){_BRACKETS}(?:，|{_AFTER}[^，。；]{{0,24}}，)?{_FOUND}于(?P<tail>{_DATE})",
        rf"^(?P<head>{_THING}){_BRACKETS}，?(?:是[^，。；]{{0,24}}，)?于?(?P<tail>{_DATE})(?:正式)?{_FOUND}",
    ),
    ("HEADQUARTERS", "Organization", "Place"): (
        rf"^(?P<head>{_THING})的?{_BRACKETS}(?:，|{_AFTER}[^。；]{{0,40}}，)?总部(?:设|位|座落|坐落)?[于在]{_PLACES}",
    ),
    ("DIRECTED_BY", "Work", "Person"): (rf"{_WORK}[^。《》]{{0,40}}?由{_PEOPLE}(?:共同|联合)?(?:执导|导演)",),
    ("CAST_MEMBER", "Work", "Person"): (rf"{_WORK}[^。《》]{{0,60}}?(?:，由?|由){_PEOPLE}{_PLAYED}",),
    ("PERFORMER", "Work", "Person"): (
        rf"{_WORK}，?是[^，。《》]{{0,8}}?(?:歌手|艺人){_PEOPLE}的[^，。]{{0,10}}(?:专辑|单曲|歌曲)",
    ),
    ("AUTHOR", "Work", "Person"): (
        rf"{_WORK}，?是?[^，。《》]{{0,8}}?(?:作家|小说家|诗人|漫画家){_PEOPLE}"
        "(?:所著|所作|所?撰写|所?创作|的[^，。]{0,8}(?:小说|著作|作品|漫画|诗))",
    ),
    ("PUBLISHED_ON", "Work", "Date"): (
        rf"{_WORK}[^。《》\d]{{0,40}}?(?P<tail>{_DATE})[^，。\d]{{0,8}}{_OUT}",
        rf"{_WORK}[^。《》\d]{{0,40}}?{_OUT}于(?P<tail>{_DATE})",
    ),
}
_STATED = tuple((ends, re.compile(pattern)) for ends, patterns in _PATTERNS.items() for pattern in patterns)
_LIFE = re.compile(
    rf"^(?P<head>{_NAME})[（(][^（）()]{{0,40}}?(?P<birth>{_DATE})"
    rf"[^（）()，；]{{0,8}}?[－—–~～─-]+ ?(?P<death>{_DATE})?"
)
_LATIN = r"(?<![\w.])(?P<head>[A-Z][\w+-]*(?: [A-Z][\w+'-]*){0,3})"
_VERSION = r"(?<![\w.])(?P<head>[A-Z][\w+-]*(?: [A-Z][\w+'-]*){0,2} \d[\d.]*)"
_MAKER = r"(?P<tail>[A-Z][\w+-]*(?: [A-Z][\w+'-]*){0,3})"
_LATIN_PERSON = r"(?P<tail>[A-Z]\w+(?: [A-Z][\w'-]*){1,2})(?!\w)"
_ALSO = "(?:兼[^，。 A-Z]{2,8})?"
_FOREIGN: tuple[tuple[tuple[str, str, str], re.Pattern[str]], ...] = tuple(  # names in Latin letters, anywhere
    (ends, re.compile(pattern))
    for ends, pattern in (
        (
            ("DEVELOPED_BY", "Product", ""),
            rf"{_LATIN} ?(?:最初)?是?(?:一[个款种][^，。；：A-Z由]{{0,14}})?由 ?{_MAKER}"
            "(?: ?公司| ?团队)? ?(?:开发|研发)(?![者商人])",
        ),
        (("FOUNDED_BY", "", "Person"), rf"{_LATIN} ?(?:公司|项目)? ?的?(?:联合|共同)?创始人{_ALSO} ?{_LATIN_PERSON}"),
        (("CEO", "Organization", "Person"), rf"{_LATIN} ?(?:公司)? ?的? ?(?:首席执行官|CEO){_ALSO} ?{_LATIN_PERSON}"),
        (
            ("-EMPLOYER", "Organization", "Person"),
            rf"{_LATIN} ?(?:公司)? ?的? ?(?:高级|软件)?(?:工程师|员工|副总裁|首席技术官|产品经理) ?{_LATIN_PERSON}",
        ),
        (("AUTHOR", "", "Person"), rf"{_LATIN} ?的作者 ?{_LATIN_PERSON}"),
        (("CREATED_BY", "Product", "Person"), rf"{_LATIN} ?的?(?:创造者|发明者|创建者|之父) ?{_LATIN_PERSON}"),
        (("ACQUIRED", "Organization", ""), rf"{_LATIN} ?(?:公司)?收购了? ?{_MAKER}"),
        (("-ACQUIRED", "", "Organization"), rf"{_LATIN} ?(?:后来)?被 ?{_MAKER} ?(?:公司)?收购"),
        (
            ("PUBLISHED_ON", "Product", "Date"),
            rf"{_VERSION} ?[于在] ?(?P<tail>\d{{4}}年(?:\d{{1,2}}月(?:\d{{1,2}}日)?)?)(?:首次|正式)?发布",
        ),
    )
)
_OF_FOREIGN = re.compile("[开研]发|创始|首席|CEO|工程师|员工|副总裁|产品经理|作者|创造者|发明者|创建者|之父|收购|发布")
"""What every sentence has that one of these patterns fits."""
_SOMEBODY = re.compile("人|员|家|手|者|师|士|王|帝|后|妃|将|官|主席|总统|教授|导演|明星|字|号|生于|学者")
_NOBODY = re.compile(
    "[的是了在于由和年与及或他她它这该此其本我你们第每各某曾并亦也均则故后原现先都已就将从当]|公司|大学|学院|组织|球队|乐团|年间"
    "|家族|皇帝|国王|公爵|伯爵|先生|女士|领衔|监制|执导|没有|身为|正室|之[子女孙]|高中|中学|时期|时代|事件|实际|夫妇|父亲|母亲|儿子|女儿|妻子|丈夫|演员|歌手|作家|[王太]子|兄弟|姐妹|导演"
)
_NOTHING = re.compile(
    "^[该此其本这它他她我你们并亦也而且及与在于由从但因为至是]|^(?:公司|学校|总部|球队|全)|总部$|又名|[又也]称|分别|列出|分布|前身"
    "|[的是]|^现[时在]|[亦也均则都已曾现原为于在并其]$|国际$|^[^\u4e00-\u9fffA-Za-z]"
)
_ORGANIZATION = re.compile(
    "(?:公司|集团|大学|学院|中学|小学|学校|银行|医院|协会|学会|委员会|研究所|出版社|博物馆|航空|乐队|俱乐部|党)$"
)
_KIND = re.compile("..?(?:公司|集团|学院|学校|银行|医院|协会|学会|委员会|航空)|.{0,2}俱乐部")
_PLACE = re.compile(rf"{_LAND}(?={_UNIT})|{_UNIT}|{_LAND}$")


def stated(sentence: str) -> Iterator[Fact]:
    """The facts that a sentence states about what it begins with."""
    if (life := _LIFE.match(sentence)) and _SOMEBODY.search(sentence[life.end() : life.end() + 60]):
        for relation, end in (("BORN_ON", "birth"), ("DIED_ON", "death")):
            if life[end] and _somebody(life["head"]):
                yield Fact(Name(life["head"], "Person"), relation, Name(normalise_value(life[end], "Date"), "Date"))
    for (relation, head, tail), pattern in _STATED:
        if found := pattern.match(sentence):
            yield from _facts(relation, head, tail, found)


def stated_of_foreign(sentence: str) -> Iterator[Fact]:
    """The facts that a Chinese sentence states, anywhere, about things with names in Latin letters."""
    for (relation, head, tail), pattern in _FOREIGN if _OF_FOREIGN.search(sentence) else ():
        for found in pattern.finditer(sentence):
            value = normalise_value(found["tail"], "Date") if tail == "Date" else found["tail"]
            ends = Name(found["head"], head), Name(value, tail)
            swapped = relation.startswith("-")
            yield Fact(ends[swapped], relation.removeprefix("-"), ends[not swapped])


def _facts(relation: str, head: str, tail: str, found: re.Match[str]) -> Iterator[Fact]:
    subject = found["head"].strip()
    organization = bool(_ORGANIZATION.search(subject)) and not _KIND.fullmatch(subject)
    named = _NOTHING.search(subject) is None and len(subject) > 1
    if relation == "FOUNDED_ON" and not organization:
        return
    if not {"Person": _somebody(subject), "Work": True}.get(head, named):
        return
    if head == "Place" and organization:
        head = "Organization"
    parts = found.groupdict()
    if places := parts.get("places"):
        yield from _placed(Name(subject, head), relation, places)
    for said in [*re.split("[、和与及]", parts.get("tails") or ""), parts.get("tail") or ""]:
        if said and (tail != "Person" or _somebody(said)):
            value = normalise_value(said, "Date") if tail == "Date" else said
            yield Fact(Name(subject, head), relation, Name(value, tail))


def _placed(subject: Name, relation: str, places: str) -> Iterator[Fact]:
    """A chain of places, the widest first, "美国加利福尼亚州蒙特雷县": the thing is in each, each in the one before."""
    chain = [Name(place, "Place") for place in _PLACE.findall(places)]
    if not chain or "首都" in places or "".join(place.text for place in chain) != places:
        return
    for place in chain if relation == "LOCATED_IN" else chain[-1:]:
        wide = relation == "LOCATED_IN" and place.text in COUNTRIES
        yield Fact(subject, "COUNTRY" if wide else relation, place)
    for wider, place in pairwise(chain):
        yield Fact(place, "COUNTRY" if wider.text in COUNTRIES else "LOCATED_IN", wider)


def _somebody(name: str) -> bool:
    return name not in COUNTRIES and not _NOBODY.search(name) and (2 <= len(name) <= 4 or "·" in name)
