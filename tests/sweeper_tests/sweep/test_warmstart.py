"""A study that begins with what was best in earlier ones of its database."""

from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
import yaml

from sweeper.errors import ConflictError, InputError
from sweeper.store.database import Database
from sweeper.store.tables import run
from sweeper.study.study import Study
from sweeper.study.warmstart import WarmStart
from sweeper.sweep.order import Places
from sweeper.trial import PastTrial, RunState
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.typed import STUDY, Command, write


def named(study: Study, name: str, **fields: Any) -> Study:
    return replace(study, spec=study.spec.model_copy(update={"name": name, **fields}))


def warm(study: Study, *studies: str, top: int = 2) -> Study:
    return named(study, "later", warm_start=WarmStart(studies=studies, top=top))


def past(places: Places, name: str) -> list[PastTrial]:
    with Database(places.storage) as database:
        return database.study(name).trials.past()


def best(trials: list[PastTrial], top: int) -> list[dict[str, Any]]:
    """The values of the configurations whose scores lie highest above the mean of their arm."""
    worth: dict[str, list[tuple[str, float]]] = {}
    for one in trials:
        assert one.scores is not None
        worth.setdefault(one.arm, []).append((repr(one.params), one.scores["overall"]))
    above: dict[str, list[float]] = {}
    for of_arm in worth.values():
        mean = fmean(value for _, value in of_arm)
        for params, value in of_arm:
            above.setdefault(params, []).append(value - mean)
    values = {repr(one.params): dict(one.params) for one in trials}
    return [values[params] for params in sorted(above, key=lambda params: -fmean(above[params]))[:top]]


def test_every_arm_begins_with_the_best_of_the_earlier_study(study: Study, places: Places) -> None:
    sweep(named(study, "earlier"), places, 16)
    expected = best(past(places, "earlier@demo"), 2)
    given = warm(study, "earlier")
    _, said = sweep(given, places, 2)
    assert "later@demo: warm start with 2 configurations that did best in earlier\n" in said
    # Meanwhile the earlier one goes on, which changes nothing here.
    sweep(named(study, "earlier"), places, 24)
    _, said = sweep(given, places, 12)
    assert "later@demo keeps as begun what its file leaves out: warm_start.configurations\n" in said
    trials = past(places, "later@demo")
    for arm in study.spec.arms:
        own = {one.configuration: dict(one.params) for one in trials if one.arm == arm}
        assert [own[0], own[1]] == expected
        assert own[2] not in expected
    with pytest.raises(ConflictError, match="warm_start"):
        sweep(warm(study, "earlier", top=3), places, 12)


def test_what_cannot_be_taken_over_is_one_error_and_nothing_begins(study: Study, places: Places) -> None:
    earlier = named(study, "earlier", objective="sst")
    with pytest.raises(InputError, match=r"^study 'later@demo': warm_start.studies: there is no study yet"):
        sweep(warm(study, "earlier"), places, 2)
    sweep(earlier, places, 2)
    with pytest.raises(InputError, match=r"warm_start.studies: earlier@demo raises sst, this study overall$"):
        sweep(warm(study, "earlier"), places, 2)
    with pytest.raises(InputError, match=r"warm_start.studies: study 'earlyer' has never run; did you mean"):
        sweep(warm(study, "earlyer"), places, 2)
    with Database(places.storage) as database:
        assert database.find("later@demo") is None


def test_it_is_typed_into_a_study_file_and_told(folder: Path, sweeper: Command) -> None:
    written = yaml.safe_load(STUDY) | {"name": "second", "warm_start": {"studies": ["mine"], "top": 1}}
    write(folder / "studies/second.yaml", yaml.safe_dump(written, sort_keys=False))
    assert sweeper("run", "--study", "mine", "--workload", "small", "--trials", "2").code == 0
    validated = sweeper("validate", "second", "--workload", "small")
    assert "then the best 1 of mine" in validated.out
    ran = sweeper("run", "--study", "second", "--workload", "small", "--trials", "2")
    assert ran.code == 0
    shown = sweeper("show", "0", "--study", "second@small", "--json")
    assert '"source": "warm_start"' in shown.out
    written["warm_start"]["configurations"] = []
    write(folder / "studies/second.yaml", yaml.safe_dump(written, sort_keys=False))
    refused = sweeper("validate", "second")
    assert refused.code == 2
    assert "warm_start.configurations: is what was found when a study began" in refused.err


def test_a_configuration_that_was_pruned_at_a_seed_comes_after_those_that_are_complete(
    study: Study, places: Places
) -> None:
    earlier = named(study, "earlier", seeds=(1, 2), arms={"S-BERT": {}}, baseline=None, compare=())
    sweep(earlier, places, 12)
    trials = past(places, "earlier@demo")
    first, second = best(trials, 2)
    lucky = max((one for one in trials if dict(one.params) == first), key=lambda one: one.scores["overall"])
    (unlucky,) = (one for one in trials if dict(one.params) == first and one is not lucky)
    with Database(places.storage) as database, database.access.writing() as connection:
        stopped = run.update().where(run.c.number == unlucky.number)
        connection.execute(stopped.values(state=RunState.PRUNED))
    sweep(replace(earlier, spec=warm(earlier, "earlier", top=1).spec), places, 1)
    assert dict(past(places, "later@demo")[0].params) == second
