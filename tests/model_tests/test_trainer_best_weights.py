"""The weights of the best epoch, which a trial keeps when its checkpoints go."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file

from model import checkpoint
from model.checkpoint import KEPT
from model.errors import TrialStoppedError
from model.files import RunFolder
from model.predictions import Predictions, read_predictions
from model.result import EpochResult
from model.trainer import train
from tests.model_tests.made import config, same

Stop = Callable[[], bool]
UNSTEADY = config(epochs=6, learning_rate=2e-2, schedule="constant", seed=5)
"""Its best epoch is neither the last one nor among those whose checkpoints are kept."""


def best_epoch(results: list[EpochResult]) -> int:
    return max(results, key=lambda result: result.overall).epoch


def epoch_of(file: Path) -> str | None:
    with safe_open(file, framework="pt") as opened:
        return (opened.metadata() or {}).get("epoch")


@pytest.fixture(scope="module")
def whole(
    cache: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, list[EpochResult], dict[str, torch.Tensor]]:
    """An undisturbed trial, its results, and the best weights as its checkpoint had them."""
    rundir, results, by_epoch = tmp_path_factory.mktemp("whole"), [], {}
    for result in train(UNSTEADY, rundir, data=None, cache=cache):
        results.append(result)
        place = rundir / "checkpoints" / f"{result.epoch:06d}.000000" / "model.safetensors"
        by_epoch[result.epoch] = load_file(place)
        if result.best:  # no second copy on the disk
            assert RunFolder(rundir).weights.stat().st_ino == place.stat().st_ino
    return rundir, results, by_epoch[best_epoch(results)]


def test_the_weights_are_those_of_the_best_epoch(
    whole: tuple[Path, list[EpochResult], dict[str, torch.Tensor]],
) -> None:
    rundir, results, expected = whole
    assert best_epoch(results) < len(results) - KEPT
    assert same(load_file(RunFolder(rundir).weights), expected)
    assert epoch_of(RunFolder(rundir).weights) == str(best_epoch(results))
    assert not (rundir / ".best.safetensors").exists()


@pytest.mark.parametrize("step", [1, 7, 17])
def test_a_trial_that_goes_on_has_them_too(
    step: int,
    whole: tuple[Path, list[EpochResult], dict[str, torch.Tensor]],
    cache: Path,
    tmp_path: Path,
) -> None:
    asked = itertools.count()

    def go(stop: Stop) -> None:
        list(train(UNSTEADY, tmp_path, data=None, cache=cache, stop=stop))

    with pytest.raises(TrialStoppedError):
        go(lambda: next(asked) == step)
    go(lambda: False)
    assert same(load_file(RunFolder(tmp_path).weights), whole[2])


def test_a_file_system_without_links_gets_a_copy(
    whole: tuple[Path, list[EpochResult], dict[str, torch.Tensor]],
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unsupported(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", unsupported)
    list(train(UNSTEADY, tmp_path, data=None, cache=cache))
    assert same(load_file(RunFolder(tmp_path).weights), whole[2])
    assert (RunFolder(tmp_path).weights).stat().st_nlink == 1


class KilledError(BaseException):
    """The trial's process is gone."""


@pytest.mark.parametrize("saved", [False, True])
def test_predictions_are_those_of_the_best_epoch_that_has_a_checkpoint(
    saved: bool,
    whole: tuple[Path, list[EpochResult], dict[str, torch.Tensor]],
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed between the checkpoint of a best epoch and its predictions, on either side of it."""
    rundir, results, _ = whole
    before, best = [result.epoch for result in results if result.best][-2:]
    save = checkpoint.save

    def killed(folder: Path, trained: checkpoint.Trained, progress: checkpoint.Progress) -> None:
        if len(progress.results) == best and not saved:
            raise KilledError
        save(folder, trained, progress)
        if len(progress.results) == best:
            raise KilledError

    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(checkpoint, "save", killed)
        list(train(UNSTEADY, tmp_path, data=None, cache=cache))
    predictions = RunFolder(tmp_path).predictions
    left = predictions.read_bytes()
    list(itertools.islice(train(UNSTEADY, tmp_path, data=None, cache=cache), 1))
    # What goes on elsewhere, where that epoch may be no best, has those of the best one before it.
    assert (predictions.read_bytes() == left) is not saved
    one, other = read_predictions(predictions), read_predictions(RunFolder(rundir).predictions)
    assert (same_predictions(one, other)) is saved
    assert epoch_scored(one, results) == (best if saved else before)
    list(train(UNSTEADY, tmp_path, data=None, cache=cache))
    assert same_predictions(read_predictions(predictions), other)
    assert sorted(path.name for path in RunFolder(tmp_path).checkpoints.iterdir()) == [
        f"{len(results) - back:06d}.000000" for back in (1, 0)
    ]


def same_predictions(one: dict[str, Predictions] | None, other: dict[str, Predictions] | None) -> bool:
    assert one is not None
    assert other is not None
    return all(one[name].predicted.tolist() == other[name].predicted.tolist() for name in one)


def epoch_scored(found: dict[str, Predictions] | None, results: list[EpochResult]) -> int:
    """The first epoch that has the scores of some predictions."""
    assert found is not None
    scored = {name: UNSTEADY.tasks[name].score(one) for name, one in found.items()}
    return next(result.epoch for result in results if result.dev_scores() == pytest.approx(scored))
