from __future__ import annotations

import pytest

from kgqa.index import Device
from kgqa.pipelines.evaluation import dense_index
from kgqa.pipelines.evaluation.dense_index import measure, table


def test_devices_are_asked_the_same_and_compared_with_the_first() -> None:
    figures = measure(500, [Device("cpu"), Device("cpu")], questions=70)
    assert [line.vectors for line in figures] == [500, 500]
    for line in figures:
        assert min(line.build, line.first, line.single, line.batch, line.changed) > 0
        assert (line.device, line.same, line.difference) == ("CPU", 1, 0)
        assert line.recall > 0.99  # every vector is compared
    assert [row.count("|") for row in table(figures).splitlines()] == [11] * 4


def test_the_command_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    dense_index.main(["--sizes", "300", "--questions", "3", "--devices", "cpu"])
    assert capsys.readouterr().out.splitlines()[2].startswith("| 300 | CPU |")
