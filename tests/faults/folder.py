"""Trains in working folders whose files have the names of what Python and sweeper import.

    python -m tests.faults.folder

Folders that are empty, or hold one of `model.py`, `model/__init__.py`, `random.py`, `yaml.py` and
`typing.py`, or all of them; without PYTHONPATH, with one that names the working folder and with one that has
an empty part. Demanded of each: `run`, `replay` and `report` do what they do elsewhere. So do measured
workers and a Ray cluster.
"""

import argparse
import os
import sys
import tempfile
from contextlib import chdir
from pathlib import Path

from tests.faults.verdict import Verdict
from tests.sweeper_tests.test_importpath import FILES, shadow
from tests.sweeper_tests.typed import ROOT, SMALL, STUDY, process, write

PATHS = {
    "as it is": str(ROOT),
    "PYTHONPATH=.": f".{os.pathsep}{ROOT}",
    "an empty part of PYTHONPATH": f"{os.pathsep}{ROOT}",
}


def commands(path: str, *options: str) -> None:
    """Runs, repeats and reports a trial in the working folder."""
    for typed, told in (
        (("run", "--study", "mine", "--trials", "2", *options), "2 of 2 trials"),
        (("replay", "mine", "0"), "identical"),
        (("report",), "index.html"),
    ):
        said = process(*typed, path=path)
        assert (said.code, said.err) == (0, ""), f"{typed[0]}: exit code {said.code}: {said.err}"
        assert told in said.out, f"{typed[0]}: {said.out}"


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    verdict = Verdict()
    folders = {"no file": (), **{file: (file,) for file in FILES}, "all files": FILES}
    cases = [(files, path, ()) for files in folders for path in PATHS]
    cases += [("all files", "PYTHONPATH=.", ("--workers", "auto"))]
    cases += [("all files", "PYTHONPATH=.", ("--executor", "ray"))]
    for files, path, options in cases:
        with tempfile.TemporaryDirectory() as name, chdir(name):
            write(Path(name) / "studies/mine.yaml", STUDY)
            write(Path(name) / "studies/workloads/small.yaml", SMALL)
            shadow(Path(name), *folders[files])
            with verdict.case(" ".join((f"{files}, {path}", *options))):
                commands(PATHS[path], *options)
    sys.exit(verdict.exit_code(f"{len(cases)} folders"))


if __name__ == "__main__":
    main()
