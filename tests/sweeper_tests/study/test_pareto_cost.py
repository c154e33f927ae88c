"""Cost as an objective: seconds of a training step, lowered beside a score."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest

from model.result import COST, raised
from sweeper.report.figures.tradeoff import pareto_figure
from sweeper.report.results import Results, pareto_front
from sweeper.report.tables.best import pareto_table
from sweeper.search.propose import propose
from sweeper.show.outline import outline
from sweeper.store.database import Database
from sweeper.study.problem import SettingError
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from sweeper.text import aims
from sweeper.trial import Outcome, PastTrial, RunState
from tests.sweeper_tests.made import PARAMS, epochs, results, row, store, study
from tests.sweeper_tests.typed import Command

SCORES = [(0.5, 0.7, 0.5), (0.4, 0.7, 0.5), (0.6, 0.7, 0.5), (0.55, 0.7, 0.5)]
SECONDS = [0.2, 0.1, 0.9, 1.5]
"""The last one is worse than the third, and takes longer."""


def costly(**fields: Any) -> Study:
    return study(**{"objective": ["overall", COST], "sampler": {"name": "nsga2"}, **fields})


def made(of: Study) -> Results:
    rates = [1e-3, 2e-3, 3e-3, 4e-3]
    runs = [
        row(of, n, "S-BERT", scores, params=PARAMS | {"learning_rate": rates[n]})
        for n, scores in enumerate(SCORES)
    ]
    found = results(of, runs)
    return replace(found, trials=found.trials.assign(step_seconds=SECONDS))


def test_less_is_better_of_the_cost() -> None:
    found = made(costly())
    assert [one.numbers for one in pareto_front(found)] == [(2,), (0,), (1,)]
    table = pareto_table(found)
    assert table is not None
    assert table.columns[-1].heading == COST
    assert [line[-1].text for line in table.rows] == ["900 ms", "200 ms", "100 ms"]
    assert "Of step_seconds less is better" in table.notes[0]
    (panel,) = pareto_figure(found).panels
    assert list(panel.drawing.data[0].y) == [0.9, 0.2, 0.1]
    assert raised({"overall": 0.7, COST: 0.2}, COST) == -0.2
    assert aims(("overall", COST)) == "raises overall, lowers step_seconds"
    assert "nsga2 raises overall, lowers step_seconds" in "\n".join(outline(costly()))


def test_the_database_tells_the_search_and_optuna_what_a_trial_cost(tmp_path: Path) -> None:
    of = costly()
    (run,) = [row(of, 0, "S-BERT", SCORES[0], params=PARAMS)]
    with store(tmp_path, of, [replace(run, state=RunState.RUNNING)], wanted=2) as database:
        kept = database.find(of.name)
        assert kept is not None
        outcomes = kept.outcomes("host:1")
        for epoch in epochs(of, run):
            outcomes.epoch(0, replace(epoch, step_seconds=0.25))
        finish(database, of, run)
        (past,) = kept.trials.past()
        assert past.scores == {**run.scores, COST: 0.25} if run.scores else False
        (whole,) = kept.trials.rows()
        assert whole.scores == run.scores

    found = optuna.load_study(study_name=of.name, storage=f"sqlite:///{tmp_path}/studies.db")
    assert found.trials[0].values == [pytest.approx(run.scores["overall"] if run.scores else 0), -0.25]


def finish(database: Database, of: Study, run: Any) -> None:
    kept = database.find(of.name)
    assert kept is not None
    outcome = Outcome(state=RunState.COMPLETE, seconds=1.0, best_epoch=2, scores=run.scores)
    kept.outcomes("host:1").finished(0, outcome)


@pytest.mark.parametrize("sampler", ["nsga2", "tpe", "random", "qmc"])
def test_every_sampler_of_several_objectives_proposes(sampler: str) -> None:
    of = costly(sampler={"name": sampler}, space={"learning_rate": {"low": 1e-4, "high": 1e-2, "log": True}})
    past: list[PastTrial] = []
    for number in range(12):
        trial = propose(of, number, past)
        assert trial is not None
        scores = {"overall": 0.5 + number / 100, COST: 0.1 * (number % 3 + 1)}
        past.append(
            PastTrial(
                number, trial.arm, trial.params, trial.seed, trial.configuration, RunState.COMPLETE, scores
            )
        )
    rates = {one.params["learning_rate"] for one in past}
    assert len(rates) >= 6  # the two arms of a configuration have the same
    assert min(rates) >= 1e-4
    assert max(rates) <= 1e-2


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"objective": COST}, "is lowered beside a score: name one too, in a list"),
        ({"pruner": {"name": "median"}}, "stops trials whose step_seconds is not known before their end"),
        ({"objective": ["overall", "step_second"]}, "did you mean 'step_seconds'"),
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises((SettingError, ValueError), match=said):
        costly(**fields)


def test_a_study_without_it_is_what_it_was() -> None:
    assert StudySpec(name="x").objectives == ("overall",)
    assert "step_seconds" not in str(study().digest())


def test_a_sweep_lowers_it(sweeper: Command, folder: Path) -> None:
    with (folder / "studies/mine.yaml").open("a") as file:
        file.write(f"objective: [overall, {COST}]\n")
    said = sweeper("run", "mine", "--executor", "inline", "--trials", "4")
    assert said.code == 0, said.err
    assert "Pareto front" in sweeper("report", "mine", "--table", "pareto").out
