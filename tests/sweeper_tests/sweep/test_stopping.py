"""What ends a sweep early, on the referee and on whole sweeps of instant trials."""

from pathlib import Path
from typing import Any

import pytest
import typer

from sweeper.cli.options import scores_to_reach, seconds
from sweeper.clock import SystemClock
from sweeper.executors.protocol import Event, Job, Noted, Waiting
from sweeper.store.outcomes import Outcomes
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.sweep.stopping import Limits, Stopper, score_bounds
from sweeper.trial import ErrorClass, Outcome, PastTrial, RunState, TrialSpec
from tests.sweeper_tests.driven import drive, open_study
from tests.sweeper_tests.halfway import DEAD, add
from tests.sweeper_tests.instant import InstantExecutor

FAILED = Outcome(state=RunState.FAILED, seconds=1.0, error_class=ErrorClass.OOM)


def trial(number: int, **params: object) -> TrialSpec:
    config = load_study("quickstart", "demo").config("S-BERT", {}, 1)
    return TrialSpec(number, "S-BERT", dict(params), config, 1, number)


def complete(overall: float, **scores: float) -> Outcome:
    return Outcome(state=RunState.COMPLETE, seconds=1.0, best_epoch=1, scores={"overall": overall, **scores})


def past(number: int, state: RunState = RunState.COMPLETE, **scores: float) -> PastTrial:
    return PastTrial(number, "S-BERT", {}, 1, number, state, scores or None)


def test_what_earlier_calls_trained_counts() -> None:
    before = [past(0, overall=0.5), past(1, RunState.FAILED), past(2, overall=0.7), past(3, overall=0.6)]
    assert Stopper(Limits(until={"overall": 0.7}), before).verdict() == "trial 2 has reached overall 0.7"
    assert Stopper(Limits(until={"overall": 0.71}), before).verdict() is None
    assert Stopper(Limits(stale_trials=1), before).verdict() == "1 trial in a row brought no better overall"
    assert Stopper(Limits(stale_trials=2), before).verdict() is None


def test_nothing_ends_a_sweep_without_limits() -> None:
    referee = Stopper(Limits(max_failures=None))
    for number in range(20):
        referee.heard(trial(number), FAILED if number % 2 else complete(0.5), "")
    assert referee.verdict() is None


def test_one_trial_must_reach_every_score() -> None:
    referee = Stopper(Limits(until={"overall": 0.7, "sst": 0.5}))
    referee.heard(trial(0), complete(0.8, sst=0.4), "")
    referee.heard(trial(1), complete(0.6, sst=0.6), "")
    assert referee.verdict() is None
    referee.heard(trial(2), complete(0.7, sst=0.5), "")
    assert referee.verdict() == "trial 2 has reached overall 0.7, sst 0.5"


def test_patience_counts_complete_trials_since_the_best() -> None:
    referee = Stopper(Limits(stale_trials=2), [past(9, overall=0.6)])
    for overall in (0.5, 0.7, 0.7):
        assert referee.verdict() is None
        referee.heard(trial(0), complete(overall), "")
    referee.heard(trial(3), Outcome(state=RunState.PRUNED, seconds=1.0), "")
    assert referee.verdict() is None
    referee.heard(trial(4), complete(0.69), "")
    assert referee.verdict() == "2 trials in a row brought no better overall"


def test_failures_in_a_row_say_what_they_share() -> None:
    referee = Stopper(Limits(max_failures=2))
    referee.heard(trial(0, dropout=0.1, batch=64), FAILED, "a")
    referee.heard(trial(1, dropout=0.1), complete(0.5), "")
    referee.heard(trial(2, dropout=0.3, batch=64), FAILED, "b")
    assert not referee.failed
    referee.heard(trial(3, dropout=0.1, batch=64), FAILED, "c")
    assert referee.failed
    said = "2 trials in a row failed: all have class oom; arm S-BERT; batch 64"
    assert referee.verdict() == said


def test_a_sweep_stops_after_failures_and_goes_on_later(study: Study, tmp_path: Path) -> None:
    fails = InstantExecutor(fails=frozenset(range(8)))
    observer = drive(tmp_path, study, fails, limits=Limits(max_failures=3))
    assert observer.ended_early is not None
    assert "3 trials in a row failed" in observer.ended_early
    assert "class nan" in observer.ended_early
    with open_study(tmp_path, study) as store:
        assert len(store.trials.rows()) == 3
        store.retry()
    assert drive(tmp_path, study, InstantExecutor()).ended_early is None
    with open_study(tmp_path, study) as store:
        assert [run.state for run in store.trials.rows()] == [RunState.COMPLETE] * 8


def test_a_sweep_stops_when_a_score_is_reached_and_leaves_the_rest_resumable(
    study: Study, tmp_path: Path
) -> None:
    observer = drive(tmp_path, study, InstantExecutor(workers=2), limits=Limits(until={"overall": 0.1}))
    assert observer.ended_early is not None
    assert observer.ended_early.endswith("has reached overall 0.1")
    with open_study(tmp_path, study) as store:
        states = {run.state for run in store.trials.rows()}
        assert RunState.FAILED not in states
        before = store.trials.rows()
        assert len(before) < 8
        assert store.trials.orphans() == []
    again = drive(tmp_path, study, InstantExecutor(workers=2), limits=Limits(until={"overall": 0.1}))
    assert again.ended_early == observer.ended_early
    with open_study(tmp_path, study) as store:
        assert store.trials.rows() == before, "typed again, it trains nothing"
    drive(tmp_path, study, InstantExecutor())
    with open_study(tmp_path, study) as store:
        assert [run.state for run in store.trials.rows()] == [RunState.COMPLETE] * 8


class Beside(InstantExecutor):
    """Another driver completes trials with these scores as soon as a trial runs here."""

    def __init__(self, folder: Path, study: Study, scores: list[float]) -> None:
        super().__init__()
        self._folder, self._study, self._scores = folder, study, scores

    def poll(self, timeout: float) -> list[Event]:
        while self._scores:
            with open_study(self._folder, self._study) as store:
                number, outcomes = add(store, self._study, DEAD), store.outcomes(DEAD)
                outcomes.started(number, 1, threads=1, device="cpu", versions={})
                outcomes.finished(number, complete(self._scores.pop(0)))
        return super().poll(timeout)


@pytest.mark.parametrize(
    ("limits", "scores", "verdict"),
    [
        (Limits(until={"overall": 0.99}), [0.99], "trial 1 has reached overall 0.99"),
        (Limits(stale_trials=3), [0.99, 0.98, 0.97, 0.96], "3 trials in a row brought no better overall"),
    ],
)
def test_what_other_drivers_score_counts_meanwhile(
    limits: Limits, scores: list[float], verdict: str, study: Study, tmp_path: Path
) -> None:
    executor = Beside(tmp_path, study, scores)
    assert drive(tmp_path, study, executor, limits=limits, lease_seconds=1e-3).ended_early == verdict
    assert len(executor.submitted) == 1


def test_a_trial_of_which_one_hears_twice_counts_once() -> None:
    asked: list[int] = []

    def trials() -> list[PastTrial]:
        asked.append(1)
        return [past(1, overall=0.5), past(2, overall=0.4), past(3, RunState.RUNNING)]

    referee = Stopper(Limits(stale_trials=2), [past(1, overall=0.5)])
    referee.heard(trial(2), complete(0.4), "")
    for _ in range(3):
        referee.look(trials)
    assert referee.verdict() is None
    Stopper(Limits()).look(trials)
    assert len(asked) == 3, "nobody asked to know"


def test_a_trial_that_takes_too_long_fails_as_timeout(study: Study, tmp_path: Path) -> None:
    drive(tmp_path, study, InstantExecutor(), limits=Limits(trial_seconds=1e-9, max_failures=None))
    with open_study(tmp_path, study) as store:
        assert {run.error_class for run in store.trials.rows()} == {ErrorClass.TIMEOUT}
        assert "that a trial may take" in str(store.trials.rows()[0].traceback)


def test_what_a_trial_waits_for_a_machine_is_no_time_that_it_took(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a cluster that others use too a trial may wait for hours, and take minutes."""
    moment = 0.0

    class Crowded(InstantExecutor):
        def submit(self, job: Job) -> None:
            super().submit(job)
            self._events[job.number][:0] = [Waiting(job.number), Noted(job.number, "an hour is over")]

        def poll(self, timeout: float) -> list[Event]:
            nonlocal moment
            heard = super().poll(timeout)
            moment += 3600.0 * sum(isinstance(event, Noted) for event in heard)
            return heard

    monkeypatch.setattr(SystemClock, "monotonic", lambda _: moment)
    drive(tmp_path, study, Crowded(), limits=Limits(trial_seconds=60.0))
    assert moment == 8 * 3600.0
    with open_study(tmp_path, study) as store:
        assert [(run.state, run.seconds) for run in store.trials.rows()] == [(RunState.COMPLETE, 0.0)] * 8


def test_a_trial_that_ends_while_the_driver_waits_for_its_database_is_no_timeout(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment, started = 0.0, Outcomes.started

    def blocked(self: Outcomes, number: int, attempt: int, **said: Any) -> None:
        nonlocal moment
        started(self, number, attempt, **said)
        moment += 1800.0

    monkeypatch.setattr(SystemClock, "monotonic", lambda _: moment)
    monkeypatch.setattr(Outcomes, "started", blocked)
    drive(tmp_path, study, InstantExecutor(workers=2), limits=Limits(trial_seconds=60.0))
    assert moment == 8 * 1800.0
    with open_study(tmp_path, study) as store:
        assert {run.state for run in store.trials.rows()} == {RunState.COMPLETE}


@pytest.mark.parametrize(
    ("text", "value"), [("90", 90), ("90s", 90), ("30m", 1800), ("1.5h", 5400), ("2d", 172800)]
)
def test_durations(text: str, value: float) -> None:
    assert seconds(text) == value


@pytest.mark.parametrize("text", ["", "0", "-1h", "1w", "h", "1h30", "nan", "٣s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="is no duration"):
        seconds(text)


def test_scores_to_reach() -> None:
    known = {"overall": (0.0, 1.0), "sst": (-1.0, 1.0)}
    assert scores_to_reach(["overall=0.73", "sst=.5"], known) == {"overall": 0.73, "sst": 0.5}
    for text in ("overall", "overall=", "overall=x", "para=0.5", "=0.5", "overall=nan"):
        with pytest.raises(typer.BadParameter, match="scores: overall, sst"):
            scores_to_reach([text], known)
    for text, bounds in (("overall=73", "0 to 1"), ("overall=-0.1", "0 to 1"), ("sst=1.01", "-1 to 1")):
        with pytest.raises(typer.BadParameter, match=f"'{text}': lies outside its bounds, {bounds}"):
            scores_to_reach([text], known)
    assert scores_to_reach(["sst=-1", "overall=1"], known) == {"sst": -1.0, "overall": 1.0}


def test_the_bounds_of_scores() -> None:
    study = load_study("quickstart")
    of = score_bounds(study.tasks, study.overall)
    assert of == {"overall": (0, 1), "sst": (0, 1), "para": (0, 1), "sts": (-1, 1)}
    mean = score_bounds(study.tasks, study.overall.model_copy(update={"formula": "mean"}))
    assert mean["overall"] == pytest.approx((-1 / 3, 1))
