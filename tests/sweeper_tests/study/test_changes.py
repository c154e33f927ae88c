"""Which changes of a study are taken up, which are refused, and how both are told."""

from dataclasses import replace
from pathlib import Path

import optuna
import pytest
import yaml
from optuna.search_space import intersection_search_space
from pydantic import Field

from sweeper.errors import ConflictError
from sweeper.paths import Home
from sweeper.store.database import Database
from sweeper.store.studies import find_study
from sweeper.study.changes import as_begun, compare, kept_fields
from sweeper.study.load import stored_study
from sweeper.study.samplers import SamplerSpec
from sweeper.study.space import Choice
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from sweeper.study.workload import Resources, Workload
from sweeper.sweep.order import Places
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.made import WORKLOAD

OLD = """
name: mine
base: {sst_head: mlp}
arms:
  A: {}
  B: {sts_head: cosine}
space:
  dropout: [0.1, 0.3]
  weight_decay: {low: 0.1, high: 0.3, step: 0.1}
  learning_rate: {low: 1.0e-4, high: 1.0e-2, log: true}
  batch_size: {low: 8, high: 16, step: 4}
enqueue: [{dropout: 0.3}]
seeds: [1, 2]
"""


def study(text: str = OLD, workload: Workload = WORKLOAD) -> Study:
    return Study(StudySpec.model_validate(yaml.safe_load(text)), workload)


ADDITIONS = [
    ("[0.1, 0.3]", "[0.1, 0.2, 0.3]", ["space.dropout: [0.1, 0.3] -> [0.1, 0.2, 0.3]"]),
    ("seeds: [1, 2]", "seeds: [1, 2, 3]", ["seeds: [1, 2] -> [1, 2, 3]"]),
    ("seeds: [1, 2]", "seeds: [3, 2, 1]", ["seeds: [1, 2] -> [3, 2, 1]"]),
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
    change = compare(study(), study(OLD.replace(line, instead)))
    assert (list(change.additions), change.conflicts) == (lines, ())


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


# What `sweeper run` does with it.


@pytest.fixture
def places(tmp_path: Path) -> Places:
    home = Home(tmp_path / "home")
    return Places(home.storage, home, data=None)


def drive(given: Study, places: Places, trials: int | None) -> list[str]:
    said = sweep(given, places, trials)[1].splitlines()
    return [line for line in said if " changes: " in line or " all " in line]


def arms_and_seeds(places: Places) -> list[tuple[str, int]]:
    with Database(places.storage) as database:
        return sorted((row.arm, row.seed) for row in database.study("mine@demo").trials.rows())


def test_a_study_stored_before_there_were_resources_is_what_it_is_today(places: Places) -> None:
    drive(study(), places, 2)
    with Database(places.storage) as database:
        row = find_study(database, None).row
        older = {name: value for name, value in row.workload.items() if name != "resources"}
        assert stored_study(replace(row, workload=older)) == study()
        assert row.digest == study().digest()


def test_new_arms_and_seeds_catch_up(places: Places) -> None:
    small = OLD.replace("seeds: [1, 2]", "seeds: [1]")
    assert drive(study(small), places, 4) == []
    grown = small.replace("  A: {}", "  C: {warmup: 0.1}\n  A: {}").replace("seeds: [1]", "seeds: [1, 2]")
    assert drive(study(grown), places, 12) == [
        "mine@demo changes: seeds: [1] -> [1, 2]",
        'mine@demo changes: arms.C: absent -> {"warmup": 0.1}',
        'mine@demo changes: compare: [["B", "A"]] -> [["A", "C"], ["B", "C"]]',
        "mine@demo changes: trials: 4 -> 12",
    ]
    assert arms_and_seeds(places) == [(arm, seed) for arm in "ABC" for seed in (1, 2) for _ in range(2)]
    # Stored and logged: the same file changes nothing any more, and the old one now lacks something.
    assert drive(study(grown), places, None) == []
    with Database(places.storage) as database:
        assert stored_study(find_study(database, None).row) == study(grown)
    with pytest.raises(ConflictError, match=r"arms\.C: .* -> absent"):
        drive(study(small), places, None)


def test_a_choice_added_without_more_trials_says_how_to_go_on(places: Places) -> None:
    drive(study(), places, 2)
    wider = study(OLD.replace("[0.1, 0.3]", "[0.1, 0.3, 0.5]"))
    assert drive(wider, places, None) == [
        "mine@demo: all 2 trials asked for are done; ask for more with --trials",
        "mine@demo changes: space.dropout: [0.1, 0.3] -> [0.1, 0.3, 0.5]",
    ]
    assert drive(wider, places, 8)[-1] == "mine@demo changes: trials: 2 -> 8"


def test_a_whole_grid_grows_with_its_choices(places: Places) -> None:
    text = "name: mine\nsampler: {name: grid}\nspace: {dropout: [0.1, 0.3]}\n"
    drive(study(text), places, None)
    drive(study(text.replace("[0.1, 0.3]", "[0.1, 0.2, 0.3]")), places, None)
    with Database(places.storage) as database:
        assert [row.params["dropout"] for row in database.study("mine@demo").trials.rows()] == [0.1, 0.3, 0.2]


def test_optuna_s_own_tools_see_one_space_after_a_change(places: Places) -> None:
    """Its importances leave out a parameter whose distribution differs from trial to trial."""
    drive(study(), places, 4)
    with Database(places.storage) as database:
        before = {row.number: row.params for row in database.study("mine@demo").trials.rows()}
    drive(study(OLD.replace("[0.1, 0.3]", "[0.5, 0.3, 0.1]")), places, 6)
    mirror = optuna.load_study(study_name="mine@demo", storage=places.storage.whole)
    assert intersection_search_space(mirror.trials)["dropout"].choices == (0.5, 0.3, 0.1)
    assert {number: mirror.trials[number].params["dropout"] for number in before} == {
        number: params["dropout"] for number, params in before.items()
    }


def test_words_are_stored_too(places: Places) -> None:
    drive(study(), places, 1)
    drive(replace(study(), spec=study().spec.model_copy(update={"description": "Why?"})), places, None)
    with Database(places.storage) as database:
        assert find_study(database, None).row.study["description"] == "Why?"


class LaterSampler(SamplerSpec):
    """A sampler of a later version, in which a default is another."""

    startup: int = Field(9, ge=2)


class Later(StudySpec):
    """A study of a later version: with a field more, and other defaults."""

    novelty: int = 3
    objective: str = "sst"
    seeds: tuple[int, ...] = (7,)
    sampler: LaterSampler = LaterSampler()


def later(text: str) -> Study:
    return Study(Later.model_validate(yaml.safe_load(text)), WORKLOAD)


def test_a_field_at_its_default_is_not_digested() -> None:
    class More(StudySpec):
        novelty: int = 3

    assert Study(More.model_validate(yaml.safe_load(OLD)), WORKLOAD).digest() == study().digest()
    other = Study(More.model_validate(yaml.safe_load(OLD) | {"novelty": 4}), WORKLOAD)
    assert other.digest() != study().digest()


@pytest.mark.parametrize("line", ["", "sampler: {seed: 5}"])
def test_what_a_study_file_leaves_out_stays_as_it_was_begun(
    line: str, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = OLD.replace("seeds: [1, 2]", line)
    drive(study(text), places, 4)
    monkeypatch.setattr("sweeper.study.load.StudySpec", Later)
    assert later(text).spec.sampler.startup == 9
    assert drive(later(text), places, 8) == ["mine@demo changes: trials: 4 -> 8"]
    with Database(places.storage) as database:
        stored = find_study(database, None).row.study
        assert {row.seed for row in database.study("mine@demo").trials.rows()} == {11711}
    assert (stored["novelty"], stored["objective"], stored["sampler"]["startup"]) == (3, "overall", 5)
    with pytest.raises(ConflictError, match='objective: "overall" -> "sst"'):
        drive(later(text + "\nobjective: sst"), places, None)


def test_what_a_file_no_longer_says_is_kept_and_told(places: Places) -> None:
    text = OLD + "pruner: {name: median, startup: 7}\n"
    drive(study(text), places, 1)
    begun = as_begun(study(text), study(OLD))
    assert begun == study(text)
    assert kept_fields(study(OLD), begun) == ["pruner.name", "pruner.startup"]
    assert drive(study(text.replace("pruner: {name: median, startup: 7}", "")), places, 1) == []
    # Another pruner, and a queue for a setting that is no longer varied: changes, told as such.
    for line, instead in (("{name: median, startup: 7}", "{name: asha}"), ("[{dropout: 0.3}]", "[]")):
        with pytest.raises(ConflictError):
            drive(study(text.replace(line, instead)), places, 1)
    shrunk = text.replace("  dropout: [0.1, 0.3]\n", "").replace("enqueue: [{dropout: 0.3}]\n", "")
    with pytest.raises(ConflictError, match=r"space.dropout: .* -> absent"):
        drive(study(shrunk), places, 1)


def test_what_changes_no_trial_is_as_the_file_has_it(places: Places) -> None:
    text = OLD + "tables: [arms, table2]\ndescription: Why?\n"
    drive(study(text), places, 1)
    drive(study(OLD), places, 1)
    with Database(places.storage) as database:
        stored = find_study(database, None).row.study
    assert (stored["tables"], stored["description"]) == (["arms"], "")


def test_a_task_named_like_a_column_goes_on_where_it_was_begun(places: Places) -> None:
    tasks = WORKLOAD.train["tasks"] | {"driver": WORKLOAD.train["tasks"]["sst"]}
    workload = WORKLOAD.model_copy(update={"train": WORKLOAD.train | {"tasks": tasks}})
    drive(study(workload=workload), places, 1)
    with Database(places.storage) as database:
        begun = stored_study(find_study(database, None).row)
    assert "driver" in begun.tasks
    drive(begun, places, 2)


def test_a_study_stored_by_an_older_version_goes_on(places: Places) -> None:
    """Fields that did not exist yet are read at their defaults: nobody changed them."""
    drive(study(), places, 1)
    with Database(places.storage) as database:
        store = find_study(database, None)
        row = store.row
        before = {key: value for key, value in row.study.items() if key not in ("pruner", "objective")}
        store.change(before, row.workload, digest="old", space={}, descriptions=[])
    assert drive(study(), places, 2) == ["mine@demo changes: trials: 1 -> 2"]
    with Database(places.storage) as database:
        assert find_study(database, None).row.digest == study().digest()
