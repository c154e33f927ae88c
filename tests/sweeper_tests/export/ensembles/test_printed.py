"""What is said of an ensemble beside its scores: errors, scores that are not defined, one member alone."""

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from sklearn.metrics import mean_absolute_error

from sweeper.export.ensembles.halves import rows_at
from sweeper.export.ensembles.printed import print_ensemble
from sweeper.export.ensembles.scored import score_rows
from sweeper.export.ensembles.stored import HeldOut, StoredEnsemble, choose_from, read_pool
from sweeper.store.database import Database
from sweeper.text import score
from tests.sweeper_tests.export.ensembles.drawn import STUDY, TASKS, Left, drawn


@pytest.fixture
def found(left: Left) -> StoredEnsemble:
    with Database(left.url) as database:
        store = database.find(STUDY.name)
        assert store is not None
        return choose_from(read_pool(store, left.home, None), top=2)


def printed(found: StoredEnsemble, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_ensemble(found, console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    return text


def scored_by(found: StoredEnsemble, metric: str, constant: bool = False) -> StoredEnsemble:
    """The same ensemble where the similarity is scored otherwise, or has one label alone."""
    tasks = {**TASKS, "sts": TASKS["sts"].model_copy(update={"metric": metric})}
    runs = []
    for run in (found.predictions, found.best.predictions):
        sts = run["sts"]
        runs.append({**run, "sts": replace(sts, labels=np.full_like(sts.labels, 3.0)) if constant else sts})
    places = found.halves.scoring
    scored = score_rows(tasks, found.overall, *(rows_at(run, places) for run in runs))
    return replace(found, tasks=tasks, predictions=runs[0], scored=scored)


def test_an_error_is_said_to_be_the_better_the_lower(found: StoredEnsemble) -> None:
    other = scored_by(found, "mae")
    text = printed(other)
    assert "overall = (sst + para + max(0, 1 - sts / 5)) / 3" in text
    assert "The lower the better: sts.\n" in text
    own = rows_at(other.predictions, other.halves.scoring)["sts"]
    expected = mean_absolute_error(own.labels, own.predicted)
    assert f"sts      {score(expected)} [" in text
    assert "The lower" not in printed(found)


def test_a_score_that_is_not_defined_is_a_dash(found: StoredEnsemble) -> None:
    text = printed(scored_by(found, "pearson", constant=True))
    lines = [line.split() for line in text.splitlines() if line.startswith("sts ")]
    assert [line for line in lines if line[1] != "has"] == [["sts", "—", "—", "—"]] * 2
    assert "sts has no score on these labels (constant labels or predictions); it counts as 0." in text


def test_a_single_member_is_said_to_be_the_best_trial(found: StoredEnsemble) -> None:
    number = found.best.run.number
    alone = replace(found, picks={number: 1}, members=[found.best])
    assert f"No trial improves on trial {number} alone, the best single one.\n" in printed(alone)
    assert "No trial improves" not in printed(found)


def test_test_rows_of_some_tasks_have_no_overall(found: StoredEnsemble) -> None:
    tasks = {"sst": TASKS["sst"]}
    runs = [{"sst": drawn(number, "test")["sst"]} for number in (0, 1)]
    tested = HeldOut(runs[0], score_rows(tasks, found.overall, *runs))
    _, _, text = printed(replace(found, tested=tested)).partition("On test rows, sst 61:\n")
    assert text.splitlines()[2].startswith("sst ")
    assert "overall" not in text


@pytest.mark.parametrize("width", [30, 60, 80, 200])
def test_it_is_no_wider_than_the_terminal(found: StoredEnsemble, width: int) -> None:
    printed(found, width)


def test_members_that_encode_pairs_together_are_named(found: StoredEnsemble) -> None:
    assert "Pairs together" not in printed(found)
    first, *others = found.members
    tasks = {
        **first.run.config["tasks"],
        "para": {**first.run.config["tasks"]["para"], "pair_encoding": "joint"},
    }
    run = replace(first.run, config={**first.run.config, "tasks": tasks})
    mixed = replace(found, members=[replace(first, run=run), *others])
    said = " ".join(printed(mixed).split())
    assert (
        f"both sentences of a row of para are one sequence (a cross-encoder) in trial {run.number}, a" in said
    )
