"""Studies that Optuna's own examples make, read as Optuna reads them: counts, values, directions."""

import inspect
import textwrap
import warnings
from datetime import UTC
from functools import cache, partial
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.storages.journal import JournalFileBackend

from sweeper.errors import InputError
from sweeper.store.optuna_tables.imported import optuna_study
from sweeper.trial import RunState
from sweeper.url import Url
from tests.sweeper_tests.typed import contents

EXAMPLES: dict[str, Any] = {
    "minimize": optuna.create_study,
    "pruned": optuna.pruners.MedianPruner,
    "told": optuna.study.Study.tell,
    "enqueued": optuna.study.Study.enqueue_trial,
    "asked": optuna.study.Study.ask,
    "two named objectives": optuna.study.Study.set_metric_names,
    "categories": optuna.trial.Trial.suggest_categorical,
}
"""What has an example in its documentation, which the installed Optuna brings along."""
STATES = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "running"}


def example(of: Any) -> str:
    """The first piece of code in a docstring."""
    lines = (inspect.getdoc(of) or "").splitlines()
    begin = next(place for place, line in enumerate(lines) if line.strip() == ".. testcode::")
    depth = len(lines[begin]) - len(lines[begin].lstrip())
    code = []
    for line in lines[begin + 1 :]:
        if line.strip() and len(line) - len(line.lstrip()) <= depth:
            break
        code.append(line)
    return textwrap.dedent("\n".join(code))


FEW = 3
"""Trials of each state of an example that are copied: Optuna takes seconds for some of them."""


@cache
def made(name: str) -> optuna.Study:
    """The first trials of each state that an example makes, in memory."""
    found: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings(action="ignore"):
        patch.setattr(optuna, "create_study", partial(optuna.create_study, study_name="example"))
        exec(example(EXAMPLES[name]), found)  # noqa: S102 - of the installed Optuna
    study: optuna.Study = found["study"]
    few = optuna.create_study(study_name="example", directions=study.directions)
    with warnings.catch_warnings(action="ignore"):
        if study.metric_names is not None:
            few.set_metric_names(study.metric_names)
    for state in optuna.trial.TrialState:
        few.add_trials([trial for trial in study.trials if trial.state == state][:FEW])
    return few


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.parametrize("kind", ["database", "journal"])
def test_an_example_of_optuna_s_own(name: str, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "example"
    place = f"sqlite:///{file}" if kind == "database" else str(file)
    storage: Any = place if kind == "database" else optuna.storages.JournalStorage(JournalFileBackend(place))
    optuna.copy_study(from_study_name="example", from_storage=made(name)._storage, to_storage=storage)
    theirs = optuna.load_study(study_name="example", storage=storage)
    before = contents(tmp_path)
    found = optuna_study(Url(place), "example", {})
    assert contents(tmp_path) == before
    expected = theirs.trials
    assert found.origin.directions == tuple(direction.name.lower() for direction in theirs.directions)
    assert [trial.number for trial in found.trials] == [trial.number for trial in expected]
    assert len(expected) >= 1
    for trial, own in zip(found.trials, expected, strict=True):
        assert str(trial.state) == STATES[own.state.name]
        assert trial.params == own.params
        assert list(trial.values.values()) == (own.values or [])
        for moment, theirs_own in (
            (trial.started, own.datetime_start),
            (trial.finished, own.datetime_complete),
        ):
            assert moment == (theirs_own and theirs_own.astimezone(UTC))
    if name in ("minimize", "enqueued"):
        assert found.ranked()[0].number == theirs.best_trial.number
    with warnings.catch_warnings(action="ignore"):
        names = theirs.metric_names
    assert names is None or found.origin.objectives == tuple(names) == ("x**2", "x+1")
    if name == "pruned":
        assert found.origin.directions == ("maximize",)
        assert found.ranked()[0].values == {"value": theirs.best_value}


def test_a_parameter_gets_the_name_of_a_setting(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/example.db"
    study = optuna.create_study(storage=url, study_name="s", direction="maximize")
    study.optimize(lambda trial: trial.suggest_float("lr", 1e-4, 1e-2), n_trials=2)
    found = optuna_study(Url(url), "s", {"lr": "learning_rate"})
    assert [trial.params for trial in found.trials] == [
        {"learning_rate": trial.params["lr"]} for trial in study.trials
    ]
    with pytest.raises(InputError, match="study 's' has no parameter 'lt'; known: lr"):
        optuna_study(Url(url), "s", {"lt": "learning_rate"})


@pytest.mark.parametrize(
    "renamed", [{"lr": "learning_rate"}, {"lr": "x", "learning_rate": "x"}, {"learning_rate": "lr"}]
)
def test_two_parameters_of_one_name_are_refused(tmp_path: Path, renamed: dict[str, str]) -> None:
    url = f"sqlite:///{tmp_path}/example.db"
    for name in ("lr", "learning_rate"):  # in trials of their own they would be taken for one all the same
        distribution = optuna.distributions.FloatDistribution(0, 1)
        optuna.create_study(storage=url, study_name="s", load_if_exists=True).add_trial(
            optuna.create_trial(params={name: 0.5}, distributions={name: distribution}, value=1.0)
        )
    called = next(iter(renamed.values()))
    with pytest.raises(InputError, match=f"two parameters cannot both be called '{called}'"):
        optuna_study(Url(url), "s", renamed)
    swapped = optuna_study(Url(url), "s", {"lr": "learning_rate", "learning_rate": "lr"})
    assert [dict(trial.params) for trial in swapped.trials] == [{"learning_rate": 0.5}, {"lr": 0.5}]


def test_two_objectives_of_one_name_are_refused_by_the_name_of_their_study(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/example.db"
    study = optuna.create_study(storage=url, study_name="s", directions=["minimize", "maximize"])
    with warnings.catch_warnings(action="ignore"):
        study.set_metric_names(["a", "a"])
    with pytest.raises(InputError) as caught:
        optuna_study(Url(url), "s", {})
    assert str(caught.value) == f"{url}: study 's' has two objectives called 'a': give each a name there"


def test_what_is_not_there_is_not_made(tmp_path: Path) -> None:
    (tmp_path / "other.db").touch()
    for place, said in (
        (f"sqlite:///{tmp_path}/none.db", "there is no such file"),
        (str(tmp_path / "none.log"), "there is no such file"),
        (f"sqlite:///{tmp_path}/other.db", "has no studies of Optuna"),
    ):
        with pytest.raises(InputError, match=said):
            optuna_study(Url(place), "s", {})
    optuna.create_study(storage=f"sqlite:///{tmp_path}/there.db", study_name="mine")
    with pytest.raises(InputError, match="there is no study 'mien'; did you mean 'mine'"):
        optuna_study(Url(f"sqlite:///{tmp_path}/there.db"), "mien", {})
    assert {path.name for path in tmp_path.iterdir()} == {"other.db", "there.db"}
    assert (tmp_path / "other.db").stat().st_size == 0


def test_states_that_no_example_has(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/example.db"
    study = optuna.create_study(storage=url, study_name="s")
    study.enqueue_trial({"x": 1.0})
    study.optimize(
        lambda trial: 1 / (trial.suggest_float("x", 0, 2) - 1.0), n_trials=1, catch=ZeroDivisionError
    )
    study.ask()
    study.enqueue_trial({"x": 2.0})
    study.add_trial(optuna.trial.create_trial(value=float("inf")))
    found = optuna_study(Url(url), "s", {})
    assert [trial.state for trial in found.trials] == [
        *(RunState.FAILED, RunState.RUNNING, RunState.QUEUED, RunState.COMPLETE)
    ]
    assert found.trials[3].values == {"value": float("inf")}


def test_what_is_infinitely_good_is_no_score_and_what_diverged_is_the_last(tmp_path: Path) -> None:
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(tmp_path / "log")))
    study = optuna.create_study(storage=storage, study_name="theirs", direction="minimize")
    for value in (float("-inf"), float("inf"), 1.0):
        study.add_trial(optuna.create_trial(value=value))
    found = optuna_study(Url(str(tmp_path / "log")), "theirs", {})
    assert [str(trial.state) for trial in found.trials] == ["failed", "complete", "complete"]
    assert [trial.number for trial in found.ranked()] == [2, 1]
