"""An imported study from Python: its numbers as they were written, each with the mark of where it is from."""

from pathlib import Path

import pandas as pd
import pytest

import sweeper as api
from sweeper.errors import InputError
from tests.sweeper_tests.typed import Command, write

ROWS = "lr,acc,how\n1e-3,.5,finished\n2e-3,.75,finished\n3e-3,,failed\n"
CSV = (
    "import",
    "csv",
    "theirs.csv",
    "--maximize",
    "acc",
    "--state",
    "how",
    "--parameter",
    "lr=learning_rate",
)


def test_its_frame_and_table_say_where_it_is_from(sweeper: Command, folder: Path) -> None:
    write(folder / "theirs.csv", ROWS)
    assert sweeper(*CSV).code == 0
    study = api.open("theirs")
    assert isinstance(study, api.OpenForeign)
    written = pd.read_csv(folder / "theirs.csv")
    assert study.trials["values.acc"].tolist()[:2] == written["acc"].tolist()[:2]
    assert study.trials["params.learning_rate"].tolist() == written["lr"].tolist()
    assert set(study.trials["origin"]) == {study.origin} == {"imported from CSV, theirs.csv"}
    assert study.tables == ["imported"]
    assert study.warnings[0].startswith("Imported: no trial here was made by sweeper.")
    assert study.table("imported").notes[0] == study.warnings[0]
    assert "no trial here was made by sweeper" in repr(study)
    assert "no trial here was made by sweeper" in study._repr_html_()
    assert study.report().read_text(encoding="utf-8").count("imported from CSV, theirs.csv") == 1
    with pytest.raises(InputError, match="table 'arms': no table of theirs@imported"):
        study.table("arms")
    with pytest.raises(InputError, match="was imported"):
        api.resume("theirs")


def test_a_bundle_of_it_has_the_mark_too(sweeper: Command, folder: Path) -> None:
    write(folder / "theirs.csv", ROWS)
    assert sweeper(*CSV).code == 0
    table = api.open("theirs").table("imported").markdown
    assert sweeper("export", "theirs", "--bundle", "theirs.zip").code == 0
    assert sweeper("delete", "theirs", "--yes").code == 0
    study = api.open("theirs.zip")
    assert isinstance(study, api.OpenForeign)
    assert study.table("imported").markdown == table
    assert sweeper("report", "theirs.zip").out.endswith("Report: reports/theirs@imported/tables.md\n")
