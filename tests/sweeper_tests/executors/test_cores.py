"""How many cores a process may use, and how trials share them."""

import math
import os
from pathlib import Path

import pytest

from sweeper.executors import cores
from sweeper.executors.cores import granted_cores, threads_each, usable_cores


def test_a_job_that_is_given_few_cores_uses_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_CPUS_ON_NODE", "1")
    assert usable_cores() == 1
    monkeypatch.delenv("SLURM_CPUS_ON_NODE")
    monkeypatch.setattr(cores, "granted_cores", lambda: math.inf)
    assert usable_cores() == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("pod", "container", "expected"),
    [
        (None, None, math.inf),
        (None, "max 100000", math.inf),
        (None, "150000 100000", 1.5),
        ("50000 100000", "150000 100000", 0.5),
        ("400000 100000", "nothing", 4.0),
    ],
)
def test_a_container_has_the_cores_of_its_quota(
    pod: str | None, container: str | None, expected: float, tmp_path: Path
) -> None:
    (tmp_path / "groups/pod/box").mkdir(parents=True)
    (tmp_path / "member").write_text("1:cpu:/old\n0::/pod/box\n")
    (tmp_path / "cpu.max").write_text("1 100000")  # of what is no group
    for folder, text in (("pod", pod), ("pod/box", container)):
        if text:
            (tmp_path / "groups" / folder / "cpu.max").write_text(f"{text}\n")
    assert granted_cores(tmp_path / "member", tmp_path / "groups") == expected
    assert granted_cores(tmp_path / "missing", tmp_path / "groups") == math.inf


def test_part_of_a_core_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "granted_cores", lambda: 0.5)
    assert (usable_cores(), threads_each(3)) == (1, 1)
