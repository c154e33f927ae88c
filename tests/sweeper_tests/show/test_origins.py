"""Where `show` says that each setting of a trial came from."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sweeper.report.confirmation import confirmation
from sweeper.report.read import read_study
from sweeper.report.results import rank_configurations
from sweeper.show.origins import Origin, Setting, settings_of
from sweeper.show.record import read_record, record_json
from sweeper.show.settings import origin_text, settings_lines
from sweeper.store.database import Database
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.study.written import Written, WrittenFile
from sweeper.study.yamlfile import read_yaml
from sweeper.sweep.order import Places
from sweeper.trial import PastTrial, RunState, StudyRow, TrialRow
from tests.sweeper_tests import made
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.typed import Command, write

STUDY = """\
name: mine
workload: own
base:
  sst_head: mlp
  smart: {weight: dynamic}
arms:
  Plain: {}
  "S-BERT + SMART":
    smart.enabled: true
    max_grad_norm: null
    encoder:
      pooling: mean
space:
  weight_decay: [0.01, 0.1, 0.3]
  warmup: {low: 0.0, high: 0.3}
  mask_words: workload
enqueue:
  - {weight_decay: 0.1}
seeds: [3,
  4]
"""

OWN = """\
name: own
extends: lent
train:
  tasks:
    sst:
      source: {kind: demo, task: sst}   # of another kind: nothing is left of the source below
      dev_rows: 20
  encoder.hidden_size: 16
  learning_rate: 1.0e-3
"""

LENT = """\
name: lent
train:
  tasks:
    sst:
      kind: single
      classes: 5
      source:
        kind: files
        train: a.csv
        dev: b.csv
        drop_incomplete: true
      text: [sentence]
      label: sentiment
      metric: accuracy
      train_rows: 30
  encoder: {hidden_size: 8, attention_heads: 1}
  learning_rate: 5.0e-4
  epochs: 2
ranges:
  mask_words: [0.0, 0.25]
"""

OWN_FILE, LENT_FILE = "studies/workloads/own.yaml", "studies/workloads/lent.yaml"

Where = tuple[Any, str, str | None, str | None, int | None, str | None]
"""Value, source, name, file, line and key."""


def hand_made(
    params: dict[str, Any], seed: tuple[int, int], weight_decay: Where, file: str, down: int
) -> dict[str, Where]:
    """The settings of a trial of the second arm that anything but a default gave."""
    arm, arms = "S-BERT + SMART", "arms.S-BERT + SMART"
    return {
        "weight_decay": weight_decay,
        "warmup": (params["warmup"], "space", "tpe", file, 15 + down, "space.warmup"),
        "mask_words": (params["mask_words"], "space", "tpe", LENT_FILE, 20, "ranges.mask_words"),
        "seed": (seed[0], "seeds", None, file, seed[1] + down, f"seeds[{seed[0] - 3}]"),
        "smart.enabled": (True, "arm", arm, file, 9 + down, f"{arms}.smart.enabled"),
        "max_grad_norm": (None, "arm", arm, file, 10 + down, f"{arms}.max_grad_norm"),
        "encoder.pooling": ("mean", "arm", arm, file, 12 + down, f"{arms}.encoder.pooling"),
        "tasks.sst.head": ("mlp", "base", None, file, 4 + down, "base.sst_head"),
        "smart.weight": ("dynamic", "base", None, file, 5 + down, "base.smart.weight"),
        "tasks.sst.source.kind": ("demo", "workload", "own", OWN_FILE, 6, "train.tasks.sst.source.kind"),
        "tasks.sst.source.task": ("sst", "workload", "own", OWN_FILE, 6, "train.tasks.sst.source.task"),
        "tasks.sst.dev_rows": (20, "workload", "own", OWN_FILE, 7, "train.tasks.sst.dev_rows"),
        "encoder.hidden_size": (16, "workload", "own", OWN_FILE, 8, "train.encoder.hidden_size"),
        "learning_rate": (1e-3, "workload", "own", OWN_FILE, 9, "train.learning_rate"),
        "tasks.sst.kind": ("single", "workload", "lent", LENT_FILE, 5, "train.tasks.sst.kind"),
        "tasks.sst.classes": (5, "workload", "lent", LENT_FILE, 6, "train.tasks.sst.classes"),
        "tasks.sst.text": (["sentence"], "workload", "lent", LENT_FILE, 12, "train.tasks.sst.text"),
        "tasks.sst.label": ("sentiment", "workload", "lent", LENT_FILE, 13, "train.tasks.sst.label"),
        "tasks.sst.metric": ("accuracy", "workload", "lent", LENT_FILE, 14, "train.tasks.sst.metric"),
        "tasks.sst.train_rows": (30, "workload", "lent", LENT_FILE, 15, "train.tasks.sst.train_rows"),
        "encoder.attention_heads": (1, "workload", "lent", LENT_FILE, 16, "train.encoder.attention_heads"),
        "epochs": (2, "workload", "lent", LENT_FILE, 18, "train.epochs"),
    }


def told(url: str, number: int, study: str = "mine@own") -> dict[str, Any]:
    """What `show --json` prints of a trial."""
    with Database(url) as database:
        found = record_json(read_record(database.study(study), number))
    read: dict[str, Any] = json.loads(json.dumps(found, allow_nan=False))
    return read


def wheres(record: dict[str, Any]) -> dict[str, Where]:
    parts = ("value", "source", "name", "file", "line", "key")
    return {
        name: tuple(said[part] for part in parts)  # type: ignore[misc]
        for name, said in record["settings"].items()
        if said["source"] != "default"
    }


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the study, its workload, and the one which that extends."""
    write(tmp_path / "studies/mine.yaml", STUDY)
    write(tmp_path / OWN_FILE, OWN)
    write(tmp_path / LENT_FILE, LENT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


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


def test_settings_stand_whole_in_a_width() -> None:
    from_file = Origin("base", None, "studies/a long name of a study.yaml", 7, "base.learning_rate")
    settings = [
        Setting("epochs", 2, Origin("default")),
        Setting("encoder.name", "a\x1b[31mb\nc", replace(from_file, line=8)),
        Setting("learning_rate", 3.0000000000000004e-05, from_file),
        Setting("encoder.dropout", None, Origin("default")),
        Setting("optimizer", "null", Origin("arm", "A", "x.yaml", 1, "arms.A.optimizer")),
    ]
    assert settings_lines(settings, 100) == [
        "Settings:",
        'optimizer      "null"                  x.yaml:1 arms.A',
        r"encoder.name   a\x1b[31mb c            studies/a long name of a study.yaml:8 base",
        "learning_rate  3.0000000000000004e-05  studies/a long name of a study.yaml:7 base",
        "",
        "By default, 2:",
        "    epochs 2, encoder.dropout null",
    ]
    assert settings_lines(settings, 40)[-6:] == [
        "learning_rate  3.0000000000000004e-05",
        "    studies/a long name of a",
        "    study.yaml:7 base",
        "",
        "By default, 2:",
        "    epochs 2, encoder.dropout null",
    ]


def test_the_command(place: Path, places: Places, sweeper: Command) -> None:
    write(Path("studies/mine.yaml"), STUDY)
    for path, text in ((OWN_FILE, OWN), (LENT_FILE, LENT)):
        write(Path(path), text)
    sweep(load_study("mine"), places, 4)
    said = sweeper("show", "mine", "3", "--storage", places.storage)
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert "smart.enabled            true" in lines
    assert (
        lines[lines.index("smart.enabled            true") + 1]
        == "    studies/mine.yaml:9 arms.S-BERT + SMART"
    )
    assert json.loads(sweeper("show", "mine", "3", "--json", "--storage", places.storage).out) == told(
        places.storage, 3
    )
