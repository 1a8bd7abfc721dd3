"""Annotated data in the field's forms, and what is said where it has a fault."""

import json
from pathlib import Path

import pytest

from kgqa.errors import DataError
from kgqa.extraction import Schema
from kgqa.pipelines.training.formats import (
    FORMATS,
    guess_format,
    read_examples,
    read_labelled,
    refuse_strange,
)
from kgqa.pipelines.training.formats_tagged import join_tokens
from kgqa.pipelines.training.labels import LabelMap
from kgqa.types import Example, Modality


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def spans(example: Example) -> list[tuple[str, str]]:
    assert all(example.text[m.start : m.end] == m.text for m in example.mentions)
    return [(mention.text, mention.type) for mention in example.mentions]


BIO = "Marie\tB-PER\nCurie\tI-PER\nworked\tO\nin\tO\nParis\tB-LOC\n.\tO\n\n她\tO\n在\tO\n巴\tB-LOC\n黎\tI-LOC\n"
BMES = "Marie B-PER\nCurie E-PER\nworked O\nin O\nParis S-LOC\n. O\n\n她 O\n在 O\n巴 B-LOC\n黎 E-LOC\n"
IO = BIO.replace("\tO", " XX O").replace("\tB-", " NNP I-").replace("\tI-", " NNP I-")


@pytest.mark.parametrize("text", [BIO, BMES, IO, BIO.replace("\n", "\r\n")], ids=["bio", "bmes", "io", "crlf"])
def test_tagged_tokens_become_text_and_spans(tmp_path: Path, text: str) -> None:
    english, chinese = read_examples(write(tmp_path, "a.conll", text), "bio")
    assert (english.text, chinese.text) == ("Marie Curie worked in Paris.", "她在巴黎")
    assert spans(english) == [("Marie Curie", "Person"), ("Paris", "Place")]
    assert spans(chinese) == [("巴黎", "Place")]
    assert english.annotated_types == chinese.annotated_types == {"Person", "Place"}
    assert chinese.source.startswith("a.conll:")


def test_tokens_that_are_numbers_stay_where_a_file_does_not_number_its_tokens(tmp_path: Path) -> None:
    rows = ["1996 CD I-NP O", "saw VBD I-VP O", "Bo NNP I-NP I-PER", "22 CD I-NP O", "", "3 CD I-NP O"]
    found = read_examples(write(tmp_path, "a.conll", "\n".join(rows)), "bio")
    assert [example.text for example in found] == ["1996 saw Bo 22", "3"]


def test_the_numbers_of_characters_in_words_are_left_out(tmp_path: Path) -> None:
    tokens = ["2", "0", "元", "张", "三", *"Bonaparteville"]
    places = [0, 1, 0, 0, 1, *range(14)]
    tags = ["O", "O", "O", "B-PER", "I-PER", *["O"] * 14]
    rows = [f"{token}{place}\t{tag}" for token, place, tag in zip(tokens, places, tags, strict=True)]
    (example,) = read_examples(write(tmp_path, "weibo.conll", "\n".join(rows)), "bio")
    assert spans(example) == [("张三", "Person")] and not set(example.text) & set("13456789")


def test_the_raw_text_of_a_sentence_is_kept(tmp_path: Path) -> None:
    tagged = zip(['"', "Hi", '"', ",", "Bo", "!"], ["O", "O", "O", "O", "B-PER", "O"], strict=True)
    rows = [f"{n}\t{token}\t{tag}\t-\tx" for n, (token, tag) in enumerate(tagged, 1)]
    text = "\n".join(['# text = "Hi" , Bo!', *rows, ""])
    (example,) = read_examples(write(tmp_path, "a.iob2", text), "bio")
    assert example.text == '"Hi" , Bo!'
    assert spans(example) == [("Bo", "Person")]


def test_joined_tokens_are_where_they_are_said_to_be() -> None:
    tokens = ["She", "said", "(", "in", "2019", ")", ",", '"', "no", '"', ".", "他", "说", "OK"]
    text, offsets = join_tokens(tokens)
    assert text == 'She said (in 2019), "no".他说OK'
    assert [text[start:end] for start, end in offsets] == tokens


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Paris B-LOC\nLyon\n", "line 2: no tag"),
        ("\n\n", "holds no annotated sentence"),
    ],
)
def test_a_faulty_tagged_file_names_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, "a.conll", text)
    with pytest.raises(DataError, match=said) as caught:
        read_examples(path, "bio")
    assert "a.conll" in str(caught.value)


def test_spans_with_relations(tmp_path: Path) -> None:
    item = {
        "text": "Bo founded Acme.",
        "spans": [{"start": 0, "end": 2, "label": "PER"}, {"start": 11, "end": 15, "label": "ORG"}],
        "relations": [{"head": 1, "child": 0, "label": "FOUNDED_BY"}, {"head": 0, "child": 1, "label": "unheard of"}],
    }
    (example,) = read_examples(write(tmp_path, "a.jsonl", json.dumps(item) + "\n\n"))
    assert spans(example) == [("Bo", "Person"), ("Acme", "Organization")]
    assert [(r.head, r.tail, r.type, r.start, r.end) for r in example.relations] == [(1, 0, "FOUNDED_BY", 0, 15)]
    assert example.annotated_types == {"Person", "Organization", "FOUNDED_BY"}


def test_spans_as_spacy_and_prodigy_write_them(tmp_path: Path) -> None:
    lines = [
        {"text": "Bo left.", "entities": [[0, 2, "PER"]]},
        {"text": "Bo left.", "ents": [{"start": 0, "end": 2, "label": "PERSON"}]},
        {"text": "Bo left.", "spans": [{"start": 3, "end": 7, "label": "PERSON"}], "answer": "reject"},
        {
            "text": "Bo founded Acme.",
            "spans": [{"start": 0, "end": 2, "label": "PER"}, {"start": 11, "end": 15, "label": "ORG"}],
            "relations": [
                {
                    "head": 2,
                    "child": 0,
                    "label": "FOUNDED_BY",
                    "head_span": {"start": 11, "end": 15},
                    "child_span": {"start": 0, "end": 2},
                }
            ],
            "answer": "accept",
        },
    ]
    path = write(tmp_path, "a.jsonl", "\n".join(map(json.dumps, lines)))
    read = read_examples(path, "prodigy")
    assert [spans(example) for example in read] == [
        [("Bo", "Person")],
        [("Bo", "Person")],
        [("Bo", "Person"), ("Acme", "Organization")],
    ]
    assert [(r.head, r.tail) for r in read[2].relations] == [(1, 0)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            '{"text": "Bo Li Wu", "entities": [[0, 5, "PER"], [3, 8, "ORG"]]}',
            r"spans 0–5 \('Bo Li'\) and 3–8 \('Li Wu'\) overlap",
        ),
        ('{"text": "Bo", "entities": [[0, 2]]}', "ValueError"),
        ('{"text": "Bo", "spans": [{"start": 0, "end": 9, "label": "PER"}]}', "span 0–9 lies outside"),
        ('{"text": "Bo", "spans": [{"start": 0}]}', "KeyError"),
        ('{"text": "Bo", "relations": [{"head": 0, "child": 1, "label": "SPOUSE"}]}', "not there"),
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
    ],
)
def test_faulty_spans_name_file_and_line(tmp_path: Path, line: str, said: str) -> None:
    path = write(tmp_path, "a.jsonl", '{"text": "fine"}\n' + line + "\n")
    with pytest.raises(DataError, match=said) as caught:
        read_examples(path)
    assert "a.jsonl, line 2" in str(caught.value)


TEXT = "Bo's army attacked Acme. It did not win.\n"
ANN = """T1	PER 0 2	Bo
T2	ORG 19 23	Acme
T3	Attack 10 18	attacked
T4	Killing 36 39	win
T5	Reference 25 27	It
T6	PER 0 2;5 9	Bo army
E1	Attack:T3 Assailant:T1 Victim2:T2
E2	Killing:T4
A1	Negation E2
R1	MEMBER_OF Arg1:T1 Arg2:T2
R2	Coref Anaphora:T5 Antecedent:T1
N1	Reference T1 Wikidata:Q1	Bo
#1	AnnotatorNotes T1	a note
"""


def test_brats_standoff(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", TEXT)
    (example,) = read_examples(write(tmp_path, "a.ann", ANN))
    assert spans(example) == [("Bo", "Person"), ("Acme", "Organization"), ("It", "Reference"), ("Bo's army", "Person")]
    assert [(r.head, r.type, r.tail) for r in example.relations] == [(0, "MEMBER_OF", 1)]
    assert example.clusters == ((0, 2),)
    attack, killing = example.events
    assert (attack.text, attack.type, attack.modality) == ("attacked", "Attack", Modality.ASSERTED)
    assert [(a.role, a.text) for a in attack.arguments] == [("ASSAILANT", "Bo"), ("VICTIM", "Acme")]
    assert (killing.type, killing.modality) == ("Killing", Modality.NEGATED)
    assert {"Person", "MEMBER_OF", "Attack"} <= example.annotated_types
    assert read_examples(tmp_path, "brat") == [example]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("T1	PER 0 90	Bo", "span 0–90 lies outside of the text, which has 41 characters"),
        ("T1	PER 0 2	Bob", "span 0–2 is 'Bo' in the text, not 'Bob'"),
        ("T1	PER", "not brat's form"),
        ("R1	MEMBER_OF Arg1:T8 Arg2:T9", "there is no mention T8"),
        ("E1	Attack:T8", "there is no span T8"),
        ("Q1	what", "begins with T, R"),
    ],
)
def test_faulty_standoff_names_file_and_line(tmp_path: Path, line: str, said: str) -> None:
    write(tmp_path, "a.txt", TEXT)
    with pytest.raises(DataError, match=said) as caught:
        read_examples(write(tmp_path, "a.ann", f"T7	PER 0 2	Bo\n{line}\n"), "brat")
    assert "a.ann, line 2" in str(caught.value)


def test_labels_that_the_schema_lacks_are_counted_and_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a.conll", "Bo B-PER\nNautilus B-SHIP\n\nOrca B-SHIP\nEbb B-TIDE\n")
    examples, strange = read_labelled(path)
    assert len(examples) == 2 and strange.all == strange.entities == {"SHIP": 2, "TIDE": 1}
    with pytest.raises(DataError, match=r"a\.conll, line 2: the label SHIP is no type of the schema\. Nor are TIDE"):
        refuse_strange(path, strange.all)
    table = write(tmp_path, "labels.toml", '[entities]\nPER = "Person"\nSHIP = ""\nTIDE = ""\n')
    assert read_labelled(path, labels=table)[1].all == {}
    refuse_strange(path, {})


def test_a_table_of_labels_names_types_of_the_schema(tmp_path: Path) -> None:
    path = write(tmp_path, "a.conll", "Bo B-PER\n")
    table = write(tmp_path, "labels.toml", '[entities]\nPER = "Person"\nSHIP = "Vessel"\n')
    with pytest.raises(DataError, match=r"labels\.toml, line 3: the schema has no Vessel among its entities"):
        read_labelled(path, labels=table)


def test_a_document_of_docred(tmp_path: Path) -> None:
    document = {
        "sents": [["Acme", "was", "founded", "by", "Bo", "."], ["Bo", "lives", "in", "Paris", "."]],
        "vertexSet": [
            [{"sent_id": 0, "pos": [0, 1], "type": "ORG"}],
            [{"sent_id": 0, "pos": [4, 5], "type": "PER"}, {"sent_id": 1, "pos": [0, 1], "type": "PER"}],
            [{"sent_id": 1, "pos": [3, 4], "type": "LOC"}],
        ],
        "labels": [{"h": 0, "t": 1, "r": "P112"}, {"h": 1, "t": 2, "r": "P551"}],
    }
    (example,) = read_examples(write(tmp_path, "a.json", json.dumps([document])))
    assert example.text == "Acme was founded by Bo. Bo lives in Paris."
    facts = {(example.mentions[r.head].start, r.type, example.mentions[r.tail].text) for r in example.relations}
    assert facts == {(0, "FOUNDED_BY", "Bo"), (24, "RESIDENCE", "Paris")}  # in one sentence, not across
    assert example.clusters == ((1, 2),)


def test_a_passage_of_knowledgenet(tmp_path: Path) -> None:
    fact = {"propertyId": "9", "subjectStart": 10, "subjectEnd": 12, "objectStart": 21, "objectEnd": 25}
    passage = {
        "passageText": "He went to MIT.. ",
        "passageStart": 10,
        "exhaustivelyAnnotatedProperties": [{"propertyId": "9", "propertyName": "EDUCATED_AT"}],
        "facts": [{**fact, "subjectUri": "", "objectUri": ""}],
    }
    path = write(tmp_path, "facts.jsonl", json.dumps({"passages": [passage]}))
    (example,) = read_examples(path, "knowledgenet")
    assert spans(example) == [("He", "Reference"), ("MIT.", "Organization")]
    assert example.mentions[0].nominal and example.annotated_types == {"EDUCATED_AT"}
    assert [(r.head, r.type, r.tail) for r in example.relations] == [(0, "EDUCATED_AT", 1)]


def test_single_pairs_of_finre_are_turned_to_the_schemas_direction(tmp_path: Path) -> None:
    sentence = "甲公司持有乙公司股份"
    lines = [f"甲公司\t乙公司\t拥有\t{sentence}", "", f"乙公司\t甲公司\tunknown\t{sentence}", ""]
    path = write(tmp_path, "a.txt", "\n".join(lines))
    (example,) = read_examples(path, "finre")
    found = [(example.mentions[r.head].text, r.type, example.mentions[r.tail].text) for r in example.relations]
    assert found == [("乙公司", "OWNED_BY", "甲公司"), ("乙公司", "", "甲公司")]  # judged to have none
    with pytest.raises(DataError, match="line 1: 2 columns"):
        read_examples(write(tmp_path, "b.txt", "甲\t乙\n"), "finre")


SEMEVAL = """1\t"The <e1>fire</e1> was caused by a <e2>spark</e2>."
Cause-Effect(e2,e1)
Comment: not <e1>x</e1>

2\t"A <e1>man</e1> saw a <e2>tree</e2>."
Other
Comment:

3\t"A <e1>man</e1> ate a <e2>pear</e2>."
Eater-Eaten(e1,e2)
Comment:
"""


@pytest.mark.parametrize("text", [SEMEVAL, SEMEVAL.replace("\n", "\r\n")])
def test_marked_pairs_of_semeval(tmp_path: Path, text: str) -> None:
    read = read_examples(write(tmp_path, "a.txt", text), "semeval")
    assert [(r.head, r.type, r.tail) for example in read for r in example.relations] == [
        (1, "CAUSE_OF", 0),
        (0, "", 1),
        (0, "Eater-Eaten", 1),  # as the data calls it: the schema has no such relation
    ]
    assert read[0].text == "The fire was caused by a spark."
    assert spans(read[0]) == [("fire", ""), ("spark", "")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('1\t"A <e1>man</e1> left."\nOther\n', "line 1: not SemEval's form"),
        ('1\t"A <e1>man</e1> ate a <e2>pear</e2>."\nComment:\n', "line 1: not SemEval's form"),
        ("A man left.\n", "holds no sentence"),
    ],
)
def test_faulty_marked_pairs_are_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_examples(write(tmp_path, "a.txt", text), "semeval")


def test_the_pronoun_of_gap_is_with_the_name_that_it_stands_for(tmp_path: Path) -> None:
    columns = ["ID", "Text", "Pronoun", "Pronoun-offset", "A", "A-offset", "A-coref", "B", "B-offset", "B-coref", "URL"]
    row = ["1", "Ann met Bea. She left.", "She", "13", "Ann", "0", "FALSE", "Bea", "8", "TRUE", "x"]
    (example,) = read_examples(write(tmp_path, "a.tsv", "\t".join(columns) + "\n" + "\t".join(row) + "\n"))
    assert spans(example) == [("She", "Reference"), ("Ann", "Person"), ("Bea", "Person")]
    assert example.clusters == ((0, 2),)


def test_unknown_formats_and_missing_files_are_named(tmp_path: Path) -> None:
    path = write(tmp_path, "a.xyz", "")
    with pytest.raises(DataError, match="no format 'bart'"):
        read_examples(path, "bart")
    with pytest.raises(DataError, match="ending does not tell"):
        guess_format(path)
    with pytest.raises(DataError, match="does not exist"):
        read_examples(tmp_path / "none.conll")


def test_every_label_of_the_shipped_table_is_in_the_schema() -> None:
    labels = LabelMap.load(Schema.load())
    assert all(labels.entity(label) for label in labels.entities)
    assert all(labels.relation(label)[0] for label in labels.relations)
    assert labels.relation("P40") == ("CHILD_OF", True)
    assert labels.entity("musicalinstrument") == ""


def test_every_format_has_a_reader_that_names_a_missing_column(tmp_path: Path) -> None:
    path = write(tmp_path, "data", "{]")
    for name in sorted(FORMATS.keys() - {"litbank"}):  # a folder
        with pytest.raises(DataError):
            read_examples(path, name)


GENEVA = {
    "tokens": ["Bo", "'s", "army", "attacked", "Acme", "in", "May", "."],
    "entity_mentions": [{"id": "a", "start": 0, "end": 3}, {"id": "b", "start": 4, "end": 5}],
    "event_mentions": [
        {
            "event_type": "Attack",
            "trigger": {"start": 3, "end": 4},
            "arguments": [{"entity_id": "a", "role": "Assailant"}, {"entity_id": "b", "role": "Victim"}],
        },
        {"event_type": "Unheard_of", "trigger": {"start": 6, "end": 7}, "arguments": []},
    ],
}
FEWFC = {
    "content": "甲公司将股份质押给乙银行。",
    "events": [
        {
            "type": "质押",
            "mentions": [
                {"span": [6, 8], "role": "trigger"},
                {"span": [0, 3], "role": "sub-org"},
                {"span": [9, 12], "role": "obj-org"},
                {"span": [4, 6], "role": "collateral"},
            ],
        }
    ],
}
PHEE = {
    "context": "A man got ill from insulin for diabetes.",
    "annotations": [
        {
            "events": [
                {
                    "event_type": "Adverse_event",
                    "Trigger": {"text": [["from"]], "start": [[14]]},
                    "Subject": {"text": [["A man"]], "start": [[0]], "Gender": {"text": [["man"]], "start": [[2]]}},
                    "Treatment": {
                        "text": [["insulin"]],
                        "start": [[19]],
                        "Combination": [{"Drug": {"text": [["insulin"]], "start": [[19]]}}],
                    },
                }
            ]
        }
    ],
}


def arguments(example: Example) -> list[tuple[str, str, str, str]]:
    return [(e.type, e.text, a.role, example.text[a.start : a.end]) for e in example.events for a in e.arguments]


def test_events_of_geneva(tmp_path: Path) -> None:
    (example,) = read_examples(write(tmp_path, "a.jsonl", json.dumps(GENEVA)), "geneva")
    assert example.text == "Bo's army attacked Acme in May."
    found = [("Attack", "attacked", "ASSAILANT", "Bo's army"), ("Attack", "attacked", "VICTIM", "Acme")]
    assert arguments(example) == found
    assert [event.type for event in example.events] == ["Attack", "Unheard_of"]
    assert example.annotated_types == {"Attack"}


def test_events_of_fewfc(tmp_path: Path) -> None:
    (example,) = read_examples(write(tmp_path, "a.json", json.dumps(FEWFC, ensure_ascii=False)), "fewfc")
    assert set(arguments(example)) == {
        ("SharePledge", "质押", "SUBJECT_ORGANIZATION", "甲公司"),
        ("SharePledge", "质押", "OBJECT_ORGANIZATION", "乙银行"),
        ("SharePledge", "质押", "COLLATERAL", "股份"),
    }


def test_events_of_phee_with_arguments_of_arguments(tmp_path: Path) -> None:
    (example,) = read_examples(write(tmp_path, "a.json", json.dumps(PHEE)), "phee")
    assert {(role, text) for _, _, role, text in arguments(example)} == {
        ("TREATED_PERSON", "A man"),
        ("GENDER", "man"),
        ("TREATMENT", "insulin"),
        ("COMBINED_DRUG", "insulin"),
    }


@pytest.mark.parametrize(
    ("format", "item", "said"),
    [
        ("geneva", {**GENEVA, "entity_mentions": []}, "line 1: not GENEVA's form"),
        ("geneva", {**GENEVA, "tokens": ["Bo"]}, "tokens 3 to 4 of 1"),
        ("fewfc", {**FEWFC, "content": "甲公司"}, "span 6–8 of 质押 lies outside of the text, which has 3 characters"),
        ("fewfc", {"content": "甲", "events": [{"type": "质押", "mentions": []}]}, "line 1: not FewFC's form"),
        ("phee", {"context": "A man"}, "line 1: not PHEE's form"),
    ],
)
def test_faulty_events_name_file_and_line(tmp_path: Path, format: str, item: dict[str, object], said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        read_examples(write(tmp_path, "a.jsonl", json.dumps(item)), format)
    assert "a.jsonl, line 1" in str(caught.value)


def test_labels_of_events_are_written_as_the_schema_does() -> None:
    labels = LabelMap.load(Schema.load())
    assert labels.event("Commerce_money-transfer") == "" and labels.event("Sign_agreement") == "SignAgreement"
    assert all(labels.event(label) for label in labels.events)
    assert labels.role("Employment", "Employer") == "EMPLOYING_PARTY" != labels.role("Attack", "Employer")
    assert labels.role("Adverse_event", "Subject") == "TREATED_PERSON"
    assert labels.role("Education_teaching", "Subject") == "SUBJECT"
    roles = {*labels.schema.roles}
    assert set(labels.roles.values()) <= roles
    assert {role for event in labels.schema.events.values() for role in event.roles} == roles
