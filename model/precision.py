"""In which precision a trial computes: asked of the hardware, and never emulated."""

import os
from contextlib import AbstractContextManager
from typing import Literal

import torch

from .config.train import Precision
from .errors import ModelError

Resolved = Literal["fp32", "bf16"]

_WITH_BF16 = ("AVX512_CORE_BF16", "AVX512_CORE_FP16", "AVX512_CORE_AMX", "AVX10", "DEFAULT", "ALL")
"""Instruction sets of oneDNN that multiply bf16, and those with more, by the beginnings of their names."""


def computes_bf16(device: torch.device) -> bool:
    """Whether the hardware multiplies bf16 matrices itself; elsewhere bf16 is emulated, and far slower.

    Of processors: those with AVX512_BF16 or AMX-BF16, as long as neither torch nor oneDNN is told by its
    environment (ATEN_CPU_CAPABILITY, ONEDNN_MAX_CPU_ISA) to leave them alone.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if device.type != "cpu":
        return False
    units = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    allowed = os.environ.get("ONEDNN_MAX_CPU_ISA", "ALL").upper().startswith(_WITH_BF16)
    vectors = str(torch.backends.cpu.get_cpu_capability()).startswith("AVX512")
    return vectors and allowed and units


def resolved(precision: Precision, device: torch.device) -> Resolved:
    """The precision in which a device computes what was asked for; ``auto`` takes bf16 where it can.

    Raises:
        ModelError: If it does not compute what was asked for.
    """
    if precision == "auto":
        return "bf16" if computes_bf16(device) else "fp32"
    if precision == "bf16" and not computes_bf16(device):
        raise ModelError(
            f"precision bf16: {device.type} does not compute it here; that takes a processor with "
            "AVX512_BF16 or AMX-BF16, or a CUDA device with bf16"
        )
    return precision


def computing(device: torch.device, precision: Resolved) -> AbstractContextManager[object]:
    """The context in which a network computes: with bf16, products are of bf16, and weights stay fp32.

    Whoever has kernels of their own asks torch: ``torch.is_autocast_enabled(device.type)`` and
    ``torch.get_autocast_dtype(device.type)``.
    """
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")
