"""A working folder with files of the names that Python or sweeper itself would import."""

import os
import sys
from pathlib import Path

import pytest

from sweeper import importpath
from tests.sweeper_tests.typed import ROOT, process, write

FILES = ("model.py", "model/__init__.py", "random.py", "yaml.py", "typing.py")
HERE = f".{os.pathsep}{ROOT}"


def shadow(folder: Path, *files: str) -> None:
    for file in files:
        write(folder / file, f"raise SystemExit('{file} of the working folder was imported')\n")


def test_no_file_is_imported(folder: Path) -> None:
    """Any of them would end the command, also beside the others; but of two called `model` one is taken."""
    whole = process("list", path=str(ROOT))
    assert (whole.code, whole.err) == (0, "")
    assert process("list", path=f"{os.pathsep}{ROOT}") == whole
    shadow(folder, *FILES)
    assert process("list", path=HERE) == whole
    (folder / "model/__init__.py").unlink()
    (folder / "model").rmdir()
    assert process("list", path=HERE) == whole


def test_trials_are_trained_and_reported(folder: Path) -> None:
    """All of it, and each file by itself: ``python -m tests.faults.folder``."""
    shadow(folder, *FILES)
    said = process("run", "--study", "mine", "--trials", "1", path=HERE)
    assert (said.code, said.err) == (0, "")
    assert "1 of 1 trials" in said.out
    assert process("report", path=HERE).code == 0


def test_a_foreign_model_is_named_in_one_line(folder: Path) -> None:
    shadow(folder, "elsewhere/model.py")
    said = process("list", path=f"{folder / 'elsewhere'}{os.pathsep}{ROOT}")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        f"Error: {folder}/elsewhere/model.py: Python finds this before the package `model` of sweeper: "
        "rename it, or take its folder out of PYTHONPATH\n"
    )


def test_what_is_installed_from_the_working_folder_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = os.path.dirname(os.__file__)  # noqa: PTH120
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), "/bin", library, str(tmp_path)])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((".", "/bin", "", str(tmp_path))))
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    importpath.leave_working_folder()
    assert sys.path == ["/bin", library, str(tmp_path)]
    assert os.environ["PYTHONPATH"] == "/bin"
    assert os.environ["PYTHONSAFEPATH"] == "1"
    assert importpath.interpreter() == [sys.executable, "-P"]


def test_a_checkout_runs_from_its_own_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    monkeypatch.setenv("PYTHONPATH", ".")
    before = [*sys.path]
    importpath.leave_working_folder()
    assert (sys.path, os.environ["PYTHONPATH"]) == (before, ".")
    assert importpath.interpreter() == [sys.executable]
