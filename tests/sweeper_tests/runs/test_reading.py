"""Two studies of one name in one home, and files that are not a trial's own, or not whole."""

import hashlib
import io
import json
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tests.sweeper_tests.typed import Command, contents, refused

RUN = ("run", "--study", "mine", "--executor", "inline", "--trials")
OTHER = ("--storage", "sqlite:///other.db")


def runs(folder: Path) -> Path:
    return folder / ".sweeper/runs/mine@small"


def tables(sweeper: Command) -> str:
    said = sweeper("report", "mine", "--format", "json")
    assert said.code == 0
    return said.out


def warnings(sweeper: Command, *storage: str) -> list[str]:
    said = sweeper("report", "mine", *storage)
    assert said.code == 0
    lines = [line.removeprefix("Warning: ") for line in said.out.splitlines() if line.startswith("Warning: ")]
    return [line for line in lines if "left out" in line]


def sql(statement: str, *values: object, database: str = ".sweeper/studies.db") -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection, connection:
        return connection.execute(statement, values).fetchall()


def with_seed(folder: Path, seed: int) -> None:
    file = folder / "studies/mine.yaml"
    file.write_text(file.read_text(encoding="utf-8") + f"sampler: {{seed: {seed}}}\n", encoding="utf-8")


def test_two_studies_of_one_name_never_share_a_folder(folder: Path, sweeper: Command) -> None:
    assert sweeper(*RUN, "2").code == 0
    before, kept = tables(sweeper), contents(runs(folder))
    with_seed(folder, 4711)
    assert sweeper(*RUN, "2", *OTHER).code == 0
    assert tables(sweeper) == before
    assert contents(runs(folder)) == kept
    [(uuid,)] = sql("SELECT uuid FROM sweep", database="other.db")
    theirs = runs(folder).with_name(f"mine@small.{str(uuid)[:8]}")
    assert json.loads((theirs / "study.json").read_text())["uuid"] == uuid
    for storage, place in ((), runs(folder)), (OTHER, theirs):
        # Each exports its own: the weights beside which its predictions lie.
        assert sweeper("best", "mine", *storage, "--export", "exported").code == 0
        number = json.loads(Path("exported/sweeper.json").read_text())["trial"]
        told = json.loads((place / str(number) / "origin.json").read_text())
        weights = place / str(number) / "best.safetensors"
        assert told["files"][weights.name] == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert warnings(sweeper) == warnings(sweeper, *OTHER) == []


def test_runs_from_before_are_not_those_of_a_new_study(folder: Path, sweeper: Command) -> None:
    assert sweeper(*RUN, "2").code == 0
    for mark in runs(folder).rglob("*.json"):
        mark.unlink()
    sql("UPDATE sweep SET uuid = '0d6a1d3b-58a8-5c1e-8a51-0123456789ab'")  # as a migration gives them
    before = tables(sweeper)
    kept = contents(runs(folder))
    assert sweeper(*RUN, "2", *OTHER).code == 0
    assert contents(runs(folder)) == kept
    assert tables(sweeper) == before
    assert sweeper(*RUN, "3").code == 0
    assert json.loads((runs(folder) / "study.json").read_text())["uuid"].startswith("0d6a1d3b")
    assert (runs(folder) / "2/predictions.npz").exists()


def test_a_copied_database_takes_the_runs_and_says_so(folder: Path, sweeper: Command) -> None:
    assert sweeper(*RUN, "1").code == 0
    assert sweeper("db", "copy", "sqlite:///.sweeper/studies.db", "sqlite:///other.db").code == 0
    assert sql("SELECT uuid FROM sweep") == sql("SELECT uuid FROM sweep", database="other.db")
    said = sweeper(*RUN, "2", *OTHER)
    assert said.code == 0
    assert said.out.count(f"from now on they are of sqlite:///{folder}/other.db on ") == 1
    assert "from now on" not in sweeper(*RUN, "2", *OTHER).out
    assert [path.name for path in runs(folder).parent.iterdir()] == ["mine@small"]
    # The same numbers with other settings: each database knows which files are its own.
    sql("UPDATE sweep SET wanted = 2")
    sql("UPDATE run SET digest = 'x', config = json_set(config, '$.dropout', 0.7)")
    shutil.rmtree("reports", ignore_errors=True)
    assert warnings(sweeper) == [
        "runs/mine@small/0/predictions.npz is left out: it is of another configuration than trial 0."
    ]
    assert warnings(sweeper, *OTHER) == []


def flip(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


def huge(file: Path) -> None:
    """An array that says to have 7 TiB, whose checksum is right."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)})
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("sst.prediction", "sst.label", "sst.id"):
            archive.writestr(f"{name}.npy", header.getvalue())


def changed(file: Path, **arrays: object) -> None:
    with np.load(file) as there:
        kept = {name: there[name] for name in there.files}
    for name, change in arrays.items():
        key = f"sst.{name}"
        kept[key] = change(kept[key])  # type: ignore[operator]
    np.savez(file, **kept)


def signed(file: Path) -> None:
    origin = file.with_name("origin.json")
    said = json.loads(origin.read_text())
    said["files"][file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
    origin.write_text(json.dumps(said))


def test_a_damaged_file_costs_what_hangs_on_it_and_is_named(folder: Path, sweeper: Command) -> None:
    assert sweeper(*RUN, "2").code == 0
    assert warnings(sweeper) == []
    file, place = runs(folder) / "1/predictions.npz", "runs/mine@small/1/predictions.npz is left out: it "
    origin, whole = file.with_name("origin.json"), file.read_bytes()
    told = origin.read_text()

    def reported() -> str:
        [line] = warnings(sweeper)
        assert line.startswith(place)
        file.write_bytes(whole)
        origin.write_text(told)
        return line.removeprefix(place)

    flip(file)
    assert reported() == "is damaged: its checksum is not the recorded one."
    for damage in (
        lambda: huge(file),
        lambda: changed(file, prediction=lambda values: values * np.nan),
        lambda: changed(file, label=lambda values: values.astype(str) + "x"),
    ):
        damage()
        signed(file)
        assert reported() == "is damaged."
    changed(file, prediction=lambda values: values * 0 + 9)
    signed(file)
    assert reported() == "does not give the recorded scores of trial 1."
    shutil.copy(runs(folder) / "0/predictions.npz", file)
    shutil.copy(runs(folder) / "0/origin.json", origin)
    assert reported() == "belongs to trial 0."
    origin.write_text(told.replace('"study": "', '"study": "0'))
    assert reported().startswith("belongs to another study (0")
    origin.write_text("{")
    assert reported() == "cannot be told whose it is, as origin.json beside it is damaged."
    said = sweeper("diff", "mine", "0", "1").out
    assert "left out" not in said
    flip(file)
    assert f"{place}is damaged" in sweeper("diff", "mine", "0", "1").out.replace("\n", " ")
    file.write_bytes(whole)
    # Without an origin, as before there was one, a file is read that gives the recorded scores.
    origin.unlink()
    assert warnings(sweeper) == []


def test_damaged_weights_are_trained_again(folder: Path, sweeper: Command) -> None:
    assert sweeper(*RUN, "1").code == 0
    assert "trained again" not in sweeper("best", "--export", "exported").out
    exported = contents(folder / "exported")
    flip(runs(folder) / "0/best.safetensors")
    said = sweeper("best", "--export", "exported")
    assert said.code == 0
    assert (
        "best.safetensors is left out: it is damaged: its checksum is not the recorded one\n"
        "the weights of trial 0 were not kept here: it is trained again, which took "
    ) in said.out
    assert contents(folder / "exported") == exported


@pytest.mark.parametrize("name", ["/abs@tiny", "../../x@tiny", "a/b@tiny", "mine@..", "mine", "\x1b[2J@x"])
def test_a_name_that_leaves_its_folder_is_refused_by_every_command(
    name: str, folder: Path, sweeper: Command
) -> None:
    assert sweeper(*RUN, "1").code == 0
    sql("UPDATE sweep SET name = ?", name)
    for command in ("report", "status", "list", "best", "resume", "confirm", "export", "retry"):
        options = ("--trials", "trials.csv") if command == "export" else ()
        said = refused(sweeper, command, *options)
        assert "is not allowed" in said
        assert "\x1b" not in said
    for command in (("show", "mine", "0"), ("diff", "mine", "0", "1"), ("replay", "mine", "0")):
        assert "is not allowed" in refused(sweeper, *command)


def test_a_number_that_leaves_its_folder_is_refused(folder: Path, sweeper: Command) -> None:
    assert sweeper(*RUN, "1").code == 0
    sql("UPDATE run SET number = '../../x'")
    said = sweeper("report")
    assert said.code in (0, 2)
    assert "trial ../../x of study 'mine@small' cannot be read: its number cannot be '../../x'" in said.err


@pytest.mark.parametrize("uuid", [None, "../../../x", "0" * 36])
def test_a_uuid_that_is_none_is_refused(uuid: str | None, folder: Path, sweeper: Command) -> None:
    assert sweeper(*RUN, "1").code == 0
    sql("UPDATE sweep SET uuid = ?", uuid)
    assert "which is none" in refused(sweeper, "report")
