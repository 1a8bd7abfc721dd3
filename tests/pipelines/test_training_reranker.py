"""The reranker's data, windows, loss and export; a run against the clock."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from kgqa.encoder import Session  # noqa: E402
from kgqa.errors import ModelError  # noqa: E402
from kgqa.extraction.schema import Schema  # noqa: E402
from kgqa.pipelines.training.bilingual import EncoderLayer, EncoderShape  # noqa: E402
from kgqa.pipelines.training.export import export_top  # noqa: E402
from kgqa.pipelines.training.reader_data import Question  # noqa: E402
from kgqa.pipelines.training.reader_facts import TEMPLATES  # noqa: E402
from kgqa.pipelines.training.reranker_data import (  # noqa: E402
    Ranked,
    compared,
    one_step,
    read_wording,
    sayings,
    two_step,
)
from kgqa.pipelines.training.reranker_model import (  # noqa: E402
    Batch,
    RerankerTop,
    batches,
    ranking_loss,
    tokenized,
)
from kgqa.pipelines.training.timed_run import TimedRun  # noqa: E402
from kgqa.retrieval.rerank import Candidate, Sizes  # noqa: E402
from kgqa.types import Example, Mention, Relation  # noqa: E402

LIBRARY = [
    {"template_key": {"p": "P57", "s_types": ["Q11424"], "o_types": ["Q5"]}, "templates": [
        {"left": "who is the director of ", "right": " ?"}]},
    {"template_key": {"p": "P19", "s_types": ["Q5"], "o_types": ["Q515"]}, "templates": [
        {"left": "where was ", "right": " born?"}]},
]  # fmt: skip


def example(text: str, head: tuple[str, str], relation: str, tail: tuple[str, str]) -> Example:
    mentions = tuple(Mention(text.index(name), text.index(name) + len(name), name, kind) for name, kind in (head, tail))
    return Example(text, mentions, (Relation(0, 1, relation, 0, len(text)),))


def films(count: int) -> list[Example]:
    return [
        example(f"Film{n} was made by Ada{n} Lee .", (f"Film{n}", "Work"), "DIRECTED_BY", (f"Ada{n} Lee", "Person"))
        for n in range(count)
    ]


def births(count: int) -> list[Example]:
    return [
        example(f"Bo{n} Chen was born in Town{n} .", (f"Bo{n} Chen", "Person"), "BORN_IN", (f"Town{n}", "Place"))
        for n in range(count)
    ]


def chinese(count: int) -> list[Example]:
    found = []
    for n in range(count):
        found.append(
            example(f"《电影{n}号》由张{n}执导。", (f"电影{n}号", "Work"), "DIRECTED_BY", (f"张{n}", "Person"))
        )
        found.append(example(f"李{n}出生于城{n}。", (f"李{n}", "Person"), "BORN_IN", (f"城{n}", "Place")))
    return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / TEMPLATES).parent.mkdir(parents=True)
    (tmp_path / TEMPLATES).write_text(json.dumps(LIBRARY))
    return tmp_path


def test_two_steps_lead_over_the_name_that_both_texts_then_have(data: Path) -> None:
    schema = Schema.load()
    said = list(sayings([*films(6), *births(6)], schema))
    made = list(two_step(said, read_wording(data, schema, "en"), "en", 20, random.Random(1)))
    assert len(made) == 20
    for ranked in made:
        first, second = ranked.right
        number = ranked.question.removeprefix("Where was the director of Film").partition(" ")[0]
        assert ranked.question == f"Where was the director of Film{number} born?"
        assert first.path == "" and f"Film{number} was made" in first.text
        assert second.path == f"Film{number} was made by Ada{number} Lee ."
        assert f"Ada{number} Lee was born in Town" in second.text
        assert ranked.wrong and not any(f"Ada{number} Lee was born" in wrong.text for wrong in ranked.wrong)


def test_two_steps_in_chinese(data: Path) -> None:
    schema = Schema.load()
    said = list(sayings(chinese(6), schema))
    made = list(two_step(said, read_wording(data, schema, "zh"), "zh", 20, random.Random(1)))
    asked = [ranked for ranked in made if "号的导演" in ranked.question]
    assert asked
    for ranked in asked:
        number = ranked.question[2]
        assert ranked.right[1].path == f"《电影{number}号》由张{number}执导。"
        assert f"张{number}" in ranked.right[1].text and " " not in ranked.question


def test_comparisons_need_what_is_said_of_both() -> None:
    people = [
        example(f"Bo{n} Chen was born in 19{n}0 .", (f"Bo{n} Chen", "Person"), "BORN_ON", (f"19{n}0", "Date"))
        for n in range(9)
    ]
    made = list(compared(list(sayings(people, Schema.load())), "en", 10, random.Random(1)))
    assert len(made) == 10
    for ranked in made:
        assert len(ranked.right) == 2 and ranked.wrong
        names = [right.text.splitlines()[-1].partition(" was")[0] for right in ranked.right]
        assert all(name in ranked.question for name in names)
        assert not any(name in wrong.text for name in names for wrong in ranked.wrong)


def test_passages_of_one_step_that_do_not_help_lack_the_answer() -> None:
    questions = [
        Question(str(n), f"Where is thing{n}?", f"The thing{n} is in town{n}.", ((16, 22),), "en", str(n))
        for n in range(9)
    ]
    made = list(one_step(questions, random.Random(1)))
    assert len(made) == 9
    for ranked in made:
        number = ranked.question[-2]
        assert [f"town{number}" in right.text for right in ranked.right] == [True]
        assert ranked.wrong and not any(f"town{number}." in wrong.text for wrong in ranked.wrong)


def tokenizer() -> Tokenizer:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghijklmnopqrstuvwxyz"]
    made = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return made


RANKED = Ranked(
    "a b", (Candidate("", "a b c"), Candidate("c d", "d e f")), (Candidate("c x", "x y"), Candidate("", "z"))
)


def small_top() -> RerankerTop:
    torch.manual_seed(1)
    shape = EncoderShape(vocab_size=30, hidden_size=12, num_attention_heads=2, intermediate_size=24)
    return RerankerTop(nn.ModuleList([EncoderLayer(shape)]), hidden=12)


def test_windows_stay_together_and_are_cut_to_size() -> None:
    long = Ranked("a " * 90, (Candidate("b " * 90, "c " * 300),), (Candidate("", "d"),))
    windows = list(tokenized([RANKED, long, RANKED], tokenizer(), Sizes()))
    assert [len(item.rows) for item in windows] == [4, 2, 4] and windows[1].longest == 40 + 48 + 64 + 4
    made = list(batches(windows, 40, random.Random(1)))
    assert sorted(len(batch.right) for batch in made) == [2, 4, 4]
    for batch in made:
        assert batch.group.max() == 0 and batch.right.any() and not batch.right.all()
        assert (batch.mask.sum(1) > 3).all() and batch.roles.shape == batch.ids.shape


def test_the_loss_compares_what_helps_with_what_does_not_of_one_question() -> None:
    (batch,) = batches(list(tokenized([RANKED, RANKED], tokenizer(), Sizes())), 1000, random.Random(1))
    right = torch.where(batch.right, 20.0, -20.0)
    assert float(ranking_loss(right, batch)) == pytest.approx(0, abs=1e-4)
    assert float(ranking_loss(-right, batch)) > 30
    other = right + torch.where(batch.group == 1, 100.0, 0.0)
    assert float(ranking_loss(other, batch)) == pytest.approx(0, abs=1e-4)


def test_the_served_graph_says_what_torch_says(tmp_path: Path) -> None:
    top = small_top().eval()
    with torch.no_grad():
        for weight in top.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    export_top(top, 12, ("scores",), tmp_path / "top.onnx")
    session = Session.open(tmp_path / "top.onnx")
    for shape in ((3, 7), (1, 20)):
        states, roles = torch.randn(*shape, 12), torch.randint(0, 10, shape)
        mask = torch.ones(shape, dtype=torch.long)
        with torch.no_grad():
            wanted = top(states, mask, roles).numpy()
        given = {"states": states.numpy(), "attention_mask": mask.numpy(), "roles": roles.numpy()}
        np.testing.assert_allclose(session.run(given)[0], wanted, atol=0.05)
    again = small_top()
    again.take_over(tmp_path)
    for name, weight in top.state_dict().items():
        assert torch.allclose(again.state_dict()[name], weight, atol=0.01 * float(weight.abs().max())), name


def test_a_layer_says_of_the_first_token_alone_what_it_says_of_it_among_all() -> None:
    layer = small_top().layers[0]
    states, mask = torch.randn(2, 7, 12), torch.tensor([[1] * 7, [1] * 4 + [0] * 3])
    with torch.no_grad():
        every, first = layer(states, mask), layer(states, mask, first_only=True)
    assert first.shape == (2, 1, 12)
    torch.testing.assert_close(first, every[:, :1])


def test_a_timed_run_learns_stops_and_goes_on(tmp_path: Path) -> None:
    top = small_top()
    words = nn.Embedding(30, 12)
    made = list(batches(list(tokenized([RANKED], tokenizer(), Sizes())), 1000, random.Random(1)))

    def loss(batch: Batch) -> Tensor:
        return ranking_loss(top(words(batch.ids).detach(), batch.mask, batch.roles), batch)

    def held_back() -> float:
        top.eval()
        with torch.no_grad():
            return float(loss(made[0]))

    before = held_back()
    run = TimedRun(top, tmp_path / "checkpoint.pt", rate=10, held_back=held_back)
    run.train(lambda used: made, loss, 0.05)
    after = held_back()
    assert after < before and run.checkpoint.exists() and run.stopping.curve
    assert after <= min(found for _, found in run.stopping.curve) + 1e-5
    again = TimedRun(small_top(), tmp_path / "checkpoint.pt", held_back=held_back)
    assert again.state.steps == run.state.steps and again.state.seconds >= 3
    with pytest.raises(ModelError, match=r"checkpoint\.pt is the checkpoint of another kind of run"):
        TimedRun(nn.Linear(2, 2), tmp_path / "checkpoint.pt")
