"""Damaged checkpoints and a damaged token cache: what ``tests/faults/corrupt.py`` does, for one trial."""

import shutil
from pathlib import Path

import pytest

from model.config import TrainConfig
from model.result import EpochResult
from model.trainer import train
from sweeper.study.load import load_study
from tests.faults.corrupt import CHECKPOINT_DAMAGES, Damage, digests, flip, truncate
from tests.faults.instant_driver import STUDY

EPOCHS, KILLED_AFTER = 4, 3


def config() -> TrainConfig:
    study = load_study(str(STUDY), str(STUDY.parent / "workloads/seconds.yaml"))
    return study.config("Mean", {}, 1).model_copy(update={"epochs": EPOCHS})


def scores(results: list[EpochResult]) -> list[object]:
    return [(result.epoch, result.overall, result.metrics) for result in results]


def trained(folder: Path, epochs: int = EPOCHS) -> list[EpochResult]:
    trial = train(config(), folder / "run", data=None, cache=folder / "cache")
    return [next(trial) for _ in range(epochs)]


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[EpochResult]:
    return trained(tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("killed")
    trained(folder, KILLED_AFTER)
    return folder


@pytest.mark.parametrize("name", CHECKPOINT_DAMAGES)
def test_the_checkpoint_before_a_damaged_one_is_used(
    name: str, killed: Path, expected: list[EpochResult], tmp_path: Path
) -> None:
    file, damage = CHECKPOINT_DAMAGES[name]
    folder = shutil.copytree(killed, tmp_path / "copy")
    newest = max(path for path in (folder / "run/checkpoints").iterdir() if path.name[0] != ".")
    damage(newest / file)
    assert scores(trained(folder)) == scores(expected)


@pytest.mark.parametrize("damage", [truncate, flip])
def test_a_damaged_token_cache_is_built_again(
    damage: Damage, killed: Path, expected: list[EpochResult], tmp_path: Path
) -> None:
    folder = shutil.copytree(killed, tmp_path / "copy")
    whole = digests(folder / "cache")
    assert whole
    for name in whole:
        damage(folder / "cache" / name)
    assert scores(trained(folder)) == scores(expected)
    assert digests(folder / "cache") == whole
