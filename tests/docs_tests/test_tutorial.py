"""The tutorial, typed from its first command to its last in an empty folder."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.docs_tests.pages import ROOT, blocks, lines

PAGE = ROOT / "docs" / "tutorial.md"


@pytest.mark.timeout(900)  # a minute of processor time, most of it in starting
def test_the_tutorial_runs(tmp_path: Path) -> None:
    [study] = blocks(PAGE, "yaml")
    file = tmp_path / study.splitlines()[0].removeprefix("# ")
    file.parent.mkdir()
    file.write_text(study, encoding="utf-8")
    said = ""
    for line in lines(PAGE):
        if line.startswith("sweeper "):  # the others install, or need data
            said += typed(f"{sys.executable} -m {line}", tmp_path)
    assert "heads@demo: 6 of 6 trials" in said
    assert "identical in" in said
    assert r"\toprule" in (tmp_path / "table.tex").read_text(encoding="utf-8")
    assert (tmp_path / "reports/heads@demo/index.html").exists()
    assert (tmp_path / "models/heads/README.md").exists()
    [comparison] = blocks(PAGE, "python")
    (tmp_path / "compare.py").write_text(comparison, encoding="utf-8")
    assert "pvalue=" in typed(f"{sys.executable} compare.py", tmp_path)
    trials = pd.read_csv(tmp_path / "confirmed.csv")
    assert trials.groupby("arm")["seed"].nunique().tolist() == [3, 3]


def typed(line: str, folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SWEEPER_")}
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout
