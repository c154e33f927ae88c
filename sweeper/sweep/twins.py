"""Whether a trial may get the result of one with the same configuration and seed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model.config import TrainConfig
from model.config.trainers import AnyConfig
from model.data.files import sha256_of
from model.data.teacher import teacher_sha256
from model.errors import DataError
from model.sources import FilesSource

from ..store.study import StudyStore
from ..trial import TrialRow, TrialSpec


class Twins:
    """Compares data files and pretrained weights as trials have read them with those that lie there now.

    Args:
        store: The study.
        data: Folder of the user's data files, if there is one.
        cache: Keeps the hashes of weights.
    """

    def __init__(self, store: StudyStore, data: Path | None, cache: Path) -> None:
        self._store = store
        self._data = data
        self._cache = cache

    def read_the_same(self, trial: TrialSpec, twin: TrialRow) -> bool:
        """Whether a trial would read what its twin read.

        True as well where it is not known what that read, or a file is gone: then nothing speaks against it.
        """
        inputs, config = self._store.provenance().get(twin.inputs or ""), trial.config
        if inputs is None:
            return True
        try:
            if _has_changed(config, inputs, self._data):
                return False
        except DataError:
            pass
        return _weights_now(config, self._cache) in (None, inputs.get("weights"))


def _has_changed(config: AnyConfig, inputs: Mapping[str, Any], data: Path | None) -> bool:
    files = config.distillation.teacher if isinstance(config, TrainConfig) else {}
    if any(
        inputs["rows"].get(name, {}).get("train", {}).get("teacher") not in (None, teacher_sha256(file, data))
        for name, file in files.items()
    ):
        return True
    return any(
        part.get("sha256") not in (None, sha256_of(task.source, split, data))
        for name, task in config.tasks.items()
        if isinstance(task.source, FilesSource)
        for split, part in inputs["rows"].get(name, {}).items()
    )


def _weights_now(config: AnyConfig, cache: Path) -> str | None:
    """The hash of the weights that a hub encoder begins from; None of another one, or where they are gone."""
    if not isinstance(config, TrainConfig) or config.encoder.source != "hub":
        return None
    from model.weights import weights_digest  # transformers takes long to load

    try:
        return weights_digest(config.encoder, cache)
    except (OSError, ValueError):
        return None
