"""Writes a trained extraction model's folder: weights to fine-tune from, int8 graphs to serve, schema and settings."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from kgqa.encoder import Encoder
from kgqa.errors import ModelError
from kgqa.pipelines.training.export import export_onnx, served_weights
from kgqa.pipelines.training.extraction_features import Labels
from kgqa.pipelines.training.extraction_model import ExtractionTop
from kgqa.pipelines.training.narrow import narrowed, widened

__all__ = ["export_extraction", "load_weights", "write_json"]


def export_extraction(
    top: ExtractionTop, out: Path, labels: Labels, schema_text: str, *, base: Path, provenance: Mapping[str, object]
) -> None:
    """Write `model.safetensors` (int8 with scales, see `narrow`), the graphs (int8), `schema.toml` and `config.json`.

    The version in `config.json` is that of `provenance` with a checksum of the weights, which evidence names.
    """
    top.eval()
    out.mkdir(parents=True, exist_ok=True)
    tensors = {name: tensor.detach().half().contiguous() for name, tensor in top.state_dict().items()}
    save_file(narrowed(tensors), out / "model.safetensors", metadata={"format": "pt"})
    export_graphs(top, out)
    (out / "schema.toml").write_text(schema_text, encoding="utf-8")
    (out / "model.safetensors").chmod(0o644)
    weights = hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest()[:8]
    config = {
        "kind": "extraction",
        "trunk_id": Encoder.open(base).trunk_id,
        "types": labels.types,
        "relations": labels.relations,
        "roles": labels.roles,
        "span_threshold": 0.0,
        "link_threshold": 0.0,
        "trigger_threshold": 0.0,
        "role_threshold": 0.0,
        **({"reference_threshold": 0.0} if top.references is not None else {}),
        "relation_thresholds": dict.fromkeys(labels.relations, 0.0),
        **provenance,
        "version": f"{provenance['version']}+{weights}",
    }
    write_json(out / "config.json", config)


def export_graphs(top: ExtractionTop, out: Path) -> None:
    """The graphs that are served: states to span scores, states with mentions to pair scores, and, where there are
    events and references, states around triggers to scores of arguments and around pronouns to scores of names."""
    hidden = top.sizes.hidden
    states, mask, shapes = (
        torch.randn(2, 17, hidden),
        torch.ones(2, 17, dtype=torch.long),
        torch.ones(2, 17, dtype=torch.long),
    )
    mentions, types = torch.tensor([[[1, 2], [4, 4], [6, 9]]] * 2), torch.zeros(2, 3, dtype=torch.long)
    row, table = ("batch", "tokens"), ("batch", "mentions")
    given = {"states": states, "attention_mask": mask, "shapes": shapes}
    free: dict[str, tuple[str | None, ...]] = {"states": (*row, None), "attention_mask": row, "shapes": row}
    export_onnx(top, given, ["hidden", "span", "start", "end"], out / "top.onnx", free, int8=True)
    given = {"states": states, "attention_mask": mask, "mentions": mentions, "types": types}
    free = {"states": (*row, None), "attention_mask": row, "mentions": (*table, None), "types": table}
    export_onnx(top.pairs, given, ["scores"], out / "pairs.onnx", free, int8=True)
    if top.arguments is not None:
        given = {"states": states, "attention_mask": mask, "shapes": shapes, "marks": shapes}
        given |= {"events": torch.zeros(2, dtype=torch.long), "roles": torch.zeros(2, 3, dtype=torch.long)}
        free = {"states": (*row, None), "attention_mask": row, "shapes": row, "marks": row}
        free |= {"events": ("batch",), "roles": ("batch", "roles")}
        export_onnx(top.arguments, given, ["span", "start", "end"], out / "arguments.onnx", free, int8=True)
    if top.references is not None:
        given = {"states": states, "attention_mask": mask, "shapes": shapes, "marks": shapes.clone()}
        given |= {"pronouns": torch.tensor([[4, 4], [7, 8]]), "names": mentions}
        free = {"states": (*row, None), "attention_mask": row, "shapes": row, "marks": row}
        free |= {"pronouns": ("batch", None), "names": ("batch", "names", None)}
        export_onnx(top.references, given, ["scores"], out / "references.onnx", free, int8=True)


def load_weights(top: ExtractionTop, folder: Path, labels: Labels) -> None:
    """Take over the weights of a model folder. Label vectors go by name: a new type keeps the one that it has.

    They are those of `model.safetensors`; without it, those of the graphs that are served. A reading of pronouns that
    the folder has none of begins with the layers of its first reading.

    Raises:
        ModelError: an earlier version of kgqa wrote it, where arguments were read otherwise.
    """
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    if "roles" not in config:
        raise ModelError(f"{folder} was written by an earlier version of kgqa. Train that model again, or start anew.")
    current = top.state_dict()
    saved = {name: tensor for name, tensor in _saved(folder).items() if name in current}
    if not any(name.startswith("references.") for name in saved):
        first = {f"references.{name}": saved[name] for name in saved if name.startswith(("layers.", "shapes."))}
        saved |= {name: tensor for name, tensor in first.items() if name in current}
    events = len(saved["arguments.events.weight"]) if "arguments.events.weight" in saved else 0
    entities = len(config["types"]) - events
    types = _moves(config["types"], labels.types)
    relations = [*_moves(config["relations"], labels.relations), (len(config["relations"]), len(labels.relations))]
    by_label = dict.fromkeys(("spans.start_labels", "spans.end_labels", "spans.bias"), types)
    by_label["pairs.types.weight"] = [
        *_moves(config["types"][:entities], labels.types[: labels.entities]),
        (entities, labels.entities),
    ]
    by_label |= dict.fromkeys(("pairs.labels", "pairs.bias"), relations)
    roles = _moves(config["roles"], labels.roles)
    by_label |= dict.fromkeys((f"arguments.spans.{part}" for part in ("start_labels", "end_labels", "bias")), roles)
    by_label["arguments.events.weight"] = _moves(config["types"][entities:], labels.types[labels.entities :])
    for name, tensor in saved.items():
        if name in by_label:
            for theirs, ours in by_label[name]:
                current[name][ours] = tensor[theirs]
        else:
            current[name] = tensor
    top.load_state_dict(current)


def _saved(folder: Path) -> dict[str, Tensor]:
    whole = folder / "model.safetensors"
    if whole.exists():
        return widened(load_file(whole))
    return {
        f"{part}{name}": tensor
        for graph, part in (("top", ""), *((name, f"{name}.") for name in ("pairs", "arguments", "references")))
        if (folder / f"{graph}.onnx").exists()
        for name, tensor in served_weights(folder / f"{graph}.onnx").items()
    }


def _moves(theirs: Sequence[str], ours: Sequence[str]) -> list[tuple[int, int]]:
    """Where each label that both have is in either list."""
    return [(theirs.index(name), n) for n, name in enumerate(ours) if name in theirs]


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a JSON file; it appears whole."""
    path.with_suffix(".partial").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    path.with_suffix(".partial").replace(path)
