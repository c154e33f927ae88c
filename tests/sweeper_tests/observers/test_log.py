"""Logs for TensorBoard and MLflow, read back with the tools' own readers."""

import sqlite3
import warnings
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams.api_pb2 import STATUS_FAILURE, STATUS_SUCCESS

from model.result import EpochResult, Metric
from sweeper.errors import InputError
from sweeper.executors.protocol import Event, Job, Stopped
from sweeper.observers import tools
from sweeper.observers.log import Log, tag
from sweeper.observers.observer import Observer
from sweeper.observers.several import Several
from sweeper.observers.tools import TOOLS, Tool
from sweeper.paths import Home
from sweeper.store.database import Database
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.sweep.order import Places
from sweeper.trial import Outcome
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.typed import Command, refused

BOTH = ("tensorboard", "mlflow")


class Resumable(InstantExecutor):
    """Leaves what a trial under way leaves, so that it is known to go on; tells its epochs from the first."""

    def submit(self, job: Job) -> None:
        super().submit(job)
        (job.rundir / "checkpoints").mkdir(parents=True, exist_ok=True)


class Stopping(Resumable):
    """Stops its trials after a number of events, as a gentle Ctrl-C does."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self._after = after

    def poll(self, timeout: float) -> list[Event]:
        self._after -= 1
        if self._after == 0:
            self.stop()
            return [Stopped(number) for number in list(self._events) if self._events.pop(number)]
        if self._after < 0:
            raise KeyboardInterrupt
        return super().poll(timeout)


def swept(
    study: Study, home: Home, trials: int, executor: InstantExecutor, logs: tuple[str, ...] = BOTH
) -> str:
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        return sweep(study, Places(home.storage, home, None), trials, executor, logs=logs)[1]


def metrics(home: Home, number: int) -> dict[str, list[tuple[int, float]]]:
    """What a trial's logs must hold, from sweeper's own tables."""
    query = (
        "SELECT split, task, metric, epoch, value FROM epoch_metric JOIN run ON run.id = run_id "
        "WHERE number = ? ORDER BY epoch"
    )
    found: dict[str, list[tuple[int, float]]] = {}
    with closing(sqlite3.connect(home.root / "studies.db")) as connection:
        for split, task, metric, epoch, value in connection.execute(query, (number,)):
            name = f"{split}/{task}" if task == metric else f"{split}/{task}/{metric}"
            found.setdefault(name, []).append((epoch, value))
    return found


def events(home: Home, study: Study, number: int) -> EventAccumulator:
    place = home.root / "tensorboard" / study.name / str(number)
    assert len(list(place.iterdir())) == 1
    accumulator = EventAccumulator(str(place), size_guidance={"scalars": 0})
    accumulator.Reload()
    return accumulator


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        (("dev", "sst", "accuracy"), "dev/sst/accuracy"),
        (("dev", "overall", "overall"), "dev/overall"),
        (("dev", "overall", "raw_overall"), "dev/overall/raw_overall"),
        (("dev", "trained tasks", "trained tasks"), "dev/trained tasks"),
        (("dev", "dev", "accuracy"), "dev/dev/accuracy"),
        (("dev", "accuracy", "accuracy"), "dev/accuracy/accuracy"),
    ],
    ids=str,
)
def test_every_metric_has_a_name_of_its_own(metric: tuple[Any, str, str], name: str) -> None:
    assert tag(Metric(*metric, 0.5)) == name


def session(read: EventAccumulator, tag: str) -> Any:
    return (
        metadata.parse_session_start_info_plugin_data(read.SummaryMetadata(tag).plugin_data.content)
        if tag == metadata.SESSION_START_INFO_TAG
        else metadata.parse_session_end_info_plugin_data(read.SummaryMetadata(tag).plugin_data.content)
    )


def runs(client: Any, study: Study) -> dict[int, Any]:
    experiment = client.get_experiment_by_name(study.name)
    found = client.search_runs([experiment.experiment_id])
    by_number = {int(run.data.tags["sweeper.trial"]): run for run in found}
    assert len(by_number) == len(found)
    return by_number


def check_both(home: Home, study: Study, client: Any, number: int) -> None:
    """Every epoch once in each log, with the numbers of the record."""
    read, run = events(home, study, number), runs(client, study)[number]
    expected = metrics(home, number)
    assert expected
    for name, values in expected.items():
        scalars = [(scalar.step, scalar.value) for scalar in read.Scalars(name)]
        assert scalars == [(epoch, pytest.approx(value, abs=1e-6)) for epoch, value in values]  # 32 bits
        history = client.get_metric_history(run.info.run_id, name)
        assert sorted((metric.step, metric.value) for metric in history) == values
    others = {name for name in read.Tags()["scalars"] if not name.startswith("best/")}
    assert others == set(expected)
    assert {name for name in run.data.metrics if not name.startswith("best/")} == set(expected)


def test_every_epoch_setting_and_outcome_is_there(study: Study, home: Home, client: Any) -> None:
    said = swept(study, home, 4, InstantExecutor(2, fails=frozenset({2})))
    assert "log " not in said
    found = runs(client, study)
    assert sorted(found) == [0, 1, 2, 3]
    with Database(home.storage) as database:
        rows = database.study(study.name).trials.rows()
    for row in rows:
        check_both(home, study, client, row.number)
        read, logged = events(home, study, row.number), found[row.number]
        settings = {"arm": row.arm, "seed": row.seed, **row.params}
        assert logged.data.params == {name: str(value) for name, value in settings.items()}
        start = session(read, metadata.SESSION_START_INFO_TAG)
        hparams = {name: value.string_value or value.number_value for name, value in start.hparams.items()}
        assert hparams == settings
        failed = row.number == 2
        end = session(read, metadata.SESSION_END_INFO_TAG)
        assert end.status == (STATUS_FAILURE if failed else STATUS_SUCCESS)
        assert logged.info.status == ("FAILED" if failed else "FINISHED")
        assert logged.data.tags["sweeper.state"] == ("failed (nan)" if failed else "complete")
        [text] = read.Tensors("state")
        assert text.tensor_proto.string_val == [b"failed (nan): the loss is nan" if failed else b"complete"]
        scores = row.scores or {}
        assert {name: logged.data.metrics[f"best/{name}"] for name in scores} == scores
        [best] = read.Scalars("best/overall")
        assert (best.step, best.value) == (row.best_epoch, pytest.approx(scores["overall"], abs=1e-6))


@pytest.mark.parametrize("after", [3, 5, 9])
def test_a_trial_that_goes_on_has_no_epoch_twice(after: int, study: Study, home: Home, client: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        swept(study, home, 3, Resumable(dies_after=after))
    with pytest.raises(KeyboardInterrupt):
        swept(study, home, 3, Stopping(after))
    unfinished = {run.info.status for run in runs(client, study).values()} - {"FINISHED"}
    assert unfinished == {"SCHEDULED"}
    swept(study, home, 3, Resumable())
    for number in range(3):
        check_both(home, study, client, number)
    assert {run.info.status for run in runs(client, study).values()} == {"FINISHED"}


def test_a_trial_from_its_start_again_begins_a_new_run(study: Study, home: Home, client: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        swept(study, home, 1, InstantExecutor(dies_after=3))  # and leaves no checkpoint
    [before] = runs(client, study).values()
    swept(study, home, 1, InstantExecutor())
    [after] = runs(client, study).values()
    assert before.info.run_id != after.info.run_id
    check_both(home, study, client, 0)


def test_a_tracking_uri_is_respected(
    study: Study, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home.root / "mlflow.db").rename(tmp_path / "elsewhere.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/elsewhere.db")
    swept(study, home, 1, InstantExecutor(), ("mlflow",))
    assert not (home.root / "mlflow.db").exists()
    with closing(sqlite3.connect(tmp_path / "elsewhere.db")) as connection:
        assert connection.execute("SELECT name, status FROM runs").fetchall() == [("trial 0", "FINISHED")]


def test_no_sweep_ends_for_a_log(study: Study, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    (home.root / "tensorboard").touch()  # where a folder should be
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nonsense://host")
    said = swept(study, home, 2, InstantExecutor())
    assert said.count("log tensorboard ends here, the sweep goes on: ") == 1
    assert said.count("log mlflow ends here, the sweep goes on: ") == 1
    assert "2 of 2 trials" in said


def test_the_view_hears_everything_first_and_each_log_fails_for_itself() -> None:
    heard: list[str] = []

    class View(Observer):
        def evaluated(self, number: int, result: EpochResult) -> None:
            heard.append(f"view {number}")

        def noted(self, text: str) -> None:
            heard.append(text)

    class Frail(Log):
        def evaluated(self, number: int, result: EpochResult) -> None:
            raise OSError(28, "No space\nleft")

    class Sound(Log):
        def evaluated(self, number: int, result: EpochResult) -> None:
            heard.append(f"log {number}")

        def close(self) -> None:
            heard.append("closed")

    several = Several(View())
    several.join("frail", Frail)
    several.join("sound", Sound)
    result = EpochResult(1, 0.5, True, (), 0.0, 0.0, {}, {}, 1.0)
    several.evaluated(0, result)
    several.evaluated(1, result)
    several.close()
    assert heard == [
        "view 0",
        "log frail ends here, the sweep goes on: OSError: [Errno 28] No space left",
        "log 0",
        "view 1",
        "log 1",
        "closed",
    ]


def test_an_absent_package_is_one_line(sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "find_spec", lambda _: None)
    for tool in TOOLS:
        said = refused(sweeper, "run", "--study", "mine", "--log", "tensorboard", "--log", tool)
        assert said == (
            "Error: --log tensorboard: tensorboard is not installed: "
            "pip install 'sentence-sweeper[tensorboard]'\n"
        )


def test_a_log_can_be_added(study: Study, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    class Ended(Log):
        def ended(self, number: int, outcome: Outcome, message: str) -> None:
            heard.append(f"trial {number} {outcome.state}")

    def opened(home: Home, study: str) -> Log:
        heard.append(f"{study} under {home.root.name}")
        return Ended()

    monkeypatch.setattr(TOOLS, "_entries", dict(TOOLS))
    TOOLS.add("list", Tool("a_package_that_is_not_there", "lists", opened))
    with pytest.raises(
        InputError, match=r"--log list: a_package_.* not installed: pip install 'sentence-sweeper\[lists\]'"
    ):
        swept(study, home, 1, InstantExecutor(), ("list",))
    monkeypatch.setattr(TOOLS, "_entries", {"list": Tool("json", "lists", opened)})
    swept(study, home, 1, InstantExecutor(), ("list",))
    assert heard == ["quickstart@demo under home %", "trial 0 complete"]


def test_the_command_logs_real_trials(folder: Path, sweeper: Command) -> None:
    said = sweeper("run", "--study", "mine", "--trials", "1", "--executor", "inline", "--log", "tensorboard")
    assert (said.code, said.err) == (0, "")
    home, study = Home(folder / ".sweeper"), load_study("mine", "small")
    read = events(home, study, 0)
    for name, values in metrics(home, 0).items():
        assert [(one.step, one.value) for one in read.Scalars(name)] == [
            (epoch, pytest.approx(value, rel=1e-6)) for epoch, value in values
        ]
