"""`auto` is resolved once and holds on every machine; one that does not compute it takes no trial."""

import io
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console

from model.precision import computes_bf16
from sweeper.errors import InputError
from sweeper.store.database import Database
from sweeper.study.spec import StudySpec
from sweeper.study.study import Study
from sweeper.sweep.order import Order, Places
from sweeper.sweep.sweep import run
from tests.sweeper_tests import made
from tests.sweeper_tests.driven import sweep
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.typed import Command, refused, write


def machine(monkeypatch: pytest.MonkeyPatch, bf16: bool) -> None:
    """Lets this machine compute bf16, or not."""
    monkeypatch.setattr("model.precision.computes_bf16", lambda device: bf16)


def auto(study: Study, **base: Any) -> Study:
    """The study on a workload that says auto."""
    workload = study.workload.model_copy(update={"train": {**study.workload.train, "precision": "auto"}})
    spec = StudySpec.model_validate(study.spec.model_dump() | {"base": {**study.spec.base, **base}})
    return replace(study, spec=spec, workload=workload)


def stored(places: Places, name: str) -> tuple[dict[str, Any], dict[str, Any], list[dict[str, Any]]]:
    """The study and the workload as recorded, and the configurations of its trials."""
    with Database(places.storage) as database:
        store = database.study(name)
        return store.row.study, store.row.workload, [row.config for row in store.trials.rows()]


@pytest.mark.parametrize(("first", "other"), [(True, True), (False, True), (False, False)])
def test_auto_is_resolved_by_the_machine_that_begins_and_holds_elsewhere(
    first: bool, other: bool, study: Study, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    precision, given = "bf16" if first else "fp32", auto(study)
    machine(monkeypatch, first)
    _, said = sweep(given, places, 2)
    assert f"{study.name}: precision auto is {precision}, as this machine computes, for good\n" in said
    assert "as it was begun" not in said
    machine(monkeypatch, other)
    _, said = sweep(given, places, 4)
    assert f"{study.name}: precision auto is {precision}, as it was begun\n" in said
    assert "changes:" not in said.replace("changes: trials", "")
    assert "keeps as begun" not in said
    # An arm that is added has the same.
    arms = {**given.spec.arms, "Added": {**next(iter(given.spec.arms.values())), "precision": "auto"}}
    more = replace(given, spec=StudySpec.model_validate(given.spec.model_dump() | {"arms": arms}))
    sweep(more, places, 10)
    spec, workload, configs = stored(places, study.name)
    assert workload["train"]["precision"] == spec["arms"]["Added"]["precision"] == precision
    assert "auto" not in json.dumps([spec["base"], spec["arms"]])
    assert {config["precision"] for config in configs} == {precision}
    assert len(configs) == 10


def test_a_machine_without_it_takes_no_trial_and_says_so(
    study: Study, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, True)
    sweep(auto(study), places, 2)
    before = stored(places, study.name)
    machine(monkeypatch, False)
    executor = InstantExecutor()
    with pytest.raises(InputError, match=r"study '.*' is not for this machine: precision bf16: cpu does not"):
        sweep(auto(study), places, 4, executor)
    assert (executor.submitted, stored(places, study.name)) == ([], before)
    # Where its trials compute elsewhere, the driver's machine does not matter.
    console = Console(file=io.StringIO())
    tally = run(Order(auto(study), 4, places, console), InstantExecutor(), here=False)
    assert tally.finished == 4


def test_a_study_of_before_keeps_fp32(study: Study, places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, True)
    sweep(study, places, 2)
    before = stored(places, study.name)
    _, said = sweep(auto(study), places, 3)
    assert f"{study.name}: precision auto is fp32, as it was begun\n" in said
    after = stored(places, study.name)
    assert after[:2] == before[:2]
    assert {config["precision"] for config in after[2]} == {"fp32"}


def test_a_precision_that_the_files_set_is_not_called_auto(
    study: Study, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, True)
    _, said = sweep(auto(study, precision="fp32"), places, 2)
    assert "auto" not in said
    assert {config["precision"] for config in stored(places, study.name)[2]} == {"fp32"}


def test_of_two_machines_that_begin_at_once_the_quicker_one_decides(
    study: Study, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine(monkeypatch, False)
    given, find = auto(study), Database.find
    asked: list[str] = []

    def late(self: Database, name: str) -> Any:
        asked.append(name)
        if len(asked) > 1:
            return find(self, name)
        machine(monkeypatch, True)  # the slower one computes bf16
        return None

    with Database(places.storage) as database:
        made.begin(database, given_as_fp32(given), 2)
    monkeypatch.setattr(Database, "find", late)
    _, said = sweep(given, places, 2)
    assert f"{study.name}: precision auto is fp32, as it was begun\n" in said
    assert {config["precision"] for config in stored(places, study.name)[2]} == {"fp32"}


def given_as_fp32(given: Study) -> Study:
    train = {**given.workload.train, "precision": "fp32"}
    return replace(given, workload=given.workload.model_copy(update={"train": train}))


def test_records_that_say_bf16_are_read_and_told_as_precision(study: Study, places: Places) -> None:
    if not places.storage.startswith("sqlite"):
        pytest.skip("written by hand in SQLite")
    sweep(study, places, 3)
    file = places.storage.removeprefix("sqlite:///")
    with closing(sqlite3.connect(file)) as connection, connection:
        rows = connection.execute("SELECT id, config FROM run ORDER BY number").fetchall()
        for (key, config), switch in zip(rows, (False, True, True), strict=True):
            old = json.loads(config)
            assert old.pop("precision") == "fp32"
            text = json.dumps(old | {"bf16": switch})
            connection.execute("UPDATE run SET config = ? WHERE id = ?", (text, key))
    configs = stored(places, study.name)[2]
    assert [config["precision"] for config in configs] == ["fp32", "bf16", "bf16"]
    assert not any("bf16" in config for config in configs)


def test_commands_say_what_auto_is_and_refuse_what_this_machine_cannot_compute(
    folder: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = folder / "studies/workloads/small.yaml"
    write(small, small.read_text(encoding="utf-8") + "  precision: auto\n")
    able = computes_bf16(torch.device("cpu"))
    machine(monkeypatch, True)
    said = sweeper("validate", "mine")
    assert "Precision: auto, which is bf16 for a study that begins on this machine\n" in said.out
    said = sweeper("run", "mine", "--trials", "1", "--executor", "inline")
    assert said.code == 0
    assert "mine@small: precision auto is bf16, as this machine computes, for good" in said.out
    # Where device or processor are told, so is the precision.
    assert "device: cpu, 1 thread, bf16; attempts: 1" in sweeper("show", "mine", "0").out
    assert sweeper("report", "mine").code == 0
    page = (folder / "reports/mine@small/index.html").read_text(encoding="utf-8")
    assert "cpu, 1 CPU thread, bf16" in page
    checklist = (folder / "reports/mine@small/checklist.md").read_text(encoding="utf-8")
    assert "1 CPU thread each, bf16" in checklist
    assert "products in bf16" in checklist
    if able:  # in a process of its own
        assert sweeper("replay", "mine", "0").code == 0

    machine(monkeypatch, False)
    said = sweeper("validate", "mine")
    assert "Precision: auto, which is fp32 for a study that begins on this machine\n" in said.out
    rows = folder / "rows.tsv"
    write(rows, "sentence\nA fine film\n")
    for command, whose in {
        ("run", "mine", "--trials", "2", "--executor", "inline"): "study 'mine@small'",
        ("resume", "mine@small", "--executor", "inline"): "study 'mine@small'",
        ("confirm", "mine@small", "--seeds", "1", "--executor", "inline"): "study 'mine-confirm@small'",
        ("replay", "mine", "0"): "trial 0 of study 'mine@small'",
    }.items():
        assert f"{whose} is not for this machine: precision bf16: cpu" in refused(sweeper, *command)
    said = sweeper("predict", "mine", "--input", "rows.tsv", "--output", "out.tsv")
    assert (said.code, said.err.count("\n")) == (2, 1)  # which trial, before it is refused
    assert "trial 0 of study 'mine@small' is not for this machine: precision bf16: cpu" in said.err
    assert not (folder / "out.tsv").exists()
    # Who loads an exported model computes in fp32, and so does the export.
    said = sweeper("best", "mine", "--export", "exported")
    assert (said.code, said.err) == (0, "")
    assert "dev scores of its weights in fp32: overall" in said.out


def test_a_new_study_that_asks_for_bf16_leaves_nothing_behind_where_it_cannot_be_had(
    folder: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = folder / "studies/mine.yaml"
    write(mine, mine.read_text(encoding="utf-8") + "base: {bf16: true}\n")
    machine(monkeypatch, False)
    said = refused(sweeper, "run", "mine", "--trials", "1", "--executor", "inline")
    assert "study 'mine@small' is not for this machine: precision bf16" in said
