"""Which processor a machine has, and how wide its vectors are: both decide the last bits of a sum."""

import platform
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")

VECTORS = {
    "AVX2": "avx2",
    "AVX-512": "avx512f",
    "AVX-512 bf16": "avx512_bf16",
    "AMX bf16": "amx_bf16",
    "NEON": "asimd",
    "SVE": "sve",
    "bf16": "bf16",
}
"""Vector units by the flag that Linux lists for each."""


def processor(cpuinfo: Path = CPUINFO) -> str:
    """The model of the processor and its vector units: ``AMD EPYC 9R14; AVX2, AVX-512, AVX-512 bf16``.

    Args:
        cpuinfo: Where Linux describes its processors; elsewhere what Python knows is all.
    """
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").split("\n\n")[0].splitlines()
    except OSError:
        lines = []
    said = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    model = said.get("model name") or platform.processor() or platform.machine()
    flags = set((said.get("flags") or said.get("Features") or "").split())
    units = [name for name, flag in VECTORS.items() if flag in flags]
    return "; ".join([model, ", ".join(units)] if units else [model])
