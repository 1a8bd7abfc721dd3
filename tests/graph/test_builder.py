"""From extractions to keys and supports."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kgqa.graph.builder import DocumentGraph, build
from kgqa.graph.identity import is_own_name, name_key
from kgqa.types import Document, Extraction, Mention, Modality, Relation


def read(
    text: str,
    mentions: list[tuple[str, str]],
    relations: Sequence[tuple[int, str, int]] = (),
    clusters: Sequence[tuple[int, ...]] = (),
    language: str = "en",
    modality: Modality = Modality.ASSERTED,
) -> DocumentGraph:
    """The graph of a text whose mentions are given in its order; a name in lower case is a pronoun."""
    document = Document.create(uri="a.txt", title="A", text=text, language=language)
    found, place = [], 0
    for name, type in mentions:
        place = text.index(name, place)
        found.append(Mention(place, place + len(name), name, type, 0.9, nominal=name.islower() or name in "他她该公司"))
        place += len(name)
    pairs = tuple(Relation(h, t, kind, 0, len(text), 0.8, modality) for h, kind, t in relations)
    return build(document, [Extraction("chunk", tuple(found), pairs, tuple(clusters), "x@1")])


def keys(graph: DocumentGraph) -> list[str]:
    return [link.key for link in graph.links]


def test_a_relation_becomes_a_support_at_its_span() -> None:
    graph = read("Ada met Bob.", [("Ada", "Person"), ("Bob", "Person")], [(0, "MET", 1)])
    (support,) = graph.supports
    assert (support.subject, support.predicate, support.object) == (
        name_key("Ada", "Person"),
        "MET",
        name_key("Bob", "Person"),
    )
    assert (support.start, support.end, support.confidence) == (0, 12, 0.8)


@pytest.mark.parametrize("modality", [Modality.NEGATED, Modality.UNCERTAIN])
def test_only_what_is_asserted_becomes_a_support(modality: Modality) -> None:
    graph = read("Ada met Bob.", [("Ada", "Person"), ("Bob", "Person")], [(0, "MET", 1)], modality=modality)
    assert graph.supports == () and len(graph.links) == 2


@pytest.mark.parametrize(
    ("text", "mentions", "language"),
    [
        (
            "Ada Lovelace wrote. she met Bob.",
            [("Ada Lovelace", "Person"), ("she", "Reference"), ("Bob", "Person")],
            "en",
        ),
        ("王小明写信。他见了李雷。", [("王小明", "Person"), ("他", "Reference"), ("李雷", "Person")], "zh"),
    ],
)
def test_a_pronoun_stands_for_the_name_of_its_cluster(
    text: str, mentions: list[tuple[str, str]], language: str
) -> None:
    graph = read(text, mentions, [(1, "MET", 2)], [(0, 1)], language)
    assert keys(graph)[0] == keys(graph)[-1] != keys(graph)[1]
    assert graph.supports[0].subject == name_key(mentions[0][0], "Person")
    assert [link.type for link in graph.links if not link.name] == ["Person"]


def test_a_pronoun_without_a_name_makes_no_entity_and_no_support() -> None:
    graph = read(
        "she met Bob. she left.",
        [("she", "Reference"), ("Bob", "Person"), ("she", "Reference")],
        [(0, "MET", 1)],
        [(0, 2)],
    )
    assert keys(graph) == [name_key("Bob", "Person")] and graph.supports == ()


def test_a_pronoun_prefers_a_name_of_its_own_type_then_the_longest() -> None:
    text = "Acme Corporation hired Ada. Ada Lovelace wrote. she left."
    mentions = [("Acme Corporation", "Organization"), ("Ada", "Person"), ("Ada Lovelace", "Person"), ("she", "Person")]
    graph = read(text, mentions, clusters=[(0, 1, 2, 3)])
    assert graph.links[-1].key == name_key("Ada Lovelace", "Person")


@pytest.mark.parametrize(
    ("full", "short"),
    [("Geoffrey Hinton", "Hinton"), ("Geoffrey Hinton", "Geoffrey"), ("梁文锋", "文锋"), ("杰弗里·辛顿", "辛顿")],
)
def test_a_short_form_of_a_person_joins_the_full_name(full: str, short: str) -> None:
    graph = read(f"{full} wrote. {short} left.", [(full, "Person"), (short, "Person")])
    assert set(keys(graph)) == {name_key(full, "Person")}


def test_a_short_form_of_two_people_stays_alone() -> None:
    people = [("Ada King", "Person"), ("Bob King", "Person"), ("King", "Person")]
    graph = read("Ada King met Bob King. King left.", people)
    assert keys(graph)[2] == name_key("King", "Person")


def test_a_short_form_joins_the_fullest_of_one_persons_names() -> None:
    people = [("Geoffrey Everest Hinton", "Person"), ("Everest Hinton", "Person"), ("Hinton", "Person")]
    graph = read("Geoffrey Everest Hinton, Everest Hinton, Hinton.", people)
    assert set(keys(graph)) == {name_key("Geoffrey Everest Hinton", "Person")}


def test_short_forms_are_for_people_only() -> None:
    graph = read("New York and York.", [("New York", "Place"), ("York", "Place")])
    assert len(set(keys(graph))) == 2


@pytest.mark.parametrize(
    ("full", "short", "language"),
    [
        ("Massachusetts Institute of Technology", "MIT", "en"),
        ("Beijing Academy of Artificial Intelligence", "BAAI", "en"),
        ("北京智源人工智能研究院", "智源研究院", "zh"),
        ("深度求索", "DeepSeek", "zh"),
        ("Tsinghua University", "清华大学", "en"),
    ],
)
def test_a_name_in_brackets_is_defined_by_the_one_before(full: str, short: str, language: str) -> None:
    text = f"{full}（{short}）. {short}." if language == "zh" else f"{full} ({short}). {short}."
    graph = read(text, [(full, "Organization"), (short, "Organization"), (short, "Organization")], language=language)
    assert set(keys(graph)) == {name_key(full, "Organization")}
    (definition,) = graph.definitions
    assert text[definition.start : definition.end].startswith(full)
    assert (definition.short, definition.full) == (name_key(short, "Organization"), name_key(full, "Organization"))


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("Apple (Google)", [("Apple", "Organization"), ("Google", "Organization")]),
        ("Fei-Fei Li (Stanford)", [("Fei-Fei Li", "Person"), ("Stanford", "Organization")]),
        ("Apple (with Anna)", [("Apple", "Organization"), ("Anna", "Organization")]),
        (
            "Institute (Massachusetts Institute)",
            [("Institute", "Organization"), ("Massachusetts Institute", "Organization")],
        ),
    ],
)
def test_other_names_in_brackets_define_nothing(text: str, mentions: list[tuple[str, str]]) -> None:
    graph = read(text, mentions)
    assert graph.definitions == () and len(set(keys(graph))) == 2


def test_a_name_has_one_type_in_a_document_unless_both_are_frequent() -> None:
    mentions = [("Claude", "Product")] * 3 + [("Claude", "Person")]
    assert len(set(keys(read("Claude, Claude, Claude, Claude.", mentions)))) == 1
    assert len(set(keys(read("Claude, Claude.", [("Claude", "Product"), ("Claude", "Person")])))) == 2


def test_a_relation_of_a_thing_with_itself_is_dropped() -> None:
    text = "Massachusetts Institute of Technology (MIT)"
    mentions = [("Massachusetts Institute of Technology", "Organization"), ("MIT", "Organization")]
    assert read(text, mentions, [(0, "PART_OF", 1)]).supports == ()


def test_a_name_without_letters_is_left_out() -> None:
    graph = read("?! met Bob. \u200b", [("?!", "Person"), ("Bob", "Person"), ("\u200b", "Person")])
    assert name_key("Bob", "Person") in keys(graph)
    assert "" not in keys(graph)


def test_the_same_fact_read_twice_in_one_span_keeps_the_surer() -> None:
    document = Document.create(uri="a", title="A", text="Ada met Bob.", language="en")
    mentions = (
        Mention(0, 3, "Ada", "Person", 0.5),
        Mention(8, 11, "Bob", "Person", 0.9),
        Mention(0, 3, "Ada", "Person", 0.7),
    )
    relations = (Relation(0, 1, "MET", 0, 12, 0.4), Relation(2, 1, "MET", 0, 12, 0.6))
    graph = build(document, [Extraction("chunk", mentions, relations)])
    assert [support.confidence for support in graph.supports] == [0.6]
    assert [link.confidence for link in graph.links] == [0.7, 0.9]


def test_a_wider_span_is_no_evidence_beside_a_narrower_one() -> None:
    document = Document.create(uri="a", title="A", text="He came. Ada met Bob. Ada met Bob.", language="en")
    mentions = (Mention(9, 12, "Ada", "Person"), Mention(17, 20, "Bob", "Person"))
    spans = [(0, 21), (9, 21), (9, 34), (22, 34), (0, 8)]
    relations = (*(Relation(0, 1, "MET", *span) for span in spans[:4]), Relation(1, 0, "MET", *spans[4]))
    graph = build(document, [Extraction("chunk", mentions, relations)])
    assert sorted((support.start, support.end) for support in graph.supports) == [(0, 8), (9, 21), (22, 34)]


@pytest.mark.parametrize("span", [(-1, 3), (0, 99), (3, 3), (5, 2)])
def test_offsets_outside_the_text_are_refused(span: tuple[int, int]) -> None:
    document = Document.create(uri="a", title="A", text="Ada met Bob.", language="en")
    with pytest.raises(ValueError, match="12 characters"):
        build(document, [Extraction("chunk", (Mention(*span, "Ada", "Person"),))])


def test_ten_thousand_people_take_no_time() -> None:
    """Each name is looked up, not compared with every other."""
    names = [f"Given{n % 100} Family{n}" for n in range(10_000)]
    text = ". ".join(names)
    graph = read(text, [(name, "Person") for name in names])
    assert len(set(keys(graph))) == 10_000


def test_a_type_of_ones_own_keeps_the_identity_of_the_wider_one() -> None:
    document = Document.create(uri="a.txt", title="A", text="Lua met Ada Byron. Byron wrote.", language="en")
    mentions = (
        Mention(0, 3, "Lua", "ProgrammingLanguage", kind="Product"),
        Mention(8, 17, "Ada Byron", "Poet", kind="Person"),
        Mention(19, 24, "Byron", "Poet", kind="Person"),
    )
    graph = build(document, [Extraction("chunk", mentions, extractor="x@1")])
    assert [link.type for link in graph.links] == ["ProgrammingLanguage", "Poet", "Poet"]
    assert keys(graph) == [name_key("Lua", "Product"), *[name_key("Ada Byron", "Person")] * 2]
    assert is_own_name(name_key("Lua", "Product"), "Lua", "ProgrammingLanguage")
    assert not is_own_name(name_key("Ada Byron", "Person"), "Byron", "Poet")
