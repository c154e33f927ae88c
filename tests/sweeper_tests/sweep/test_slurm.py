"""Watching a study on which jobs work: when that is over, and what is said."""

from collections import Counter
from pathlib import Path

import pytest

from sweeper.errors import JobsError
from sweeper.executors.slurm import Jobs
from sweeper.store.study import StudyStore
from sweeper.sweep.slurm import Watch
from sweeper.sweep.stopping import Limits, Stopper
from sweeper.trial import Outcome, RunState
from tests.sweeper_tests.halfway import HERE


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

    def cancel(self, waiting: bool = False) -> bool:
        self.cancelled.append(waiting)
        return True


class DeafJobs(TwinJobs):
    """Jobs that cannot be cancelled at first."""

    deaf = True

    def cancel(self, waiting: bool = False) -> bool:
        return super().cancel(waiting) and not self.deaf


AT_WORK = {"7": Counter(running=1, pending=2), "8": Counter(running=1)}


def watched(found: StudyStore, jobs: Jobs, limits: Limits = Limits()) -> Watch:  # noqa: B008
    return Watch(found, jobs, Stopper(limits))


def complete(found: StudyStore, number: int, overall: float) -> None:
    scores = {"overall": overall, "sst": overall}
    outcome = Outcome(state=RunState.COMPLETE, seconds=3.0, best_epoch=1, scores=scores)
    assert found.outcomes(HERE).finished(number, outcome)


def test_trials_and_jobs_in_one_line(store: StudyStore) -> None:
    lines = watched(store, TwinJobs(AT_WORK)).look(whole=False)
    assert lines is not None
    assert lines[0].startswith(
        "quickstart@demo: 2 of 8 trials · 1 failed · best overall 0.625 (trial 0) · about"
    )
    assert lines[0].endswith(" left · jobs: 2 pending, 2 running")
    assert lines[1:] == ["best by arm: Baseline 0.625 (trial 0) · S-BERT none yet", "failed: 1 nan"]
    whole = watched(store, TwinJobs(AT_WORK)).look(whole=True)
    assert whole is not None
    assert any(line.startswith("trial 2 running") for line in whole)


def test_a_cluster_that_does_not_answer_is_asked_again(store: StudyStore) -> None:
    lines = watched(store, TwinJobs(None)).look(whole=False)
    assert lines is not None
    assert lines[0].endswith("jobs: SLURM does not answer")


def test_jobs_that_end_before_their_study_are_an_error(store: StudyStore) -> None:
    with pytest.raises(
        JobsError, match="the jobs have ended, and 6 of 8 trials are left: see the logs in jobs"
    ):
        watched(store, TwinJobs({})).look(whole=False)


def test_a_study_that_is_done_needs_no_waiting_jobs(store: StudyStore) -> None:
    store.set_wanted(2)
    jobs = TwinJobs(AT_WORK)
    watch = watched(store, jobs)
    assert watch.look(whole=False) is None
    assert watch.ended is None
    assert jobs.cancelled == [True]


def test_a_score_that_any_job_reaches_ends_them_all(store: StudyStore) -> None:
    jobs = TwinJobs(AT_WORK)
    watch = watched(store, jobs, Limits(until={"overall": 0.6}))
    assert watch.look(whole=False) is not None, "trial 0, which has reached it, is of before"
    complete(store, 2, 0.75)
    assert watch.look(whole=False) is None
    assert watch.ended == "trial 2 has reached overall 0.6"
    assert jobs.cancelled == [False]


def test_a_limit_is_no_end_before_the_jobs_are_cancelled(store: StudyStore) -> None:
    jobs = DeafJobs(AT_WORK)
    watch = watched(store, jobs, Limits(until={"overall": 0.6}))
    complete(store, 2, 0.75)
    lines = watch.look(whole=False)
    assert lines is not None
    assert lines[-1] == (
        "trial 2 has reached overall 0.6: the jobs are to be cancelled, but SLURM does not answer"
    )
    jobs.deaf = False
    assert watch.look(whole=False) is None
