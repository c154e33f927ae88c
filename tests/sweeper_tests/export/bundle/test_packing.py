"""A bundle names nobody, is the same for the same study, and gives the study's own report."""

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sweeper.clock import SystemClock
from sweeper.errors import InputError
from sweeper.export.bundle import packing
from sweeper.export.bundle.packing import check_place, write_bundle
from sweeper.export.bundle.unpacked import open_bundle
from sweeper.paths import Home
from sweeper.report.write import write_report
from sweeper.store.database import Database
from sweeper.url import Url
from tests.sweeper_tests.export.bundle.somebody import COMMIT, NAMES, fill, traceback_in

TABLES = ("tables.csv", "tables.json", "tables.md", "tables.tex", "trials.csv")


class Stopped(SystemClock):
    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC)


def unzipped(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_nobody_is_named_and_the_report_is_that_of_the_study(home: Path, url: str, tmp_path: Path) -> None:
    file, clock = tmp_path / "mine.zip", Stopped()
    with Database(url) as database:
        made = fill(database, home)
        packed = write_bundle(database, made, Url(url), Home(home / "my state"), file)
        first = file.read_bytes()
        write_bundle(database, made, Url(url), Home(home / "my state"), file)
        ours = write_report(database, "mine@demo", tmp_path / "ours", Home(home / "my state"), clock=clock)
    assert file.read_bytes() == first
    assert (packed.trials, packed.predicted, packed.notes, packed.changed) == (7, 3, 2, 1)
    assert {"machine", "process number", "path", "commit", "user", "email", "remote"} <= set(packed.taken_out)
    entries = unzipped(file)
    assert "2 notes are packed, 1 of them with stand-ins" in packed.words("mine@demo")[1]
    for name in (*NAMES, str(tmp_path), url, COMMIT):
        for spelt in (name.encode(), json.dumps(name)[1:-1].encode(), name.encode("utf-32-le")):
            assert [entry for entry, content in entries.items() if spelt in content] == []
    assert b"/site-packages" not in entries["report/trials.csv"]
    assert json.loads(entries["manifest.json"])["replaced"] == dict(sorted(packed.taken_out.items()))
    with open_bundle(file) as bundle, Database(bundle.storage, must_exist=True, read_only=True) as database:
        theirs = write_report(database, bundle.study, tmp_path / "theirs", bundle.home, clock=clock)
        notes = [event.description for event in database.study(bundle.study).events.all()][-2:]
        failed = database.study(bundle.study).trials.row(4)
    assert notes == ["seeds 1 to 3 ran on the old server", "ask user-1 why machine-2 was slow"]
    assert failed is not None
    assert failed.traceback == STOOD
    _check_same(ours.folder, theirs.folder, home)


STOOD = (
    "Traceback (most recent call last):\n"
    '  File "path-4/loss.py", line 3, in forward\n'
    '  File "path-5/torch/nn/modules/module.py", line 1, in call\n'
    "    ask(user-1) # email-1, remote-1\n"
    "    process 1 on machine-2 (address-1) cannot read path-6.csv\n"
    "RuntimeError: file / line 3 of 10 cannot be read, and/or is no CSV\n"
)


def _check_same(ours: Path, theirs: Path, home: Path) -> None:
    """All files are equal, byte for byte, but for the commit, and a path and a traceback in the page."""
    files = sorted(path.name for path in ours.iterdir())
    assert files == sorted(path.name for path in theirs.iterdir())
    names = [
        (": the difference is in the database", ""),
        (COMMIT, "commit-1"),
        (f"{home}/grid.yaml", "path-7.yaml"),
    ]
    names += [
        tuple(json.dumps(text.strip(), ensure_ascii=False)[1:-1] for text in (traceback_in(home), STOOD))
    ]
    for name in files:
        one, other = ((folder / name).read_text(encoding="utf-8") for folder in (ours, theirs))
        assert (COMMIT in one) == (name in ("index.html", "checklist.md", "checklist.tex"))
        for before, after in names if name not in TABLES else ():
            one = one.replace(before, after)
        same = one == other
        assert same, name  # a page has five million characters, which pytest would compare for minutes


def test_a_name_that_cannot_be_replaced_is_an_error_and_nothing_is_written(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/studies.db"
    with Database(url) as database:
        made = fill(database, home)
        monkeypatch.setattr(packing.StandIns, "text", lambda self, text, prose=False: text)
        with pytest.raises(InputError, match=r"^nothing was written: studies\.db would hold what tells"):
            write_bundle(database, made, Url(url), Home(home / "my state"), tmp_path / "mine.zip")
    assert not (tmp_path / "mine.zip").exists()


def test_a_file_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "mine.zip").write_text("before")
    with pytest.raises(InputError, match=r"mine\.zip' is there already: give another name, or --force$"):
        check_place(tmp_path / "mine.zip", force=False)
    check_place(tmp_path / "mine.zip", force=True)
    with pytest.raises(InputError, match=r"mine\.tar': give it a name that ends in \.zip$"):
        check_place(tmp_path / "mine.tar", force=False)
