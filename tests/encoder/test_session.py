from __future__ import annotations

from pathlib import Path

import pytest

from kgqa.config import load_settings
from kgqa.encoder import Encoder, Session, model_path
from kgqa.encoder.session import providers
from kgqa.errors import ConfigError
from kgqa.types import DeviceName

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
SHIPPED = model_path("encoder") / "trunk.onnx"


@pytest.fixture
def in_floats(tmp_path: Path) -> Path:
    path = tmp_path / "floats.onnx"
    path.write_bytes(b"MatMul")
    return path


@pytest.mark.parametrize(
    ("device", "usable", "in_bytes", "in_single"),
    [
        ("auto", [CPU], [CPU], [CPU]),
        ("auto", [CUDA, CPU], [CPU], [CUDA, CPU]),
        ("cpu", [CUDA, CPU], [CPU], [CPU]),
        ("gpu", [CUDA, CPU], [CUDA, CPU], [CUDA, CPU]),
    ],
)
def test_a_gpu_runs_what_it_can_run_whole_and_what_it_is_told_to(
    device: DeviceName, usable: list[str], in_bytes: list[str], in_single: list[str], in_floats: Path
) -> None:
    assert providers(SHIPPED, device, usable) == in_bytes
    assert providers(in_floats, device, usable) == in_single


def test_every_model_that_ships_is_of_bytes() -> None:
    graphs = list(model_path("encoder").parent.glob("*/*.onnx"))
    assert len(graphs) >= 5
    assert all(providers(graph, "auto", [CUDA, CPU]) == [CPU] for graph in graphs)


def test_a_wanted_gpu_that_is_not_there_is_an_error(in_floats: Path) -> None:
    with pytest.raises(ConfigError, match=r'models.device = "gpu": this ONNX Runtime knows no GPU.*onnxruntime-gpu'):
        providers(in_floats, "gpu", [CPU])


def test_a_session_and_an_encoder_open_on_the_cpu_when_told_to() -> None:
    assert Session.open(SHIPPED, threads=1, device="cpu").outputs
    assert len(Encoder.open(threads=1, device="cpu").embed(["Alpha"])) == 1


def test_the_setting_is_checked(tmp_path: Path) -> None:
    assert load_settings(tmp_path).models.device == "auto"
    with pytest.raises(ConfigError, match=r"models\.device"):
        load_settings(tmp_path, {"models": {"device": "cuda"}})
