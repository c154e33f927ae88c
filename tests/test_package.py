"""What is distributed: its name, what it needs, and a wheel that is whole."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import yaml
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import sweeper

ROOT = Path(__file__).parents[1]
EXTRAS = {"psycopg", "psycopg-binary", "psycopg2", "pg8000", "ray", "submitit"}
NAME = "sentence-sweeper"


def required(extra: str) -> set[str]:
    """The distributions that this one needs with an extra (none: ""), and those that they need."""
    waiting, seen, names = [Requirement(f"{NAME}[{extra}]" if extra else NAME)], set(), set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        for each in {"", *requirement.extras}:
            if (name, each) in seen:
                continue
            seen.add((name, each))
            names.add(name)
            with suppress(metadata.PackageNotFoundError):  # what only other systems need
                found = map(Requirement, metadata.requires(name) or ())
                waiting += [one for one in found if not one.marker or one.marker.evaluate({"extra": each})]
    return names


def test_without_extras_there_is_no_database_driver_and_no_cluster() -> None:
    needed = required("")
    assert len(needed) > 30
    assert not needed & EXTRAS


def test_the_sweeper_of_pypi_is_neither_needed_nor_here() -> None:
    needed = required("dev")
    assert {NAME, "pytest", "submitit", "mlflow-skinny"} <= needed
    assert "sweeper" not in needed
    assert "sweeper" not in {canonicalize_name(each.name) for each in metadata.distributions()}


def test_what_is_installed_says_what_it_is() -> None:
    said = metadata.metadata(NAME)
    assert said["Version"] == sweeper.__version__
    assert (said["License-Expression"], said["License-File"]) == ("MIT", "LICENSE")
    [command] = metadata.entry_points(group="console_scripts", name="sweeper")
    assert command.dist is not None
    assert canonicalize_name(command.dist.name) == NAME
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert (cited["version"], cited["license"]) == (said["Version"], said["License-Expression"])


def test_the_source_distribution_is_whole_and_small(tmp_path: Path) -> None:
    [path] = SdistBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    wanted = {"pyproject.toml", "README.md", "LICENSE", "CITATION.cff", "Makefile", "constraints.txt"}
    assert wanted | {"studies/quickstart.yaml", "sweeper/py.typed", "tests/test_package.py"} <= names
    assert not [name for name in names if name.startswith("reports")]
    # Nearly half of it are the homes of earlier versions, one more with every schema; then recorded curves.
    assert Path(path).stat().st_size < 6 * 2**19


def test_an_installed_copy_is_whole(tmp_path: Path) -> None:
    [wheel] = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    shutil.unpack_archive(wheel, tmp_path / "installed", "zip")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.partition("/")[0] for name in names} == {
        "sweeper",
        "model",
        f"sentence_sweeper-{sweeper.__version__}.dist-info",
    }
    assert {"sweeper/py.typed", "model/py.typed"} <= set(names)
    code = (
        "from importlib.metadata import packages_distributions as d; "
        "assert d()['sweeper'] == d()['model'] == ['sentence-sweeper'], d(); "
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
