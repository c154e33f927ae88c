"""Which folder a study has, whoever comes first, and what is known where its mark is lost."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from sweeper.errors import InputError
from sweeper.paths import Home
from sweeper.runs.folder import StudyFolder
from sweeper.runs.mark import Holder
from sweeper.runs.origin import RunOrigin, sign
from sweeper.trial import StudyRow
from tests.sweeper_tests import made
from tests.sweeper_tests.halfway import evaluation

from .conftest import HERE

OLD = "0d6a1d3b-58a8-5c1e-8a51-0123456789ab"
"""Of a study that began before there were UUIDs."""


def of(home: Home, uuid: str) -> StudyFolder:
    return StudyFolder(home, StudyRow(1, "s@w", {}, {}, "", 1, "", made.BEGUN, 1, uuid))


def test_each_study_has_a_folder_of_its_own(home: Home) -> None:
    first, second = str(uuid4()), str(uuid4())
    for uuid, name in ((first, "s@w"), (second, f"s@w.{second[:8]}")) * 2:
        folder = of(home, uuid)
        assert folder.take(HERE) is None
        for found in (folder, of(home, uuid)):  # whoever only reads knows it too
            assert found.run(3) == home.root / "runs" / name / "3"
            assert found.jobs == home.root / "slurm" / name
            assert found.url(3) == (home.shared and home.shared.within(f"runs/{name}/3"))


def test_drivers_that_begin_at_once_agree(tmp_path: Path) -> None:
    for attempt in range(20):
        home, uuids = Home(tmp_path / str(attempt)), [str(uuid4()), str(uuid4())] * 4
        with ThreadPoolExecutor(len(uuids)) as pool:
            list(pool.map(lambda uuid, home=home: of(home, uuid).take(HERE), uuids))
        marks = {path.parent.name: json.loads(path.read_text())["uuid"] for path in home.runs.rglob("*.json")}
        assert sorted(marks.values()) == sorted(set(uuids))
        assert {of(home, uuid).name: uuid for uuid in uuids} == marks
        assert not list(home.runs.rglob(".*"))


def test_a_folder_of_before_belongs_to_a_study_of_before(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (home.runs / "s@w/0").mkdir(parents=True)
    new, other = str(uuid4()), OLD.replace("0d6a1d3b", "11111111")
    assert of(home, new).name == f"s@w.{new[:8]}"
    assert of(home, OLD).name == of(home, other).name == "s@w"  # to be read, as long as nobody has taken it
    of(home, OLD).take(HERE)
    assert (of(home, OLD).name, of(home, other).name) == ("s@w", "s@w.11111111")


@pytest.mark.parametrize("damage", ["lost", "empty", "cut", "deep", "folder", "nowhere"])
def test_where_the_mark_is_damaged_the_runs_say_whose_they_are(damage: str, tmp_path: Path) -> None:
    home, uuid = Home(tmp_path), str(uuid4())
    folder = of(home, uuid)
    folder.take(HERE)
    sign(folder.run(4), uuid, 4, "c", evaluation(1, 0.5))
    assert RunOrigin.read(folder.run(4)) == RunOrigin(uuid, 4, "c", None, 1, {})
    mark = folder.folder / "study.json"
    text = mark.read_text()
    mark.unlink()
    match damage:
        case "empty" | "cut":
            mark.write_text(text[: len(text) // 4 if damage == "cut" else 0])
        case "deep":
            mark.write_text("[" * 100_000)
        case "folder":
            mark.mkdir()
        case "nowhere":
            mark.symlink_to(tmp_path / "nowhere")
    other = of(home, str(uuid4()))
    assert of(home, uuid).name == "s@w"
    assert other.name == f"s@w.{other.uuid[:8]}"
    if damage == "folder":
        with pytest.raises(InputError, match="cannot be written"):
            of(home, uuid).take(HERE)
        return
    assert of(home, uuid).take(HERE) is None
    assert json.loads(mark.read_text())["uuid"] == uuid
    assert not (tmp_path / "nowhere").exists()


def test_one_database_under_several_names_is_one(home: Home) -> None:
    folder = of(home, str(uuid4()))
    folder.take(HERE)
    there = Holder("sqlite:///mounted.db", ("container:/mounted.db", "1:2"))
    copy = Holder("sqlite:///copy.db", ("here:/copy.db", "1:3"))
    assert folder.take(there) is None
    assert folder.taken_from(there) is None
    assert folder.take(copy) == HERE
    assert (folder.taken_from(HERE), folder.taken_from(copy)) == (copy, None)
