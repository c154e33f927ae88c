"""`sweeper export --bundle` and `sweeper report BUNDLE`, as typed by the author and by a co-author."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

import sweeper as api
from sweeper.errors import InputError
from tests.sweeper_tests.typed import Command, contents, refused

TABLES = ("tables.csv", "tables.json", "tables.md", "tables.tex", "trials.csv")


def test_a_bundle_is_reported_where_nothing_else_is(
    sweeper: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sweeper("run", "mine", "--executor", "inline", "--trials", "4").code == 0
    assert sweeper("note", "mine", "the second try").code == 0
    assert sweeper("report", "mine").code == 0
    said = sweeper("export", "mine", "--bundle", "mine.zip")
    assert said.code == 0, said.err
    assert said.out.startswith("4 trials, predictions of 4, ")
    assert "\n1 note is packed, as written: `sweeper show mine@small` has them\n" in said.out
    assert "is there already: give another name, or --force" in refused(
        sweeper, "export", "mine", "--bundle", "mine.zip"
    )
    assert sweeper("export", "mine", "--bundle", "mine.zip", "--force").code == 0
    assert "--trials FILE or --bundle FILE" in refused(sweeper, "export", "mine")
    assert "--force goes with --bundle" in refused(sweeper, "export", "--trials", "a.csv", "--force")
    ours, frame = contents_of(folder / "reports/mine@small"), api.open("mine").trials
    away = folder / "away"
    away.mkdir()
    shutil.move(folder / "mine.zip", away)
    monkeypatch.chdir(away)
    monkeypatch.setenv("SWEEPER_DATA", str(away / "none"))
    monkeypatch.setenv("SWEEPER_STORAGE", "postgresql://nobody@127.0.0.1:1/none")
    said = sweeper("report", "mine.zip", "--table", "arms")
    assert (said.code, said.err) == (0, "")
    assert said.out.endswith("Report: reports/mine@small/index.html\n")
    assert {*map(str, away.iterdir())} == {str(away / "mine.zip"), str(away / "reports")}
    theirs = contents_of(away / "reports/mine@small")
    assert {name: theirs[name] for name in TABLES} == {name: ours[name] for name in TABLES}
    before = contents(away)
    study = api.open("mine.zip")
    assert isinstance(study, api.OpenStudy)
    pd.testing.assert_frame_equal(study.trials, frame)
    assert study.table("arms").frame.shape[0] == 2
    assert study.newest.best().scores == study.best().scores
    assert contents(away) == before
    place = study._home.root
    assert place.is_dir()
    del study
    assert not place.exists()
    with pytest.raises(InputError, match=r"mine\.zip: is a bundle, which has one study"):
        api.open("mine.zip", workload="small")
    assert "mine.zip is a bundle, with a database of its own: name nothing beside it" in refused(
        sweeper, "report", "other", "mine.zip"
    )
    assert "none.zip: cannot be read: No such file" in refused(sweeper, "report", "none.zip")


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}
