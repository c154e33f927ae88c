"""Tasks that nobody can train are refused in files, and read from records."""

from typing import Any

import pytest
import yaml

from sweeper.study.extremes import CLASSES
from sweeper.study.load import load_study
from sweeper.study.settings import merged, nested
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from tests.sweeper_tests.study.written import GOOD, load, refusal, refused_workload, write_workload

pytestmark = pytest.mark.usefixtures("elsewhere")

TASK = {
    "kind": "single",
    "source": {"kind": "demo", "task": "sst"},
    "text": ["sentence"],
    "label": "label",
    "metric": "accuracy",
}


def workload(**settings: Any) -> str:
    return yaml.safe_dump(
        {"name": "w", "extends": "demo", "train": {"tasks": {"mine": {**TASK, **settings}}}}, sort_keys=False
    )


@pytest.mark.parametrize("count", [CLASSES + 1, 10**9, 2**62])
def test_more_classes_than_can_be_counted_are_refused(count: int) -> None:
    said = refused_workload(workload(classes=count))
    assert said.endswith(f": train.tasks.mine.classes = {count}: must be at most 10,000")
    assert said.startswith("studies/workloads/w.yaml:")


def test_so_are_as_many_names_of_classes() -> None:
    said = refused_workload(workload(labels=list(range(1, CLASSES + 2))))
    assert said.endswith(": holds 10,001 values; there are 10,000 at most")
    assert ": train.tasks.mine.labels = [1, 2, 3" in said


def test_the_limit_itself_is_allowed() -> None:
    write_workload(workload(classes=CLASSES))
    assert len(load(GOOD, "w").tasks["mine"].class_names) == CLASSES


@pytest.mark.parametrize(
    ("line", "instead", "place"),
    [
        ("sst_head: mlp", "tasks.sst.classes: 20000", "base.tasks.sst.classes = 20000"),
        ("sts_head: cosine", "tasks.sst.classes: 20000", "arms.B.tasks.sst.classes = 20000"),
        (
            "dropout: [0.1",
            "tasks.sst.classes: [5, 20000]\n  dropout: [0.1",
            "space.tasks.sst.classes = 20000",
        ),
    ],
)
def test_it_is_said_where_they_stand(line: str, instead: str, place: str) -> None:
    assert f"{place}: must be at most 10,000" in refusal(GOOD.replace(line, instead))


def test_a_study_that_was_begun_with_so_many_goes_on() -> None:
    text = GOOD.replace("sst_head: mlp", "tasks.sst.classes: 20000")
    begun = Study(StudySpec.model_validate(yaml.safe_load(text)), load_study("quickstart", "demo").workload)
    assert begun.tasks["sst"].classes == 20000


@pytest.mark.parametrize("end", [1e308, 1e200])
def test_a_range_whose_squared_errors_are_no_numbers_is_refused(end: float) -> None:
    said = refused_workload(workload(range=[-end, end], metric="mse", loss="mse"))
    shown = f"train.tasks.mine.range = [-{end}, {end}]"
    assert said.endswith(f"{shown}: is too wide: squared errors would be larger than any number")


SPLIT = "{kind: files, train: a.tsv, split: {column: fold, train: [1, 4], dev: [5]}}"
SST = "{kind: single, classes: 5, text: [t], label: y, metric: accuracy, source: SOURCE}"


@pytest.mark.parametrize(
    ("before", "instead", "said"),
    [
        ("dev: [5]", "dev: [4.0, 5]", "split.dev = [4.0, 5]: 4.0 stands in split.train too: a row has one"),
        ("[5]", "[5], test: ['5']", "split.test = ['5']: '5' stands in split.dev too: a row has one"),
        ("[1, 4]", "[1, 1]", "split.train = [1, 1]: 1 stands in split.train twice"),
    ],
)
def test_a_value_of_two_splits_is_refused_and_read_from_records(before: str, instead: str, said: str) -> None:
    text = f"name: w\nextends: demo\ntrain:\n  tasks:\n    mine: {SST.replace('SOURCE', SPLIT)}\n"
    write_workload(text)
    study = load(GOOD, "w")
    assert f": train.tasks.mine.source.{said}" in refused_workload(text.replace(before, instead))
    own = nested(yaml.safe_load(text.replace(before, instead))["train"])
    begun = study.workload.model_copy(update={"train": merged(study.workload.train, own)})
    assert "mine" in Study(study.spec, begun).tasks


OUT_OF_BOUNDS = [
    ("smart: {bregman_decays: [1.0, 0.9]}", "smart.bregman_decays = [1.0, 0.9]: each must be at least 0 and"),
    ("smart: {bregman_decays: [0.9, -0.1]}", "smart.bregman_decays = [0.9, -0.1]: each must be at least 0"),
    ("overall.weights: {sst: 1.0e308, sts: 1.0e308}", "overall.weights.sst = 1.0e308: the weights of the"),
]


@pytest.mark.parametrize(("setting", "said"), OUT_OF_BOUNDS)
def test_so_are_weights_without_a_sum_and_averages_that_grow(setting: str, said: str) -> None:
    text = GOOD.replace("sst_head: mlp", setting)
    assert f"mine.yaml:2: base.{said}" in refusal(text)
    spec = StudySpec.model_validate(yaml.safe_load(text))
    assert Study(spec, load_study("quickstart", "demo").workload).tasks
