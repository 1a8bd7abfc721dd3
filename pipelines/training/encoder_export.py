"""The encoder's model folder: what is served (ONNX, int8) and what is trained from (safetensors, fp16, with the word
embeddings of what is served).

python -m kgqa.pipelines.training.encoder_export TRAINED OUT
"""

import argparse
import json
import logging
import shutil
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from kgqa.pipelines.training.bilingual import (
    TRUNK_LAYERS,
    WORDS,
    Trunk,
    load_encoder,
    load_trunk,
    mean_pooled,
    save_encoder,
)
from kgqa.pipelines.training.export import export_onnx
from kgqa.pipelines.training.quantization import quantize

logger = logging.getLogger(__name__)

NAME = "kgqa-bilingual-minilm"
WINDOW_TOKENS, WINDOW_OVERLAP = 254, 64


class SentenceTop(nn.Module):
    """The upper layers and the mean: the trunk's states to unit vectors `(batch, hidden)`."""

    def __init__(self, layers: nn.ModuleList) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        """Sentence embeddings of states `(batch, tokens, hidden)`."""
        for layer in self.layers:
            hidden = layer(hidden, attention_mask)
        return mean_pooled(hidden, attention_mask)


def trunk_id(trunk: Trunk) -> str:
    """A name of the trunk's weights: a hash of them in fp16, as they ship."""
    digest = sha256()
    for name, tensor in sorted(trunk.state_dict().items()):
        digest.update(name.encode() + tensor.half().numpy().tobytes())
    return digest.hexdigest()[:16]


def export_encoder(trained: Path, out: Path, *, int8: bool = True) -> None:
    """Write the model folder `out` from the encoder in `trained`, each file whole or not at all.

    With `int8=False` the served graphs stay in fp32, to compare with.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=out.parent) as name:
        made = Path(name)
        save_encoder(load_encoder(trained), made, torch.float16)
        shutil.copyfile(trained / "tokenizer.json", made / "tokenizer.json")
        export_graphs(made, made)
        for part in ("trunk", "embedder"):
            exact, served = made / f"{part}.fp32.onnx", made / f"{part}.onnx"
            quantize(exact, served) if int8 else exact.replace(served)
        _leave_words(made)
        _describe(made)
        out.mkdir(exist_ok=True)
        for path in sorted(made.iterdir()):
            if path.suffix in {".json", ".safetensors"} or path.name in {"trunk.onnx", "embedder.onnx"}:
                path.chmod(0o644)
                path.replace(out / path.name)


def export_graphs(folder: Path, out: Path) -> None:
    """Write `trunk.fp32.onnx` and `embedder.fp32.onnx` of the encoder in `folder`."""
    ids = torch.tensor([[101, 2003, 102, 0], [101, 2003, 2004, 102], [101, 102, 0, 0]])
    mask = (ids > 0).long()
    trunk, both = load_trunk(folder), ("batch", "tokens")
    export_onnx(
        trunk,
        {"input_ids": ids, "attention_mask": mask},
        ["hidden"],
        out / "trunk.fp32.onnx",
        {"input_ids": both, "attention_mask": both},
    )
    top = SentenceTop(load_encoder(folder).layers[TRUNK_LAYERS:])
    export_onnx(
        top,
        {"hidden": trunk(ids, mask), "attention_mask": mask},
        ["embedding"],
        out / "embedder.fp32.onnx",
        {"hidden": (*both, None), "attention_mask": both},
    )


def _leave_words(folder: Path) -> None:
    """Take the word embeddings, more than half of all weights, out of what is trained from: the graph has them."""
    tensors = load_file(folder / "model.safetensors")
    del tensors[WORDS]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def _describe(folder: Path) -> None:
    """Add to `config.json` what serving needs to know."""
    trunk = trunk_id(load_trunk(folder))
    weights = sha256((folder / "model.safetensors").read_bytes() + (folder / "trunk.onnx").read_bytes()).hexdigest()
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    served = {
        "kind": "encoder",
        "name": f"{NAME}-{weights[:12]}",
        "trunk_id": trunk,
        "trunk_layers": TRUNK_LAYERS,
        "window_tokens": WINDOW_TOKENS,
        "window_overlap": WINDOW_OVERLAP,
    }
    (folder / "config.json").write_text(json.dumps({**served, **config}, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trained", type=Path, help="folder that the pretraining wrote")
    parser.add_argument("out", type=Path, help="model folder to write")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    export_encoder(options.trained, options.out)


if __name__ == "__main__":
    main()
