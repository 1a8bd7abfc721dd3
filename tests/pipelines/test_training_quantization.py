"""int8 graphs: close to fp32, and the same for a text whatever it is batched with."""

from pathlib import Path

import numpy as np
import onnx
import pytest

pytest.importorskip("torch", reason='the extra "train" is not installed')

import torch
from torch import Tensor, nn

from kgqa.encoder import Session
from kgqa.pipelines.training.export import export_onnx
from kgqa.pipelines.training.quantization import TABLE_ROWS, drop_guards, quantize


class _Small(nn.Module):
    """A table, two products that read the same states, and a product of two activations."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(TABLE_ROWS, 32)
        self.one, self.two, self.out = nn.Linear(32, 48), nn.Linear(32, 48), nn.Linear(48, 16)

    def forward(self, ids: Tensor) -> Tensor:
        states = self.table(ids)
        mixed = torch.softmax(self.one(states) @ self.two(states).transpose(1, 2), -1) @ self.one(states)
        return self.out(mixed)  # type: ignore[no-any-return]  # nn.Module calls are untyped


@pytest.fixture(scope="module")
def graphs(tmp_path_factory: pytest.TempPathFactory) -> tuple[_Small, Session, Path]:
    """The module, its int8 graph opened, and where that lies."""
    torch.manual_seed(0)
    small, folder = _Small().eval(), tmp_path_factory.mktemp("graphs")
    ids = torch.randint(TABLE_ROWS, (3, 5))
    export_onnx(small, {"ids": ids}, ["out"], folder / "whole.onnx", {"ids": ("batch", "tokens")})
    quantize(folder / "whole.onnx", folder / "int8.onnx")
    return small, Session.open(folder / "int8.onnx", threads=1), folder


def test_int8_graph_is_close_to_the_module(graphs: tuple[_Small, Session, Path]) -> None:
    small, session, _ = graphs
    ids = torch.randint(TABLE_ROWS, (4, 9))
    with torch.no_grad():
        wanted = small(ids).numpy()
    (found,) = session.run({"ids": ids.numpy()})
    assert np.abs(found - wanted).mean() < 0.05 * np.abs(wanted).mean()
    assert not np.array_equal(found, wanted)


def test_text_comes_out_the_same_alone_and_beside_a_loud_one(graphs: tuple[_Small, Session, Path]) -> None:
    _, session, _ = graphs
    ids = torch.randint(10, TABLE_ROWS, (2, 9)).numpy()
    (together,) = session.run({"ids": ids})
    for row in range(2):
        (alone,) = session.run({"ids": ids[row : row + 1]})
        assert np.array_equal(alone[0], together[row])


def test_int8_graph_is_about_a_quarter_as_large(graphs: tuple[_Small, Session, Path]) -> None:
    _, _, folder = graphs
    assert (folder / "int8.onnx").stat().st_size < 0.45 * (folder / "whole.onnx").stat().st_size


def test_quantized_graph_names_no_folder_of_this_machine(graphs: tuple[_Small, Session, Path]) -> None:
    _, _, folder = graphs
    assert str(Path(__file__).parent.parent).encode() not in (folder / "int8.onnx").read_bytes()


class _Attention(nn.Module):
    """Attention under a mask, as the layers of the encoder have it."""

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        heads = states[:, None]
        return nn.functional.scaled_dot_product_attention(heads, heads, heads, attn_mask=mask[:, None, None, :] > 0)


def test_attention_says_the_same_to_the_bit_without_the_guards_for_empty_rows(tmp_path: Path) -> None:
    torch.manual_seed(0)
    states, mask = torch.randn(3, 5, 16), torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [1, 0, 0, 0, 0]])
    dynamic = {"states": ("batch", "tokens", None), "mask": ("batch", "tokens")}
    export_onnx(_Attention(), {"states": states, "mask": mask}, ["out"], tmp_path / "guarded.onnx", dynamic)
    model = onnx.load(tmp_path / "guarded.onnx")
    drop_guards(model.graph)
    onnx.save(model, tmp_path / "bare.onnx")
    guarded, bare = (
        Session.open(tmp_path / name, threads=1).run({"states": states.numpy(), "mask": mask.numpy()})[0]
        for name in ("guarded.onnx", "bare.onnx")
    )
    assert "IsNaN" not in {node.op_type for node in model.graph.node}
    assert np.array_equal(guarded, bare)
