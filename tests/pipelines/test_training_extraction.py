"""A very small extraction model from training to extraction: learned from a few sentences, exported, served, scored."""

import itertools
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
import tokenizers

pytest.importorskip("torch", reason='the extra "train" is not installed')

import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from torch import Tensor

import kgqa.extraction
from kgqa.encoder import Encoder
from kgqa.errors import ConfigError, DataError, ModelError
from kgqa.extraction import OnnxExtractor, Schema, open_extractor
from kgqa.pipelines.evaluation.extraction import evaluate_extraction
from kgqa.pipelines.evaluation.extraction_events import given_triggers, score_events
from kgqa.pipelines.training import extraction as training
from kgqa.pipelines.training import extraction_run
from kgqa.pipelines.training.bilingual import EncoderShape, Trunk, load_trunk, open_tokenizer, save_encoder
from kgqa.pipelines.training.encoder_export import export_encoder
from kgqa.pipelines.training.extraction import average, train_extraction
from kgqa.pipelines.training.extraction_arguments import argument_loss
from kgqa.pipelines.training.extraction_export import export_extraction, export_graphs, load_weights
from kgqa.pipelines.training.extraction_features import Labels, collate, make_item
from kgqa.pipelines.training.extraction_losses import masked_zlpr, relation_loss, span_loss
from kgqa.pipelines.training.extraction_model import ArgumentTop, ExtractionSizes, ExtractionTop, ReferenceTop
from kgqa.pipelines.training.extraction_pairs import pair_targets
from kgqa.pipelines.training.extraction_references import reference_loss
from kgqa.pipelines.training.formats import read_examples
from kgqa.pipelines.training.formats_files import COREFERENCE
from kgqa.types import Argument, Chunk, Event, Example, Extraction, Mention, Relation

LETTERS = "abcdefghijklmnopqrstuvwxyz"
CHINESE = "安娜在巴黎北京工作住他她"
SHAPE = EncoderShape(2100, 32, num_hidden_layers=4, num_attention_heads=2, intermediate_size=64)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random encoder that reads letters and a few characters, exported as the shipped one is."""
    torch.manual_seed(0)
    trained, out = tmp_path_factory.mktemp("trained"), tmp_path_factory.mktemp("base") / "encoder"
    save_encoder(Trunk(SHAPE, SHAPE.num_hidden_layers), trained)
    special = {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]"}
    names = [special.get(number, f"[unused{number}]") for number in range(SHAPE.vocab_size)]
    known = [*LETTERS, *(f"##{letter}" for letter in LETTERS), *"0123456789.,", *CHINESE]
    names[150 : 150 + len(known)] = known
    pieces = tokenizers.Tokenizer(WordPiece({name: n for n, name in enumerate(names)}, unk_token="[UNK]"))
    pieces.normalizer, pieces.pre_tokenizer = BertNormalizer(lowercase=True), BertPreTokenizer()
    pieces.save(str(trained / "tokenizer.json"))
    export_encoder(trained, out)
    return out


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty sentences with names, and a fact in each."""
    lines = []
    for n in range(40):
        name, place = ("Anna", "Bo", "Carl", "Dora")[n % 4], ("Paris", "Rome", "Bern")[n % 3]
        text = f"{name} was born in {place}."
        spans = [(0, len(name), "PER"), (len(text) - 1 - len(place), len(text) - 1, "LOC")]
        item = {"text": text, "spans": [{"start": s, "end": e, "label": label} for s, e, label in spans]}
        lines.append(json.dumps({**item, "relations": [{"head": 0, "child": 1, "label": "BORN_IN"}]}))
    path = tmp_path_factory.mktemp("data") / "small.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def start(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained model in a folder, to go on from."""
    schema = Path(kgqa.extraction.__file__).with_name("schema.toml")
    labels = Labels.of(Schema.load(schema))
    torch.manual_seed(0)
    top = ExtractionTop.on(base, ExtractionSizes.of(labels, SHAPE.hidden_size))
    out = tmp_path_factory.mktemp("start")
    export_extraction(top, out, labels, schema.read_text(encoding="utf-8"), base=base, provenance={"version": "0"})
    return out


@pytest.fixture(scope="module")
def model(base: Path, data: Path, start: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model trained on the sentences for a few seconds."""
    out = tmp_path_factory.mktemp("model")
    seen: list[float] = []

    def on_step(used: float, loss: float) -> None:
        seen.append(loss)

    ticks = itertools.count()
    with pytest.MonkeyPatch.context() as patch:  # a clock that gives as many steps on a busy machine as on an idle one
        patch.setattr(extraction_run, "time", SimpleNamespace(monotonic=lambda: next(ticks) * 0.1))
        train_extraction(data, out, base=base, start=start, minutes=0.12, seed=1, on_step=on_step)
    assert len(seen) > 20 and seen[-1] < seen[0]
    return out


def chunk(text: str, start: int = 0) -> Chunk:
    return Chunk("c", "d", start, start + len(text), text)


def test_training_writes_a_whole_model_folder(model: Path) -> None:
    names = {path.name for path in model.iterdir()}
    assert names == {
        *("model.safetensors", "schema.toml", "config.json"),
        *(f"{graph}.onnx" for graph in ("top", "pairs", "arguments", "references")),
        *("report.json", "README.md", "learning_curve.png", "scores.png"),
    }
    report = json.loads((model / "report.json").read_text(encoding="utf-8"))
    assert report["settings"]["seed"] == 1 and report["settings"]["training_texts"] == 32
    assert {score["task"] for score in report["scores"]} == {"entities", "relations"}
    assert "## Scores" in (model / "README.md").read_text(encoding="utf-8")


def test_without_safetensors_a_model_is_trained_on_from_the_graphs_that_are_served(
    base: Path, start: Path, tmp_path: Path
) -> None:
    labels, bare = Labels.of(Schema.load()), tmp_path / "bare"
    shutil.copytree(start, bare)
    (bare / "model.safetensors").unlink()
    whole, served = (ExtractionTop.on(base, ExtractionSizes.of(labels, SHAPE.hidden_size)) for _ in range(2))
    load_weights(whole, start, labels)
    load_weights(served, bare, labels)
    exact = whole.state_dict()
    for name, tensor in served.state_dict().items():
        step = exact[name].abs().max() / 63
        assert float((tensor - exact[name]).abs().max()) <= 0.51 * float(step) + 1e-3, name
    export_graphs(served, tmp_path)
    for name in (
        "top.onnx",
        "pairs.onnx",
        "arguments.onnx",
        "references.onnx",
    ):  # what is written again is rounded to the same bytes
        given, made = (onnx.load(folder / name).graph.initializer for folder in (start, tmp_path))
        pairs = zip(given, made, strict=True)
        assert all(a.raw_data == b.raw_data for a, b in pairs if a.data_type == onnx.TensorProto.INT8), name


def test_training_may_use_all_its_minutes_at_a_given_rate(
    base: Path, data: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(extraction_run, "_held_back_loss")  # nobody looks at texts that are held back
    out = tmp_path / "out"
    train_extraction(data, out, base=base, start=start, minutes=0.01, rate=0.0, stop_early=False)
    given, made = (load_file(folder / "model.safetensors") for folder in (start, out))
    assert torch.equal(given["layers.0.qkv.weight"], made["layers.0.qkv.weight"])


def test_the_arguments_of_events_may_learn_alone(base: Path, start: Path, tmp_path: Path) -> None:
    spans = [{"span": [0, 2], "role": "sub-org"}, {"span": [3, 6], "role": "trigger"}]
    item = {"content": "Bo hit Carl.", "events": [{"type": "起诉", "mentions": spans}]}
    path, first, out = tmp_path / "a.json", tmp_path / "first", tmp_path / "out"
    path.write_text(
        "\n".join(json.dumps(one) for one in [item] * 20 + [{"content": "No.", "events": []}] * 20), "utf-8"
    )
    shutil.copytree(start, first)
    config = json.loads((first / "config.json").read_text(encoding="utf-8"))
    (first / "config.json").write_text(json.dumps({**config, "steps": 77}), encoding="utf-8")
    train_extraction(path, out, base=base, start=first, format="fewfc", minutes=0.02, only="arguments", rate=1.0)
    given, made = (load_file(folder / "model.safetensors") for folder in (start, out))
    changed = {name for name in given if not torch.equal(given[name], made[name])}
    assert "arguments.layers.0.qkv.weight" in changed and all(name.startswith("arguments.") for name in changed)
    assert all((out / name).read_bytes() == (start / name).read_bytes() for name in ("top.onnx", "pairs.onnx"))
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    assert config["steps"] == 77 and config["arguments"]["steps"] > 0 and config["arguments"]["training_texts"] < 20
    assert "--only arguments" not in (out / "README.md").read_text(encoding="utf-8")  # of the shipped model alone


def test_arguments_alone_need_a_model_and_events(base: Path, data: Path, start: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no events of the schema are annotated"):
        train_extraction(data, tmp_path / "out", base=base, start=start, minutes=0.01, only="arguments")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(ConfigError, match="--start"):
        patch.setattr(training, "_read", lambda *of: ([([EVENTFUL], 1.0)], [], []))
        train_extraction(tmp_path, tmp_path / "out", base=base, minutes=0.01, only="arguments")
    assert not (tmp_path / "out").exists()


def test_of_much_data_few_texts_are_looked_at_on_the_way(
    base: Path, start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.conll"
    path.write_text("Nautilus B-PER\nsailed O\n\n" * 90, encoding="utf-8")
    looked: list[int] = []
    made = extraction_run._held_back_loss

    def loss(*of: Any) -> Callable[[], float]:
        looked.append(len(of[2]))
        return made(*of)

    monkeypatch.setattr(extraction_run, "_held_back_loss", loss)
    monkeypatch.setattr(training, "MOST_STOPPING_TEXTS", 4)
    train_extraction(path, tmp_path / "out", base=base, start=start, minutes=0.01)
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert looked == [3] and report["settings"]["training_texts"] == 90 - 9 - 3


def test_the_weights_may_be_averaged_with_those_of_the_start(
    base: Path, data: Path, start: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    train_extraction(data, out, base=base, start=start, minutes=0.01, rate=5.0, keep=1.0)
    given, made = (load_file(folder / "model.safetensors") for folder in (start, out))
    assert all(torch.equal(given[name], made[name]) for name in given)
    one, other = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    wanted = 0.75 * one.weight.detach() + 0.25 * other.weight.detach()
    average(one, other, 0.25)
    assert torch.allclose(one.weight, wanted)


def test_the_served_graphs_agree_with_torch(base: Path, start: Path) -> None:
    labels = Labels.of(Schema.load(start / "schema.toml"))
    top = ExtractionTop.on(base, ExtractionSizes.of(labels, SHAPE.hidden_size))
    load_weights(top, start, labels)
    top.eval()
    extractor = OnnxExtractor.open(start, Encoder.open(base))
    rng = np.random.default_rng(0)
    states = rng.normal(size=(3, 11, SHAPE.hidden_size)).astype(np.float32)
    mask, shapes = np.ones((3, 11), dtype=np.int64), np.full((3, 11), 9, dtype=np.int64)
    mask[2, 7:] = 0
    with torch.no_grad():
        exact = top(torch.from_numpy(states), torch.from_numpy(mask), torch.from_numpy(shapes))
        mentions, types = torch.tensor([[[1, 2], [4, 6]]] * 3), torch.tensor([[0, labels.entities]] * 3)
        pairs = top.pairs(exact[0], torch.from_numpy(mask), mentions, types)
        marks, events, roles = mask * 0, np.array([0, 5, 9]), np.array([[1, 2], [3, 0], [4, 5]])
        marks[:, 3] = 1
        asked = [torch.from_numpy(part) for part in (states, mask, shapes, marks, events, roles)]
        assert top.arguments is not None and extractor._arguments is not None
        arguments = top.arguments(*asked)
    served = [*extractor._top.run({"states": states, "attention_mask": mask, "shapes": shapes})]
    ends = {"mentions": mentions.numpy(), "types": types.numpy()}
    given_pairs = {"states": exact[0].numpy(), "attention_mask": mask, **ends}
    asked_for: dict[str, Any] = {
        "states": states,
        "attention_mask": mask,
        "shapes": shapes,
        "marks": marks,
        "events": events,
    }
    served += [*extractor._pairs.run(given_pairs), *extractor._arguments.run({**asked_for, "roles": roles})]
    for ours, theirs in zip([*exact, pairs, *arguments], served, strict=True):
        assert np.corrcoef(ours.numpy()[:2].ravel(), theirs[:2].ravel())[0, 1] > 0.95  # int8, so few dimensions


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="Anna Bo in.,Paris9\n安娜在巴黎北京她é\u0301🙂", max_size=120), at=st.integers(0, 50))
def test_offsets_are_the_documents_own(served: OnnxExtractor, text: str, at: int) -> None:
    (extraction,) = served.extract([chunk(text, at)])
    for mention in extraction.mentions:
        assert text[mention.start - at : mention.end - at] == mention.text != ""
    for relation in extraction.relations:
        ends = [extraction.mentions[number] for number in (relation.head, relation.tail)]
        assert all(at <= relation.start <= m.start and m.end <= relation.end <= at + len(text) for m in ends)
    assert len({member for cluster in extraction.clusters for member in cluster}) == sum(map(len, extraction.clusters))
    for event in extraction.events:
        spans: list[Event | Argument] = [event, *event.arguments]
        assert all(text[span.start - at : span.end - at] == span.text != "" for span in spans)
        assert {argument.role for argument in event.arguments} <= {*served.schema.events[event.type].roles}


@pytest.fixture(scope="module")
def served(base: Path, start: Path) -> OnnxExtractor:
    """An untrained model sees names everywhere: the worst case for offsets."""
    extractor = OnnxExtractor.open(start, Encoder.open(base))
    low = dict.fromkeys(extractor.config.relation_thresholds, -2.1)
    config = replace(extractor.config, span_threshold=-3.0, link_threshold=-3.0, relation_thresholds=low)
    config = replace(config, trigger_threshold=-7.5, role_threshold=-2.1)
    graphs = extractor._top, extractor._pairs, extractor._arguments, extractor._references
    return OnnxExtractor(extractor._encoder, *graphs, config, extractor.schema)


def test_long_text_is_read_to_its_end(served: OnnxExtractor) -> None:
    text = "Anna was in Paris. " * 120
    (extraction,) = served.extract([chunk(text)])
    assert extraction.mentions[0].start < 100 and extraction.mentions[-1].end > len(text) - 100


def test_extraction_is_deterministic_and_keeps_the_order(served: OnnxExtractor) -> None:
    chunks = [chunk("Anna was in Paris."), chunk(""), chunk("安娜在巴黎工作"), chunk("Bo")]
    first = served.extract(chunks)
    assert served.extract(chunks) == first
    assert [bool(e.mentions) for e in first] == [True, False, True, True]


def test_an_example_becomes_tokens_with_what_is_known(base: Path, data: Path) -> None:
    labels, tokenizer = Labels.of(Schema.load()), open_tokenizer(base)
    (item, *_) = items = [make_item(example, tokenizer, labels) for example in read_examples(data)]
    assert [labels.types[kind] for *_, kind in item.mentions] == ["Person", "Place"]
    assert item.facts == [(0, 1, labels.relations.index("BORN_IN"))]
    assert sum(item.known_types) == 2 and sum(item.known_relations) == 1
    batch = collate(items[:3], labels, Random(0))
    assert load_trunk(base)(batch.ids, batch.mask).shape == (*batch.ids.shape, SHAPE.hidden_size)


def test_unknown_cells_do_not_count() -> None:
    scores = torch.tensor([[4.0, -3.0, 9.0]])
    present, absent = torch.tensor([[True, False, False]]), torch.tensor([[False, True, False]])
    before = masked_zlpr(scores, present, absent)
    scores[0, 2] = -9.0
    assert torch.equal(masked_zlpr(scores, present, absent), before)
    assert before.item() == pytest.approx(np.log1p(np.exp(-4.0)) + np.log1p(np.exp(-3.0)), rel=1e-5)


def test_a_model_is_scored_on_a_file(base: Path, model: Path, data: Path) -> None:
    report = evaluate_extraction(data, "entities", model=model, encoder=Encoder.open(base))
    assert report.n == 80 and report.texts == 40 and set(report.per_type) <= {"Person", "Place"}
    assert report.interval[0] <= report.f1 <= report.interval[1]
    assert json.loads(json.dumps(report.to_dict()))["task"] == "entities"
    with pytest.raises(DataError, match="no annotated coreference"):
        evaluate_extraction(data, "coreference", model=model, encoder=Encoder.open(base))


def test_label_vectors_go_by_name_when_types_are_added(base: Path, start: Path, tmp_path: Path) -> None:
    schema = (start / "schema.toml").read_text(encoding="utf-8")
    more = tmp_path / "schema.toml"
    more.write_text('[entities.Ship]\nen = "ship"\nzh = "船"\n' + schema, encoding="utf-8")
    labels = Labels.of(Schema.load(more))
    top = ExtractionTop.on(base, ExtractionSizes.of(labels, SHAPE.hidden_size))
    fresh = top.spans.start_labels[0].clone()
    load_weights(top, start, labels)
    known = Labels.of(Schema.load(start / "schema.toml"))
    older = ExtractionTop.on(base, ExtractionSizes.of(known, SHAPE.hidden_size))
    load_weights(older, start, known)
    assert labels.types[0] == "Ship" and torch.equal(top.spans.start_labels[0], fresh)
    assert torch.equal(top.spans.start_labels[1:], older.spans.start_labels)
    assert torch.equal(top.pairs.types.weight[1:], older.pairs.types.weight)
    assert top.arguments is not None and older.arguments is not None
    assert torch.equal(top.arguments.events.weight, older.arguments.events.weight)
    assert torch.equal(top.arguments.spans.bias, older.arguments.spans.bias)


def test_labels_of_ones_own_become_types(base: Path, start: Path, tmp_path: Path) -> None:
    path = tmp_path / "odd.conll"
    path.write_text("Nautilus B-SHIP\nsailed O\n\n" * 12, encoding="utf-8")
    train_extraction(path, tmp_path / "out", base=base, start=start, minutes=0.01)
    extractor = OnnxExtractor.open(tmp_path / "out", Encoder.open(base))
    assert "SHIP" in extractor.config.types and extractor.schema.entities["SHIP"].labels["zh"] == "SHIP"
    report = evaluate_extraction(path, "entities", model=tmp_path / "out", encoder=Encoder.open(base))
    assert report.n == 12 and report.unknown_types is None


def test_what_a_file_does_not_teach_keeps_its_thresholds(base: Path, data: Path, start: Path, tmp_path: Path) -> None:
    first, out = tmp_path / "first", tmp_path / "out"
    shutil.copytree(start, first)
    config = json.loads((start / "config.json").read_text(encoding="utf-8"))
    config["relation_thresholds"] |= {"BORN_IN": 1.5, "SPOUSE": 2.0}
    config |= {"apart_margin": 2.5, "trigger_threshold": 0.5, "trigger_margins": {"Attack": 4.0}}
    config["language_margins"] = {"zh": {"BORN_IN": 1.0, "SPOUSE": 0.5}}
    config["name_margins"] = {"Person": 0.5, "Work": 0.25}
    (first / "config.json").write_text(json.dumps(config), encoding="utf-8")
    train_extraction(data, out, base=base, start=first, minutes=0.01)
    made = json.loads((out / "config.json").read_text(encoding="utf-8"))
    assert made["relation_thresholds"] == {**config["relation_thresholds"], "BORN_IN": 0.0}
    assert made["language_margins"] == {"zh": {"SPOUSE": 0.5}} and made["trigger_margins"] == {"Attack": 4.0}
    assert (made["apart_margin"], made["trigger_threshold"], made["name_margins"]) == (2.5, 0.5, {"Work": 0.25})


def test_adapters_leave_the_norms_alone_and_are_served_like_any_model(base: Path, start: Path, tmp_path: Path) -> None:
    path = tmp_path / "odd.conll"
    path.write_text("Nautilus B-PER\nsailed O\n\n" * 12, encoding="utf-8")
    train_extraction(path, tmp_path / "out", base=base, start=start, minutes=0.01, lora=2, rate=20.0)
    given, made = (load_file(folder / "model.safetensors") for folder in (start, tmp_path / "out"))
    assert set(given) == set(made) and torch.equal(
        given["layers.0.feed_norm.weight"], made["layers.0.feed_norm.weight"]
    )
    assert not torch.equal(given["layers.0.qkv.weight"], made["layers.0.qkv.weight"])
    assert json.loads((tmp_path / "out" / "config.json").read_text(encoding="utf-8"))["lora"] == 2
    assert evaluate_extraction(path, "entities", model=tmp_path / "out", encoder=Encoder.open(base)).n == 12


def test_what_a_model_was_not_given_is_told_apart(base: Path, start: Path, tmp_path: Path) -> None:
    path = tmp_path / "odd.conll"
    path.write_text("Nautilus B-SHIP\nBo B-PER\n", encoding="utf-8")
    report = evaluate_extraction(path, "entities", model=start, encoder=Encoder.open(base))
    assert (report.n, report.unknown_types) == (1, {"SHIP": 1})


def test_events_of_no_known_type_and_data_without_annotation_are_refused(
    base: Path, start: Path, tmp_path: Path
) -> None:
    path, out = tmp_path / "a.json", tmp_path / "out"
    odd = {"content": "Bo hit", "events": [{"type": "打", "mentions": [{"span": [3, 6], "role": "trigger"}]}]}
    path.write_text(json.dumps(odd, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(DataError, match="line 1: the label 打 is no type of the schema"):
        train_extraction(path, out, base=base, start=start, format="fewfc", minutes=0.01)
    path.write_text(json.dumps({"content": "Bo hit", "events": []}), encoding="utf-8")
    with pytest.raises(DataError, match="nothing is annotated"):
        train_extraction(path, out, base=base, start=start, format="fewfc", minutes=0.01)
    assert not out.exists()


@pytest.mark.parametrize("missing", ["config.json", "top.onnx", "schema.toml"])
def test_a_folder_that_lacks_a_file_is_named(base: Path, start: Path, tmp_path: Path, missing: str) -> None:
    for path in start.iterdir():
        if path.name != missing:
            (tmp_path / path.name).write_bytes(path.read_bytes())
    with pytest.raises(ModelError, match=missing):
        open_extractor(tmp_path, encoder=Encoder.open(base))


def test_a_model_of_another_encoder_is_refused(start: Path, base: Path, tmp_path: Path) -> None:
    for path in start.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    config = json.loads((start / "config.json").read_text(encoding="utf-8"))
    (tmp_path / "config.json").write_text(json.dumps({**config, "trunk_id": "another"}), encoding="utf-8")
    with pytest.raises(ModelError, match="trained on the encoder another"):
        open_extractor(tmp_path, encoder=Encoder.open(base))


def test_a_model_of_an_earlier_form_is_refused(start: Path, base: Path, tmp_path: Path) -> None:
    shutil.copytree(start, tmp_path / "old")
    config = json.loads((start / "config.json").read_text(encoding="utf-8"))
    older = {key: value for key, value in config.items() if key != "roles"}
    (tmp_path / "old" / "config.json").write_text(json.dumps(older), encoding="utf-8")
    with pytest.raises(ModelError, match="Train or install one again"):
        open_extractor(tmp_path / "old", encoder=Encoder.open(base))
    labels = Labels.of(Schema.load())
    with pytest.raises(ModelError, match="earlier version"):
        load_weights(ExtractionTop.on(base, ExtractionSizes.of(labels, SHAPE.hidden_size)), tmp_path / "old", labels)


ATTACK = Event(3, 6, "hit", "Attack", (Argument(0, 2, "Bo", "ASSAILANT"), Argument(7, 11, "Carl", "VICTIM")))
EVENTFUL = Example("Bo hit Carl.", events=(ATTACK,), annotated_types=frozenset({"Attack", "Killing"}))


def test_events_become_triggers_arguments_and_roles(base: Path) -> None:
    labels = Labels.of(Schema.load())
    twice = replace(EVENTFUL, events=(ATTACK, replace(ATTACK, arguments=(Argument(7, 12, "Carl.", "VICTIM"),))))
    item = make_item(twice, open_tokenizer(base), labels)
    ((trigger, arguments),) = item.events.items()
    assert labels.types[trigger[2]] == "Attack" and item.mentions == [] and item.facts == []
    assert [labels.roles[role] for *_, role in arguments] == ["ASSAILANT", "VICTIM", "VICTIM"]
    known = {labels.types[n] for n, known in enumerate(item.known_types) if known}
    assert item.eventful and known == {"Attack", "Killing"} and not any(item.known_relations)
    batch = collate([make_item(Example("No."), open_tokenizer(base), labels), item], labels, Random(0))
    assert batch.triggers.tolist() == [[1, *trigger]] and batch.pairing is None
    assert batch.arguments.tolist() == [[0, *argument] for argument in arguments]


def test_what_no_annotator_looked_for_teaches_nothing_about_events(base: Path) -> None:
    labels = Labels.of(Schema.load())
    batch = collate([make_item(EVENTFUL, open_tokenizer(base), labels)], labels, Random(0))
    scores = [
        torch.zeros(1, len(batch.ids[0]), n, requires_grad=True) for n in (len(batch.ids[0]), *[len(labels.types)] * 2)
    ]
    span_loss((scores[0], scores[1], scores[2]), batch, labels).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    assert scores[1].grad is not None
    learned = {labels.types[n] for n in scores[1].grad.abs().sum((0, 1)).nonzero().flatten().tolist()}
    assert {"Attack", "Killing"} <= learned and not learned & {"Death", "SharePledge", "Person"}
    trigger = scores[1].grad[0, batch.triggers[0, 1]]
    assert trigger[labels.types.index("Attack")] < 0 < trigger[labels.types.index("Killing")]


def arguments_of(base: Path, labels: Labels) -> ArgumentTop:
    torch.manual_seed(0)
    top = ExtractionTop.on(base, ExtractionSizes.of(labels, SHAPE.hidden_size), dropout=0.0)
    assert top.arguments is not None
    return top.arguments


def test_the_argument_head_learns_the_roles_of_the_event(base: Path) -> None:
    labels, tokenizer, trunk = Labels.of(Schema.load()), open_tokenizer(base), load_trunk(base)
    top = arguments_of(base, labels)
    batch = collate([make_item(EVENTFUL, tokenizer, labels)], labels, Random(0))
    states = trunk(batch.ids, batch.mask)
    optimizer = torch.optim.AdamW(top.parameters(), 2e-2)
    losses = []
    for _ in range(60):
        loss = argument_loss(top, states, batch, labels)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 10
    assert top.spans.bias.grad is not None
    learned = {labels.roles[n] for n in top.spans.bias.grad.nonzero().flatten().tolist()}
    assert learned == {labels.roles[n] for n in labels.roles_of[labels.types.index("Attack")]}
    assert top.events.weight.grad is not None
    assert top.events.weight.grad.abs().sum(1).nonzero().tolist() == [[labels.types.index("Attack") - labels.entities]]


def test_an_event_is_read_alike_wherever_it_stands(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels, tokenizer, trunk = Labels.of(Schema.load()), open_tokenizer(base), load_trunk(base)
    top = arguments_of(base, labels)
    monkeypatch.setattr("kgqa.pipelines.training.extraction_arguments.AROUND", 4)
    item = make_item(EVENTFUL, tokenizer, labels)
    alone = collate([item], labels, Random(0))
    states = trunk(alone.ids, alone.mask)
    loss = argument_loss(top, states, alone, labels)
    other = make_item(replace(EVENTFUL, text=EVENTFUL.text + " a b c d e f"), tokenizer, labels)
    beside = collate([make_item(Example("No one."), tokenizer, labels), other], labels, Random(0))
    longer = torch.zeros(2, beside.ids.shape[1], states.shape[2])
    longer[1, : states.shape[1]] = states[0]
    size = len(alone.ids[0]) - 1  # without [SEP]
    assert torch.equal(beside.ids[1, :size], alone.ids[0, :size])
    inside = alone.triggers[0, 2] + 1 + 4 <= size
    assert inside and argument_loss(top, longer, beside, labels).item() == pytest.approx(loss.item(), rel=1e-4)


def test_texts_without_events_teach_the_argument_head_nothing(base: Path) -> None:
    labels = Labels.of(Schema.load())
    batch = collate([make_item(Example("No one."), open_tokenizer(base), labels)], labels, Random(0))
    states = torch.randn(*batch.ids.shape, SHAPE.hidden_size)
    assert argument_loss(arguments_of(base, labels), states, batch, labels).item() == 0.0


WHO = "Bo met Anna in Rome, a b c d e he f g h."
NAMED = (Mention(0, 2, "Bo", "Person"), Mention(7, 11, "Anna", "Person"), Mention(15, 19, "Rome", "Place"))
REFERRING = Example(
    WHO,
    (Mention(31, 33, "he", "Reference", nominal=True), *NAMED),
    clusters=((0, 1),),
    annotated_types=frozenset({"Person", COREFERENCE}),
)


def references_of(base: Path, labels: Labels) -> ReferenceTop:
    torch.manual_seed(0)
    top = ExtractionTop.on(base, ExtractionSizes.of(labels, SHAPE.hidden_size)).references
    assert top is not None
    return top.eval()


def test_a_pronoun_learns_which_of_the_names_that_agree_it_stands_for(base: Path) -> None:
    labels, tokenizer = Labels.of(Schema.load()), open_tokenizer(base)
    item = make_item(REFERRING, tokenizer, labels)
    ((pronoun, names),) = item.references
    assert pronoun == item.mentions[0][:2] and names == [(*item.mentions[1][:2], True), (*item.mentions[2][:2], False)]
    assert make_item(replace(REFERRING, annotated_types=frozenset()), tokenizer, labels).references == []
    nobody = make_item(replace(REFERRING, clusters=()), tokenizer, labels)
    assert not any(right for *_, right in nobody.references[0][1])
    top, trunk = references_of(base, labels), load_trunk(base)
    batch = collate([make_item(Example("No one."), tokenizer, labels), item], labels, Random(0))
    states, optimizer = trunk(batch.ids, batch.mask), torch.optim.AdamW(top.parameters(), lr=1e-3)
    losses = []
    for _ in range(40):
        loss = reference_loss(top, states, batch)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 5
    other = collate([nobody], labels, Random(0))
    assert reference_loss(top, states[1:], other).item() > 1.0  # it says that one of them is meant
    empty = collate([make_item(Example("No one."), tokenizer, labels)], labels, Random(0))
    assert reference_loss(top, states[:1], empty).item() == 0.0


@pytest.mark.parametrize("around", [64, 16])
def test_a_pronoun_is_read_when_served_as_in_training(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, around: int
) -> None:
    for part in ("kgqa.extraction.references", "kgqa.pipelines.training.extraction_references"):
        monkeypatch.setattr(f"{part}.BEFORE", around)
        monkeypatch.setattr(f"{part}.AFTER", 3)
    labels, schema = Labels.of(Schema.load()), Path(kgqa.extraction.__file__).with_name("schema.toml")
    torch.manual_seed(3)
    top = ExtractionTop.on(base, ExtractionSizes.of(labels, SHAPE.hidden_size)).eval()
    export_extraction(top, tmp_path, labels, schema.read_text("utf-8"), base=base, provenance={"version": "0"})
    extractor = OnnxExtractor.open(tmp_path, Encoder.open(base))
    (table,) = extractor.compare([WHO], [[(m.start, m.end) for m in REFERRING.mentions]])
    item = make_item(REFERRING, open_tokenizer(base), labels)
    near = [n for n in (1, 2) if any(name[:2] == item.mentions[n][:2] for name in item.references[0][1])]
    assert near == ([1, 2] if around > 20 else [2]) and top.references is not None
    batch = collate([item], labels, Random(0))
    loss = reference_loss(top.references, load_trunk(base)(batch.ids, batch.mask), batch).item()
    scores = np.array([table[0, n, -1] for n in near])
    right = scores[0] if near[0] == 1 else 0.0  # no name that is read
    assert loss == pytest.approx(np.log(np.exp(scores).sum() + 1) - right, abs=0.02)
    assert abs(scores).max() > 0.05


def test_what_pronouns_stand_for_may_learn_alone(base: Path, start: Path, tmp_path: Path) -> None:
    path, out = tmp_path / "gap.tsv", tmp_path / "out"
    head = ["ID", "Text", "Pronoun", "Pronoun-offset", "A", "A-offset", "A-coref", "B", "B-offset", "B-coref", "URL"]
    row = ["1", WHO, "he", "31", "Bo", "0", "TRUE", "Anna", "7", "FALSE", "u"]
    path.write_text("\n".join("\t".join(line) for line in [head, *[row] * 40]) + "\n", encoding="utf-8")
    train_extraction(path, out, base=base, start=start, format="gap", minutes=0.02, only="references", rate=1.0)
    given, made = (load_file(folder / "model.safetensors") for folder in (start, out))
    changed = {name for name in given if not torch.equal(given[name], made[name])}
    assert "references.layers.0.qkv.weight" in changed and all(name.startswith("references.") for name in changed)
    for name in ("top.onnx", "pairs.onnx", "arguments.onnx"):
        assert (out / name).read_bytes() == (start / name).read_bytes()
    (report,) = json.loads((out / "report.json").read_text(encoding="utf-8"))["scores"]
    assert (report["task"], report["f1_given_names"]) == ("coreference", 1.0)


def test_what_a_model_takes_for_names_is_shown_to_the_pair_head(base: Path) -> None:
    labels, tokenizer = Labels.of(Schema.load()), open_tokenizer(base)
    mentions = (Mention(0, 2, "Bo", "Person"), Mention(7, 11, "Carl", "Person"))
    known = frozenset({"Person", "SPOUSE", "CHILD_OF"})
    example = Example("Bo hit Carl, a b c d.", mentions, (Relation(0, 1, "SPOUSE", 0, 11),), annotated_types=known)
    batch = collate([make_item(example, tokenizer, labels)] * 2, labels, Random(0))
    words, last = batch.first[0].nonzero().flatten().tolist(), batch.last[0].nonzero().flatten().tolist()
    span = torch.full((2, len(batch.ids[0]), len(batch.ids[0])), -50.0)
    span[0, words[2], last[2]] = 30.0  # Carl: annotated already
    span[0, words[4], last[5]] = 30.0  # "a b"
    span[0, words[5], last[6]] = 29.0  # "b c", worse, and across the other
    span[0, words[7], last[7]] = 28.0  # "d"
    flat = torch.zeros(2, len(batch.ids[0]), len(labels.types))
    targets = pair_targets(batch, (span, flat, flat), labels)
    assert targets is not None
    found = {tuple(place) for place in targets.mentions[0].tolist()} - {(0, 0)}
    assert found == {(words[n], last[m]) for n, m in ((0, 0), (2, 2), (4, 5), (7, 7))} and targets.present.sum() == 4
    spouse, parent = labels.relations.index("SPOUSE"), labels.relations.index("CHILD_OF")
    assert targets.absent[0, 0, 2, spouse] and targets.absent[0, 0, 2, parent]
    assert not targets.absent[0, 0, 1, spouse] and targets.absent[0, 0, 1, parent]
    assert targets.mentions.max() < len(batch.ids[0])
    assert not targets.absent[1, 0, 2:].any()  # padding: the other text has no names of the model's own


def test_beside_the_given_facts_of_a_text_others_are_unlikely(base: Path) -> None:
    labels, tokenizer = Labels.of(Schema.load()), open_tokenizer(base)
    mentions = (Mention(0, 2, "Bo", "Person"), Mention(7, 11, "Carl", "Person"))
    example = Example("Bo hit Carl, a b c d.", mentions, (Relation(0, 1, "SPOUSE", 0, 11),))
    batch = collate([make_item(example, tokenizer, labels)], labels, Random(0))
    words, last = batch.first[0].nonzero().flatten().tolist(), batch.last[0].nonzero().flatten().tolist()
    span = torch.full((1, len(batch.ids[0]), len(batch.ids[0])), -50.0)
    span[0, words[1], last[2]] = 30.0  # "hit Carl": another name of Carl, perhaps
    span[0, words[4], last[4]] = 29.0  # "a"
    flat = torch.zeros(1, len(batch.ids[0]), len(labels.types))
    targets = pair_targets(batch, (span, flat, flat), labels)
    assert targets is not None
    number = {tuple(place): n for n, place in enumerate(targets.mentions[0].tolist())}
    bo, carl, longer, other = (number[words[n], last[m]] for n, m in ((0, 0), (2, 2), (1, 2), (4, 4)))
    pairs = {(head, tail) for _, head, tail in targets.unlikely.nonzero().tolist()}
    assert {(bo, other), (other, bo), (carl, other), (longer, other)} <= pairs
    assert not {(bo, carl), (carl, bo), (bo, longer), (longer, bo), (bo, bo)} & pairs
    scores = torch.zeros(*targets.present.shape[:3], len(labels.relations) + 1, requires_grad=True)
    relation_loss(scores, targets).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
    assert scores.grad is not None
    assert 0 < scores.grad[0, bo, other].max() < scores.grad[0, bo, carl].abs().max()


def test_events_are_scored_from_text_and_from_given_triggers(base: Path, start: Path, tmp_path: Path) -> None:
    spans = [{"span": [0, 2], "role": "sub-org"}, {"span": [3, 6], "role": "trigger"}]
    item = {"content": "Bo hit Carl.", "events": [{"type": "起诉", "mentions": spans}]}
    path = tmp_path / "a.json"
    path.write_text(json.dumps(item), encoding="utf-8")
    report = evaluate_extraction(path, "events", format="fewfc", model=start, encoder=Encoder.open(base))
    assert (report.n, report.texts, report.trigger_f1) == (1, 1, report.f1)
    printed = report.to_dict()
    assert {"argument_f1", "argument_f1_gold_trigger", "interval", "per_type"} <= printed.keys()
    extractor = OnnxExtractor.open(start, Encoder.open(base))
    (given,) = extractor.extract([chunk("Bo hit Carl.")], [[(3, 6, "Lawsuit"), (3, 50, "Lawsuit"), (0, 2, "Unheard")]])
    assert [(event.text, event.type) for event in given.events] == [("hit", "Lawsuit")]
    path.write_text(json.dumps({"content": "Bo", "events": []}), encoding="utf-8")
    with pytest.raises(DataError, match="no annotated events"):
        evaluate_extraction(path, "events", format="fewfc", model=start, encoder=Encoder.open(base))


def test_of_a_judged_pair_all_relations_are_known(base: Path) -> None:
    labels, tokenizer = Labels.of(Schema.load()), open_tokenizer(base)
    mentions = (Mention(0, 2, "Bo", ""), Mention(7, 11, "Carl", ""))
    learned: dict[str, Tensor] = {}
    for kind in ("", "SPOUSE"):
        example = Example("Bo hit Carl.", mentions, (Relation(0, 1, kind, 0, 11),))
        batch = collate([make_item(example, tokenizer, labels)], labels, Random(0))
        tokens = len(batch.ids[0])
        low = torch.full((1, tokens, len(labels.types)), -9.0)
        targets = pair_targets(batch, (torch.zeros(1, tokens, tokens), low, low), labels)
        assert targets is not None
        scores = torch.zeros(1, 2, 2, len(labels.relations) + 1, requires_grad=True)
        relation_loss(scores, targets).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        assert scores.grad is not None
        learned[kind] = scores.grad[0]
    spouse, parent = labels.relations.index("SPOUSE"), labels.relations.index("CHILD_OF")
    assert (learned[""][0, 1, :-1] > 0).all() and (learned[""][1, 0, :-1] > 0).all()
    assert learned["SPOUSE"][0, 1, spouse] < 0 < learned["SPOUSE"][0, 1, parent]
    assert not any(learned[kind][..., -1].any() for kind in learned)


def test_given_pairs_are_compared_in_all_windows(base: Path, start: Path) -> None:
    extractor = OnnxExtractor.open(start, Encoder.open(base))
    text = "Anna met Bo. " * 90
    spans = [(0, 4), (9, 11), (len(text) - 4, len(text) - 2), (4, 8)]
    (near, none), labels = extractor.compare([text, "Bo"], [spans, []]), len(extractor.config.relations) + 1
    assert near.shape == (4, 4, labels) and none.shape == (0, 0, labels)
    assert np.isfinite(near[:2, :2]).all() and np.isneginf(near[0, 2]).all() and np.isneginf(near[3]).all()


def test_a_model_without_events_is_served_and_gone_on_from(base: Path, start: Path, tmp_path: Path) -> None:
    schema = (start / "schema.toml").read_text(encoding="utf-8").split("[events.")[0]
    (tmp_path / "old.toml").write_text(schema, encoding="utf-8")
    old = Labels.of(Schema.load(tmp_path / "old.toml"))
    top = ExtractionTop.on(base, ExtractionSizes.of(old, SHAPE.hidden_size))
    export_extraction(top, tmp_path, old, schema, base=base, provenance={"version": "0"})
    (extraction,) = open_extractor(tmp_path, encoder=Encoder.open(base)).extract([chunk("Anna hit Bo.")])
    assert extraction.events == ()
    labels = Labels.of(Schema.load())
    more = ExtractionTop.on(base, ExtractionSizes.of(labels, SHAPE.hidden_size))
    load_weights(more, tmp_path, labels)
    assert torch.allclose(more.pairs.labels[-1], top.pairs.labels[-1], atol=1e-3)  # coreference stays the last
    assert torch.allclose(more.spans.start_labels[: len(old.types)], top.spans.start_labels, atol=1e-3)


def test_events_are_scored_as_sets_of_the_annotated_types() -> None:
    other = Event(7, 11, "Carl", "Killing", (Argument(0, 2, "Bo", "KILLER"),))
    unasked = Event(0, 2, "Bo", "Death")
    half = replace(ATTACK, arguments=(ATTACK.arguments[0], Argument(7, 12, "Carl.", "VICTIM")))
    found = Extraction("0", events=(half, other, unasked))
    scores = score_events([EVENTFUL], [found], [Extraction("0", events=(ATTACK,))])
    assert (scores.triggers.precision, scores.triggers.recall, scores.triggers.n) == (0.5, 1.0, 1)
    assert (scores.arguments.precision, scores.arguments.recall, scores.arguments.n) == (0.3333, 0.5, 2)
    assert scores.arguments_gold_trigger.f1 == 1.0
    assert scores.per_type["Attack"].f1 == 1.0 and scores.per_type.keys() == {"Attack", "Killing"}
    assert given_triggers(EVENTFUL) == [(3, 6, "Attack")]


def test_a_tenth_of_a_texts_tokens_is_hidden_and_never_its_frame() -> None:
    torch.manual_seed(1)
    lengths = torch.tensor([4_000, 3, 2, 200])
    mask = (torch.arange(4_000) < lengths[:, None]).long()
    ids = torch.where(mask > 0, 7, 0)
    ids[:, 0], ids[range(4), lengths - 1] = 101, 102
    found = extraction_run._partly_hidden(ids, mask)
    changed = found != ids
    assert set(found[changed].tolist()) == {103} and set(ids[changed].tolist()) == {7}
    assert 0.09 < changed[0].float().mean() < 0.11 and not torch.equal(extraction_run._partly_hidden(ids, mask), found)
