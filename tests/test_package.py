"""The built wheel, unpacked elsewhere, finds its studies, its published tables and its migrations."""

import os
import subprocess
import sys
import tomllib
import zipfile
from contextlib import suppress
from importlib import metadata
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]


EXTRAS = {"psycopg", "psycopg-binary", "psycopg2", "pg8000", "ray", "submitit"}


def test_without_extras_there_is_no_database_driver_and_no_cluster() -> None:
    written = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    waiting, needed = [Requirement(text) for text in written], set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in needed or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        needed.add(name)
        with suppress(metadata.PackageNotFoundError):  # what only other systems need
            waiting += map(Requirement, metadata.requires(name) or ())
    assert len(needed) > 30
    assert not needed & EXTRAS


def test_an_installed_copy_is_whole(tmp_path: Path) -> None:
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
        names = archive.namelist()
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "studies", "reports"))]
    code = (
        "import sweeper, json; from sweeper.study.load import study_files, workload_files, load_study; "
        "from sweeper.report.published import published_tables; from sweeper.store.database import Database; "
        "Database('sqlite:///new.db').close(); assert published_tables(); "
        "[load_study(s, w) for s in study_files() for w in workload_files()]; "
        "print(json.dumps([sweeper.__file__, sorted(study_files()), sorted(workload_files())]))"
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "installed") in done.stdout
    for study in (ROOT / "studies").rglob("*.yaml"):
        assert f'"{study.stem}"' in done.stdout
