"""The reader's data, windows, losses and calibration."""

from __future__ import annotations

import json
import lzma
import random
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: E402
from torch import nn  # noqa: E402

from kgqa.encoder import Session  # noqa: E402
from kgqa.errors import DataError  # noqa: E402
from kgqa.extraction.schema import Schema  # noqa: E402
from kgqa.pipelines.evaluation.reading import is_right, report_half, span_f1  # noqa: E402
from kgqa.pipelines.training import reader_corpora, reader_data  # noqa: E402
from kgqa.pipelines.training.bilingual import EncoderLayer, EncoderShape  # noqa: E402
from kgqa.pipelines.training.export import export_top  # noqa: E402
from kgqa.pipelines.training.reader_calibration import (  # noqa: E402
    SIGNS,
    PieceSearch,
    _logistic,
    _signed_logistic,
    _threshold,
)
from kgqa.pipelines.training.reader_corpora import read_training  # noqa: E402
from kgqa.pipelines.training.reader_data import Question, ask_elsewhere, read_development, swap_subjects  # noqa: E402
from kgqa.pipelines.training.reader_dialogues import FILES, dialogue_questions, read_dialogue_questions  # noqa: E402
from kgqa.pipelines.training.reader_facts import TEMPLATES, fact_questions, read_templates  # noqa: E402
from kgqa.pipelines.training.reader_model import ReaderTop, reading_loss  # noqa: E402
from kgqa.pipelines.training.reader_windows import batches, collate, windows  # noqa: E402
from kgqa.types import Example, Mention, Relation  # noqa: E402

PARIS = Question("1", "Where is the Louvre ?", "The Louvre is in Paris .", ((17, 22),), "en", "1")
NOWHERE = Question("1-neg", "Where is the Louvre ?", "Rome is old .", (), "en", "1")


def tokenizer() -> Tokenizer:
    words = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "Where",
        "is",
        "the",
        "Louvre",
        "?",
        "The",
        "in",
        "Paris",
        ".",
        "Rome",
        "old",
    ]
    words += [f"w{n}" for n in range(400)]
    made = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return made


def small_top() -> ReaderTop:
    torch.manual_seed(1)
    shape = EncoderShape(vocab_size=500, hidden_size=12, num_attention_heads=2, intermediate_size=24)
    return ReaderTop(nn.ModuleList([EncoderLayer(shape)]), hidden=12)


def write_set(folder: Path, name: str, rows: list[dict[str, object]]) -> None:
    (folder / "reading").mkdir(exist_ok=True)
    with lzma.open(folder / "reading" / f"{name}.jsonl.xz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def row(id: str, context: str, answers: list[str], language: str = "en") -> dict[str, object]:
    found = [{"text": answer, "start": context.index(answer)} for answer in answers]
    return {"id": id, "question": f"Question {id}?", "context": context, "answers": found, "lang": language}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    parts = [part for part in reader_corpora.TRAINING_SETS if part.name in {"cmrc2018_train", "qamr", "clapnq_dev"}]
    monkeypatch.setattr(reader_corpora, "TRAINING_SETS", parts)
    for name in ("read_fact_questions", "read_dialogue_questions"):
        monkeypatch.setattr(reader_corpora, name, lambda data, seed: [])
    write_set(tmp_path, "cmrc2018_train", [row("T1", "范廷颂生于1919年。", ["1919年"], "zh")])
    write_set(tmp_path, "clapnq_dev", [row("C1", "A b c.", ["b"]), row("C2", "A b c.", [])])
    sentences = [
        row(f"qamr-dev-Wiki1k:wiki:7:0:{n}-0_1-0", f"Sentence {n} names thing{n}.", [f"thing{n}"]) for n in range(8)
    ]
    write_set(tmp_path, "qamr", sentences)
    return tmp_path


def test_read_training_takes_shares_and_keeps_offsets_true(data: Path) -> None:
    questions = read_training(data, seed=3)
    assert sorted(question.id[:4] for question in questions) == ["C2", "T1", *["qamr"] * 4]
    for question in questions:
        assert [question.context[a:b] for a, b in question.answers] or question.id == "C2"
        if question.id.startswith("qamr"):
            number = question.id.split(":")[-1][0]
            assert [question.context[a:b] for a, b in question.answers] == [f"thing{number}"]
    assert read_training(data, seed=3) == questions


def test_read_training_names_the_line_whose_answer_is_elsewhere(data: Path) -> None:
    wrong = row("T1", "abc", ["b"])
    wrong["context"] = "xabc"
    write_set(data, "cmrc2018_train", [wrong])
    with pytest.raises(DataError, match=r"cmrc2018_train\.jsonl\.xz:1: answer 'b' is not at character 1"):
        read_training(data, seed=1)


def test_read_training_says_which_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cmrc2018_train\.jsonl\.xz cannot be read"):
        read_training(tmp_path, seed=1)


TEMPLATE_LIBRARY = [
    {"template_key": {"p": "P112", "s_types": ["Q43229"], "o_types": ["Q5"]}, "templates": [
        {"left": "who founded ", "right": " ?"}]},
    {"template_key": {"p": "-P112", "s_types": ["Q5"], "o_types": ["Q43229"]}, "templates": [
        {"left": "what is ", "right": " 's company?"}]},
    {"template_key": {"p": "P112", "s_types": ["Q43229"], "o_types": ["Q43229"]}, "templates": [
        {"left": "which organization founded ", "right": "?"}]},
    {"template_key": {"p": "P159", "s_types": ["Q43229"], "o_types": ["Q515"]}, "templates": [
        {"left": "where is ", "right": " based?"}]},
]  # fmt: skip
FOUNDING = "Acme Corporation was founded by Ada Lee and Bo Chen . Lee left Acme ."


def founding() -> Example:
    names = {"Acme Corporation": "Organization", "Ada Lee": "Person", "Bo Chen": "Person"}
    mentions = [mention(FOUNDING, name, kind) for name, kind in names.items()]
    mentions += [mention(FOUNDING, "Lee left", "Person", len("Lee")), mention(FOUNDING, "Acme .", "Organization", 4)]
    facts = tuple(Relation(0, tail, "FOUNDED_BY", 0, 51) for tail in (1, 2))
    return Example(FOUNDING, tuple(mentions), facts, ((0, 4), (1, 3)))


def mention(text: str, start: str, kind: str, length: int = 0) -> Mention:
    first = text.index(start)
    return Mention(first, first + (length or len(start)), text[first : first + (length or len(start))], kind)


def test_a_fact_is_asked_both_ways_of_all_its_mentions(tmp_path: Path) -> None:
    path = tmp_path / TEMPLATES
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(TEMPLATE_LIBRARY))
    asked = fact_questions([founding()], Schema.load(None), read_templates(path), random.Random(1))
    said = {question.question: [FOUNDING[a:b] for a, b in question.answers] for question in asked}
    assert said == {
        "Who founded Acme Corporation?": ["Ada Lee", "Bo Chen", "Lee"],
        "What is Ada Lee's company?": ["Acme Corporation", "Acme"],
        "What is Bo Chen's company?": ["Acme Corporation", "Acme"],
    }


def test_what_a_text_does_not_state_is_asked_without_an_answer(tmp_path: Path) -> None:
    path = tmp_path / TEMPLATES
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(TEMPLATE_LIBRARY))
    text = "Bolt is in Rome ."
    ends = (mention(text, "Bolt", "Organization"), mention(text, "Rome", "Place"))
    seat = Example(text, ends, (Relation(0, 1, "HEADQUARTERS", 0, len(text)),))
    asked = fact_questions([founding()] * 20 + [seat], Schema.load(None), read_templates(path), random.Random(1))
    unstated = {question.question for question in asked if not question.answers}
    assert unstated
    assert "Where is Acme Corporation based?" in unstated
    assert not unstated & {"Who founded Acme Corporation?", "Where is Bolt based?"}


TOLD = {
    "messages": [
        {"message": "你知道陈奕迅吗？"},
        {"message": "知道，陈奕迅是1974年7月27日出生的。", "attrs": [
            {"name": "陈奕迅（中国香港男歌手）", "attrname": "出生日期", "attrvalue": "1974年7月27日"},
            {"name": "陈奕迅（中国香港男歌手）", "attrname": "Information", "attrvalue": "歌手"},
        ]},
        {"message": "他的专辑真多。", "attrs": [{"name": "浮夸", "attrname": "歌手", "attrvalue": "陈奕迅"}]},
    ]
}  # fmt: skip


def test_dialogues_are_asked_for_the_facts_that_they_say() -> None:
    asked = [q for seed in range(40) for q in dialogue_questions(TOLD, "d", random.Random(seed))]
    stated = {q.question: [q.context[a:b] for a, b in q.answers] for q in asked if q.answers}
    assert stated and all(answers == ["1974年7月27日"] and "陈奕迅" in text for text, answers in stated.items())
    assert {"陈奕迅是哪天出生的？", "陈奕迅的出生日期是什么？"} <= set(stated)
    unstated = {q.question for q in asked if not q.answers}
    assert unstated and not any("出生日期" in text or "歌手" in text or "浮夸" in text for text in unstated)


def test_dialogues_of_another_form_are_named(tmp_path: Path) -> None:
    (tmp_path / FILES[0]).parent.mkdir(parents=True)
    (tmp_path / FILES[0]).write_text('[{"turns": []}]')
    with pytest.raises(DataError, match=r"dev\.json cannot be read as KdConv's dialogues"):
        read_dialogue_questions(tmp_path, 1)


def test_a_question_asked_elsewhere_has_no_answer_there() -> None:
    rome = Question("2", "Where is the Forum?", "It is old. The Forum is in Rome. It is big.", ((27, 31),), "en", "2")
    china = Question("3", "故宫在哪里？", "故宫在北京。", ((3, 5),), "zh", "3")
    asked = [q for seed in range(30) for q in ask_elsewhere([PARIS, rome, china], 1.0, random.Random(seed))]
    assert {(q.question, q.context) for q in asked} == {
        (PARIS.question, rome.context),
        (PARIS.question, "The Forum is in Rome."),
        (rome.question, PARIS.context),
    }
    assert all(not q.answers and q.id.endswith("-elsewhere") and q.group not in ("1", "2") for q in asked)


def test_training_goes_on_from_the_served_graph(tmp_path: Path) -> None:
    taught, fresh = small_top().eval(), small_top().eval()
    with torch.no_grad():
        for weight in taught.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    export_top(taught, 12, ("start", "end", "null"), tmp_path / "top.onnx")
    fresh.take_over(tmp_path)
    for name, weight in taught.state_dict().items():
        assert torch.allclose(fresh.state_dict()[name], weight, atol=0.01 * float(weight.abs().max())), name


def test_templates_of_another_form_are_named(tmp_path: Path) -> None:
    (tmp_path / "library.json").write_text('[{"p": 1}]')
    with pytest.raises(DataError, match=r"library\.json cannot be read as KGConv's templates"):
        read_templates(tmp_path / "library.json")


def test_read_development_keeps_unanswerable_questions(tmp_path: Path) -> None:
    path = tmp_path / reader_data.DEVELOPMENT_SETS["squad2"]
    path.parent.mkdir(parents=True)
    paragraph = {"context": "Rome is old.", "qas": [
        {"id": "a", "question": "What is old?", "answers": [{"text": "Rome", "answer_start": 0}] * 2},
        {"id": "b", "question": "What is new?", "answers": [], "is_impossible": True},
    ]}  # fmt: skip
    path.write_text(json.dumps({"data": [{"paragraphs": [paragraph]}]}))
    assert [question.answers for question in read_development(tmp_path, "squad2")] == [((0, 4),), ()]


@pytest.mark.parametrize(
    ("questions", "swapped"),
    [
        (
            ["When did Marie Curie die?", "When did Otto Hahn die?"],
            {"When did Otto Hahn die?", "When did Marie Curie die?"},
        ),
        (["居里夫人在哪里去世？", "哈恩在哪里去世？"], {"哈恩在哪里去世？", "居里夫人在哪里去世？"}),
    ],
)
def test_swap_subjects_asks_about_something_that_the_context_lacks(questions: list[str], swapped: set[str]) -> None:
    language = "zh" if "？" in questions[0] else "en"
    contexts = ["Marie Curie died in 1934. 居里夫人于1934年去世。", "Otto Hahn died in 1968. 哈恩于1968年去世。"]
    given = [
        Question(str(n), question, context, ((0, 3),), language, str(n))
        for n, (question, context) in enumerate(zip(questions, contexts, strict=True))
    ]
    made = [item for seed in range(8) for item in swap_subjects(given, 1.0, random.Random(seed))]
    assert {item.question for item in made} == swapped
    for item in made:
        assert item.answers == () and item.group.endswith("-swap")
        assert item.question not in {question.question for question in given if question.context == item.context}


def test_windows_lay_out_question_and_passage_and_find_the_answer() -> None:
    (window,) = windows([PARIS], tokenizer(), random.Random(1), size=160)
    words = {n: word for word, n in tokenizer().get_vocab().items()}
    assert (
        " ".join(words[int(n)] for n in window.ids)
        == "[CLS] Where is the Louvre ? [SEP] The Louvre is in Paris . [SEP]"
    )
    ((start, end),) = window.answers
    assert start == end and words[int(window.ids[start])] == "Paris"


def test_windows_of_a_long_context_hold_the_answer_and_are_of_bounded_length() -> None:
    context = " ".join(f"w{n}" for n in range(400))
    at = context.index("w333")
    question = Question("1", "Where ?", context, ((at, at + 4),), "en", "1")
    for seed in range(20):
        first, *others = windows([question], tokenizer(), random.Random(seed), size=160)
        ((start, end),) = first.answers
        assert first.ids[start] == first.ids[end] == tokenizer().token_to_id("w333")
        assert len(first.ids) == 160 + 5
        assert all(len(other.ids) == 160 + 5 for other in others)


def test_batches_keep_groups_together_and_lose_nothing() -> None:
    others = [Question(f"o{n}", "Where ?", "w1 " * (n + 1), (), "en", f"o{n}") for n in range(30)]
    items = windows([PARIS, *others, NOWHERE], tokenizer(), random.Random(1), size=160)
    made = list(batches(items, 60, random.Random(2)))
    assert sorted(len(item.ids) for batch in made for item in batch) == sorted(len(item.ids) for item in items)
    assert [{"1"} <= {item.group for item in batch} for batch in made].count(True) == 1


def test_loss_falls_to_nothing_for_certain_right_scores() -> None:
    batch = collate(windows([PARIS, NOWHERE], tokenizer(), random.Random(1), size=160))
    right = 20.0 * batch.starts.float() - 20.0 * batch.passage.float()
    null = torch.tensor([-40.0, 40.0])
    assert float(reading_loss(right, right, null, batch)) == pytest.approx(0.0, abs=1e-3)
    assert float(reading_loss(right, right, -null, batch)) > 10
    assert float(reading_loss(torch.zeros_like(right), torch.zeros_like(right), torch.zeros(2), batch)) > 1


def test_loss_compares_the_passages_of_a_question() -> None:
    """The other passage's scores count although each window by itself is right."""
    batch = collate(windows([PARIS, NOWHERE], tokenizer(), random.Random(1), size=160))
    scores = torch.where(batch.starts, 20.0, 0.0)
    louder = scores.clone()
    louder[1] = 40.0
    null = torch.tensor([0.0, 1000.0])
    assert float(reading_loss(louder, louder, null, batch)) > float(reading_loss(scores, scores, null, batch)) + 10


def test_a_few_steps_teach_a_small_reader_the_answer() -> None:
    top, batch = small_top(), collate(windows([PARIS, NOWHERE], tokenizer(), random.Random(1), size=160))
    states = nn.Embedding(500, 12)(batch.ids).detach() + torch.linspace(0, 1, batch.ids.shape[1])[None, :, None]
    optimizer = torch.optim.Adam(top.parameters(), lr=0.01)
    for _ in range(60):
        start, end, null = top(states, batch.mask, batch.roles)
        loss = reading_loss(start, end, null, batch)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
        optimizer.step()
    start, end, null = start.detach(), end.detach(), null.detach()
    best = start.masked_fill(~batch.passage, -1e9).argmax(1)
    assert bool(batch.starts[0, best[0]])
    assert float(start[0].max() + end[0].max()) > float(null[0])
    assert float(null[1]) > float((start + end)[1][batch.passage[1]].max())


def test_exported_graph_scores_as_torch_does(tmp_path: Path) -> None:
    """Within what int8 costs, for every shape, mask and role."""
    top = small_top().eval()
    top.roles.weight.data.normal_()
    export_top(top, 12, ("start", "end", "null"), tmp_path / "top.onnx")
    session = Session.open(tmp_path / "top.onnx", threads=1)
    batch = collate(windows([PARIS, NOWHERE], tokenizer(), random.Random(1), size=160))
    states = torch.randn(*batch.ids.shape, 12)
    with torch.no_grad():
        expected = top(states, batch.mask, batch.roles)
    given = {"states": states.numpy(), "attention_mask": batch.mask.numpy(), "roles": batch.roles.numpy()}
    counts = batch.mask.bool().numpy()
    for wanted, found in zip(expected[:2], session.run(given), strict=False):
        assert np.corrcoef(wanted.numpy()[counts], found[counts])[0, 1] > 0.99
    assert np.allclose(expected[2].numpy(), session.run(given)[2], atol=0.05)


def test_logistic_recovers_the_weights_that_made_the_labels() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(4000, 2))
    labels = (rng.random(4000) < 1 / (1 + np.exp(-(2 * features[:, 0] - features[:, 1] + 0.5)))).astype(float)
    weights, bias = _logistic(features, labels)
    assert np.allclose([*weights, bias], [2, -1, 0.5], atol=0.2)


def test_signed_logistic_leaves_out_a_feature_that_counts_the_wrong_way() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(2000, len(astuple(SIGNS))))
    labels = (features[:, 0] - features[:, 1] + 0.3 * rng.normal(size=2000) > 0).astype(float)
    weights, _ = _signed_logistic(features, labels, SIGNS)
    assert weights[0] > 0.5 and weights[1] == 0
    assert all(weight * sign >= 0 for weight, sign in zip(weights, astuple(SIGNS), strict=True))


def test_threshold_separates_what_is_right_from_what_is_not_known() -> None:
    says = np.array([True, True, True, False, False])
    assert 0.4 < _threshold(np.array([0.9, 0.8, 0.7, 0.4, 0.3]), says, known=says) <= 0.7


def test_threshold_lies_amid_what_is_as_good() -> None:
    rng = np.random.default_rng(0)
    says = rng.random(400) < 0.5
    confidence = np.where(says, rng.uniform(0.7, 1, 400), rng.uniform(0, 0.3, 400))
    assert 0.4 < _threshold(confidence, says, known=says) < 0.6
    assert _threshold(np.zeros(0), says[:0], says[:0]) == 0.5


def test_piece_search_prefers_rare_pieces_and_ranks_all() -> None:
    search = PieceSearch([[1, 2, 3], [1, 1, 1], [1, 4, 5]])
    assert search.search([1, 4], 3)[0] == 2
    assert sorted(search.search([9], 3)) == [0, 1, 2]


@pytest.mark.parametrize(
    ("text", "answers", "right"),
    [
        ("the Louvre", ["Louvre"], True),
        ("in 1919年6月", ["1919年6月"], True),
        ("Rome", ["Paris", "Lyon"], False),
        ("宁波市", ["宁波"], True),
        ("Paris", [], False),
    ],
)
def test_is_right(text: str, answers: list[str], right: bool) -> None:
    assert is_right(text, answers) is right


def test_span_f1_counts_characters_in_chinese_and_words_in_english() -> None:
    assert span_f1("北京大学", "北京") == pytest.approx(2 / 3)
    assert span_f1("The big Apple", "apple") == pytest.approx(2 / 3)


def test_halves_of_the_development_articles_do_not_meet() -> None:
    questions = [Question(str(n), "?", "", (), "en", f"g{n % 5}") for n in range(20)]
    one, other = report_half(questions), report_half(questions, other=True)
    assert len(one) + len(other) == 20
    assert not {question.group for question in one} & {question.group for question in other}
