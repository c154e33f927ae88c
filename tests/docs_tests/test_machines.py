"""The commands for more than one machine, typed on addresses of this one and for fewer and smaller trials."""

import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from tests.faults.postgresql import new_database
from tests.faults.sweep import Sweep, assert_equal
from tests.slurm.cluster import cluster, missing
from tests.slurm.timelimit import logs

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

PAGE = Path(__file__).parents[2] / "docs" / "scale.md"
DATABASE = "postgresql://lab@db.lan/sweeps"
SMALLER = {"sbert-grid": "faults"}
"""A study whose trials take less than a second."""


def commands(name: str) -> list[list[str]]:
    """The words of the section's sweeper commands of that name."""
    section = (
        PAGE.read_text(encoding="utf-8").partition("\n## More than one machine\n")[2].partition("\n## ")[0]
    )
    lines = section.replace("\\\n", " ").splitlines()
    found = [shlex.split(line, comments=True) for line in lines if line.startswith("sweeper ")]
    return [words for words in found if name in words]


def typed(sweep: Sweep, words: list[str], here: Mapping[str, str]) -> str:
    """Types a command with what it says of other machines replaced; returns what it printed."""
    absent = here.keys() - set(words)
    assert not absent, f"{absent} not in {words}"
    run = sweep.command(*(here.get(word, word) for word in words[1:]))
    assert (run.end(400), run.errors) == (0, ""), run.errors
    return "".join(run.lines)


def test_a_study_moves_to_postgresql_and_goes_on_there_and_on_ray(
    postgresql: sa.URL, ray_cluster: "Cluster", tmp_path: Path
) -> None:
    here = Sweep(tmp_path / "home", 1)
    here.finish()
    url = new_database(postgresql.render_as_string(hide_password=False), "moved")
    [copy] = commands("copy")
    typed(here, copy, {"sqlite:///.sweeper/studies.db": here.url, DATABASE: url})
    shared = replace(here, storage=url)
    assert_equal(shared, here)
    on_postgresql, on_ray, _ = commands("run")
    assert "--executor" not in on_postgresql
    typed(here, on_postgresql, SMALLER | {DATABASE: url, "40": "2"})
    replace(shared, trials=2).tables()  # each trial once, and complete
    typed(here, on_ray, SMALLER | {DATABASE: url, "40": "3", "head.lan:6379": ray_cluster.address})
    replace(shared, trials=3).tables()


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_jobs_of_slurm_share_a_postgresql(postgresql: sa.URL, tmp_path: Path) -> None:
    url = new_database(postgresql.render_as_string(hide_password=False), "jobs")
    *_, on_slurm = commands("run")
    here = SMALLER | {DATABASE: url, "40": "4", "8": "2", "partition=gpu": "partition=main"}
    # A socket's path must be short, which that of pytest's folders is not.
    with tempfile.TemporaryDirectory(prefix="slurm-") as name, cluster(Path(name)) as variables:
        sweep = Sweep(tmp_path / "home", 4, environment=variables)
        said = typed(sweep, on_slurm, here)
        assert sweep.gone(), sweep.processes()
        assert "2 jobs submitted" in said
        assert "faults@seconds: 4 of 4 trials · best overall" in said
        replace(sweep, storage=url).tables()  # each trial once, and complete
        first, second = logs(sweep)
        assert sum(log.count(" complete · ") for log in (first, second)) == 4
        again = typed(sweep, on_slurm, here)
        assert "submitted" not in again, "a study that is done needs no job"
