"""What `sweeper run` does with a study that has changed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
import yaml
from optuna.search_space import intersection_search_space
from pydantic import Field

from sweeper.errors import ConflictError
from sweeper.paths import Home
from sweeper.store.database import Database
from sweeper.store.studies import find_study
from sweeper.store.study import StudyStore
from sweeper.study.changes import as_begun, kept_fields
from sweeper.study.load import stored_study
from sweeper.study.samplers import SamplerSpec
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from sweeper.sweep.order import Places
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.made import WORKLOAD
from tests.sweeper_tests.study.changed import OLD, study


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


def test_a_change_that_another_driver_was_quicker_than_is_looked_at_anew(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = ["[0.1, 0.3, 0.5]", "[0.1, 0.3, 0.5, 0.7, 0.8]"]

    def with_choices(choices: str) -> Study:
        return study(OLD.replace("[0.1, 0.3]", choices))

    def meanwhile(self: StudyStore, *given: Any, **named: Any) -> bool:
        monkeypatch.undo()
        drive(with_choices(theirs.pop(0)), places, 3)
        return self.change(*given, **named)

    drive(study(), places, 2)
    monkeypatch.setattr(StudyStore, "change", meanwhile)
    assert drive(with_choices("[0.1, 0.3, 0.5, 0.7]"), places, 4) == [
        "mine@demo changes: space.dropout: [0.1, 0.3, 0.5] -> [0.1, 0.3, 0.5, 0.7]",
        "mine@demo changes: trials: 3 -> 4",
    ]
    with Database(places.storage) as database:
        store = database.study("mine@demo")
        assert [text for _, text in store.changes()] == [
            "space.dropout: [0.1, 0.3] -> [0.1, 0.3, 0.5]",
            "trials: 2 -> 3",
            "space.dropout: [0.1, 0.3, 0.5] -> [0.1, 0.3, 0.5, 0.7]",
            "trials: 3 -> 4",
        ]
        assert (store.row.wanted, len(store.trials.rows())) == (4, 4)
    # One that takes the other's back is refused, as if it had come a moment later.
    monkeypatch.setattr(StudyStore, "change", meanwhile)
    with pytest.raises(ConflictError, match=r"space\.dropout: .*0\.8\] -> .*0\.9\]"):
        drive(with_choices("[0.1, 0.3, 0.5, 0.7, 0.9]"), places, 5)
    assert theirs == []
