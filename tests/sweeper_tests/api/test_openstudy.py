"""A study looked at from Python: the same as what the commands print and write."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import pytest

import sweeper
from sweeper.errors import InputError, NoStudiesError
from tests.sweeper_tests.typed import ROOT, contents, exit_code


def test_frames_have_what_the_database_has(opened: sweeper.OpenStudy) -> None:
    with closing(sqlite3.connect(".sweeper/studies.db")) as connection:
        trials = connection.execute("SELECT number, arm, seed, scores FROM run ORDER BY number").fetchall()
        metrics = connection.execute("SELECT count(*), sum(value) FROM epoch_metric").fetchone()
    frame = opened.trials
    assert [*zip(frame["number"], frame["arm"], frame["seed"], strict=True)] == [row[:3] for row in trials]
    assert frame["overall"].tolist() == [json.loads(row[3])["overall"] for row in trials]
    assert (len(opened.epochs), opened.epochs["value"].sum()) == (metrics[0], pytest.approx(metrics[1]))


def test_tables_and_comparisons_are_those_of_the_report(opened: sweeper.OpenStudy, tmp_path: Path) -> None:
    page = opened.report(tmp_path)
    assert page == tmp_path / "poolings@tiny/index.html"
    assert exit_code("report", "--folder", str(tmp_path / "typed")) == 0
    written = json.loads((page.parent / "tables.json").read_text())
    typed = json.loads((tmp_path / "typed/poolings@tiny/tables.json").read_text())
    assert written == typed
    assert opened.tables == [table["key"] for table in written["tables"]]
    assert opened.summary == tuple(written["summary"])
    assert opened.warnings == tuple(written["warnings"])
    for table in written["tables"]:
        frame = opened.table(table["key"]).frame
        assert frame.columns.tolist() == [column["heading"] for column in table["columns"]]
        for cells, row in zip(table["rows"], frame.itertuples(index=False), strict=True):
            for cell, column, value in zip(cells, table["columns"], row, strict=True):
                if column["numeric"] and cell["value"] is not None:
                    # The file has ten digits.
                    assert value == pytest.approx(cell["value"], rel=1e-9)
                else:
                    assert pd.isna(value) or value == cell["text"]
    declared = opened.table("comparisons").frame
    compared = opened.compare("<b>Max", "Mean").frame
    pd.testing.assert_frame_equal(compared, declared.iloc[:1], check_dtype=False)
    turned = opened.compare("Mean", "<b>Max").frame
    assert turned["overall"].tolist() == [-value for value in compared["overall"]]
    assert turned["p Holm"].tolist() == compared["p Holm"].tolist()


def test_figures_are_those_of_plotly(opened: sweeper.OpenStudy) -> None:
    assert "learning" in opened.figures
    for key in opened.figures:
        figure = opened.figure(key)
        assert isinstance(figure, go.Figure)
        assert figure.data
    learning = opened.figure("learning")
    curve = opened.epochs.query("split == 'dev' and task == 'sst' and metric == 'accuracy' and arm == 'Mean'")
    drawn = next(trace for trace in learning.data if trace.name == "Mean, dev")
    assert tuple(drawn.y) in {
        tuple(round(value, 4) for value in own["value"]) for _, own in curve.groupby("number")
    }
    # Three tasks under each other, each on its own axes.
    assert {trace.yaxis for trace in learning.data} == {"y", "y2", "y3"}


def test_it_is_shown_in_a_notebook_with_names_as_they_are(opened: sweeper.OpenStudy) -> None:
    shown = opened._repr_html_()
    assert "<b>Max" not in shown
    assert "&lt;b&gt;Max" in shown
    assert "overall = (sst + para + (sts + 1) / 2) / 3" in shown
    assert repr(opened).startswith("poolings@tiny\n")


def test_it_speaks_of_one_moment_and_changes_nothing(opened: sweeper.OpenStudy) -> None:
    before, page = contents(Path(".sweeper")), repr(opened)
    assert opened.best().number in set(opened.trials["number"])
    assert contents(Path(".sweeper")) == before
    assert repr(opened) == page
    later = opened.newest
    assert later is not opened
    pd.testing.assert_frame_equal(later.trials, opened.trials)


def test_a_database_that_may_not_be_written_can_be_opened(opened: sweeper.OpenStudy) -> None:
    file = Path(".sweeper/studies.db")
    os.chmod(file, 0o444)  # noqa: PTH101
    try:
        assert len(sweeper.open("poolings@tiny").trials) == 4
    finally:
        os.chmod(file, 0o644)  # noqa: PTH101


def test_what_is_not_there_is_one_line_with_the_nearest(opened: sweeper.OpenStudy, tmp_path: Path) -> None:
    for call, said in (
        (lambda: sweeper.open("pooling"), "did you mean 'poolings'"),
        (lambda: opened.table("arm"), "table 'arm': no table of poolings@tiny; did you mean 'arms'"),
        (lambda: opened.figure("lerning"), "did you mean 'learning'"),
        (lambda: opened.compare("Mean", "Maxx"), "arm 'Maxx': no arm of poolings@tiny"),
        (lambda: opened.compare("Mean", "Mean"), "name another one to compare it with"),
        (lambda: opened.best("Men"), "did you mean 'Mean'"),
        (lambda: opened.trial(1.5), "trial 1.5: must be a whole number"),  # type: ignore[arg-type]
        (lambda: opened.trial(2**70), "is too large: at most 2147483647"),
        (lambda: sweeper.open("poolings", workload=""), "workload '': is empty"),
        (lambda: sweeper.open(storage=tmp_path), "storage PosixPath(.*): must be a URL"),  # type: ignore[arg-type]
        (lambda: opened.table(7), "table 7: must be a text"),  # type: ignore[arg-type]
        (lambda: opened.figure(None), "figure None: must be a text"),  # type: ignore[arg-type]
        (lambda: opened.compare("Mean", 7), "against 7: must be a text"),  # type: ignore[arg-type]
        (lambda: opened.best(7), "arm 7: must be a text"),  # type: ignore[arg-type]
        (lambda: opened.report(7), "folder 7: must be a name or the path"),  # type: ignore[arg-type]
        (lambda: opened.trial(0).export(7), "folder 7: must be a name or the path"),  # type: ignore[arg-type]
        (lambda: opened.trial(9).row, "has no trial 9; its trials are 0 to 3"),
        (lambda: opened.report(tmp_path, images="gif"), "images 'gif': is not one of svg, png, pdf"),
    ):
        with pytest.raises(InputError, match=said):
            call()
    with pytest.raises(NoStudiesError, match="there is no such file"):
        sweeper.open(storage=f"sqlite:///{tmp_path}/none.db")


def test_a_study_is_opened_by_the_path_of_its_file(opened: sweeper.OpenStudy) -> None:
    study, workload = Path("studies/poolings.yaml"), Path("studies/workloads/tiny.yaml")
    assert sweeper.open(study, workload=workload).name == opened.name
    assert opened.trial(opened.trials["number"].max()).number == 3


def test_importing_it_imports_neither_torch_nor_pandas() -> None:
    lines = "import sys, sweeper; sweeper.open, sweeper.run; print({'torch', 'pandas'} & {*sys.modules})"
    found = subprocess.run(
        [sys.executable, "-c", lines], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout == "set()\n"
