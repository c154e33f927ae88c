"""What is printed: JSON, nothing with `--quiet`, no colours where nobody wants them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.sweeper_tests.typed import ROOT, Command, refused

RUN = ("run", "mine", "--trials", "2", "--executor", "inline")
STANDING = {"study", "uuid", "wanted", "complete", "pruned", "failed", "failures", "best", "arms"}
STANDING |= {"archived", "origin"}


def said(sweeper: Command, *arguments: str) -> Any:
    found = sweeper(*arguments, "--json")
    assert (found.code, found.err) == (0, ""), found.err
    assert found.out.isascii()
    return json.loads(found.out)


def test_every_command_that_reads_says_json(folder: Path, sweeper: Command) -> None:
    assert said(sweeper, "list")["begun"] == []
    assert sweeper(*RUN).code == 0
    listed = said(sweeper, "list")
    assert {*listed} == {"studies", "workloads", "begun"}
    assert "mine" in listed["studies"]
    assert "small" in listed["workloads"]
    (begun,) = listed["begun"]
    assert {*begun} == STANDING
    status = said(sweeper, "status")
    assert {*status} == STANDING | {"changes", "trials"}
    assert {name: status[name] for name in STANDING} == begun
    assert [one["state"] for one in status["trials"]] == ["complete", "complete"]
    best = said(sweeper, "best")
    assert best == said(sweeper, "show", str(best["trial"]))
    assert best["scores"]["overall"] == status["best"]["overall"]
    found = said(sweeper, "diff", "0", "1")
    assert {*found} == {"study", "trials", "settings", "epochs", "rows"}
    values = said(sweeper, "show", "0")["settings"], said(sweeper, "show", "1")["settings"]
    for name, pair in found["settings"].items():
        assert pair == [values[0][name]["value"], values[1][name]["value"]]
    assert found["rows"]["sst"]["rows"] == 20
    assert json.loads(sweeper("report", "--json").out) == json.loads(
        sweeper("report", "--format", "json").out
    )
    ensemble = said(sweeper, "ensemble", "--top", "2")
    assert {one["trial"] for one in ensemble["members"]} == {0, 1}
    # Arms of any name: a colour of a terminal is no command there.
    assert "[red]Loud[/red]" in status["arms"]


def test_json_goes_with_nothing_else(folder: Path, sweeper: Command) -> None:
    assert sweeper(*RUN, "--quiet").code == 0
    assert "leave --watch out" in refused(sweeper, "status", "--json", "--watch")
    assert "leave --export out" in refused(sweeper, "best", "--json", "--export", "x")
    assert "--json and --format latex" in refused(sweeper, "report", "--json", "--format", "latex")


@pytest.mark.parametrize(
    "arguments",
    [
        RUN,
        ("resume", "mine"),
        ("confirm", "mine", "--top", "1", "--seeds", "1"),
        ("report",),
        ("export", "--trials", "all.csv"),
        ("predict", "--input", "data/dev.csv", "--output", "out.csv"),
    ],
)
def test_quiet_prints_nothing_and_does_it(arguments: tuple[str, ...], folder: Path, sweeper: Command) -> None:
    sweeper(*RUN)
    found = sweeper(*arguments, "--quiet")
    assert found == (0, "", "")
    assert (
        "Error: " in sweeper(*arguments, "--quiet", "--storage", "sqlite:///none/none.db").err
        or arguments == RUN
    )


COLOURS = {str(number) for number in (*range(30, 38), *range(90, 98))}


@pytest.mark.parametrize(("variable", "coloured"), [("NO_COLOR", False), ("FORCE_COLOR", True)])
def test_colours_are_off_where_nobody_wants_them(variable: str, coloured: bool, folder: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", "from sweeper.cli import main; main()", "--help"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "FORCE_COLOR": "1", variable: "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    codes = {code for part in found.stdout.split("\x1b[")[1:] for code in part.split("m")[0].split(";")}
    assert bool(codes & COLOURS) is coloured
