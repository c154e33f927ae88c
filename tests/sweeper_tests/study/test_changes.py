"""Which changes of a study are taken up, which are refused, and how both are told."""

import pytest
import yaml

from sweeper.study.changes import added_arm, as_begun, compare, kept_fields
from sweeper.study.space import Choice
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from sweeper.study.workload import Resources, Workload
from tests.sweeper_tests.made import WORKLOAD
from tests.sweeper_tests.study.changed import OLD, study

ADDITIONS = [
    ("[0.1, 0.3]", "[0.1, 0.2, 0.3]", ["space.dropout: [0.1, 0.3] -> [0.1, 0.2, 0.3]"]),
    ("seeds: [1, 2]", "seeds: [1, 2, 3]", ["seeds: [1, 2] -> [1, 2, 3]"]),
    ("seeds: [1, 2]", "seeds: [3, 2, 1]", ["seeds: [1, 2] -> [3, 2, 1]"]),
    ("seeds: [1, 2]", "seeds: [2, 1]", ["seeds in another order: [1, 2] -> [2, 1]"]),
    ("  A: {}", "  A: {}\n  C: {warmup: 0.1}", ['arms.C: absent -> {"warmup": 0.1}']),
    (
        "  A: {}",
        "  C: {}\n  A: {}",
        ["arms.C: absent -> {}", 'compare: [["B", "A"]] -> [["A", "C"], ["B", "C"]]'],
    ),
    ("  A: {}", "  A: {sst_head: mlp}", ['arms.A.sst_head: absent -> "mlp"']),  # what base says already
    (
        "sst_head: mlp",
        "tasks.sst.head: mlp",
        ['base.sst_head: "mlp" -> absent', 'base.tasks.sst.head: absent -> "mlp"'],
    ),
    ("[{dropout: 0.3}]", "[{dropout: 0.3}, {dropout: 0.1}]",
     ['enqueue: [{"dropout": 0.3}] -> [{"dropout": 0.3}, {"dropout": 0.1}]']),
    ("name: mine", "name: mine\ndescription: Why?", ['description: "" -> "Why?"']),
    ("name: mine", "name: mine\nbaseline: B", ['baseline: null -> "B"']),
    ("name: mine", "name: mine\ncompare: [[A, B]]", ['compare: [] -> [["A", "B"]]']),
    ("name: mine", "name: mine\ncompare: [[B, A]]", []),  # what the default says
    ("name: mine", "name: mine\nbaseline: A", []),
    ("name: mine", "name: mine\ntables: []", ['tables: ["arms"] -> []']),
]  # fmt: skip


@pytest.mark.parametrize(("line", "instead", "lines"), ADDITIONS)
def test_what_leaves_the_old_trials_as_they_were_is_taken_up(
    line: str, instead: str, lines: list[str]
) -> None:
    assert line in OLD
    old, new = study(), study(OLD.replace(line, instead))
    change = compare(old, new)
    assert (list(change.additions), change.conflicts) == (lines, ())
    assert {added_arm(line) for line in lines} - {None} == new.spec.arms.keys() - old.spec.arms.keys()


CONFLICTS = [
    ("[0.1, 0.3]", "[0.1, 0.5]", "space.dropout: [0.1, 0.3] -> [0.1, 0.5]"),
    ("[0.1, 0.3]", "{low: 0.1, high: 0.3}", 'space.dropout: [0.1, 0.3] -> {"low": 0.1, "high": 0.3'),
    ("  dropout: [0.1, 0.3]\n", "", "space.dropout: [0.1, 0.3] -> absent"),
    ("space:", "space:\n  warmup: [0.0, 0.1]", "space.warmup: absent -> [0.0, 0.1]"),
    ("  B: {sts_head: cosine}", "", 'arms.B: {"sts_head": "cosine"} -> absent'),
    ("sts_head: cosine", "sts_head: linear", 'arms.B.sts_head: "cosine" -> "linear"'),
    ("  A: {}", "  A: {sst_head: linear}", 'arms.A.sst_head: absent -> "linear"'),
    ("sst_head: mlp", "sst_head: linear", 'base.sst_head: "mlp" -> "linear"'),
    ("seeds: [1, 2]", "seeds: [2, 3]", "seeds: [1, 2] -> [2, 3]"),
    ("[{dropout: 0.3}]", "[{dropout: 0.1}, {dropout: 0.3}]", 'enqueue: [{"dropout": 0.3}] -> '),
    ("name: mine", "name: mine\nsampler: {name: random}", 'sampler: {"name": "tpe"'),
    ("name: mine", "name: mine\nsampler: {seed: 5}", 'sampler: {"name": "tpe"'),
    ("name: mine", "name: mine\npruner: {name: median}", 'pruner: {"name": "none"'),
    ("name: mine", "name: mine\nobjective: sst", 'objective: "overall" -> "sst"'),
]


@pytest.mark.parametrize(("line", "instead", "said"), CONFLICTS)
def test_what_would_mix_unlike_trials_is_a_conflict(line: str, instead: str, said: str) -> None:
    assert line in OLD
    # A queue that the changed space does not hold would not be a study at all.
    old = OLD if "enqueue" in said else OLD.replace("enqueue: [{dropout: 0.3}]\n", "")
    change = compare(study(old), study(old.replace(line, instead)))
    assert any(found.startswith(said) for found in change.conflicts), change


RANGES = [
    ("learning_rate", {"low": 1e-5, "high": 1e-1, "log": True}, True),
    ("learning_rate", {"low": 1e-3, "high": 1e-1, "log": True}, False),
    ("learning_rate", {"low": 1e-4, "high": 5e-3, "log": True}, False),
    ("learning_rate", {"low": 1e-5, "high": 1e-1}, False),
    ("learning_rate", {"low": 1e-5, "high": 1e-1, "log": True, "prior": 1e-3}, False),
    ("weight_decay", {"low": 0.0, "high": 0.4, "step": 0.1}, True),
    ("weight_decay", {"low": 0.05, "high": 0.35, "step": 0.1}, False),
    ("weight_decay", {"low": 0.1, "high": 0.3, "step": 0.05}, False),
    ("weight_decay", {"low": 0.1, "high": 0.3}, False),
    ("batch_size", {"low": 4, "high": 32, "step": 4}, True),
    ("batch_size", {"low": 6, "high": 32, "step": 4}, False),
    ("batch_size", {"low": 8, "high": 16}, False),
]


@pytest.mark.parametrize(("key", "entry", "fits"), RANGES)
def test_a_range_may_grow_on_its_own_scale(key: str, entry: dict[str, object], fits: bool) -> None:
    written = yaml.safe_load(OLD)
    written["space"][key] = entry
    change = compare(study(), study(yaml.safe_dump(written, sort_keys=False)))
    [line] = change.additions if fits else change.conflicts
    assert line.startswith(f'space.{key}: {{"low": ')
    assert not (change.conflicts if fits else change.additions)


def with_ranges(ranges: dict[str, object]) -> Workload:
    return Workload.model_validate(WORKLOAD.model_dump() | {"ranges": ranges})


def test_the_space_in_force_is_compared_whichever_file_holds_it() -> None:
    taken, plain = OLD.replace("dropout: [0.1, 0.3]", "dropout: workload"), study()
    same, wider, other = (
        with_ranges({"dropout": choices}) for choices in ([0.1, 0.3], [0.1, 0.3, 0.5], [0.3])
    )
    assert compare(plain, study(taken, same)) == compare(plain, plain)
    whose = "space.dropout (ranges of workload demo): [0.1, 0.3] ->"
    assert compare(plain, study(taken, wider)).additions == (f"{whose} [0.1, 0.3, 0.5]",)
    assert compare(plain, study(taken, other)).conflicts == (f"{whose} [0.3]",)
    assert compare(plain, study(OLD, other)) == compare(plain, plain), "a recommendation that nobody takes"


def begun_under_the_old_rule(text: str, space: dict[str, object]) -> Study:
    """As stored where a workload's `space` took the place of the study's."""
    return study(text, Workload.model_validate(WORKLOAD.model_dump() | {"space": space, "ranges": {}}))


def test_a_study_of_the_old_rule_keeps_the_ranges_that_it_ran_with() -> None:
    old = begun_under_the_old_rule(OLD, {"dropout": [0.3, 0.5]})
    assert old.space["dropout"] == Choice((0.3, 0.5))
    today = study(OLD, with_ranges({"dropout": [0.1, 0.9]}))
    assert today.space["dropout"] == Choice((0.1, 0.3))
    goes_on = as_begun(old, today)
    assert goes_on.space == old.space
    assert compare(old, goes_on) == compare(old, old)
    assert kept_fields(today, goes_on) == []
    # Stored again, it goes on once more.
    stored = Study(
        *(type(part).model_validate_json(part.model_dump_json()) for part in (goes_on.spec, goes_on.workload))
    )
    assert as_begun(stored, today).space == old.space


def test_a_changed_file_of_a_study_of_the_old_rule_is_explained() -> None:
    old = begun_under_the_old_rule(OLD, {"dropout": [0.3, 0.5]})
    changed = study(OLD.replace("dropout: [0.1, 0.3]", "dropout: [0.3]"))
    assert compare(old, as_begun(old, changed)).conflicts == ("space.dropout: [0.3, 0.5] -> [0.3]",)
    word = study(
        OLD.replace("dropout: [0.1, 0.3]", "dropout: workload"), with_ranges({"dropout": [0.3, 0.5]})
    )
    assert compare(old, as_begun(old, word)) == compare(old, old)


def test_a_workload_may_change_its_words_and_nothing_that_trains() -> None:
    said = WORKLOAD.model_copy(update={"notice": "Mind this."})
    assert [line.split(":")[0] for line in compare(study(), study(OLD, said)).additions] == [
        "workload.notice"
    ]
    longer = WORKLOAD.model_copy(update={"train": {**WORKLOAD.train, "epochs": 9}})
    assert compare(study(), study(OLD, longer)).conflicts == ("workload.train.epochs: 4 -> 9",)
    placed = WORKLOAD.model_copy(update={"resources": Resources(cpus=2)})
    assert compare(study(), study(OLD, placed)).additions == (
        'workload.resources: {"cpus": null, "gpus": 0.0} -> {"cpus": 2, "gpus": 0.0}',
    )
    assert study(OLD, placed).digest() == study().digest()
    tasks = WORKLOAD.train["tasks"]
    turned = WORKLOAD.model_copy(
        update={"train": {**WORKLOAD.train, "tasks": dict(reversed(list(tasks.items())))}}
    )
    assert compare(study(), study(OLD, turned)).conflicts == (
        'order of tasks: ["sst", "para", "sts"] -> ["sts", "para", "sst"]',
    )


def test_an_arm_whose_training_changed_does_not_excuse_another() -> None:
    both = OLD.replace("  A: {}", "  A: {sst_head: mlp}").replace("sts_head: cosine", "sts_head: linear")
    change = compare(study(), study(both))
    assert change.additions == ('arms.A.sst_head: absent -> "mlp"',)
    assert change.conflicts == ('arms.B.sts_head: "cosine" -> "linear"',)


def test_a_field_at_its_default_is_not_digested() -> None:
    class More(StudySpec):
        novelty: int = 3

    assert Study(More.model_validate(yaml.safe_load(OLD)), WORKLOAD).digest() == study().digest()
    other = Study(More.model_validate(yaml.safe_load(OLD) | {"novelty": 4}), WORKLOAD)
    assert other.digest() != study().digest()


def test_a_base_that_a_conditional_entry_hides_in_some_configurations_may_not_change() -> None:
    space = (
        "space:\n  optimizer: [adamw, sgd]\n  weight_decay: {low: 0.1, high: 0.3, when: {optimizer: adamw}}\n"
    )
    old = "name: mine\nbase: {weight_decay: 0.01}\narms: {A: {}}\n" + space
    change = compare(study(old), study(old.replace("0.01", "0.2")))
    assert (change.additions, change.conflicts) == ((), ("base.weight_decay: 0.01 -> 0.2",))
    workload = WORKLOAD.model_copy(update={"train": WORKLOAD.train | {"weight_decay": 0.2}})
    bare = old.replace("base: {weight_decay: 0.01}\n", "")
    change = compare(study(bare), study(bare, workload))
    assert [line.partition(":")[0] for line in change.conflicts] == ["workload.train.weight_decay"]


def test_conditions_and_constraints_that_are_written_otherwise_are_no_change() -> None:
    old = """
name: mine
arms: {A: {}}
space:
  optimizer: [adamw, adam, sgd]
  dropout: {low: 0.1, high: 0.5, step: 0.1}
  warmup: {low: 0.1, high: 0.2, when: {optimizer: [adamw, adam], dropout: '> 0.2'}}
constraints: [dropout < 0.5, warmup < dropout]
"""
    new = old.replace("[adamw, adam], dropout: '> 0.2'", "[adam, adamw], dropout: '>.2'")
    new = new.replace("[dropout < 0.5, warmup < dropout]", "[warmup<dropout, dropout < .50]")
    change = compare(study(old), study(new))
    assert change.conflicts == ()
    assert "constraints" not in "".join(change.additions)
    assert compare(study(old), study(old.replace("< 0.5", "< 0.4"))).conflicts
