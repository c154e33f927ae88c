"""`sweeper replay`: a trial trained again, against its record."""

import hashlib
import math
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace as changed
from pathlib import Path

import pytest
import sqlalchemy as sa

from model.config import TrainConfig
from model.result import EpochResult, Metric
from sweeper.errors import InputError
from sweeper.executors.protocol import Evaluated, Event, Failed, Finished, Started
from sweeper.paths import Home
from sweeper.store.database import Database
from sweeper.store.studies import find_study
from sweeper.study.study import Study
from sweeper.sweep.order import Places
from sweeper.sweep.replay import Deviation, Repeat, Repetition, compare, lines, replay
from sweeper.trial import ErrorClass, MetricKey, RunState, TrialRow
from tests.sweeper_tests import made
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.typed import Command

RECORDED: dict[MetricKey, float | None] = {
    (1, "dev", "sst", "accuracy"): 0.5,
    (1, "train", "sst", "loss"): None,
    (2, "dev", "sst", "accuracy"): 0.25,
}
SAME = Repetition(
    {
        (1, "dev", "sst", "accuracy"): 0.5,
        (1, "train", "sst", "loss"): math.nan,
        (2, "dev", "sst", "accuracy"): 0.25,
    },
    None,
    {"machine": "m", "threads": 1, "device": "cpu", "data fingerprint": "d"},
)
FAILURE = Failed(3, ErrorClass.NAN, "the loss is nan", "Traceback")


@pytest.fixture(scope="module")
def row() -> TrialRow:
    trial = made.row(made.study(), 3, "S-BERT", (0.1, 0.2, 0.3))
    return changed(trial, machine="m", fingerprint="d", versions={})


def test_equal_numbers_are_identical_and_gaps_are_what_is_not_a_number(row: TrialRow) -> None:
    found = compare(row, row, RECORDED, SAME)
    assert found == Repeat("complete", None, (), 3, ())
    assert lines("s@demo", 3, found) == ["s@demo trial 3: identical in 3 metrics, and complete as recorded"]


def test_every_metric_that_differs_is_named_with_both_values(row: TrialRow) -> None:
    others = {**SAME.metrics, (1, "dev", "sst", "accuracy"): math.nextafter(0.5, 1)}
    others[3, "dev", "sst", "accuracy"] = others.pop((2, "dev", "sst", "accuracy"))
    found = compare(row, row, RECORDED, changed(SAME, metrics=others))
    assert lines("s@demo", 3, found) == [
        "s@demo trial 3: 3 of 4 metrics differ",
        "  epoch 1 dev sst accuracy: 0.5 recorded, 0.5000000000000001 now",
        "  epoch 2 dev sst accuracy: 0.25 recorded, nothing now",
        "  epoch 3 dev sst accuracy: nothing recorded, 0.25 now",
        "no cause can be seen in machine, threads, device, data, weights, commit and versions",
    ]


def test_causes_are_what_differs_of_what_was_recorded(row: TrialRow) -> None:
    before = changed(row, machine="n", threads=2, device=None, fingerprint="e", versions={"torch": "0.1"})
    found = compare(row, before, RECORDED, SAME)
    assert [difference.what for difference in found.circumstances] == [
        "machine", "threads", "data fingerprint", "torch"
    ]  # fmt: skip
    assert found.circumstances[1] == Deviation("threads", 2, 1)
    assert lines("s@demo", 3, found)[:4] == [
        "s@demo trial 3: identical in 3 metrics, and complete as recorded",
        "although these differ:",
        "  machine: n recorded, m now",
        "  threads: 2 recorded, 1 now",
    ]


def test_a_failure_of_the_same_class_is_identical(row: TrialRow) -> None:
    ill = changed(row, state=RunState.FAILED, error_class=ErrorClass.NAN)
    again = changed(SAME, failure=FAILURE)
    assert lines("s@demo", 3, compare(ill, ill, RECORDED, again)) == [
        "s@demo trial 3: identical in 3 metrics, and failed (nan) as recorded"
    ]
    oom = changed(ill, error_class=ErrorClass.OOM)
    assert compare(oom, oom, RECORDED, again).outcome == Deviation(
        "outcome", "failed (oom)", "failed (nan): the loss is nan"
    )
    assert compare(ill, ill, RECORDED, SAME).outcome == Deviation("outcome", "failed (nan)", "complete")
    assert not compare(ill, ill, RECORDED, SAME).identical
    assert not compare(row, row, RECORDED, again).identical


# On a database.


@pytest.fixture
def home(tmp_path: Path, study: Study) -> Home:
    """Four instant trials, of which number 2 failed."""
    home = Home(tmp_path / "home")
    executor = InstantExecutor(fails=frozenset({2}))
    sweep(study, Places(home.storage, home, None), 4, executor)
    return home


Again = Callable[..., tuple[Repeat, list[str]]]


@pytest.fixture
def again(home: Home) -> Again:
    def replayed(number: int, executor: InstantExecutor | None = None) -> tuple[Repeat, list[str]]:
        said: list[str] = []
        with Database(home.storage) as database:
            found = replay(
                find_study(database, None),
                number,
                executor=executor or InstantExecutor(),
                home=home,
                data=None,
                say=said.append,
            )
        return found, said

    return replayed


def execute(home: Home, statement: str) -> None:
    engine = sa.create_engine(home.storage.whole)
    with engine.begin() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()


def test_a_trial_is_trained_again_with_what_was_recorded(home: Home, again: Again) -> None:
    execute(home, "UPDATE run SET threads = 3 WHERE number = 1")
    executor = InstantExecutor()
    found, said = again(1, executor)
    assert found.identical
    assert said == [f"epoch {epoch}: identical" for epoch in (1, 2, 3, 4)]
    [job] = executor.submitted
    with Database(home.storage) as database:
        recorded = database.study("quickstart@demo").trials.row(1)
    assert recorded is not None
    assert job.config.model_dump(mode="json") == recorded.config
    assert job.threads == 3
    assert job.rundir.parent == home.root
    assert not job.rundir.exists()
    assert executor.closed
    assert [str(cause) for cause in found.circumstances] == ["threads: 3 recorded, 1 now"]


def test_one_changed_bit_is_found(home: Home, again: Again) -> None:
    before = "run_id = (SELECT id FROM run WHERE number = 0) AND epoch = 2 AND task = 'sst'"
    execute(home, f"UPDATE epoch_metric SET value = value + 1e-16 WHERE {before}")  # noqa: S608
    found, said = again(0)
    [difference] = found.metrics
    assert difference.what == "epoch 2 dev sst accuracy"
    assert said[1] == "epoch 2: 1 of 4 metrics differ"


def test_a_failed_trial_fails_again_or_not(again: Again) -> None:
    assert again(2, InstantExecutor(fails=frozenset({2})))[0].identical
    found, _ = again(2)
    assert found.outcome == Deviation("outcome", "failed (nan)", "complete")
    assert {difference.recorded for difference in found.metrics} == {"nothing"}


def test_a_pruned_trial_ends_where_it_was_pruned(home: Home, again: Again) -> None:
    execute(home, "UPDATE run SET state = 'pruned' WHERE number = 3")
    execute(home, "DELETE FROM epoch_metric WHERE epoch > 2")
    found, said = again(3)
    assert found.identical
    assert len(said) == 2


def test_a_reused_result_is_compared_under_the_circumstances_of_its_origin(home: Home, again: Again) -> None:
    execute(home, "UPDATE run SET reused_from = 1, threads = NULL WHERE number = 3")
    halved = "threads = 5, halvings = 1, config = json_set(config, '$.accumulation', 4)"
    execute(home, f"UPDATE run SET {halved} WHERE number = 1")  # noqa: S608
    executor = InstantExecutor()
    again(3, executor)
    [job] = executor.submitted
    assert job.threads == 5
    assert isinstance(job.config, TrainConfig)
    assert job.config.accumulation == 4


def test_there_must_be_an_outcome(home: Home, again: Again) -> None:
    with pytest.raises(InputError, match="no trial 4; its trials are 0 to 3"):
        again(4)
    execute(home, "UPDATE run SET state = 'running' WHERE number = 0")
    with pytest.raises(InputError, match="trial 0 of study 'quickstart@demo' is running"):
        again(0)


class _Wordless(InstantExecutor):
    """Says nothing of its circumstances but the start, and evaluates a metric that is not a number."""

    def poll(self, timeout: float) -> list[Event]:
        metrics = (Metric("dev", "overall", "overall", math.nan),)
        evaluated = EpochResult(1, math.nan, False, metrics, 0.0, 0.0, {}, {}, 1.0)
        return [Started(0, 1, "cpu", "here"), Evaluated(0, evaluated), Finished(0)]


def test_metrics_that_only_one_has_differ(again: Again) -> None:
    found, _ = again(0, _Wordless())
    assert [d.now for d in found.metrics if d.what == "epoch 1 dev overall overall"] == [pytest.approx(
        math.nan, nan_ok=True)]  # fmt: skip
    assert len(found.metrics) == found.compared == 16


# With the trainer, in a process of its own.


def commit(folder: Path) -> list[str]:
    """Puts the user's files under git as they are; all commits so far, the first one first."""
    for arguments in (
        ("init", "--quiet"),
        ("add", "studies", "data"),
        ("-c", "user.name=x", "-c", "user.email=x@example.com", "commit", "--quiet", "-m", "As it is"),
    ):
        subprocess.run(("git", *arguments), cwd=folder, check=True)
    log = ("git", "log", "--reverse", "--format=%H")
    return subprocess.run(log, cwd=folder, check=True, capture_output=True, text=True).stdout.split()


def test_a_real_trial_is_identical_until_its_data_change(folder: Path, sweeper: Command) -> None:
    commit(folder)
    assert sweeper("run", "--study", "mine", "--workload", "files", "--trials", "1").code == 0
    said = sweeper("replay", "mine", "0")
    assert (said.code, said.err) == (0, "")
    first, *_, last = said.out.splitlines()
    assert first == "epoch 1: identical"
    assert re.fullmatch(r"mine@files trial 0: identical in \d+ metrics, and complete as recorded", last)
    assert not list((folder / ".sweeper").glob(".replay*"))
    file = folder / "data/train.csv"
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    file.write_text(file.read_text() + "c\tA long and tedious film\t1\n")
    said = sweeper("replay", "mine", "0")
    assert said.code == 1
    assert "epoch 1 train sst loss: " in said.out
    causes = said.out.partition("causes that can be seen:\n")[2].splitlines()
    now = hashlib.sha256(file.read_bytes()).hexdigest()
    assert [cause.split(": ")[0].strip() for cause in causes] == [
        "data fingerprint", "file train.csv", "changes since the commit"
    ]  # fmt: skip
    assert causes[1] == f"  file train.csv: {before} recorded, {now} now"
    assert causes[2].startswith("  changes since the commit: none recorded, SHA-256 ")
    commits = commit(folder)
    causes = sweeper("replay", "mine", "0").out.partition("causes that can be seen:\n")[2].splitlines()
    assert causes[2] == f"  commit: {commits[0]} recorded, {commits[1]} now"
    assert sweeper("status").out.startswith("mine@files: 1 of 1 trials")
    file.unlink()
    said = sweeper("replay", "mine", "0")
    assert (said.code, said.out) == (2, "")
    assert "train.csv is missing" in said.err
