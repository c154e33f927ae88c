"""The errors of a single trial.

::

    ModelError
    ├── PluginError           own code is missing, or does not do what it should
    ├── DataError             a data file is missing, malformed or out of range
    ├── EncoderError          the encoder's files are missing or are not the expected ones
    ├── CheckpointError       a checkpoint belongs to another trial
    │   └── OutdatedCheckpointError   of an earlier arithmetic, other settings or another device
    └── NonFiniteLossError    the loss became infinite or not a number
"""

from pathlib import Path


class ModelError(Exception):
    """Root of the tree. The message names the file, the field, the value and the way out."""


class PluginError(ModelError):
    """Own code cannot be loaded, is not there where it is needed, or is not that of the record."""


class DataError(ModelError):
    """A data file is missing, malformed, or holds a value out of range."""


class EncoderError(ModelError):
    """The encoder cannot be loaded, or its weights are not the expected ones."""


class CheckpointError(ModelError):
    """A checkpoint belongs to another configuration or to other data."""


class OutdatedCheckpointError(CheckpointError):
    """A checkpoint of this data, but of another configuration, arithmetic or device: the trial starts again.

    Attributes:
        why: What is wrong with it, as the end of a sentence about it.
    """

    def __init__(self, checkpoint: Path, why: str) -> None:
        super().__init__(f"{checkpoint} {why}; move it away to train from the start")
        self.why = why


class NonFiniteLossError(ModelError):
    """A loss became infinite or not a number; the trial cannot go on."""


class TrialStoppedError(Exception):
    """The caller asked the trial to stop; what it did is in a checkpoint. No error of anyone's."""
