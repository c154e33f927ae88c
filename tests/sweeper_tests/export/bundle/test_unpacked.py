"""Bundles from anybody: each that is damaged, foreign or hostile is one line that names file and entry."""

import hashlib
import io
import json
import pickle
import sqlite3
import struct
import sys
import zipfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from sweeper.errors import InputError
from sweeper.export.bundle import unpacked, zipped
from sweeper.export.bundle.packing import write_bundle
from sweeper.export.bundle.unpacked import is_bundle, open_bundle
from sweeper.paths import Home
from sweeper.store.database import Database
from sweeper.url import Url
from tests.sweeper_tests.export.bundle.somebody import fill

Entries = dict[str, bytes]


@pytest.fixture
def entries(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Entries:
    url = f"sqlite:///{tmp_path}/theirs.db"
    with Database(url) as database:
        write_bundle(database, fill(database, home), Url(url), Home(home / "my state"), tmp_path / "good.zip")
    monkeypatch.setenv("SWEEPER_HOME", str(tmp_path / "nothing here"))
    with zipfile.ZipFile(tmp_path / "good.zip") as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def signed(entries: Mapping[str, bytes]) -> Entries:
    """With a manifest that vouches for all of it, as who means harm would write one."""
    manifest = json.loads(entries["manifest.json"])
    sums = {name: hashlib.sha256(one).hexdigest() for name, one in entries.items() if name != "manifest.json"}
    return {**entries, "manifest.json": json.dumps(manifest | {"entries": sums}).encode()}


def zip_of(file: Path, entries: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in entries.items():
            packed.writestr(zipfile.ZipInfo(name), content)
    return file


def said_of(file: Path) -> str:
    with pytest.raises(InputError) as raised, open_bundle(file):
        pass
    text = str(raised.value)
    assert text.startswith(f"{file}: ")
    assert "\n" not in text
    return text.removeprefix(f"{file}: ")


def npy(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=True)
    return buffer.getvalue()


def no_character(kind: str) -> bytes:
    """A text beyond the last character, as no Python can read it."""
    return npy(np.array([sys.maxunicode + 1], dtype=kind).view(kind.replace("u4", "U1")))


class Harmful:
    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return pytest.fail, ("a pickle was loaded",)


TRIGGER = "CREATE TRIGGER t AFTER INSERT ON sweep BEGIN DELETE FROM run; END"
DEEP = "UPDATE sweep SET study = replace(hex(zeroblob(50000)), '0', '[')"


def after(statement: str, database: bytes, folder: Path) -> bytes:
    file = folder / "changed.db"
    file.write_bytes(database)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()
    return file.read_bytes()


def test_what_is_damaged_foreign_or_hostile_is_one_line(entries: Entries, tmp_path: Path) -> None:
    file, runs = tmp_path / "bad.zip", json.loads(entries["predictions.json"])
    outside = {"mine@demo": runs["mine@demo"] | {"folder": "../../outside"}}
    numbered = json.loads(entries["predictions.json"])
    numbered["mine@demo"]["trials"] = {"../9": numbered["mine@demo"]["trials"]["0"]}
    more = {"mine@demo": runs["mine@demo"] | {"trials": {"99": runs["mine@demo"]["trials"]["0"]}}}
    ids = runs["mine@demo"]["trials"]["0"]["files"]["predictions.npz"]["tasks"]["sst"]["ids"]
    (groups,) = runs["mine@demo"]["trials"]["0"]["files"]["predictions.npz"]["tasks"]["sst"][
        "groups"
    ].values()
    huge = npy(np.zeros(3)).replace(b"(3,), }" + b" " * 9, b"(3000000000,), }")
    cases: list[tuple[Entries, str]] = [
        ({"readme.txt": b"hello"}, "is no bundle of sweeper: it has no manifest.json"),
        ({**entries, "../evil": b""}, "'../evil': no bundle of sweeper has an entry of that name"),
        ({**entries, "/etc/evil": b""}, "'/etc/evil': no bundle of sweeper has an entry of that name"),
        ({**entries, "report/../../evil": b""}, "no bundle of sweeper has an entry of that name"),
        ({**entries, "extra.txt": b""}, "extra.txt: is not what manifest.json says that it is"),
        ({**entries, "studies.db": b"x"}, "studies.db: is not what manifest.json says that it is"),
        ({k: v for k, v in entries.items() if k != "studies.db"}, "has no studies.db"),
        (
            signed({**entries, "studies.db": b"no database" * 99}),
            "studies.db: is damaged: file is not a data",
        ),
        (
            signed({**entries, "studies.db": after(TRIGGER, entries["studies.db"], tmp_path)}),
            "studies.db: has a trigger 't', which no database of sweeper has",
        ),
        (
            signed({**entries, "studies.db": after(DEEP, entries["studies.db"], tmp_path)}),
            "studies.db: study 'mine@demo' cannot be read: its study is damaged",
        ),
        (
            signed({**entries, "predictions.json": json.dumps(outside).encode()}),
            "is not allowed: use up to 100",
        ),
        (signed({**entries, "predictions.json": json.dumps(numbered).encode()}), "'../9' is no number of a"),
        (signed({**entries, "predictions.json": json.dumps(more).encode()}), "the study has no trial 99"),
        (signed({**entries, "predictions.json": b"[" * 100_000}), "predictions.json: is damaged"),
        (signed({**entries, "arrays/0.npy": pickle.dumps(Harmful())}), "predictions.json: is damaged"),
        (
            signed({**entries, "arrays/0.npy": npy(np.array([Harmful()]))}),
            "something else than numbers or te",
        ),
        (signed({**entries, "arrays/1.npy": huge}), "predictions.json: is damaged"),
        (
            signed({**entries, "arrays/1.npy": npy(np.zeros(10_000_001, np.int8))}),
            "more than 10,000,000 rows",
        ),
        (
            signed({**entries, f"arrays/{ids}.npy": npy(np.zeros((9, 9), np.int8))}),
            "ids are no whole numbers",
        ),
        (signed({**entries, f"arrays/{ids}.npy": npy(np.zeros(9, np.int8))}), "a finite value for each row"),
        *(
            (signed({**entries, f"arrays/{name}.npy": no_character(kind)}), "something else than characters")
            for name, kind in ((groups, "<u4"), (groups, ">u4"))
        ),
        ({**entries, "manifest.json": b'{"bundle": 2}'}, "is of format 2, and this sweeper reads 1: upgrade"),
        ({**entries, "manifest.json": b"{}"}, "manifest.json: is no manifest of a bundle"),
    ]
    for content, expected in cases:
        assert expected in said_of(zip_of(file, content)), expected
    assert not (tmp_path / "outside").exists()
    assert not Path("/etc/evil").exists()


def test_a_workload_may_be_called_as_if_it_were_a_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert is_bundle("none.zip")
    assert is_bundle("me@home/none.zip")
    assert not is_bundle("mine@w.zip")
    Path("mine@w.zip").touch()
    assert is_bundle("mine@w.zip")


def test_bytes_that_are_other_ones_are_one_line(entries: Entries, tmp_path: Path) -> None:
    good = (tmp_path / "good.zip").read_bytes()
    file = tmp_path / "bad.zip"
    for bad in (b"", b"PK", good[: len(good) // 2], good[:-30]):
        file.write_bytes(bad)
        assert said_of(file).startswith("is no zip file, or is damaged")
    with zipfile.ZipFile(io.BytesIO(good)) as packed:
        begin = packed.getinfo("studies.db").header_offset + 200
    file.write_bytes(good[:begin] + bytes(8) + good[begin + 8 :])
    assert said_of(file).startswith("studies.db: is damaged")
    assert said_of(tmp_path / "none.zip") == "cannot be read: No such file or directory"
    with pytest.raises(InputError, match="Is a directory"), open_bundle(tmp_path):
        pass


def test_a_bomb_is_refused_before_it_is_unpacked(
    entries: Entries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = zip_of(tmp_path / "bomb.zip", {**entries, "report/zeros.txt": bytes(30_000_000)})
    monkeypatch.setattr(zipped, "MOST_BYTES", 20_000_000)
    assert "report/zeros.txt: with it, what is packed takes more than a bundle may" in said_of(file)
    # One that says less than it holds gives no more than it says, and its checksum is another one.
    file.write_bytes(file.read_bytes().replace(struct.pack("<L", 30_000_000), struct.pack("<L", 1000)))
    assert "report/zeros.txt: is damaged: Bad CRC-32" in said_of(file)
    # One small array that stands in many places is as many large ones on the disk.
    runs = json.loads(entries["predictions.json"])
    task = runs["mine@demo"]["trials"]["0"]["files"]["predictions.npz"]["tasks"]["sst"]
    (group,) = task["groups"].values()
    task["groups"] = {f"group {number}": group for number in range(5000)}
    file = zip_of(tmp_path / "bomb.zip", signed({**entries, "predictions.json": json.dumps(runs).encode()}))
    monkeypatch.setattr(unpacked, "MOST_LAID_OUT", 1 << 20)
    assert (
        said_of(file)
        == "predictions.json: the predictions of its trials take more than a bundle's may: 1 MiB"
    )
