"""A study of arms with spaces of their own, conditions and constraints, from its file to its report."""

import csv
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import optuna
import pytest
import yaml

from sweeper.errors import ConflictError
from sweeper.observers.observer import Observer
from sweeper.paths import Home
from sweeper.report.confirmation import configuration_key, confirmation
from sweeper.report.read import read_study
from sweeper.report.results import rank_configurations
from sweeper.report.write import write_report
from sweeper.store.database import Database
from sweeper.store.owners import Owner
from sweeper.store.studies import find_study
from sweeper.study.load import load_study
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from sweeper.sweep.driver import Driver
from sweeper.sweep.order import Places
from sweeper.trial import RunState, TrialRow
from tests.sweeper_tests import made
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.show.originated import told
from tests.sweeper_tests.typed import STUDY, Command, write

TEXT = """\
name: conditional
arms:
  Plain: {}
  SMART:
    smart: {enabled: true}
    space:
      smart.strength: {low: 0.1, high: 5, log: true}
space:
  learning_rate: {low: 1.0e-4, high: 1.0e-2, log: true}
  optimizer: [adamw, sgd]
  weight_decay: {low: 0.0, high: 0.3, when: {optimizer: adamw}}
  epochs: {low: 3, high: 6}
constraints: ["weight_decay <= 0.2", "epochs != 5"]
enqueue: [{learning_rate: 1.0e-3, smart.strength: 2.0}]
sampler: {name: tpe, startup: 3}
seeds: [1, 2]
"""


def conditional(text: str = TEXT, **fields: Any) -> Study:
    return Study(StudySpec.model_validate(yaml.safe_load(text) | fields), made.WORKLOAD)


def rows(places: Places, name: str = "conditional@demo") -> list[TrialRow]:
    with Database(places.storage) as database:
        return find_study(database, name).trials.rows()


def expected(row: TrialRow) -> set[str]:
    found = {"learning_rate", "optimizer", "epochs"}
    found |= {"weight_decay"} if row.params["optimizer"] == "adamw" else set()
    return found | ({"smart.strength"} if row.arm == "SMART" else set())


def test_a_sweep_of_it_and_all_that_is_made_of_it(places: Places, tmp_path: Path) -> None:
    of = conditional()
    sweep(of, places, 40)
    trials = rows(places)
    assert Counter(one.state for one in trials) == {RunState.COMPLETE: 40}
    assert Counter(one.arm for one in trials) == {"Plain": 20, "SMART": 20}
    assert all(set(one.params) == expected(one) for one in trials)
    assert all(one.params.get("weight_decay", 0.0) <= 0.2 and one.params["epochs"] != 5 for one in trials)
    default = of.config("Plain", {"optimizer": "sgd"}, 1).weight_decay
    for one in trials:
        assert one.config["weight_decay"] == one.params.get("weight_decay", default)

    storage = optuna.storages.RDBStorage(places.storage)
    theirs = optuna.load_study(study_name=of.name, storage=storage).trials
    for one, their in zip(trials, theirs, strict=True):
        assert {key: their.params[key] for key in one.params} == one.params
        assert their.params.keys() - one.params.keys() == {"smart.enabled"}
    optuna.importance.get_param_importances(optuna.load_study(study_name=of.name, storage=storage))
    storage.engine.dispose()

    with Database(places.storage) as database:
        report = write_report(database, of.name, tmp_path / "report", places.home)
        with (tmp_path / "report/trials.csv").open() as file:
            lines = list(csv.DictReader(file))
        for one, line in zip(trials, lines, strict=True):
            chosen = {
                key.removeprefix("params."): text for key, text in line.items() if key.startswith("params.")
            }
            assert {key for key, text in chosen.items() if text} == set(one.params)
        (arms,) = (table for table in report.document.tables if table.key == "arms")
        assert arms.rows
        checklist = (tmp_path / "report/checklist.md").read_text()
        assert "weight_decay: 0 to 0.3, when optimizer = adamw" in checklist
        assert "smart.strength (arm SMART alone): 0.1 to 5, log scale" in checklist
        assert "only configurations with weight_decay &lt;= 0.2" in checklist
        leaders = rank_configurations(read_study(database, find_study(database, of.name)).results)[:4]
        again = confirmation(of, leaders, seeds=2)
    by_number = {one.number: one for one in trials}
    for one, arm in zip(leaders, again.spec.arms, strict=True):
        mine = again.config(arm, {}, 1).model_dump(mode="json")
        assert configuration_key(mine) == configuration_key(by_number[one.numbers[0]].config)
    sweep(again, places, None)
    assert len(rows(places, again.name)) == 8


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_drivers_at_once_try_each_configuration_once(sampler: str, url: str, tmp_path: Path) -> None:
    space = {
        "optimizer": ["adamw", "sgd"],
        "weight_decay": {"values": [0.0, 0.1, 0.2], "when": {"optimizer": "adamw"}},
        "dropout": [0.1, 0.3],
    }
    arms = {"Plain": {}, "SMART": {"smart": {"enabled": True}, "space": {"smart.steps": [1, 2, 3]}}}
    fields: dict[str, Any] = {"arms": arms, "space": space, "seeds": [1], "tables": ["arms"]}
    of, together = made.study(sampler={"name": sampler, "startup": 2}, **fields), Barrier(4)

    def run(number: int) -> str | None:
        with Database(url) as database:
            driver = Driver(
                store=made.begin(database, of, 99),
                study=of,
                wanted=99,
                executor=InstantExecutor(workers=2),
                home=Home(tmp_path / str(number)),
                data=None,
                observer=Observer(),
                owner=Owner("somewhere", number + 1, "1"),
            )
            together.wait(60)
            return driver.run()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(run, range(4))) == {
            "every configuration of its space has been tried, or is under way"
        }
    with Database(url) as database:
        trials = database.study(of.name).trials.rows()
    assert len(trials) == 8 + 24
    assert len({(one.arm, json.dumps(one.params, sort_keys=True)) for one in trials}) == 32
    assert len({one.digest for one in trials}) == 32


def test_where_a_value_of_an_arms_own_space_came_from(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "studies/conditional.yaml", TEXT)
    sweep(load_study("conditional"), places, 12)
    study = "conditional@demo"
    plain, smart = told(places.storage, 0, study), told(places.storage, 1, study)
    assert (plain["arm"], smart["arm"]) == ("Plain", "SMART")
    assert plain["settings"]["learning_rate"]["source"] == "enqueue"
    assert smart["settings"]["smart.strength"]["key"] == "enqueue[0].smart.strength"
    assert plain["settings"]["smart.strength"]["source"] == "default"
    later = told(places.storage, 5, study)
    assert later["arm"] == "SMART"
    drawn = later["settings"]["smart.strength"]
    assert (drawn["source"], drawn["line"], drawn["key"]) == ("space", 7, "arms.SMART.space.smart.strength")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("high: 5, log", "high: 9, log", None),
        ("enqueue: [", "enqueue: [", None),
        ("  Plain: {}", "  Plain: {}\n  Other: {space: {dropout: [0.1, 0.2]}}", None),
        ("optimizer: [adamw, sgd]", "optimizer: [adamw, sgd, adam]", None),
        ("when: {optimizer: adamw}", "when: {optimizer: sgd}", "space.weight_decay: "),
        (", when: {optimizer: adamw}", "", "space.weight_decay: "),
        ("high: 5, log", "high: 4, log", "arms.SMART.space.smart.strength: "),
        ("high: 5, log: true}", "high: 5, log: true, when: {smart.enabled: true}}", "arms.SMART.space.smart"),
        ("weight_decay <= 0.2", "weight_decay <= 0.1", "constraints: "),
    ],
)  # fmt: skip
def test_a_change_of_it_is_taken_up_or_refused(
    places: Places, before: str, after: str, said: str | None
) -> None:
    assert before in TEXT
    sweep(conditional(), places, 4)
    changed = conditional(TEXT.replace(before, after))
    if said is None:
        sweep(changed, places, 8)
        assert len(rows(places)) == 8
        return
    with pytest.raises(ConflictError, match=said.replace(".", r"\.")):
        sweep(changed, places, 8)


def test_an_earlier_study_gives_what_applies(places: Places) -> None:
    earlier = (
        "name: earlier\narms: {A: {}}\nspace:\n  optimizer: [sgd]\n  weight_decay: {low: 0.0, high: 0.3}\n"
    )
    sweep(conditional(earlier, seeds=[1]), places, 6)
    of = conditional(TEXT, name="later", enqueue=[], warm_start={"studies": ["earlier"], "top": 2})
    sweep(of, places, 8)
    for one in rows(places, "later@demo"):
        assert one.configuration > 1 or one.params["optimizer"] == "sgd"
        assert set(one.params) == expected(one)


def test_it_is_typed_and_told(folder: Path, sweeper: Command) -> None:
    written = yaml.safe_load(STUDY)
    text = yaml.safe_load(TEXT)
    keys = ("space", "constraints", "enqueue")
    written |= {key: text[key] for key in keys} | {"name": "second", "arms": text["arms"]}
    write(folder / "studies/second.yaml", yaml.safe_dump(written, sort_keys=False))
    told_of = sweeper("validate", "second", "--workload", "small")
    assert told_of.code == 0, told_of.err
    lines = told_of.out.splitlines()
    assert (
        "Space: learning_rate 1e-4 to 0.01, log scale; optimizer one of adamw, sgd; weight_decay 0 to 0.3 "
        "when optimizer = adamw; epochs 3 to 6, steps of 1"
    ) in lines
    assert "Space of SMART alone: smart.strength 0.1 to 5, log scale" in lines
    assert "Constraints: weight_decay <= 0.2; epochs != 5" in lines
    assert json.loads(sweeper("schema").out)["properties"]["constraints"]["type"] == "array"
