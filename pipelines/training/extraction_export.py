"""Writes a trained extraction model's folder: weights to fine-tune from, two int8 graphs to serve, schema and
settings."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors.torch import load_file, save_file

from kgqa.encoder import Encoder
from kgqa.extraction.tokens import CHINESE, SHAPES, UNKNOWN_WORD
from kgqa.pipelines.training.export import export_onnx
from kgqa.pipelines.training.extraction_features import Labels
from kgqa.pipelines.training.extraction_model import ExtractionTop
from kgqa.pipelines.training.quantization import quantize

__all__ = ["export_extraction", "load_weights", "write_json"]


def export_extraction(
    top: ExtractionTop, out: Path, labels: Labels, schema_text: str, *, base: Path, provenance: Mapping[str, object]
) -> None:
    """Write `model.safetensors` (fp16), `top.onnx` and `pairs.onnx` (int8), `schema.toml` and `config.json` to `out`.

    The version in `config.json` is that of `provenance` with a checksum of the weights, which evidence names.
    """
    top.eval()
    out.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().half().contiguous() for name, tensor in top.state_dict().items()}
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
    export_graphs(top, out)
    (out / "schema.toml").write_text(schema_text, encoding="utf-8")
    (out / "model.safetensors").chmod(0o644)
    weights = hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest()[:8]
    config = {
        "kind": "extraction",
        "trunk_id": Encoder.open(base).trunk_id,
        "knows_chinese_words": True,
        "types": labels.types,
        "relations": labels.relations,
        "span_threshold": 0.0,
        "link_threshold": 0.0,
        "trigger_threshold": 0.0,
        "argument_threshold": -1.0,
        "role_threshold": 0.0,
        "relation_thresholds": dict.fromkeys(labels.relations[: labels.facts], 0.0),
        **provenance,
        "version": f"{provenance['version']}+{weights}",
    }
    write_json(out / "config.json", config)


def export_graphs(top: ExtractionTop, out: Path) -> None:
    """The two graphs that are served: states to span scores, and states with mentions to pair scores."""
    hidden = top.sizes.hidden
    states, mask, shapes = (
        torch.randn(2, 17, hidden),
        torch.ones(2, 17, dtype=torch.long),
        torch.ones(2, 17, dtype=torch.long),
    )
    mentions, types = torch.tensor([[[1, 2], [4, 4], [6, 9]]] * 2), torch.zeros(2, 3, dtype=torch.long)
    row, table = ("batch", "tokens"), ("batch", "mentions")
    with TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        given = {"states": states, "attention_mask": mask, "shapes": shapes}
        free: dict[str, tuple[str | None, ...]] = {"states": (*row, None), "attention_mask": row, "shapes": row}
        export_onnx(top, given, ["hidden", "span", "start", "end"], whole, free)
        quantize(whole, out / "top.onnx")
        given = {"states": states, "attention_mask": mask, "mentions": mentions, "types": types}
        free = {"states": (*row, None), "attention_mask": row, "mentions": (*table, None), "types": table}
        export_onnx(top.pairs, given, ["scores"], whole, free)
        quantize(whole, out / "pairs.onnx")


def load_weights(top: ExtractionTop, folder: Path, labels: Labels) -> None:
    """Take over the weights of a model folder. Label vectors go by name: a new type keeps the one that it has."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    saved = {name: tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()}
    current = top.state_dict()
    types = _moves(config["types"], labels.types)
    relations = [*_moves(config["relations"], labels.relations), (len(config["relations"]), len(labels.relations))]
    by_label = dict.fromkeys(("spans.start_labels", "spans.end_labels", "spans.bias"), types)
    by_label["pairs.types.weight"] = [*types, (len(config["types"]), len(labels.types))]
    by_label |= dict.fromkeys(("pairs.labels", "pairs.bias"), relations)
    for name, tensor in saved.items():
        if name in by_label:
            for theirs, ours in by_label[name]:
                current[name][ours] = tensor[theirs]
        elif name == "shapes.weight" and len(tensor) == CHINESE:  # of a model that knew nothing of Chinese words
            current[name] = torch.cat([tensor, tensor[UNKNOWN_WORD].expand(SHAPES - CHINESE, -1)])
        else:
            current[name] = tensor
    top.load_state_dict(current)


def _moves(theirs: Sequence[str], ours: Sequence[str]) -> list[tuple[int, int]]:
    """Where each label that both have is in either list."""
    return [(theirs.index(name), n) for n, name in enumerate(ours) if name in theirs]


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a JSON file; it appears whole."""
    path.with_suffix(".partial").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    path.with_suffix(".partial").replace(path)
