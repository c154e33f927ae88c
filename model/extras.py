"""Packages that a setting needs, and that do not come along: whether they are there. Imports no torch."""

from importlib.util import find_spec

from .errors import EncoderError

PEFT = "peft"
"""Package of low-rank adapters."""


def check_peft(rank: int) -> None:
    """Looks whether an encoder can have low-rank adapters.

    Args:
        rank: The setting ``encoder.lora.rank``.

    Raises:
        EncoderError: If it asks for some, and the package is not installed.
    """
    if rank and find_spec(PEFT) is None:
        raise EncoderError(
            f"encoder.lora.rank {rank} needs the package {PEFT}: pip install 'sentence-sweeper[lora]'"
        )
