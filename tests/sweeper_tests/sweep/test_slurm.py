"""Watching a study on which jobs work: when that is over, and what is said."""

from collections import Counter
from pathlib import Path

import pytest

from sweeper.errors import JobsError
from sweeper.executors.slurm import Jobs
from sweeper.store.database import Database
from sweeper.sweep.slurm import Watch
from sweeper.sweep.stopping import Limits, Stopper
from sweeper.trial import Outcome, RunState, StudyRow
from tests.sweeper_tests.show.test_trial import study, sweep  # noqa: F401 - fixtures


class TwinJobs(Jobs):
    """Jobs that no cluster has.

    Args:
        states: What the cluster says of them.
    """

    def __init__(self, states: dict[str, Counter[str]] | None) -> None:
        super().__init__(Path("jobs"))
        self.states = states
        self.cancelled: list[bool] = []

    def living(self) -> dict[str, Counter[str]] | None:
        return self.states

    def cancel(self, waiting: bool = False) -> None:
        self.cancelled.append(waiting)


AT_WORK = {"7": Counter(running=1, pending=2), "8": Counter(running=1)}


def watched(found: tuple[Database, StudyRow], jobs: Jobs, limits: Limits = Limits()) -> Watch:  # noqa: B008
    database, row = found
    return Watch(database, row.name, jobs, Stopper(limits, best=None))


def complete(found: tuple[Database, StudyRow], number: int, overall: float) -> None:
    database, row = found
    scores = {"overall": overall, "sst": overall}
    outcome = Outcome(state=RunState.COMPLETE, seconds=3.0, best_epoch=1, scores=scores)
    assert database.finish_run(row.name, number, outcome)


def test_trials_and_jobs_in_one_line(sweep: tuple[Database, StudyRow]) -> None:  # noqa: F811
    lines = watched(sweep, TwinJobs(AT_WORK)).look(whole=False)
    assert lines is not None
    assert lines[0].startswith(
        "quickstart@demo: 2 of 8 trials · 1 failed · best overall 0.625 (trial 0) · about"
    )
    assert lines[0].endswith(" left · jobs: 2 pending, 2 running")
    assert lines[1:] == ["best by arm: Baseline 0.625 (trial 0) · S-BERT none yet", "failed: 1 nan"]
    whole = watched(sweep, TwinJobs(AT_WORK)).look(whole=True)
    assert whole is not None
    assert any(line.startswith("trial 2 running") for line in whole)


def test_a_cluster_that_does_not_answer_is_asked_again(sweep: tuple[Database, StudyRow]) -> None:  # noqa: F811
    lines = watched(sweep, TwinJobs(None)).look(whole=False)
    assert lines is not None
    assert lines[0].endswith("jobs: SLURM does not answer")


def test_jobs_that_end_before_their_study_are_an_error(sweep: tuple[Database, StudyRow]) -> None:  # noqa: F811
    with pytest.raises(
        JobsError, match="the jobs have ended, and 6 of 8 trials are left: see the logs in jobs"
    ):
        watched(sweep, TwinJobs({})).look(whole=False)


def test_a_study_that_is_done_needs_no_waiting_jobs(sweep: tuple[Database, StudyRow]) -> None:  # noqa: F811
    database, row = sweep
    database.set_wanted(row.name, 2)
    jobs = TwinJobs(AT_WORK)
    watch = watched(sweep, jobs)
    assert watch.look(whole=False) is None
    assert watch.ended is None
    assert jobs.cancelled == [True]


def test_a_score_that_any_job_reaches_ends_them_all(sweep: tuple[Database, StudyRow]) -> None:  # noqa: F811
    jobs = TwinJobs(AT_WORK)
    watch = watched(sweep, jobs, Limits(until={"overall": 0.6}))
    assert watch.look(whole=False) is not None, "trial 0, which has reached it, is of before"
    complete(sweep, 2, 0.75)
    assert watch.look(whole=False) is None
    assert watch.ended == "trial 2 has reached overall 0.6"
    assert jobs.cancelled == [False]
