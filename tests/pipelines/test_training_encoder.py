"""The bilingual pretraining on a corpus of a few lines, and its encoder in torch and ONNX."""

import dataclasses
import itertools
import json
import lzma
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tokenizers

pytest.importorskip("torch", reason='the extra "train" is not installed')

import torch
from safetensors.torch import load_file
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from torch import Tensor, nn

from kgqa.encoder import Encoder, Session
from kgqa.errors import ModelError
from kgqa.pipelines.training import encoder as training
from kgqa.pipelines.training.bilingual import (
    EncoderShape,
    Trunk,
    load_encoder,
    load_top_layers,
    load_trunk,
    mean_pooled,
    save_encoder,
    to_bert,
)
from kgqa.pipelines.training.encoder_export import export_encoder, export_graphs, trunk_id
from kgqa.pipelines.training.narrow import narrowed, widened
from kgqa.pipelines.training.pretraining_corpus import read_corpus
from kgqa.pipelines.training.pretraining_data import TEXT_SHARES, DictionaryEntry, TokenRows, drawn_rows, word_lengths
from kgqa.pipelines.training.pretraining_objectives import (
    Student,
    alignment_loss,
    distance_loss,
    mask_words,
)
from kgqa.pipelines.training.pretraining_questions import QUESTION_SETS, question_loss, read_question_pairs
from kgqa.pipelines.training.vocabulary import extended_embeddings, extended_tokenizer, frequent_characters

SHAPE = EncoderShape(
    vocab_size=3000, hidden_size=16, num_attention_heads=2, intermediate_size=32, max_position_embeddings=256
)
WORDS = ["fish", "water", "star", "the", "a", ";", "big", "swims", "in", "shines"]
ENGLISH = ["the fish swims in water", "a star shines", "the big fish", "a big star", "the water", "the star", "a fish"]
CHINESE = ["鱼在水中", "星星", "大鱼", "大星", "水", "星", "鱼"]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random English encoder with a vocabulary of ten words."""
    folder = tmp_path_factory.mktemp("base")
    torch.manual_seed(0)
    save_encoder(Trunk(SHAPE, SHAPE.num_hidden_layers), folder)
    special = {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]"}
    names = [special.get(number, f"[unused{number}]") for number in range(SHAPE.vocab_size)]
    names[200 : 200 + len(WORDS)] = WORDS
    pieces = tokenizers.Tokenizer(WordPiece({name: n for n, name in enumerate(names)}, unk_token="[UNK]"))
    pieces.normalizer, pieces.pre_tokenizer = BertNormalizer(lowercase=True), BertPreTokenizer()
    pieces.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs, texts and a dictionary of a few lines each."""
    folder = tmp_path_factory.mktemp("data")
    pairs = [
        {"en": f"{en} {n * 'a '}", "zh": zh + n * "中"}
        for n in range(60)
        for en, zh in zip(ENGLISH, CHINESE, strict=True)
    ]
    words = [
        {"hans": "鱼", "hant": "魚", "en": ["fish"]},
        {"hans": "星星", "hant": "星星", "en": ["star"]},
        {"hans": "水", "hant": "水", "en": ["water"]},
    ]
    write(folder / "enzh_small.jsonl.xz", pairs)
    write(folder / "lexicon_cedict.jsonl.xz", words)
    for share in TEXT_SHARES:
        write(folder / f"zh_{share}.jsonl.xz", [{"text": "大鱼在水中，星星在水中。" * (n + 1)} for n in range(9)])
    (folder / "zh_char_counts.tsv").write_text("水\t9\n鱼\t8\n星\t7\n大\t6\n在\t5\n中\t4\n罕\t1\n", encoding="utf-8")
    return folder


def write(path: Path, lines: Sequence[Mapping[str, object]]) -> None:
    with lzma.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


@pytest.fixture(scope="module")
def encoder(base: Path) -> Trunk:
    return load_encoder(base).eval()


def batch() -> tuple[Tensor, Tensor]:
    ids = torch.tensor([[101, 200, 203, 102, 0, 0], [101, 205, 206, 201, 202, 102]])
    return ids, (ids > 0).long()


def test_trunk_and_top_layers_together_are_the_encoder(base: Path, encoder: Trunk) -> None:
    ids, mask = batch()
    states = load_trunk(base)(ids, mask)
    for layer in load_top_layers(base).eval():
        states = layer(states, mask)
    torch.testing.assert_close(states, encoder(ids, mask))


def test_trunk_is_frozen_and_top_is_not(base: Path) -> None:
    assert not any(weight.requires_grad for weight in load_trunk(base).parameters())
    assert all(weight.requires_grad for weight in load_top_layers(base).parameters())


def test_padding_changes_nothing(encoder: Trunk) -> None:
    ids, mask = batch()
    torch.testing.assert_close(encoder(ids[:1, :4], mask[:1, :4])[0], encoder(ids, mask)[0, :4])


def test_weights_survive_saving(encoder: Trunk, tmp_path: Path) -> None:
    save_encoder(encoder, tmp_path)
    again = load_encoder(tmp_path).state_dict()
    assert all(torch.equal(tensor, again[name]) for name, tensor in encoder.state_dict().items())
    assert "encoder.layer.5.attention.self.query.weight" in to_bert(encoder.state_dict())


def test_what_is_narrow_already_does_not_change_again() -> None:
    torch.manual_seed(0)
    tensors = {
        "a.weight": torch.randn(9, 5).half(),
        "b": torch.randn(3, 40),
        "bias": torch.randn(4),
        "c": torch.zeros(2, 2),
    }
    once = narrowed(tensors)
    assert {name: tensor.dtype for name, tensor in once.items() if tensor.ndim == 2 and "scale" not in name} == {
        "a.weight": torch.int8,
        "b": torch.int8,
        "c": torch.int8,
    }
    wide = widened(once)
    assert wide.keys() == tensors.keys() and torch.equal(wide["bias"], tensors["bias"])
    assert all(torch.equal(tensor, wide[name]) for name, tensor in widened(narrowed(wide)).items())


@pytest.mark.integration
def test_states_equal_those_of_transformers(base: Path, encoder: Trunk) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(**json.loads((base / "config.json").read_text()))
    model = transformers.BertModel(config, add_pooling_layer=False).eval()
    model.load_state_dict(to_bert(encoder.state_dict()))
    ids, mask = batch()
    expected = model(input_ids=ids, attention_mask=mask).last_hidden_state
    torch.testing.assert_close(encoder(ids, mask)[mask == 1], expected[mask == 1], atol=1e-5, rtol=1e-4)


def test_characters_start_as_their_glosses(base: Path, encoder: Trunk) -> None:
    old = encoder.embeddings.word_embeddings.weight.detach()
    entries = [DictionaryEntry("鱼", "魚", "fish"), DictionaryEntry("鱼水", "魚水", "water")]
    tokenizer = extended_tokenizer(base, ["鱼", "罕"])
    found = extended_embeddings(old, tokenizer, ["鱼", "罕"], entries, seed=0)
    fish, water = old[tokenizer.token_to_id("fish")], old[tokenizer.token_to_id("water")]
    torch.testing.assert_close(found[0], (4 * fish + 4 / 2**1.5 * water) / (4 + 4 / 2**1.5))
    assert found[1].std() == pytest.approx(float(old.std()), rel=0.5)


def test_only_frequent_unknown_characters_are_added(data: Path) -> None:
    assert frequent_characters(data / "zh_char_counts.tsv", {"水"}, 2) == ["鱼", "星"]


def test_words_are_found_where_they_start() -> None:
    ids = np.array([5, 7, 8, 9, 7, 8, 5], dtype=np.int32)
    assert word_lengths(ids, [[7, 8], [7, 8, 9], [8, 5]]).tolist() == [1, 3, 1, 1, 2, 2, 1]


def test_whole_words_are_hidden_in_the_asked_share(encoder: Trunk) -> None:
    guessable = torch.arange(200, 210)
    student = Student(encoder, torch.randn(3, SHAPE.hidden_size), guessable)
    ids = torch.randint(200, 210, (200, 40))
    lengths = torch.tensor([2, 1]).repeat(200, 20)
    masked = mask_words(ids, lengths, student, torch.Generator().manual_seed(1))
    assert 0.19 < masked.hidden.float().mean() < 0.30
    assert (masked.hidden[:, 1::2] >= masked.hidden[:, ::2]).all()
    assert torch.equal(masked.input_ids[~masked.hidden], ids[~masked.hidden])


def test_alignment_is_best_when_pairs_match() -> None:
    sentences = torch.nn.functional.normalize(torch.randn(8, 16, generator=torch.Generator().manual_seed(0)), dim=1)
    assert alignment_loss(sentences, sentences) < alignment_loss(sentences.roll(1, 0), sentences)


def test_batches_respect_budget_and_shares() -> None:
    lengths, shares = torch.randint(3, 30, (500,)), torch.ones(500)
    shares[:250] = 0
    drawn = drawn_rows(lengths, shares, 200, np.random.default_rng(0))
    first: list[int] = []
    while len(first) < 250:
        rows = next(drawn)
        assert len(rows) * lengths[rows].max() <= 200
        first.extend(rows.tolist())
    assert sorted(first) == list(range(250, 500))


def test_rows_are_padded_and_placed() -> None:
    rows = TokenRows.of([[1, 2, 3], [4], [5, 6]])
    ids, mask, places = rows.batch(torch.tensor([2, 0]))
    assert ids.tolist() == [[5, 6, 0], [1, 2, 3]]
    assert mask.tolist() == [[True, True, False], [True, True, True]]
    assert rows.ids[places[mask]].tolist() == [5, 6, 1, 2, 3]


def test_held_out_pairs_are_never_trained_on(base: Path, data: Path, encoder: Trunk) -> None:
    corpus = read_corpus(data, base, encoder.embeddings.word_embeddings.weight.detach(), 6, seed=0)
    trained = {corpus.tokenizer.decode(ids.tolist()) for ids in rows(corpus.chinese, corpus.pair_shares > 0)}
    held = {corpus.tokenizer.decode(ids.tolist()) for ids in rows(corpus.held_chinese)}
    assert held
    assert not held & trained
    assert (corpus.text_shares[corpus.held_texts] == 0).all()


def rows(stored: TokenRows, wanted: Tensor | None = None) -> list[Tensor]:
    numbers = range(len(stored)) if wanted is None else torch.nonzero(wanted).flatten().tolist()
    return [stored.batch(torch.tensor([number]))[0][0] for number in numbers]


def test_training_resumes_and_learns(base: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "check_base", lambda folder: None)  # the base is our random one
    schedule = training.Schedule(minutes=0.02, tokens=400, rate=1e-3, publish_minutes=0.005)
    report = training.train_encoder(data, tmp_path, schedule=schedule, base=base, characters=6)
    assert report.steps >= 1
    assert (tmp_path / "final" / "DONE").exists()
    longer = dataclasses.replace(schedule, minutes=2 * report.minutes + 0.02)
    again = training.train_encoder(data, tmp_path, schedule=longer, base=base, characters=6)
    assert again.steps > report.steps
    assert load_encoder(tmp_path / "final").shape.vocab_size == SHAPE.vocab_size + 6 + 4


def test_run_goes_on_from_an_earlier_encoder_and_may_leave_its_trunk(
    base: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "check_base", lambda folder: None)
    schedule = training.Schedule(minutes=0.02, tokens=400, rate=1e-3)
    training.train_encoder(data, tmp_path / "first", schedule=schedule, base=base, characters=6)
    first = tmp_path / "first" / "final"
    longer = dataclasses.replace(schedule, minutes=0.05)
    training.train_encoder(
        data, tmp_path / "second", schedule=longer, base=base, start=first, sentences_only=True, characters=6
    )
    second = tmp_path / "second" / "final"
    assert trunk_id(load_trunk(first)) == trunk_id(load_trunk(second))
    before, after = load_top_layers(first).state_dict(), load_top_layers(second).state_dict()
    assert any(not torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("sentences_only", [True, False])
def test_questions_are_pulled_to_the_passages_that_answer_them(
    base: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, sentences_only: bool
) -> None:
    monkeypatch.setattr(training, "check_base", lambda folder: None)
    write_questions(tmp_path / "asked")
    schedule = training.Schedule(minutes=0.02, tokens=400, rate=1e-3)
    training.train_encoder(data, tmp_path / "first", schedule=schedule, base=base, characters=6)
    first = tmp_path / "first" / "final"
    seen: list[Tensor] = []
    stayed: list[Tensor] = []

    def loss(questions: Tensor, passages: Tensor, contexts: Tensor) -> Tensor:
        seen.append(questions)
        return question_loss(questions, passages, contexts)

    def distance(sentences: Tensor, wanted: Tensor) -> Tensor:
        stayed.append(sentences)
        return distance_loss(sentences, wanted)

    monkeypatch.setattr(training, "question_loss", loss)
    monkeypatch.setattr(training, "distance_loss", distance)
    ticks = itertools.count()  # a clock that gives as many steps on a busy machine as on an idle one
    monkeypatch.setattr(training, "time", SimpleNamespace(monotonic=lambda: next(ticks) * 0.1))
    longer, asked = dataclasses.replace(schedule, minutes=0.05), tmp_path / "asked"
    training.train_encoder(
        data,
        tmp_path / "second",
        schedule=longer,
        base=base,
        start=first,
        sentences_only=sentences_only,
        questions=asked,
        characters=6,
    )
    same = trunk_id(load_trunk(first)) == trunk_id(load_trunk(tmp_path / "second" / "final"))
    assert same == sentences_only
    held = [any(asked is kept for kept in stayed) for asked in seen]
    assert any(held) and not all(held)  # English questions stay near where they were, Chinese ones were nowhere


def test_the_student_alone_has_dropout(base: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "check_base", lambda folder: None)
    runs: list[training.Pretraining] = []

    def run(self: training.Pretraining) -> None:
        runs.append(self)

    monkeypatch.setattr(training.Pretraining, "run", run)
    training.train_encoder(data, tmp_path, base=base, dropout=0.2, characters=6)
    rates = [{m.p for m in part.modules() if isinstance(m, nn.Dropout)} for part in (runs[0].student, runs[0].teacher)]
    assert rates == [{0.2}, {0.0}]


def write_questions(folder: Path) -> None:
    """Two languages of questions in the files that are read, with their answers in the second of three sentences."""
    (folder / "reading").mkdir(parents=True)
    for name in QUESTION_SETS:
        chinese = name.startswith("cmrc")
        rows = []
        for number in range(6):
            context = "星在水中。鱼在水中。大星。" if chinese else "A star shines. The big fish swims. The water."
            context += str(number)
            answer = "鱼" if chinese else "fish"
            found = [{"text": answer, "start": context.index(answer)}] if number else []
            asked, language = ("大鱼在水中", "zh") if chinese else ("the fish", "en")
            rows.append({"id": f"{name}-{number}", "question": asked, "context": context, "answers": found})
            rows[-1]["lang"] = language
        with lzma.open(folder / "reading" / f"{name}.jsonl.xz", "wt", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def test_a_question_stands_beside_its_answers_sentences(base: Path, tmp_path: Path) -> None:
    write_questions(tmp_path)
    pieces = tokenizers.Tokenizer.from_file(str(base / "tokenizer.json"))
    english, chinese = read_question_pairs(tmp_path, pieces, seed=0)
    assert len(chinese.questions) == 5 and len(english.questions) == 15  # those with an answer
    fish = pieces.token_to_id("fish")
    for row in rows(english.passages):
        assert fish in row.tolist() and row.tolist()[0] == 101 and row.tolist()[-1] == 102
    batch = next(english.batches(200, np.random.default_rng(0)))
    assert batch.question_ids.shape[0] == batch.passage_ids.shape[0] == len(batch.contexts) > 1


def test_other_passages_of_a_context_are_no_negatives() -> None:
    vectors = torch.eye(3)
    apart = question_loss(vectors, vectors, torch.tensor([0, 1, 2]))
    alike = vectors[[0, 0, 2]]
    assert question_loss(alike, alike, torch.tensor([0, 0, 2])) == pytest.approx(apart.item(), abs=1e-6)
    assert question_loss(alike, alike, torch.tensor([0, 1, 2])) > 0.4


def test_encoder_of_another_vocabulary_is_refused(
    base: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "check_base", lambda folder: None)
    with pytest.raises(ModelError, match="3000 word pieces, this corpus makes 3010"):
        training.train_encoder(data, tmp_path, base=base, start=base, characters=6)


class _Family:
    """A task on the student's states: tell the first word piece of a sentence from the others."""

    name = "first"

    def __init__(self, student: Student) -> None:
        self.layers, self.head = student.encoder.layers[3:], nn.Linear(SHAPE.hidden_size, 2)
        self.top = nn.ModuleDict({"layers": self.layers, "head": self.head})

    def loss(self, student: Student) -> Tensor:
        states, mask = student.lower(*batch()), batch()[1]
        for layer in self.layers:
            states = layer(states, mask)
        return nn.functional.cross_entropy(self.head(states[:, :2]).flatten(0, 1), torch.tensor([0, 1, 0, 1]))

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        torch.save(self.head.state_dict(), folder / "head.pt")


def test_families_learn_their_task_with_the_encoder_and_resume(
    base: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, ticks = (
        list[float](),
        itertools.count(),
    )  # a clock that gives as many steps on a busy machine as on an idle one
    monkeypatch.setattr(training, "time", SimpleNamespace(monotonic=lambda: next(ticks) * 0.1))
    for minutes in (0.05, 0.12):
        english = load_encoder(base)
        corpus = read_corpus(data, base, english.embeddings.word_embeddings.weight.detach(), 6, seed=0)
        student = Student(load_encoder(base), corpus.embeddings, corpus.guessable)
        family = _Family(student)
        run = training.Pretraining(
            student, english, corpus, tmp_path, training.Schedule(minutes, 400, 1e-3), torch.device("cpu"), 0, [family]
        )
        found.append(float(family.loss(student).detach()))
        run.run()
        found.append(float(family.loss(student).detach()))
    assert found[1] < found[0]
    assert found[3] < found[0]
    assert (tmp_path / "final" / "first" / "head.pt").exists()
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert torch.equal(state["families"]["first"]["head.bias"], family.head.bias.detach())


def test_learning_rate_rises_and_ends_at_zero() -> None:
    schedule = training.Schedule(minutes=1)
    factors = [schedule.factor(second) for second in (0, 1.5, 3, 30, 60, 90)]
    assert factors == sorted(factors[:3]) + sorted(factors[3:], reverse=True)
    assert (factors[0], factors[2], factors[-1]) == (0, 1, 0)


def test_other_weights_are_refused(base: Path) -> None:
    with pytest.raises(ModelError, match="expected 53aa51172d14"):
        training.check_base(base)


@pytest.fixture(scope="module")
def served(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("served") / "model"
    export_encoder(base, out)
    return out


@pytest.mark.integration
@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (3, 5), (2, 64)])
def test_onnx_equals_torch_at_every_shape(
    base: Path, encoder: Trunk, tmp_path_factory: pytest.TempPathFactory, graphs: Path, shape: tuple[int, int]
) -> None:
    ids = torch.randint(100, SHAPE.vocab_size, shape)
    mask = torch.ones_like(ids)
    mask[0, shape[1] // 2 + 1 :] = 0
    trunk, embedder = (Session.open(graphs / f"{part}.fp32.onnx", 1) for part in ("trunk", "embedder"))
    [hidden] = trunk.run({"input_ids": ids.numpy(), "attention_mask": mask.numpy()})
    counted = mask.numpy() == 1
    np.testing.assert_allclose(hidden[counted], load_trunk(base)(ids, mask).numpy()[counted], atol=1e-5)
    [vectors] = embedder.run({"hidden": hidden, "attention_mask": mask.numpy()})
    expected = mean_pooled(encoder(ids, mask), mask).detach().numpy()
    np.testing.assert_allclose(vectors, expected, atol=1e-5)


@pytest.fixture(scope="module")
def graphs(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("graphs")
    export_graphs(base, out)
    return out


@pytest.mark.integration
def test_int8_stays_close_to_torch(base: Path, encoder: Trunk, served: Path) -> None:
    model = Encoder.open(served, threads=1)
    ids, mask = batch()
    [states] = [model.trunk(ids.numpy(), mask.numpy())]
    exact = load_trunk(base)(ids, mask).numpy()
    counted = mask.numpy() == 1
    cosines = (states * exact).sum(-1) / np.linalg.norm(states, axis=-1) / np.linalg.norm(exact, axis=-1)
    assert cosines[counted].min() > 0.99


@pytest.mark.integration
def test_words_of_what_ships_are_those_of_the_graph_half_a_step_off_at_most(encoder: Trunk, served: Path) -> None:
    assert "embeddings.word_embeddings.weight" not in load_file(served / "model.safetensors")
    words = encoder.embeddings.word_embeddings.weight
    again = load_encoder(served).embeddings.word_embeddings.weight
    step = words.abs().amax(dim=1, keepdim=True) / 127
    assert bool(((words - again).abs() <= 0.6 * step + 1e-3 * words.abs() + 1e-6).all())


@pytest.mark.integration
def test_model_folder_holds_what_ships(base: Path, served: Path) -> None:
    assert sorted(path.name for path in served.iterdir()) == [
        "config.json",
        "embedder.onnx",
        "model.safetensors",
        "tokenizer.json",
        "trunk.onnx",
    ]
    assert load_encoder(served).state_dict().keys() == load_encoder(base).state_dict().keys()
    assert Encoder.open(served).trunk_id == trunk_id(load_trunk(served))
