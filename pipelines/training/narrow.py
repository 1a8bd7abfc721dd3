"""Matrices kept in int8 with a scale for each row: what ships to be trained from takes half of what fp16 takes."""

from collections.abc import Mapping

import torch
from torch import Tensor

__all__ = ["narrowed", "widened"]

_SCALE = ".scale"


def narrowed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors with the matrices in int8, each with a tensor of scales beside it; others stay as they are.

    The error of a number is at most 1/254 of the largest in its row.
    """
    made: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.ndim != 2:
            made[name] = tensor
            continue
        scale = tensor.float().abs().amax(dim=1, keepdim=True).clamp(min=1e-8) / 127
        made[name] = (tensor.float() / scale).round().to(torch.int8)
        made[name.removesuffix(".weight") + _SCALE] = scale.half()
    return made


def widened(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The inverse: everything in fp32, no scales."""
    made = {name: tensor.float() for name, tensor in tensors.items() if not name.endswith(_SCALE)}
    for name, scale in tensors.items():
        if name.endswith(_SCALE):
            stem = name.removesuffix(_SCALE)
            matrix = stem if stem in made else f"{stem}.weight"
            made[matrix] = made[matrix] * scale.float()
    return made
