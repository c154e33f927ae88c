"""Runs of Weights & Biases on this machine, read back from their files by the format of LevelDB's logs."""

import json
import shutil
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wandb.proto import wandb_internal_pb2 as proto

from sweeper.paths import Home
from sweeper.store.database import Database
from sweeper.study.study import Study
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.observers.test_log import Resumable, Stopping, metrics, swept

BLOCK = 32 * 1024
HEADER = 7  # of the file, and of each part of a record


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.delenv("WANDB_MODE", raising=False)
    return Home(tmp_path / "home %")


def records(file: Path) -> Iterator[Any]:
    """Every record of a file: parts with checksum, length and kind, in blocks that no part crosses."""
    content = file.read_bytes()
    place, parts = HEADER, b""
    while place < len(content):
        if BLOCK - place % BLOCK < HEADER:
            place += BLOCK - place % BLOCK
            continue
        checksum, length, kind = struct.unpack("<IHB", content[place : place + HEADER])
        part = content[place + HEADER : place + HEADER + length]
        assert zlib.crc32(bytes([kind]) + part) == checksum
        parts += part
        place += HEADER + length
        if kind in (1, 4):  # whole, or the last part
            yield proto.Record.FromString(parts)
            parts = b""


def logged(home: Home, study: Study, number: int) -> tuple[dict[str, list[tuple[int, float]]], Any]:
    """The metrics of a trial by name, and its run with configuration, summary and exit code."""
    [file] = (home.root / "wandb" / study.name / str(number)).glob("wandb/offline-run-*/run-*.wandb")
    history: dict[str, list[tuple[int, float]]] = {}
    run: dict[str, Any] = {"config": {}, "summary": {}, "exit": None}
    for record in records(file):
        match record.WhichOneof("record_type"):
            case "run":
                run |= {
                    "name": record.run.display_name,
                    "project": record.run.project,
                    "id": record.run.run_id,
                }
                run["config"] |= {one.key: json.loads(one.value_json) for one in record.run.config.update}
            case "history":
                items = {_key(one): json.loads(one.value_json) for one in record.history.item}
                for name, value in items.items():
                    if not name.startswith("_"):
                        history.setdefault(name, []).append((items["_step"], value))
            case "summary":
                run["summary"] |= {_key(one): json.loads(one.value_json) for one in record.summary.update}
            case "exit":
                run["exit"] = record.exit.exit_code
    return history, run


def _key(item: Any) -> str:
    return item.key or ".".join(item.nested_key)


def test_every_epoch_setting_and_outcome_is_there(study: Study, home: Home) -> None:
    executor = InstantExecutor(2, fails=frozenset({2}))
    assert "log " not in swept(study, home, 4, executor, logs=("wandb",))
    with Database(home.storage) as database:
        rows = database.study(study.name).trials.rows()
    assert len(rows) == 4
    for row in rows:
        history, run = logged(home, study, row.number)
        assert history == metrics(home, row.number)
        config = {name: value for name, value in run["config"].items() if name != "_wandb"}
        assert config == {"arm": row.arm, "seed": row.seed, **row.params}
        failed = row.number == 2
        assert (run["name"], run["exit"]) == (f"trial {row.number}", int(failed))
        assert run["summary"]["state"] == ("failed (nan)" if failed else "complete")
        assert run["summary"]["message"] == ("the loss is nan" if failed else "")
        scores = {f"best/{name}": value for name, value in (row.scores or {}).items()}
        assert {name: value for name, value in run["summary"].items() if name.startswith("best/")} == scores


def test_a_trial_that_goes_on_has_no_epoch_twice(study: Study, home: Home) -> None:
    with pytest.raises(KeyboardInterrupt):
        swept(study, home, 3, Stopping(5), logs=("wandb",))
    swept(study, home, 3, Resumable(), logs=("wandb",))
    for number in range(3):
        history, run = logged(home, study, number)
        assert history == metrics(home, number)
        assert run["summary"]["state"] == "complete"


def test_studies_of_one_name_have_runs_of_their_own(study: Study, home: Home) -> None:
    """Their homes may be called alike, on two machines that send their runs to one server."""
    ids = []
    for _ in range(2):
        swept(study, home, 1, InstantExecutor(), logs=("wandb",))
        ids.append(logged(home, study, 0)[1]["id"])
        shutil.rmtree(home.root)
    assert ids[0] != ids[1]
