from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
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


def test_calls_run_side_by_side_and_come_back_in_order() -> None:
    session = Session.open(SHIPPED, threads=2)
    both = threading.Barrier(2, timeout=60)  # breaks unless two wait at it at once

    def states(length: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        both.wait()
        ids = np.arange(100, 100 + length)[None]
        return session.run({"input_ids": ids, "attention_mask": np.ones_like(ids)})[0]

    made = session.side_by_side(states, [9, 3, 30, 1])
    assert [of.shape for of in made] == [(1, 9, 384), (1, 3, 384), (1, 30, 384), (1, 1, 384)]
    assert session.side_by_side(lambda _: threading.current_thread(), [0]) == [threading.current_thread()]
    assert session.side_by_side(states, []) == []


def test_an_error_of_one_call_reaches_who_asked() -> None:
    with pytest.raises(ZeroDivisionError):
        Session.open(SHIPPED, threads=2).side_by_side(lambda number: 1 / number, [1, 0, 1])


def test_the_setting_is_checked(tmp_path: Path) -> None:
    assert load_settings(tmp_path).models.device == "auto"
    with pytest.raises(ConfigError, match=r"models\.device"):
        load_settings(tmp_path, {"models": {"device": "cuda"}})
