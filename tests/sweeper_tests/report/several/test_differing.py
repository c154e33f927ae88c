from dataclasses import dataclass, replace
from typing import Any

import pytest

from model.plugins.record import OwnCode
from sweeper.errors import InputError
from sweeper.report.document import Table
from sweeper.report.results import Results
from sweeper.report.several.differing import differences_table, other_code, studies_table
from sweeper.study.study import Study
from tests.sweeper_tests.made import results, study, trials

ARMS = {"A": {"sst_head": "mlp"}, "B": {"sst_head": "linear"}}


@dataclass(frozen=True)
class Told:
    study: Study
    results: Results


def told(**fields: Any) -> Told:
    of = study(**{"arms": ARMS, "space": {"dropout": [0.1, 0.5], "learning_rate": [1e-3]}, **fields})
    return Told(of, results(of, trials(of) if len(of.spec.arms) == 2 else []))


def texts(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_what_differs_is_said_once_or_for_the_arm_in_which_it_does() -> None:
    one = told()
    other = told(
        name="other",
        base={"weight_decay": 0.3},
        arms={"A": {"sst_head": "mlp", "epochs": 7}, "B": {"sst_head": "linear"}, "C": {}},
        space={"dropout": [0.1, 0.3], "learning_rate": [1e-3]},
        seeds=[1, 2],
    )
    table = differences_table([one, other])
    assert table is not None
    assert [column.heading for column in table.columns] == ["setting", "arm", "made@demo", "other@demo"]
    assert texts(table) == [
        ["training seeds", "all", "11711", "1, 2"],
        ["weight_decay", "all", "0.01", "0.3"],
        ["epochs", "A", str(one.study.config("A", one.study.first, 1).epochs), "7"],
        ["dropout", "all", "[0.1, 0.5]", "[0.1, 0.3]"],
    ]
    assert "compared by name" in table.notes[0]


def test_studies_that_are_alike_differ_in_nothing() -> None:
    assert differences_table([told(), told(name="other")]) is None


def test_arms_without_a_common_name_are_the_first_of_each() -> None:
    table = differences_table([told(), told(name="other", arms={"X": {"sst_head": "linear"}})])
    assert table is not None and "the first of each" in table.notes[0]
    assert ["tasks.sst.head", "all", "mlp", "linear"] in texts(table)


def test_each_study_says_how_far_it_is() -> None:
    table = studies_table([told(), told(name="other")])
    headings = [column.heading for column in table.columns]
    assert [dict(zip(headings, row, strict=True))["complete"] for row in texts(table)] == ["4 of 6"] * 2
    assert [dict(zip(headings, row, strict=True))["study"] for row in texts(table)] == [
        "made@demo",
        "other@demo",
    ]


def test_own_metrics_of_one_name_are_one_metric_or_refused() -> None:
    def coded(name: str, text: str, bounds: list[float]) -> Told:
        of = study(name=name, arms=ARMS)
        traits = {"plugin": "own.py", "bounds": bounds}
        code = OwnCode(files={"own.py": text}, entries={"metric": {"accuracy": traits, "unused": traits}})
        spec = of.spec.model_copy(update={"code": code})
        return Told(replace(of, spec=spec), results(of, trials(of)))

    one = coded("one", "a", [0, 1])
    assert other_code([one, coded("other", "a", [0, 1])]) == []
    (said,) = other_code([one, coded("other", "b", [0, 1])])
    assert said.startswith("Metric accuracy is own code, of which 'one@demo' and 'other@demo' have other ver")
    with pytest.raises(
        InputError, match=r"accuracy is own code, whose bounds is \[0, 1\] in the first, and \[0, "
    ):
        other_code([one, coded("other", "a", [0, 100])])
