"""The tutorial, typed from its first command to its last in an empty folder."""

import os
import runpy
import shlex
from pathlib import Path

import pandas as pd
import pytest

from tests.docs_tests.pages import ROOT, blocks, lines
from tests.sweeper_tests.typed import exit_code

PAGE = ROOT / "docs" / "tutorial.md"
BASE = "base: {sst_head: mlp, epochs: 2, steps_per_epoch: 10, train_sample: 50"
FEWER = "".join(f", tasks.{name}: {{train_rows: 200, dev_rows: 60}}" for name in ("sst", "para", "sts"))
"""Rows of each task, so that its thirteen trials take as little time as the page is not about."""


def test_the_tutorial_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SWEEPER_")]:
        monkeypatch.delenv(name)
    [study] = blocks(PAGE, "yaml")
    file = tmp_path / study.splitlines()[0].removeprefix("# ")
    file.parent.mkdir()
    assert BASE in study
    file.write_text(study.replace(BASE, BASE + FEWER), encoding="utf-8")
    said = ""
    for line in lines(PAGE):
        if line.startswith("sweeper "):  # the others install, or need data
            said += typed(line, capsys)
    assert "heads@demo: 6 of 6 trials" in said
    assert "identical in" in said
    assert r"\toprule" in (tmp_path / "table.tex").read_text(encoding="utf-8")
    assert (tmp_path / "reports/heads@demo/index.html").exists()
    assert (tmp_path / "models/heads/README.md").exists()
    [comparison] = blocks(PAGE, "python")
    (tmp_path / "compare.py").write_text(comparison, encoding="utf-8")
    runpy.run_path("compare.py")
    assert "pvalue=" in capsys.readouterr().out
    trials = pd.read_csv(tmp_path / "confirmed.csv")
    assert trials.groupby("arm")["seed"].nunique().tolist() == [3, 3]


def typed(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Types a command, in this process, which loads everything once; returns what it printed."""
    command, _, file = line.partition(" > ")
    code, (said, errors) = exit_code(*shlex.split(command, comments=True)[1:]), capsys.readouterr()
    assert code == 0, f"{line}\n{said}{errors}"
    if file:
        Path(file).write_text(said, encoding="utf-8")
    return said
