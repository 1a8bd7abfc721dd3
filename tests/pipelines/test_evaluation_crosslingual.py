from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from kgqa.errors import DataError
from kgqa.pipelines.evaluation.crosslingual import evaluate_crosslingual, score_translations

MEANINGS = {"the cat": 0, "猫": 0, "a dog": 1, "狗": 1, "rain": 2, "雨": 2, "snow": 3, "雪": 2}


class Meanings:
    """Embeds each sentence as its meaning's unit vector; it takes snow for rain in Chinese."""

    name = "meanings"
    dimensions = 4

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return np.eye(4, dtype=np.float32)[[MEANINGS[text] for text in texts]]


def written(path: Path, *lines: object) -> Path:
    path.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return path


def test_a_translation_counts_when_it_is_nearest_each_way(tmp_path: Path) -> None:
    pairs = [("the cat", "猫"), ("a dog", "狗"), ("rain", "雨"), ("snow", "雪")]
    path = written(tmp_path / "pairs.jsonl", *({"en": en, "zh": zh} for en, zh in pairs))
    report = evaluate_crosslingual(path, Meanings())
    found = json.loads(json.dumps(report.to_dict()))
    assert (found["zh_en"], found["en_zh"], found["n"]) == (0.75, 0.75, 4)
    assert found["zh_en_interval"][0] < 0.75 < found["zh_en_interval"][1]
    assert "| zh to en | 0.750 |" in report.to_markdown()


def test_the_shipped_encoder_knows_translations() -> None:
    from kgqa.encoder import Encoder

    pairs = [
        ("The cat sleeps on the table.", "猫睡在桌子上。"),
        ("The company was founded in Beijing.", "这家公司成立于北京。"),
        ("He studied physics at the university.", "他在大学学习物理。"),
        ("The file cannot be opened.", "无法打开该文件。"),
    ]
    report = score_translations(pairs, Encoder.open())
    assert report.zh_en.right >= 3 and report.en_zh.right >= 3


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([{"en": "a"}], r'pairs\.jsonl, line 1: a line needs the texts "en" and "zh"'),
        ([{"en": "a", "zh": "b"}, {"en": "a", "zh": 1}], r"pairs\.jsonl, line 2: a line needs"),
        ([], r"holds no pair"),
    ],
)
def test_what_is_wrong_with_a_file_of_pairs_is_named(tmp_path: Path, lines: list[object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        evaluate_crosslingual(written(tmp_path / "pairs.jsonl", *lines), Meanings())
    with pytest.raises(DataError, match="cannot be read"):
        evaluate_crosslingual(tmp_path / "absent.jsonl", Meanings())
