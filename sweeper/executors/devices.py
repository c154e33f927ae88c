"""The CUDA devices of this machine that trials are pinned to: what `--devices` names."""

import os
import re

from ..errors import InputError

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""The variable that says which devices a process sees. CUDA reads it when it is first used."""

_WAYS = "write for example cuda:0,cuda:1 or 0,1 or all"


def devices_named(text: str) -> tuple[str, ...]:
    """What `VISIBLE` has to say in the processes of trials, an entry for each device.

    If `VISIBLE` is set already, devices are counted among those that it names, as torch counts them.

    Args:
        text: What the user wrote, for example ``cuda:0,cuda:1``, ``0,1`` or ``all``.

    Raises:
        InputError: If it is no such list, names a device twice, or one that torch does not see.
    """
    everything = text.strip() == "all"
    matches = [re.fullmatch(r"\s*(?:cuda:)?(\d{1,4})\s*", entry) for entry in text.split(",")]
    places = [int(match[1]) for match in matches if match]
    if not everything and len(places) < len(matches):
        raise InputError(f"--devices {text!r}: {_WAYS}")
    if len(set(places)) < len(places):
        raise InputError(f"--devices {text!r}: names a device twice; more --workers share the devices")
    there = _seen_by_torch()
    if not there:
        raise InputError(
            f"--devices {text!r}: torch sees no CUDA device here; without --devices trials train on the CPU"
        )
    absent = [place for place in places if place >= there]
    if absent:
        last = f"cuda:0 to cuda:{there - 1}" if there > 1 else "cuda:0 alone"
        raise InputError(f"--devices {text!r}: there is no cuda:{absent[0]}; torch sees {last}")
    visible = [entry.strip() for entry in os.environ.get(VISIBLE, "").split(",") if entry.strip()]
    return tuple(visible[place] if visible else str(place) for place in places or range(there))


def _seen_by_torch() -> int:
    import torch

    return torch.cuda.device_count()
