"""The words of units and what they are written as in a value: SI symbols, ISO 4217 codes of currencies, plain words."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["CURRENCY_SIGNS", "UNITS"]

CURRENCY_SIGNS: Mapping[str, str] = {
    "us$": "USD", "$": "USD", "€": "EUR", "£": "GBP", "¥": "CNY", "hk$": "HKD", "nt$": "TWD", "a$": "AUD", "c$": "CAD",
    "₹": "INR", "₩": "KRW", "rmb": "CNY", "usd": "USD", "eur": "EUR", "gbp": "GBP", "jpy": "JPY", "cny": "CNY",
    "人民币": "CNY",
}  # fmt: skip
"""What stands before a sum of money. ``$`` is the United States' unless another country's letters precede it, ``¥``
is China's."""

_WORDS: Mapping[str, str] = {
    "%": "% | percent | per cent | 百分点 | 个百分点 | percentage point | percentage points",
    "‰": "‰ | per mille",
    "USD": "usd | us$ | dollar | dollars | us dollar | us dollars | u.s. dollars | 美元 | 美金",
    "EUR": "eur | € | euro | euros | 欧元",
    "GBP": "gbp | £ | pound sterling | pounds sterling | 英镑",
    "JPY": "jpy | yen | japanese yen | 日元 | 日圆",
    "CNY": "cny | rmb | yuan | renminbi | 元 | 元人民币 | 人民币 | 块钱 | 块 | 圆",
    "HKD": "hkd | hk$ | hong kong dollars | 港元 | 港币",
    "TWD": "twd | nt$ | new taiwan dollars | 新台币 | 元新台币",
    "INR": "inr | rupee | rupees | 卢比",
    "KRW": "krw | won | 韩元",
    "RUB": "rub | rouble | roubles | ruble | rubles | 卢布",
    "km": "km | kilometre | kilometres | kilometer | kilometers | 公里 | 千米",
    "m": "m | metre | metres | meter | meters | 米",
    "cm": "cm | centimetre | centimetres | centimeter | centimeters | 厘米 | 公分",
    "mm": "mm | millimetre | millimetres | millimeter | millimeters | 毫米",
    "nm": "nm | nanometre | nanometres | nanometer | nanometers | 纳米",
    "mi": "mi | mile | miles | 英里",
    "ft": "ft | foot | feet | 英尺",
    "in": "inch | inches | 英寸",
    "km²": "km² | km2 | sq km | square kilometre | square kilometres | square kilometer | square kilometers | 平方公里 "
    "| 平方千米",
    "m²": "m² | m2 | square metre | square metres | square meter | square meters | 平方米 | 平米",
    "ha": "ha | hectare | hectares | 公顷",
    "acre": "acre | acres | 英亩",
    "亩": "亩",
    "kg": "kg | kilogram | kilograms | kilo | kilos | 公斤 | 千克",
    "g": "g | gram | grams | 克",
    "t": "t | tonne | tonnes | metric ton | metric tons | 吨 | 公吨",
    "ton": "ton | tons",
    "lb": "lb | lbs | pound | pounds | 磅",
    "L": "l | litre | litres | liter | liters | 升 | 公升",
    "s": "s | second | seconds | 秒 | 秒钟",
    "min": "min | minute | minutes | 分钟",
    "h": "h | hour | hours | 小时 | 个小时 | 钟头",
    "days": "d | day | days | 天 | 日",
    "weeks": "week | weeks | 周 | 星期 | 个星期",
    "months": "month | months | 个月 | 月",
    "years": "year | years | 年",
    "years old": "years old | year old | year-old | 岁",
    "km/h": "km/h | kph | kilometres per hour | kilometers per hour | 公里每小时 | 公里/小时",
    "mph": "mph | miles per hour | 英里每小时",
    "°C": "°c | ℃ | degrees celsius | degree celsius | degrees centigrade | 摄氏度 | 度",
    "°F": "°f | ℉ | degrees fahrenheit | 华氏度",
    "kB": "kb | kilobyte | kilobytes",
    "MB": "mb | megabyte | megabytes | 兆字节",
    "GB": "gb | gigabyte | gigabytes | 吉字节",
    "TB": "tb | terabyte | terabytes | 太字节",
    "Hz": "hz | hertz | 赫兹 | 赫",
    "MHz": "mhz | megahertz | 兆赫",
    "GHz": "ghz | gigahertz | 吉赫",
    "W": "w | watt | watts | 瓦 | 瓦特",
    "kW": "kw | kilowatt | kilowatts | 千瓦",
    "MW": "mw | megawatt | megawatts | 兆瓦",
    "GW": "gw | gigawatt | gigawatts | 吉瓦",
    "kWh": "kwh | kilowatt-hour | kilowatt-hours | kilowatt hours | 千瓦时",
    "people": "people | person | persons | inhabitants | residents | 人 | 名 | 位 | 口人 | 人口",
    "parameters": "parameter | parameters | 参数 | 个参数",
    "times": "time | times | 次 | 倍 | fold",
    "": "个 | 只 | 件 | 项 | 条 | 部 | 家 | 所 | 台 | 辆 | 份 | 篇 | 本 | 张",
}

UNITS: Mapping[str, str] = {word.strip(): unit for unit, words in _WORDS.items() for word in words.split(" | ")}
"""Word of a unit in lower case → what it is written as; a Chinese measure word that only counts has none."""
