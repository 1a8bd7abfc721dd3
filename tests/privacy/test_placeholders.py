"""Placeholders: none twice, none like its neighbour."""

from kgqa.privacy.placeholders import PERSONS, of_number, of_person, only_number


def test_placeholders_of_people_differ_and_are_recognised() -> None:
    english = [of_person(number, "en") for number in range(10_000)]
    chinese = [of_person(number, "zh") for number in range(10_000)]
    assert len({*english, *chinese}) == 20_000
    assert all(PERSONS.fullmatch(placeholder) for placeholder in [*english[1:], *chinese[1:]])


def test_placeholders_of_neighbours_share_no_syllable() -> None:
    for number in range(1, 1000):
        one, other = of_person(number, "en")[8:-1], of_person(number + 1, "en")[8:-1]
        assert one[:2] != other[:2] and one[2:] != other[2:]


def test_placeholders_of_numbers_are_no_people() -> None:
    assert of_number(3, "PHONE") == "[PHONE3]" and only_number("[PHONE3]")
    assert not only_number("[PERSON-Bako]") and not PERSONS.search("[PHONE3]")
