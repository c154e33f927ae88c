"""Trials whose machines share no disk: their checkpoints travel through a folder behind a URL."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from sweeper.errors import InputError
from sweeper.executors.inline import InlineExecutor
from sweeper.executors.protocol import Evaluated, Failed, Started, Stopped
from sweeper.paths import Home
from sweeper.sharedfolder import SharedFolder
from sweeper.store.database import Database
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.sweep.files import RunFiles
from sweeper.sweep.order import Places
from sweeper.url import Url
from tests.sweeper_tests import made
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.executors.story import follow, job, scores, story
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.typed import Command, refused


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


NAMES = ("best.safetensors", "checkpoints")


def contents(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_what_one_machine_publishes_another_fetches(tmp_path: Path) -> None:
    here, there, shared = tmp_path / "here", tmp_path / "there", SharedFolder(Url("memory://round/trial"))
    assert not shared.holds("checkpoints")
    write(here, checkpoints__1__model="one", checkpoints__2__model="two", config="c", predictions="p")
    write(here, checkpoints__3__model="half")
    (here / "checkpoints/3").rename(here / "checkpoints/.writing-3")
    (here / "log.txt").write_text("here")
    shared.publish(here)
    assert shared.holds("checkpoints")
    write(there, checkpoints__0__model="of an earlier attempt")
    (there / "log.txt").write_text("there")
    shared.fetch(there)
    assert contents(there) == {
        "checkpoints/1/model": "one",
        "checkpoints/2/model": "two",
        "config": "c",
        "predictions": "p",
        "log.txt": "there",
    }
    (here / "checkpoints/1/model").unlink()
    write(here, checkpoints__3__model="three", predictions="better")
    shared.publish(here)
    shared.fetch(there)
    assert set(contents(there)) == {
        "checkpoints/2/model",
        "checkpoints/3/model",
        "config",
        "predictions",
        "log.txt",
    }
    assert (there / "predictions").read_text() == "better"
    shared.fetch(there, checkpoints=False)
    assert set(contents(there)) == {"config", "predictions", "log.txt"}
    shared.remove("checkpoints")
    shared.remove("checkpoints")
    assert not shared.holds("checkpoints")
    assert shared.holds("config")


def test_what_belongs_to_a_checkpoint_is_there_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who goes on from a checkpoint has the predictions of its epoch, wherever the copying was cut short."""
    shared, copied = SharedFolder(Url("memory://order/trial")), list[str]()
    put = shared._files.put_file

    def put_file(here: str, there: str) -> None:
        copied.append(there.rpartition("trial/")[2])
        put(here, there)

    monkeypatch.setattr(shared._files, "put_file", put_file)
    write(tmp_path, checkpoints__1__model="one", best="b", origin="o", predictions="p", zeta="z")
    shared.publish(tmp_path)
    assert copied == ["best", "origin", "predictions", "zeta", "checkpoints/1/model"]


@pytest.mark.parametrize("asked", [False, True], ids=["its machine dies", "it is asked to stop"])
def test_a_trial_goes_on_from_what_its_first_machine_published(asked: bool, tmp_path: Path) -> None:
    settings = {"steps_per_epoch": 8}
    [expected] = story(InlineExecutor(), job(tmp_path, **settings)).values()
    first = replace(job(tmp_path / "one", **settings), shared=Url(f"file://{tmp_path}/shared/trial"))
    executor = InlineExecutor()
    executor.submit(first)
    events = follow(executor)
    next(event for event in events if isinstance(event, Evaluated))
    if asked:
        executor.stop()
        assert isinstance(next(events), Stopped)
    executor.close()
    second = replace(first, rundir=tmp_path / "two" / "trial")
    [told] = story(InlineExecutor(), second).values()
    assert isinstance(told[0], Started)
    assert told[0].epochs == 1
    assert scores(told) == scores(expected)


def test_a_shared_folder_that_cannot_be_written_is_a_failure_of_the_trial(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    [told] = story(
        InlineExecutor(), replace(job(tmp_path), shared=Url(f"file://{tmp_path}/file/trial"))
    ).values()
    assert isinstance(told[-1], Failed)


def test_a_sweep_leaves_what_a_report_needs_and_no_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[1] / "faults")
    study = load_study("faults", "seconds")
    home = Home(tmp_path / "here", Url(f"file://{tmp_path}/shared"))
    url = f"sqlite:///{tmp_path}/studies.db"
    sweep(study, Places(url, home, None), 4, InlineExecutor())
    with Database(url) as database:
        runs = database.study(study.name).trials.rows()
    best = {
        max((r for r in runs if r.arm == arm), key=lambda r: (r.scores or {})["overall"]).number
        for arm in study.spec.arms
    }
    for folder in (home.root, tmp_path / "shared"):
        for number in range(4):
            files = {path.name for path in (folder / "runs/faults@seconds" / str(number)).iterdir()}
            weights = {"best.safetensors"} if number in best else set()
            assert files - {"log.txt"} == {"config.json", "origin.json", "predictions.npz"} | weights
    # A driver that was killed before it had fetched what it recorded, and before it had tidied up.
    runs_here, (other,) = home.root / "runs/faults@seconds", {0, 1, 2, 3} - best - {0}
    shutil.rmtree(runs_here / "0")
    for folder in (home.root, tmp_path / "shared"):
        (folder / "runs/faults@seconds" / str(other) / "best.safetensors").touch()
    sweep(study, Places(url, home, None), 4, InlineExecutor())
    assert (runs_here / "0/predictions.npz").exists()
    for folder in (home.root, tmp_path / "shared"):
        having = {int(file.parent.name) for file in folder.glob("runs/faults@seconds/*/best.safetensors")}
        assert having == best


def test_a_folder_out_of_reach_keeps_what_a_trial_left_for_the_next_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, said = made.study(), list[str]()
    row = made.row(study, 0, "Baseline", (0.5, 0.5, 0.5))
    home = Home(tmp_path / "here", Url("memory://reach"))
    with made.store(tmp_path, study, [row]) as database:
        store = database.study(study.name)
        files = RunFiles.of(home, store, said.append)
        files.take(said.append)
        url = files.study.url(0)
        assert url is not None
        SharedFolder(url).write("predictions.npz", b"p")

        def cut(*_: object) -> None:
            raise ConnectionError("the network is down")

        with monkeypatch.context() as patch:
            patch.setattr(MemoryFileSystem, "get_file", cut)
            files.fetch_missing(store.trials.standings())
        assert not files.folder(0).joinpath("predictions.npz").exists()
        (line,) = said
        assert line.startswith("trial 0: its predictions and weights are not here yet: SWEEPER_HOME ")
        assert line.endswith("cannot be reached: the network is down")
        files.fetch_missing(store.trials.standings())
        assert files.folder(0).joinpath("predictions.npz").read_bytes() == b"p"
    assert len(said) == 1


def origin(epoch: int) -> str:
    said = {"study": "s", "trial": 0, "configuration": "c", "data": None, "epoch": epoch, "files": {}}
    return json.dumps(said)


@pytest.mark.parametrize(
    ("here", "there", "fetched"),
    [
        (origin(1), origin(2), True),  # of an attempt that died here, and the trial went on elsewhere
        ("damaged", origin(2), True),
        (None, origin(2), True),
        (origin(2), origin(3), False),  # of an attempt that had lost the trial, and published after its end
        (origin(1), origin(3), False),
        (None, None, False),  # of earlier versions
    ],
)
def test_what_lies_here_goes_for_files_of_the_best_epoch_alone(
    here: str | None, there: str | None, fetched: bool, tmp_path: Path
) -> None:
    study = made.study()
    row = made.row(study, 0, "Baseline", (0.5, 0.5, 0.5))
    assert row.best_epoch == 2
    with made.store(tmp_path, study, [row]) as database:
        store = database.study(study.name)
        files = RunFiles.of(Home(tmp_path / "here", Url(f"file://{tmp_path}/shared")), store)
        files.take(print)
        url = files.study.url(0)
        assert url is not None
        shared = SharedFolder(url)
        shared.write("predictions.npz", b"there")
        write(files.folder(0), **{"predictions.npz": "here"})
        if there is not None:
            shared.write("origin.json", there.encode())
        if here is not None:
            write(files.folder(0), **{"origin.json": here})
        files.fetch_missing(store.trials.standings())
        assert (files.folder(0) / "predictions.npz").read_text() == ("there" if fetched else "here")


def test_what_cannot_be_removed_without_a_network_is_said_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, said = made.study(), list[str]()
    with made.store(tmp_path, study, []) as database:
        home = Home(tmp_path / "here", Url("memory://cut"))
        files = RunFiles.of(home, database.study(study.name), said.append)
        files.take(said.append)
        write(files.folder(0), checkpoints__1__model="one", **{"best.safetensors": "w"})
        url = files.study.url(0)
        assert url is not None
        shared = SharedFolder(url)
        shared.publish(files.folder(0))

        def cut(*_: object, **__: object) -> None:
            raise ConnectionError("the network is down")

        with monkeypatch.context() as patch:
            for name in ("exists", "rm", "info"):
                patch.setattr(MemoryFileSystem, name, cut)
            assert files.holds_checkpoints(0)
            with pytest.raises(InputError, match="cannot be reached: the network is down"):
                shared.holds("checkpoints")
            files.remove_weights(0)
            files.tidy(0, checkpoints=True)
        before = "trial 0: {} could not be removed from the shared folder: SWEEPER_HOME "
        ends = [line.startswith(before.format(name)) for line, name in zip(said, NAMES, strict=True)]
        assert ends == [True, True]
        # Here too, so that the next driver finds them.
        assert set(contents(files.folder(0))) == {"checkpoints/1/model", "best.safetensors"}
        files.remove_weights(0)
        files.tidy(0, checkpoints=True)
        assert contents(files.folder(0)) == {}
        assert not any(map(shared.holds, NAMES))


def test_a_failed_trial_s_files_are_left_to_whoever_retries_it(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[int] = []
    monkeypatch.setattr(RunFiles, "fetch", lambda self, number, best_epoch: fetched.append(number))
    home = Home(tmp_path / "here", Url(f"file://{tmp_path}/shared"))
    places = Places(f"sqlite:///{tmp_path}/studies.db", home, None)
    sweep(study, places, 3, InstantExecutor(fails=frozenset({1})))
    assert fetched == [0, 2]


def test_a_url_holds_no_database(sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEEPER_HOME", "s3://bucket/folder/")
    assert Home.from_environment().shared == Url("s3://bucket/folder/")
    said = "Error: SWEEPER_HOME 's3://bucket/folder/' cannot hold a database: name one with --storage postgresql://…\n"
    assert refused(sweeper, "run", "--study", "quickstart", "--executor", "inline") == said


def test_a_url_of_no_known_kind() -> None:
    with pytest.raises(InputError, match=r"SWEEPER_HOME 'nosuch://x' cannot be used: Protocol not known"):
        SharedFolder(Url("nosuch://x")).check()
