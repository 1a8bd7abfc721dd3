"""In which number format training computes: bfloat16 where the machine has it in hardware, else float32."""

from contextlib import AbstractContextManager, nullcontext

import torch

__all__ = ["mixed_precision"]


def mixed_precision(device: torch.device) -> AbstractContextManager[object]:
    """bfloat16 autocast on a GPU and on CPUs with bfloat16 instructions; elsewhere plain float32.

    A CPU that emulates bfloat16 (AVX2, AVX-512 without BF16) multiplies matrices ten times slower in it.
    """
    if device.type == "cpu" and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)
