"""`sweeper run --plan`: what a study will take, by arithmetic of its own and by what is measured."""

import math
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from model.config import TrainConfig
from sweeper.api.plan import EVALUATED, Plan, arms_left, dev_rows, trial_seconds
from sweeper.report.statistics.planned import Foreseen
from sweeper.search.propose import propose
from sweeper.store.database import Database
from sweeper.sweep.checks import check_inputs
from sweeper.sweep.workers import Speed
from sweeper.trial import PastTrial, RunState, Standing
from tests.sweeper_tests.made import WORKLOAD, study
from tests.sweeper_tests.typed import Command, contents, refused


@pytest.mark.parametrize(("sampling", "workers"), [("joint", 1), ("round_robin", 2)])
def test_the_seconds_of_a_trial_are_its_steps_and_its_evaluations(sampling: str, workers: int) -> None:
    of = study()
    config = of.config("S-BERT", of.first, 1)
    settings = config.model_dump() | {
        "sampling": sampling,
        "epochs": 3,
        "batch_size": 32,
        "train_sample": 100,
    }
    for task in settings["tasks"].values():
        task |= {"train_rows": 1000, "dev_rows": 200}
    found = trial_seconds(
        TrainConfig.model_validate(settings),
        Speed(workers, 1, steps=4.0 * workers, peak_memory_mb=1, start_seconds=5),
        check_inputs(of, None).surveys,
        workers,
    )
    batches = math.ceil(1000 / 32)
    steps, rows = (batches, 96) if sampling == "joint" else (3 * batches, 32)
    evaluated = 3 * (200 + 100) / rows * EVALUATED
    assert found == pytest.approx(5 + 3 * (steps + evaluated) / 4)


def test_an_arm_has_no_more_left_than_its_space(tmp_path: Path) -> None:
    """As `propose` has it: two configurations of the one arm, eight of the other."""
    apart = {"A": {"space": {"dropout": [0.1, 0.3]}}, "B": {"space": {"epochs": {"low": 1, "high": 8}}}}
    of = study(arms=apart, space={}, tables=["arms"], sampler={"name": "grid"})
    past: list[PastTrial] = []
    proposed = Counter[str]()
    assert arms_left(of, [], 10) == {"A": 2, "B": 8}
    assert arms_left(study(), [], 2**31) == {"Baseline": 2**30, "S-BERT": 2**30}
    assert arms_left(study(), [], 5) == {"Baseline": 3, "S-BERT": 2}
    for number in range(10):
        standing = [Standing(n, one.arm, one.state, None, None, None, None) for n, one in enumerate(past)]
        assert arms_left(of, standing, 10) == {"A": 2 - proposed["A"], "B": 8 - proposed["B"]}
        trial = propose(of, number, past)
        assert trial is not None
        proposed[trial.arm] += 1
        scores = {"overall": 0.5}
        past.append(
            PastTrial(
                number, trial.arm, trial.params, trial.seed, trial.configuration, RunState.COMPLETE, scores
            )
        )
    running = [replace(one, state=RunState.RUNNING) for one in standing[:3]] + standing[3:]
    assert sum(arms_left(of, running, 12).values()) == 4


def test_the_dev_rows_are_those_on_which_trials_are_scored() -> None:
    tasks = {**WORKLOAD.train["tasks"]}
    tasks["sst"] = {**tasks["sst"], "dev_rows": 20}
    of = study(WORKLOAD.model_copy(update={"train": {**WORKLOAD.train, "tasks": tasks}}))
    surveys = check_inputs(of, None).surveys
    assert surveys["sst"]["dev"].rows > 20
    rows = {name: found["dev"].rows for name, found in surveys.items()}
    assert dev_rows(of, surveys) == {**rows, "sst": 20}
    assert dev_rows(study(), surveys) == rows


def test_hours_disk_and_words() -> None:
    speeds = {"A": Speed(2, 1, 1.0, 1, run_bytes=3_000_000, weights_bytes=1_000_000)}
    plan = Plan("s@w", 30, {"A": 10, "B": 8}, 2, speeds, {"A": 400.0}, Foreseen(0.0123, 4), 3, "time was up")
    assert plan.hours == pytest.approx(18 * 400 / 2 / 3600)
    assert plan.disk == (2_000_000 + 2 * 3_000_000, 2_000_000)
    assert plan.lines() == [
        "s@w: 30 trials, of which 18 are left",
        "Time: about 1.0 h without pruning, 2 trials at once (a trial: A 400 s; 1 arm not measured, "
        "taken for the mean)",
        "Disk: up to 8.0 MB while it runs, 2.0 MB of weights when it has ended",
        "Could tell apart: a difference of .012 in overall, with 3 seeds in 80 of 100 cases (by 4 "
        "comparisons of earlier studies)",
    ]
    assert "not measured" not in "\n".join(replace(plan, left={"A": 10, "B": 0}).lines())  # B is done
    unknown = Plan("s@w", 3, {"A": 0}, 1, {}, {}, None, 1)
    assert unknown.lines()[1:] == [
        "Time and disk are not known: no trial is left",
        "Could tell apart: nothing, as it has one training seed",
    ]


def test_the_last_trials_take_their_whole_time_whatever_the_workers() -> None:
    one = Plan("s@w", 5, {"A": 1}, 4, {}, {"A": 60.0}, None, 1)
    assert one.hours == pytest.approx(1 / 60)
    assert replace(one, left={"A": 4}).hours == pytest.approx(1 / 60)
    assert replace(one, left={"A": 5}).hours == pytest.approx(2 / 60)
    assert replace(one, left={"A": 0}).hours == 0


def test_a_plan_begins_nothing_and_counts_what_is_done(folder: Path, sweeper: Command) -> None:
    said = sweeper("run", "mine", "--trials", "6", "--plan")
    assert said.code == 0, said.err
    first, time, disk, apart = said.out.splitlines()
    assert first == "mine@small: 6 trials, of which 6 are left"
    assert re.match(
        r"Time: about 0:\d\d:\d\d without pruning, 1 trial at once \(a trial: Plain \d+ s, ", time
    )
    assert re.match(r"Disk: up to \d+\.\d [kM]B while it runs", disk)
    assert apart == "Could tell apart: nothing, as it has one training seed"
    assert not (folder / ".sweeper/studies.db").exists()
    assert not (folder / ".sweeper/runs").exists()
    assert sweeper("run", "mine", "--trials", "4", "--executor", "inline").code == 0
    before = contents(folder / ".sweeper/runs")
    assert sweeper("run", "mine", "--trials", "6", "--plan").out.startswith(
        "mine@small: 6 trials, of which 2 are left"
    )
    assert "no trial is left" in sweeper("run", "mine", "--plan").out
    assert contents(folder / ".sweeper/runs") == before


def test_the_name_of_an_arm_is_no_markup_while_it_is_measured(folder: Path, sweeper: Command) -> None:
    file = folder / "studies/mine.yaml"
    file.write_text(file.read_text().replace("Plain", "'dropout [/2]'"))
    said = sweeper("run", "mine", "--trials", "6", "--plan")
    assert said.code == 0, said.err
    assert "(a trial: dropout [/2] " in said.out


def test_a_study_that_cannot_be_read_tells_a_plan_nothing(folder: Path, sweeper: Command) -> None:
    with Database(f"sqlite:///{folder}/.sweeper/studies.db") as database:
        database.create("old@small", {"name": 5}, {}, digest="", version="0", wanted=1)
    said = sweeper("run", "mine", "--trials", "6", "--plan")
    assert said.code == 0, said.err
    assert said.out.startswith("mine@small: 6 trials, of which 6 are left")


def test_only_this_machine_is_timed(folder: Path, sweeper: Command) -> None:
    for more in (("--executor", "inline"), ("--workers", "auto")):
        assert f"leave {' '.join(more)} out" in refused(sweeper, "run", "mine", "--plan", *more)


def test_what_a_plan_does_not_heed_is_refused(folder: Path, sweeper: Command) -> None:
    planned = ("run", "mine", "--trials", "6", "--plan")
    for more in ("--timeout 1h", "--until overall=.9", "--patience 3", "--trial-timeout 1h", "--log mlflow"):
        said = f"--plan says what all trials take to their end: leave {more.split()[0]} out"
        assert said in refused(sweeper, *planned, *more.split())
    said = "leave --until, --max-failures out"
    assert said in refused(sweeper, *planned, "--until", "overall=.9", "--max-failures", "2")
    # What a run refuses, in its words.
    assert "--until 'foo=1': write for example overall=0.73" in refused(sweeper, *planned, "--until", "foo=1")
    assert "--devices 'gpu': write for example cuda:0" in refused(sweeper, *planned, "--devices", "gpu")
    assert "goes with --executor slurm only" in refused(sweeper, *planned, "--job-time", "1h")


@pytest.mark.parametrize(
    ("typed", "workers"),
    [("", 1), ("--workers 3", 3), ("--devices 0,1", 2), ("--devices all --workers 6", 6)],
)
def test_a_plan_has_as_many_trials_at_once_as_a_run(
    typed: str, workers: int, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[int] = []

    def planned(_: object, at_once: int) -> Plan:
        found.append(at_once)
        return Plan("mine@small", 6, {"Plain": 6}, at_once, {}, {"Plain": 60.0}, None, 1)

    monkeypatch.setattr("sweeper.api.plan.plan", planned)
    monkeypatch.setattr("sweeper.executors.devices._seen_by_torch", lambda: 2)
    assert sweeper("run", "mine", "--plan", *typed.split()).code == 0
    assert found == [workers]
