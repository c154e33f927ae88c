"""Every setting of a trial. Imports no torch."""

from .train import EncoderConfig, Task, TrainConfig

__all__ = ["EncoderConfig", "Task", "TrainConfig"]
