"""What goes with a deleted study, on this machine and behind a URL, and what is of others and stays."""

import errno
import os
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from sweeper.paths import Home
from sweeper.runs.folder import StudyFolder
from sweeper.runs.mark import Holder
from sweeper.runs.removal import remove_runs
from sweeper.sharedfolder import SharedFolder
from sweeper.trial import StudyRow
from tests.sweeper_tests import made
from tests.sweeper_tests.typed import contents, write

from .conftest import HERE

COPY = Holder("postgresql://db/copy", ("db:5432/copy",))
ROW = StudyRow(1, "s@w", {}, {}, "", 1, "", made.BEGUN, 1, str(uuid4()))
OTHER = replace(ROW, uuid=str(uuid4()))
OLD = replace(ROW, uuid="0d6a1d3b-58a8-5c1e-8a51-0123456789ab")
"""Began before there were UUIDs."""


def fill(folder: StudyFolder) -> None:
    """Runs, jobs and logs for other tools."""
    folder.take(HERE)
    for number in (0, 12):
        write(folder.run(number) / "predictions.npz", "x")
        write(folder.run(number) / "checkpoints/1/state", "x")
        if (url := folder.url(number)) is not None:
            SharedFolder(url).write("predictions.npz", b"x")
    for beside in folder.beside:
        write(beside / "0/log.out", "x")


def test_all_of_the_study_goes_and_nothing_of_another(home: Home) -> None:
    other = StudyFolder(home, OTHER)
    fill(other)
    write(home.cache / "tokens/x", "x")
    before, shared = contents(home.root), other.shared
    folder = StudyFolder(home, ROW)
    fill(folder)
    assert folder.name == f"s@w.{ROW.uuid[:8]}"
    assert remove_runs(folder, HERE) is None
    assert contents(home.root) == before
    assert folder.shared is None or SharedFolder(folder.shared).vacant()
    assert shared is None or not SharedFolder(shared).vacant()
    assert remove_runs(StudyFolder(home, ROW), HERE) is None  # once more, as after a kill
    assert contents(home.root) == before


def test_runs_that_lie_on_another_disk_go_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All runs may be behind a link, to where there is room; nothing is renamed from one disk to another."""
    rename = Path.rename

    def on_one_disk(self: Path, target: Path) -> Path:
        if self.parent.resolve() != target.parent.resolve():
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return rename(self, target)

    home = Home(tmp_path / "home")
    (tmp_path / "large").mkdir()
    home.root.mkdir()
    home.runs.symlink_to(tmp_path / "large")
    folder = StudyFolder(home, ROW)
    fill(folder)
    monkeypatch.setattr(Path, "rename", on_one_disk)
    assert remove_runs(folder, HERE) is None
    assert list((tmp_path / "large").iterdir()) == []


def test_a_folder_that_another_database_has_taken_stays(home: Home) -> None:
    folder = StudyFolder(home, ROW)
    fill(folder)
    folder.take(COPY)
    before = contents(home.root)
    said = remove_runs(StudyFolder(home, ROW), HERE)
    assert said is not None
    assert "postgresql://db/copy has the same study, and has them now" in said
    assert contents(home.root) == before


def test_a_study_of_before_is_known_by_its_name(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    write(home.runs / "s@w/3/predictions.npz", "x")
    assert remove_runs(StudyFolder(home, ROW), HERE) is None  # it has a folder of its own, which is not there
    assert (home.runs / "s@w/3/predictions.npz").exists()
    assert remove_runs(StudyFolder(home, OLD), HERE) is None
    assert list(home.root.rglob("*")) == [home.runs]


def test_a_folder_whose_mark_is_lost_stays(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    folder = StudyFolder(home, ROW)
    fill(folder)
    (folder.folder / "study.json").write_text("{", encoding="utf-8")
    before = contents(home.root)
    assert remove_runs(StudyFolder(home, ROW), HERE) is None
    assert contents(home.root) == before


def test_a_study_without_runs_has_nothing_to_remove(home: Home) -> None:
    assert remove_runs(StudyFolder(home, ROW), HERE) is None
    assert not home.root.exists()
