"""LoRA adapters on the layers of a family."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("peft")

from torch import Tensor, nn  # noqa: E402

from kgqa.errors import ConfigError, ModelError  # noqa: E402
from kgqa.pipelines.training.adapters import add_adapters, merge_adapters  # noqa: E402
from kgqa.pipelines.training.bilingual import EncoderLayer, EncoderShape  # noqa: E402
from kgqa.pipelines.training.early_stopping import EarlyStopping  # noqa: E402
from kgqa.pipelines.training.extraction_run import Run, _resume, _save  # noqa: E402

STATES, MASK = torch.randn(2, 5, 12, generator=torch.Generator().manual_seed(3)), torch.ones(2, 5)


def layers() -> nn.ModuleList:
    torch.manual_seed(0)
    shape = EncoderShape(vocab_size=10, hidden_size=12, num_attention_heads=2, intermediate_size=24)
    return nn.ModuleList([EncoderLayer(shape), EncoderLayer(shape)])


def output(of: nn.ModuleList) -> Tensor:
    states: Tensor = STATES
    for layer in of:
        states = layer(states, MASK)
    return states


def test_only_adapters_learn_and_are_merged_into_layers_of_the_usual_form() -> None:
    family = layers()
    names, before = list(family.state_dict()), output(family)
    weights = {name: tensor.clone() for name, tensor in family.state_dict().items()}
    add_adapters(family, rank=4)
    assert torch.allclose(output(family), before)
    trained = [weight for weight in family.parameters() if weight.requires_grad]
    assert sum(weight.numel() for weight in trained) == 2 * 4 * (12 + 36 + 12 + 12 + 12 + 24 + 24 + 12)
    optimizer = torch.optim.Adam(trained, lr=0.01)
    for _ in range(20):
        optimizer.zero_grad()
        (output(family)[..., 0] - 1).square().mean().backward()  # type: ignore[no-untyped-call]  # torch does not annotate it
        optimizer.step()
    learned = output(family)
    assert (learned[..., 0] - 1).square().mean() < (before[..., 0] - 1).square().mean()
    merge_adapters(family)
    assert list(family.state_dict()) == names and torch.allclose(output(family), learned, atol=1e-5)
    assert all(weight.requires_grad for weight in family.parameters())
    changed = {name for name, tensor in family.state_dict().items() if not torch.equal(tensor, weights[name])}
    assert changed and all(name.endswith("weight") and "norm" not in name for name in changed)


@pytest.mark.parametrize("rank", [0, -1, 1000])
def test_a_rank_out_of_range_is_refused(rank: int) -> None:
    with pytest.raises(ConfigError, match="between 1 and 256"):
        add_adapters(layers(), rank)


def test_a_checkpoint_of_a_run_without_adapters_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.pt"
    plain, adapted = layers(), layers()
    _save(path, plain, torch.optim.AdamW(plain.parameters()), Run(), EarlyStopping())
    add_adapters(adapted, rank=2)
    with pytest.raises(ModelError, match=r"checkpoint\.pt is the checkpoint of another kind of run"):
        _resume(path, adapted, torch.optim.AdamW(adapted.parameters()), EarlyStopping())
