"""Numbers and units, from English and Chinese words."""

import pytest

from kgqa.text.quantities import normalise_quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("340 million", "340000000"),
        ("three hundred and forty million", "340000000"),
        ("3.4亿", "340000000"),
        ("三亿四千万", "340000000"),
        ("6710亿", "671000000000"),
        ("三千二百", "3200"),
        ("3,200", "3200"),
        ("一百二十三点四五", "123.45"),
        ("a dozen", "12"),
        ("half", "0.5"),
        ("三分之一", "1/3"),
        ("1/3", "1/3"),
    ],
)
def test_quantities_are_numbers(text: str, value: str) -> None:
    assert normalise_quantity(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$1.5bn", "1500000000 USD"),
        ("US$1.5 billion", "1500000000 USD"),
        ("one and a half billion dollars", "1500000000 USD"),
        ("15亿美元", "1500000000 USD"),
        ("1,234万元", "12340000 CNY"),
        ("100 million yuan", "100000000 CNY"),
        ("£20m", "20000000 GBP"),
        ("3%", "3 %"),
        ("3 per cent", "3 %"),
        ("百分之三", "3 %"),
        ("三成", "30 %"),
        ("两成半", "25 %"),
        ("千分之五", "5 ‰"),
        ("5 m", "5 m"),
        ("5 metres tall", "5 metres tall"),
        ("150万吨", "1500000 t"),
        ("1,000 km²", "1000 km²"),
        ("1000平方公里", "1000 km²"),
        ("-5 °C", "-5 °C"),
        ("零下五度", "-5 °C"),
        ("80岁", "80 years old"),
        ("3.4亿人", "340000000 people"),
        ("175B parameters", "175000000000 parameters"),
        ("340M parameters", "340000000 parameters"),
        ("1750亿个参数", "175000000000 parameters"),
        ("3个", "3"),
    ],
)
def test_quantities_keep_their_unit(text: str, value: str) -> None:
    assert normalise_quantity(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("about 340 million people", "~340000000 people"),
        ("500人左右", "~500 people"),
        ("more than 500 people", ">500 people"),
        ("超过500人", ">500 people"),
        ("300多万元", ">3000000 CNY"),
        ("at least 5 km", ">=5 km"),
        ("5公里以下", "<=5 km"),
        ("5 to 10 km", "5..10 km"),
        ("5至10公里", "5..10 km"),
        ("between 5 and 10 million", "5000000..10000000"),
        ("5-10%", "5..10 %"),
    ],
)
def test_quantities_that_are_not_exact_say_so(text: str, value: str) -> None:
    assert normalise_quantity(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "dozens",
        "hundreds of people",
        "几十",
        "数百万",
        "第一",
        "the first",
        "many",
        "a",
        "one and only",
        "个",
        "",
        "9" * 40,
        "٣",
    ],
)
def test_quantities_without_a_number_have_no_value(text: str) -> None:
    assert normalise_quantity(text) == ""
