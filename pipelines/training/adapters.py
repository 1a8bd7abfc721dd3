"""LoRA: a few low-rank matrices learn in place of a family's upper layers, which stay as they are.

Hu et al., "LoRA", https://arxiv.org/abs/2106.09685, by the library peft. The heads train as ever. Once trained, the
matrices are added to the weights that they stand beside, so that what is saved and served has the usual form.
"""

from typing import Any

from torch import nn

from kgqa.errors import ConfigError, MissingExtra
from kgqa.pipelines.training.bilingual import EncoderLayer

__all__ = ["add_adapters", "merge_adapters"]

LARGEST_RANK = 256
_ADAPTED = ["qkv", "attention_out", "feed_in", "feed_out"]


def add_adapters(layers: nn.ModuleList, rank: int) -> None:
    """Freeze the layers and give each of their matrices an adapter of this rank, in place.

    Raises:
        ConfigError: the rank is not between 1 and `LARGEST_RANK`.
        MissingExtra: peft is not installed.
    """
    if not 1 <= rank <= LARGEST_RANK:
        raise ConfigError(f"An adapter's rank is between 1 and {LARGEST_RANK}, not {rank}.")
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ModuleNotFoundError as error:
        raise MissingExtra("peft (adapters)", "train") from error
    for layer in layers:
        assert isinstance(layer, EncoderLayer)
        inject_adapter_in_model(LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=_ADAPTED), layer)


def merge_adapters(layers: nn.ModuleList) -> None:
    """Add what the adapters learned to the matrices and take the adapters away, in place."""
    for layer in layers:
        for name in _ADAPTED:
            adapted: Any = getattr(layer, name)
            adapted.merge()
            setattr(layer, name, adapted.get_base_layer())
    layers.requires_grad_(True)
