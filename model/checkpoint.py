"""The state of a trial on disk: safetensors for tensors, JSON for the rest, whole or not there at all."""

import dataclasses
import errno
import json
import logging
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from pydantic import TypeAdapter
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from .config.gradient import METHODS
from .errors import CheckpointError, OutdatedCheckpointError
from .files import RunFolder, beside, read_file, remove, sha256, to_disk
from .randomness import kind_of_device, random_states, restore_random_states
from .result import EpochResult

KEPT = 2  # checkpoints of a trial that stay, the newest ones

FILES = frozenset({"model.safetensors", "optimizer.safetensors", "progress.json"})

_NAME = re.compile(r"\d{1,9}\.\d{1,9}", re.ASCII)
"""Of a checkpoint: epochs, and steps of the next."""

_SAID = {"cpu": "a CPU", "cuda": "CUDA", "mps": "MPS"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """How far a trial has come.

    Attributes:
        fingerprint: Of the configuration and data that the trial trains on, and of how its steps are computed
            (`trial_fingerprint`).
        results: Every epoch so far, in order.
        steps: Steps of the epoch after these.
    """

    fingerprint: str
    results: tuple[EpochResult, ...] = ()
    steps: int = 0

    def after(self, result: EpochResult) -> "Progress":
        """The progress with one more epoch."""
        return dataclasses.replace(self, results=(*self.results, result), steps=0)

    def after_step(self) -> "Progress":
        """The progress with one more step."""
        return dataclasses.replace(self, steps=self.steps + 1)


_PROGRESS = TypeAdapter(Progress)

PRECISIONS = {"fp32": 1, "bf16": 2}
"""Revision of the arithmetic of each precision; bf16's second: evaluation computes in it too."""


def trial_fingerprint(
    trial: str, gradient: str, encoder: int, precision: str, others: Iterable[str] = ()
) -> str:
    """What a checkpoint must have been made by.

    First revisions add nothing, so that what was saved before there were revisions is gone on from.

    Args:
        trial: Fingerprint of the configuration and data.
        gradient: Name of the gradient method.
        encoder: Revision of the encoder's arithmetic.
        precision: Name of the precision.
        others: Names of other parts whose arithmetic is in its second revision (`model.revisions`).
    """
    revision, products = METHODS[gradient].revision, PRECISIONS[precision]
    method, network = "" if revision == 1 else f".{revision}", "" if encoder == 1 else f".encoder-{encoder}"
    brief = "" if products == 1 else f".{precision}-{products}"
    return f"{trial}{method}{network}{brief}" + "".join(f".{name}-2" for name in others)


@dataclass(frozen=True)
class Identity:
    """What a checkpoint must be of.

    Attributes:
        now: Fingerprint of the trial (`trial_fingerprint`).
        earlier: Gives what earlier versions wrote in its place.
        data: Fingerprint of the data alone.
    """

    now: str
    earlier: Callable[[], str]
    data: str


class Stateful(Protocol):
    """A part of a trial that carries tensors from step to step."""

    def state_dict(self) -> dict[str, Tensor]:
        """Its tensors."""

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Goes on from what `state_dict` gave."""


@dataclass(frozen=True)
class Trained:
    """What a checkpoint holds of a trial, besides its progress.

    Attributes:
        model: The network.
        optimizer: Its optimizer.
        device: Where it trains.
        others: Whatever else has a state, by name.
        scored: Where entered, the network has the weights that are scored, if those are not its own.
    """

    model: nn.Module
    optimizer: Optimizer
    device: torch.device
    others: Mapping[str, Stateful]
    scored: Callable[[], AbstractContextManager[None]] | None = None


def save(rundir: Path, trained: Trained, progress: Progress) -> None:
    """Writes a checkpoint beside its place and renames it; keeps the newest two, and the best weights.

    It holds the weights, the optimizer's state, all random states and the progress. The order of the rows and
    the learning rate follow from the configuration and the number of the step.

    Args:
        rundir: Folder of the trial.
        trained: What is saved.
        progress: Every epoch so far; it names the checkpoint.
    """
    folder = RunFolder(rundir)
    final = folder.checkpoints / f"{len(progress.results):06d}.{progress.steps:06d}"
    try:
        _write(folder, final, trained, progress)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.EEXIST, errno.ENOTEMPTY):
            raise
        # Where locks do not work, the trial's next attempt may have begun; which one counts, others decide.
        _log.warning("checkpoint %s was not kept: another process changes its folder (%s)", final, error)
    for old in _newest_first(folder.checkpoints)[KEPT:]:
        remove(old)


def _write(folder: RunFolder, final: Path, trained: Trained, progress: Progress) -> None:
    with beside(final) as place:
        place.mkdir()
        weights, epoch = place / "model.safetensors", len(progress.results)
        _save_weights(trained.model, weights, epoch)
        tensors = _optimizer_tensors(trained.optimizer) | random_states(trained.device)
        for name, other in trained.others.items():
            tensors |= {f"{name}.{key}": tensor.contiguous() for key, tensor in other.state_dict().items()}
        save_file(tensors, place / "optimizer.safetensors")
        written = json.dumps(dataclasses.asdict(progress), indent=1)
        (place / "progress.json").write_text(written, encoding="utf-8")
        digests = {path.name: sha256(path) for path in sorted(place.iterdir())}
        (place / "sha256.json").write_text(json.dumps(digests, indent=1), encoding="utf-8")
        for path in place.iterdir():
            to_disk(path)
        if progress.results and progress.results[-1].best and not progress.steps:
            # Before the checkpoint counts: whoever goes on from it finds the weights.
            _keep(weights, folder.weights, trained, epoch)
        remove(final)
    to_disk(folder.checkpoints)


def _save_weights(model: nn.Module, file: Path, epoch: int) -> None:
    tensors: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in model.state_dict().items():
        # A layer that stands at two places has two names; safetensors wants memory of its own for each.
        memory = tensor.untyped_storage().data_ptr()
        tensors[name] = tensor.clone() if memory in seen else tensor.contiguous()
        seen.add(memory)
    save_file(tensors, file, metadata={"epoch": str(epoch)})


def restore(rundir: Path, trained: Trained, identity: Identity) -> Progress:
    """Puts the newest whole checkpoint into the trial and the random states.

    A damaged checkpoint is passed over in favour of the one before it.

    Args:
        rundir: Folder of the trial.
        trained: What is overwritten.
        identity: What the checkpoint must be of.

    Returns:
        The progress of that checkpoint; no epochs where there is none.

    Raises:
        CheckpointError: If the checkpoint is of other data.
        OutdatedCheckpointError: If it is of this data, but of another configuration or kind of device, or
            another revision of the gradient method, the encoder or another part.
    """
    for path in _newest_first(RunFolder(rundir).checkpoints):
        progress = _read_progress(path)
        if progress is None:
            _log.warning("checkpoint %s is damaged; the one before it is used, or the start", path)
            continue
        if progress.fingerprint != identity.now:
            if progress.fingerprint != identity.earlier():
                raise _of_another(path, progress, identity)
            progress = dataclasses.replace(progress, fingerprint=identity.now)
        tensors = load_file(path / "optimizer.safetensors")
        if (made := kind_of_device(tensors)) != trained.device.type:
            raise OutdatedCheckpointError(
                path, f"was made on {_SAID[made]}, and would go on on {_SAID[trained.device.type]} here"
            )
        trained.model.load_state_dict(load_file(path / "model.safetensors", device=str(trained.device)))
        restore_random_states(tensors, trained.device)
        _restore_optimizer(trained.optimizer, tensors)
        for name, other in trained.others.items():
            own = {key: tensor for key, tensor in tensors.items() if key.startswith(f"{name}.")}
            other.load_state_dict({key.removeprefix(f"{name}."): tensor for key, tensor in own.items()})
        return progress
    return Progress(identity.now)


def _of_another(path: Path, progress: Progress, identity: Identity) -> CheckpointError:
    """What is wrong with a checkpoint that is not of this configuration, this data and this arithmetic."""
    trials = {fingerprint.partition(".")[0] for fingerprint in (identity.now, identity.earlier())}
    if progress.fingerprint.partition(".")[0] in trials:
        return OutdatedCheckpointError(
            path, "was made by an earlier arithmetic of its gradient method, encoder or another part"
        )
    if all(result.fingerprint in {None, identity.data} for result in progress.results):
        return OutdatedCheckpointError(path, "belongs to another configuration")
    return CheckpointError(f"{path} belongs to other data; move it away to train from the start")


def epochs_kept(rundir: Path) -> int | None:
    """Epochs that the newest whole checkpoint of a trial holds, as in `restore`; None where there is none."""
    found = map(_read_progress, _newest_first(RunFolder(rundir).checkpoints))
    newest = next((progress for progress in found if progress is not None), None)
    return None if newest is None else len(newest.results)


def _newest_first(folder: Path) -> list[Path]:
    found = (path for path in folder.glob("*.*") if _NAME.fullmatch(path.name) and path.is_dir())
    return sorted(found, key=lambda path: tuple(map(int, path.name.split("."))), reverse=True)


def _keep(file: Path, place: Path, trained: Trained, epoch: int) -> None:
    """Gives the weights that were scored a place of their own.

    A second name, if they are the network's own; a copy where the file system knows no second names.
    """
    with beside(place) as kept:
        if trained.scored is not None:
            with trained.scored():
                _save_weights(trained.model, kept, epoch)
        else:
            try:
                kept.hardlink_to(file)
            except OSError:
                shutil.copyfile(file, kept)
        to_disk(kept)
    to_disk(place.parent)


def _read_progress(path: Path) -> Progress | None:
    try:
        digests = json.loads(read_file(path / "sha256.json"))
        if digests.keys() != FILES or any(sha256(path / name) != digests[name] for name in FILES):
            return None
        return _PROGRESS.validate_python(json.loads(read_file(path / "progress.json")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _optimizer_tensors(optimizer: Optimizer) -> dict[str, Tensor]:
    state = optimizer.state_dict()["state"]
    return {
        f"state.{index}.{name}": tensor.contiguous()
        for index, entries in state.items()
        for name, tensor in entries.items()
        if tensor is not None
    }


def _restore_optimizer(optimizer: Optimizer, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        if key.startswith("state."):
            _, index, name = key.split(".", 2)
            state.setdefault(int(index), {})[name] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
