"""What a workload sets and recommends, and what is wrong with one."""

import pytest

from model.sources import FilesSource
from sweeper.errors import InputError
from sweeper.study.settings import merged
from sweeper.study.space import Choice, FloatRange
from sweeper.study.workload import Resources
from tests.sweeper_tests.study.written import GOOD, load, refusal, refused_workload, write_workload

pytestmark = pytest.mark.usefixtures("elsewhere")


def test_a_group_merges_and_a_source_of_another_kind_replaces() -> None:
    write_workload(
        "name: w\nextends: demo\ntrain:\n  encoder: {pooling: mean}\n"
        "  tasks.sst.source: {kind: files, train: a.csv, dev: b.csv}\n"
    )
    study = load(GOOD, "w")
    config = study.config("A", {"dropout": 0.1}, 1)
    assert (config.encoder.source, config.encoder.pooling) == ("tiny", "mean")
    assert config.tasks["sst"].source == FilesSource(train="a.csv", dev="b.csv")
    assert "say nothing about SST" in study.workload.notice


def test_an_empty_notice_is_none() -> None:
    write_workload("name: w\nextends: demo\nnotice: ''\n")
    assert load(GOOD, "w").workload.notice == ""


@pytest.mark.parametrize(
    ("above", "own", "classes", "names"),
    [
        ("classes: 5", "labels: [bad, good]", 2, ("bad", "good")),
        ("labels: [a, b, c]", "classes: 2", 2, ("0", "1")),
        ("labels: [a, b, c], classes: 3", "threshold: 0.5", 2, ("below 0.5", "0.5 or more")),
        ("labels: [a, b]", "range: [0, 1], metric: pearson, loss: mse, head: linear", None, ()),
        ("labels: [a, b]", "classes: 2", 2, ("a", "b")),
    ],
)
def test_a_task_with_other_labels_inherits_none(
    above: str, own: str, classes: int | None, names: tuple[str, ...]
) -> None:
    task = TASK.replace("classes: 2", above)
    write_workload(f"name: v\nextends: demo\ntrain:\n  tasks:\n    mine: {task}\n", "v")
    write_workload(f"name: w\nextends: v\ntrain:\n  tasks:\n    mine: {{{own}}}\n")
    made = load(GOOD, "w").tasks["mine"]
    assert (made.classes, made.class_names) == (classes, names)


def test_another_kind_of_task_is_a_part_of_it_unless_it_has_a_source() -> None:
    study = load("name: mine\nbase: {tasks.sst.kind: pair, tasks.sst.text: [sentence, sentence]}\n")
    task = study.tasks["sst"]
    assert (task.kind, task.classes, task.label) == ("pair", 5, "sentiment")
    own = {"kind": "pair", "source": {"kind": "demo", "task": "sts"}}
    assert merged({"t": {"kind": "single", "source": {}, "classes": 5}}, {"t": own}) == {"t": own}


WRONG = [
    ("text: [s]", "text: [0]", "text = [0]: 0 is no position of a column: positions begin at 1"),
    ("label: y", "label: 0", "label = 0: 0 is no position of a column: positions begin at 1"),
    ("classes: 2", "range: [.nan, 5]", "range[0] = .nan: must be a finite number"),
    (
        "{kind: demo, task: sst}",
        r"{kind: files, train: a, dev: b, delimiter: '\t'}",
        r"""source.delimiter = '\t': is a backslash and a t: a tab is written "\t", in double quotation """
        "marks",
    ),
    (
        "{kind: demo, task: sst}",
        "{kind: files, train: a, dev: b, delimiter: tab}",
        r"""source.delimiter = tab: must be one sign; a tab is "\t", in double quotation marks""",
    ),
    (
        "{kind: demo, task: sst}",
        "{kind: files, train: a, dev: 0.1}",
        "source.dev = 0.1: must be a name or a share: write {from: train, share: 0.1}",
    ),
    (
        "{kind: demo, task: sst}",
        "{kind: hub, path: a, dev: {share: 0.1, stratify: true}}",
        "source.dev.stratify = true: unknown key; did you mean 'stratified'?",
    ),
    (
        "{kind: demo, task: sst}",
        "{kind: files, train: a, dev: b, test: {share: 2}}",
        "source.test.share = 2: must be less than 1",
    ),
]


@pytest.mark.parametrize(("part", "instead", "said"), WRONG)
def test_what_is_wrong_with_a_task_is_said_with_the_way_out(part: str, instead: str, said: str) -> None:
    text = f"name: w\nextends: demo\ntrain:\n  tasks:\n    mine: {TASK}\n"
    found = refused_workload(text.replace(part, instead))
    assert found == f"studies/workloads/w.yaml:5: train.tasks.mine.{said}"


LEARNING_RATE = "learning_rate: {low: 1e-6, high: 1e-4, log: true}"


def test_a_studys_range_wins_and_the_word_takes_the_workloads() -> None:
    write_workload("name: w\nextends: demo\nranges: {tasks.sts.loss: [ce], weight_decay: [0.5]}\n")
    said: list[str] = []
    own = load(f"name: mine\nspace: {{{LEARNING_RATE}, sts_loss: [mse, ce]}}\n", "w", said.append)
    assert own.space == {
        "learning_rate": FloatRange(low=1e-6, high=1e-4, log=True),
        "sts_loss": Choice(("mse", "ce")),
    }
    assert said == [
        "mine.yaml:2: space.learning_rate: 1e-6 to 1e-4, log scale, is searched as the study says; "
        "workload w recommends 5e-4 to 0.01, log scale",
        "mine.yaml:2: space.sts_loss: one of mse, ce, is searched as the study says; workload w "
        "recommends one of ce",
    ]
    taken = load("name: mine\nspace: {learning_rate: workload, sts_loss: workload}\n", "w", pytest.fail)
    assert taken.space == {
        "learning_rate": FloatRange(low=5e-4, high=1e-2, log=True),
        "sts_loss": Choice(("ce",)),
    }


def test_the_word_without_such_a_range_names_both_files() -> None:
    write_workload("name: w\nextends: demo\n")
    with pytest.raises(InputError) as caught:
        load("name: mine\nspace:\n  weight_decay: workload\n", "w")
    said = str(caught.value)
    assert said.startswith("mine.yaml:3: space.weight_decay = workload: workload 'w' recommends no range")
    assert "studies/workloads/w.yaml" in said


def test_a_workloads_old_space_is_read_as_ranges_with_a_word() -> None:
    write_workload("name: w\nextends: demo\nspace: {weight_decay: [0.5]}\n")
    said: list[str] = []
    study = load("name: mine\nspace: {weight_decay: workload, learning_rate: workload}\n", "w", said.append)
    assert study.space["weight_decay"] == Choice((0.5,))
    assert study.space["learning_rate"] == FloatRange(low=5e-4, high=1e-2, log=True)
    assert [line.split(":")[:2] for line in said] == [["studies/workloads/w.yaml", "3"]]
    write_workload("name: w\nextends: demo\nspace: {weight_decay: [0.5]}\nranges: {}\n")
    with pytest.raises(InputError, match=r"w\.yaml:3: space: is the old name of `ranges`"):
        load("name: mine\n", "w")


def test_each_of_the_resources_is_inherited_unless_the_file_says_it() -> None:
    write_workload("name: w\nextends: demo\nresources: {cpus: 4, gpus: 0.5}\n")
    write_workload("name: same\nextends: w\n", "same")
    write_workload("name: other\nextends: w\nresources: {cpus: 2}\n", "other")
    found = {name: load(GOOD, name).workload.resources for name in ("demo", "w", "same", "other")}
    assert found == {
        "demo": Resources(cpus=None, gpus=0.0),
        "w": Resources(cpus=4, gpus=0.5),
        "same": Resources(cpus=4, gpus=0.5),
        "other": Resources(cpus=2, gpus=0.5),
    }


def test_arms_with_different_tasks_are_refused() -> None:
    message = refusal(GOOD.replace("sts_head: cosine", f"tasks.extra: {TASK}"))
    assert message.startswith("mine.yaml:5: arms.B: has other tasks than the first arm")


TASK = "{kind: single, classes: 2, source: {kind: demo, task: sst}, text: [s], label: y, metric: accuracy}"


WRONG_WORKLOADS = [
    ("name: w\nextends: w\n", "2: extends = w: the workload would extend itself"),
    ("name: w\nextends: papr\n", "2: extends = papr: there is no workload 'papr'; did you mean 'paper'?"),
    ("name: w\nextends: demo\ntrain: {seed: 3}\n", "3: train.seed: is set by `seeds`"),
    ("name: w\nextends: demo\nranges: {dropout: [1.2]}\n", "3: ranges.dropout[0] = 1.2: must be less than 1"),
    ("name: w\nextends: demo\ntrain:\n  encoder.layers: 0\n", "4: train.encoder.layers = 0: must be greater"),
    (
        "name: w\nextends: demo\ntrain:\n  tasks.sst: {metric: pearson}\n",
        "4: train.tasks.sst.metric = pearson: metric pearson does not",
    ),
    (
        "name: w\nextends: demo\ntrain:\n  epochs: many\n",
        "4: train.epochs = many: must be a whole number, such as 10",
    ),
    ("name: w\nextends: demo\nresources: {cpus: 0}\n", "3: resources.cpus = 0: must be greater than or"),
    ("name: w\nextends: demo\nresources: {gpus: 1.5}\n", "3: resources.gpus = 1.5: must be a share of one"),
]


@pytest.mark.parametrize("name", ["driver", "halvings", "reused_from", "number", "overall"])
def test_a_task_has_no_name_of_a_column_of_trials(name: str) -> None:
    message = refused_workload(f"name: w\nextends: demo\ntrain:\n  epochs: 3\n  tasks.{name}: {TASK}\n")
    place = f"studies/workloads/w.yaml:5: train.tasks.{name} = '{name}'"
    assert message.startswith(f"{place}: a task cannot have the name of a column of trials; those are arm, ")


def test_a_wrong_name_of_a_task_is_blamed_on_no_other_field() -> None:
    for name in ("Ab", "a b", "1", "a-b"):
        message = refused_workload(f"name: w\nextends: demo\ntrain:\n  tasks:\n    '{name}': {TASK}\n")
        said = "a task's name has small letters, digits and _ alone, and begins with a letter"
        assert message == f"studies/workloads/w.yaml:5: train.tasks.{name} = '{name}': {said}"


@pytest.mark.parametrize(("text", "message"), WRONG_WORKLOADS)
def test_an_error_in_a_workload_names_its_own_file(text: str, message: str) -> None:
    assert refused_workload(text).startswith(f"studies/workloads/w.yaml:{message}")


def test_a_workload_without_tasks_is_refused() -> None:
    assert "workload 'w' has no task 'sst'" in refused_workload("name: w\n")


def test_an_error_in_an_extended_workload_names_the_file_that_sets_the_value() -> None:
    write_workload("name: low\nextends: demo\ntrain:\n  encoder:\n    layers: 0\n", "low")
    message = refused_workload("name: w\nextends: low\ntrain:\n  encoder:\n    pooling: mean\n")
    assert message.startswith("studies/workloads/low.yaml:5: train.encoder.layers = 0")
