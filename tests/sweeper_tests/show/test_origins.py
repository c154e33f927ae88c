"""Where `show` says that each setting of a trial came from."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sweeper.report.confirmation import confirmation
from sweeper.report.read import read_study
from sweeper.report.results import rank_configurations
from sweeper.show.origins import Origin, Setting, settings_of
from sweeper.show.settings import origin_text
from sweeper.store.database import Database
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.study.written import Written, WrittenFile
from sweeper.study.yamlfile import read_yaml
from sweeper.sweep.order import Places
from sweeper.trial import PastTrial, RunState, StudyRow, TrialRow
from tests.sweeper_tests import made
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.show.originated import LENT_FILE, OWN_FILE, STUDY, hand_made, told, wheres
from tests.sweeper_tests.typed import write


def test_every_setting_of_a_trial_of_an_arm_on_a_workload_that_extends_another(
    place: Path, places: Places
) -> None:
    sweep(load_study("mine"), places, 4)
    # Files that move and change meanwhile: later trials have what they say then, those before what they said.
    (place / "studies/mine.yaml").unlink()
    write(place / "moved.yaml", "# Moved.\n" + STUDY)
    sweep(load_study("moved.yaml"), places, 8)
    write(place / "moved.yaml", "name: other")
    (place / OWN_FILE).unlink()

    first, file = told(places.storage, 3), "studies/mine.yaml"
    assert (first["arm"], first["seed"], first["configuration"]) == ("S-BERT + SMART", 4, 0)
    enqueued = (0.1, "enqueue", None, file, 18, "enqueue[0].weight_decay")
    assert wheres(first) == hand_made(first["params"], (4, 20), enqueued, file, 0)
    assert first["settings"]["mask_words"]["range_of"] == "lent"
    defaults = first["settings"].keys() - wheres(first).keys()
    assert {"tasks.sst.source.seed", "encoder.layers", "dropout", "smart.steps"} <= defaults
    assert "tasks.sst.source.drop_incomplete" not in first["settings"]
    nothing = dict.fromkeys(("name", "file", "line", "key", "range_of", "proposed"))
    for name in defaults:
        assert first["settings"][name] == {
            "value": first["settings"][name]["value"],
            "source": "default",
            **nothing,
        }

    later = told(places.storage, 5)
    assert (later["arm"], later["seed"], later["configuration"]) == ("S-BERT + SMART", 3, 1)
    drawn = (later["params"]["weight_decay"], "space", "tpe", "moved.yaml", 15, "space.weight_decay")
    # Of `moved.yaml`, not of `mine.yaml`, and a line further down; the workloads lie where they lay.
    assert wheres(later) == hand_made(later["params"], (3, 19), drawn, "moved.yaml", 1)
    assert [file["path"] for file in later["provenance"]["files"]] == ["moved.yaml", OWN_FILE, LENT_FILE]
    assert later["provenance"]["files"][0]["text"] == "# Moved.\n" + STUDY


def test_a_study_that_goes_on_without_its_files_keeps_them(place: Path, places: Places) -> None:
    study = load_study("mine")
    sweep(study, places, 2)
    sweep(replace(study, written=None), places, 4)
    assert told(places.storage, 3)["settings"]["smart.enabled"]["file"] == "studies/mine.yaml"
    # What was changed in Python stands in no file.
    seeds = study.spec.model_copy(update={"seeds": (3, 4, 5)})
    sweep(replace(study, spec=seeds, written=None), places, 6)
    without = told(places.storage, 5)
    said = without["settings"]["smart.enabled"]
    assert (said["source"], said["name"], said["file"], said["line"]) == ("arm", "S-BERT + SMART", None, None)
    assert without["provenance"]["files"] is None


def stored(of: Study, **workload: Any) -> StudyRow:
    """A study as the database has it."""
    study, on = (part.model_dump(mode="json") for part in (of.spec, of.workload))
    return StudyRow(1, of.name, study, on | workload, "", 8, "0.1.0", made.BEGUN, 1, "")


def texts(
    row: StudyRow, run: TrialRow, written: Written | None, past: Sequence[PastTrial] = ()
) -> dict[str, str]:
    """Where each setting came from, as `show` says it."""
    return {one.name: origin_text(one.origin) for one in settings_of(row, run, written, past)}


def test_a_trial_of_a_study_without_files() -> None:
    of = made.study(base={"epochs": 3}, seeds=[7], enqueue=[{"dropout": 0.3}])
    found = texts(stored(of), made.row(of, 0, "S-BERT", seed=7), None)
    assert {found[name] for name in ("optimizer", "mask_words", "smart.enabled")} == {"default"}
    assert found["epochs"] == "study, base"
    assert found["tasks.para.head"] == "study, arm S-BERT"
    assert found["dropout"] == "study, enqueue"
    assert found["weight_decay"] == "study, space, drawn by tpe"
    assert found["seed"] == "study, seeds"
    assert found["tasks.para.kind"] == "workload demo"


def test_what_was_enqueued_is_told_from_what_was_drawn_alike() -> None:
    of = made.study(enqueue=[{"dropout": 0.3}, {"dropout": 0.3, "weight_decay": 0.1}, {"dropout": 0.5}])
    row, run = stored(of), made.row(of, 4, "S-BERT")  # its configuration is 4

    def trial(configuration: int, arm: str = "S-BERT", **params: Any) -> PastTrial:
        params = made.PARAMS | params
        return PastTrial(9, arm, params, 1, configuration, RunState.COMPLETE, None)

    first, second, last = trial(0), trial(1), trial(2, dropout=0.5)
    for past, dropout, weight_decay in (
        ((), "enqueue", "space"),
        ((first,), "enqueue", "enqueue"),
        ((first, second), "space", "space"),  # 0.5 would have been next
        ((second, first, last), "space", "space"),  # nothing waits, and 0.3 was drawn
        ((trial(0, arm="Baseline"), trial(5)), "enqueue", "space"),
    ):
        said = texts(row, run, None, past)
        assert said["dropout"].startswith(f"study, {dropout}"), past
        assert said["weight_decay"].startswith(f"study, {weight_decay}"), past


def file(path: str, text: str) -> WrittenFile:
    """A file of which the lines are those of its keys at the top and of the keys below them."""
    folder = Path(path)
    write(folder, text)
    return WrittenFile.of(read_yaml(folder))


def test_ranges_of_the_workload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    of = made.study(space={"learning_rate": [0.1], "sts_loss": ["mse"]}, sampler={"name": "random"})
    run = made.row(of, 0, "S-BERT", params={"learning_rate": 0.1, "sts_loss": "mse"})
    own = file("own.yaml", "name: own\nextends: lent\nranges:\n  learning_rate: [0.1]\n")
    lent = file("lent.yaml", "name: lent\nranges:\n  learning_rate: [0.2]\n  tasks.sts.loss: [mse]\n")
    by_word = file("study.yaml", "name: made\nspace:\n  learning_rate: workload\n  sts_loss: workload\n")
    row = stored(of, space={})
    for workloads, rate in (
        ([own, lent], "own.yaml:4 ranges of workload own"),
        ([lent], "lent.yaml:3 ranges of workload lent"),
    ):
        said = texts(row, run, Written(by_word, workloads))
        assert said["learning_rate"] == f"{rate}, drawn by random"
        assert said["tasks.sts.loss"] == "lent.yaml:4 ranges of workload lent, drawn by random"
    # Where the study has its own, the workload's does not count; before there were `ranges` it did.
    its_own = file("study.yaml", "name: made\nspace:\n  learning_rate: [0.1]\n  sts_loss: [mse]\n")
    written = Written(its_own, [own, lent])
    assert texts(row, run, written)["learning_rate"] == "study.yaml:3 space, drawn by random"
    began = stored(of, space={"learning_rate": [0.1]})
    assert texts(began, run, written)["learning_rate"] == "own.yaml:4 ranges of workload own, drawn by random"
    assert texts(began, run, written)["tasks.sts.loss"] == "study.yaml:4 space, drawn by random"
    # A line that says another range than the recorded one is not named, and there may be no file.
    other = stored(of, space={"learning_rate": [0.3]})
    for known in (written, None):
        assert texts(other, run, known)["learning_rate"] == "ranges of workload demo, drawn by random"


def test_a_micro_batch_that_was_halved() -> None:
    of = made.study(base={"accumulation": 2})
    run = made.row(of, 0, "S-BERT")
    halved = replace(run, halvings=1, config=run.config | {"accumulation": 4})
    (found,) = (one for one in settings_of(stored(of), halved, None, ()) if one.name == "accumulation")
    assert found.value == 4
    proposed = Setting("accumulation", 2, Origin("base", key="base.accumulation"))
    assert found.origin == Origin("memory", proposed=proposed)
    expected = "micro-batch halved after memory ran out; proposed: 2 (study, base)"
    assert origin_text(found.origin) == expected


def test_a_confirmation_of_a_study(place: Path, places: Places) -> None:
    sweep(load_study("mine"), places, 4)
    with Database(places.storage) as database:
        found = read_study(database, database.study("mine@own"))
        leaders = rank_configurations(found.results)[:1]
    sweep(confirmation(found.study, leaders, 1), places, 1)
    said = told(places.storage, 0, "mine-confirm@own")
    again = ("weight_decay", "warmup", "mask_words", "seed")
    arm = ("smart.enabled", "max_grad_norm", "encoder.pooling") if "SMART" in leaders[0].arm else ()
    confirmed = {name for name, one in said["settings"].items() if one["source"] == "confirm"}
    assert confirmed == {*again, *arm, "score_test"}
    assert {said["settings"][name]["name"] for name in confirmed} == {"mine@own"}
    head = said["settings"]["tasks.sst.head"]
    assert (head["source"], head["file"], head["line"]) == ("base", "studies/mine.yaml", 4)
    assert said["settings"]["epochs"]["line"] == 18
