"""`sweeper.run` and `sweeper.resume`, and what they refuse."""

import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import sweeper
from sweeper.errors import ConflictError, InputError
from tests.sweeper_tests.typed import ROOT, Command, write


def test_it_is_what_the_command_does(folder: Path, sweeper: Command) -> None:
    ran = _run(3)
    assert sweeper("export", "--trials", "typed.csv").code == 0
    typed = (folder / "typed.csv").read_text().splitlines()
    assert len(ran.trials) == len(typed) - 1 == 3
    assert sweeper("status").out.startswith("mine@small: 3 of 3 trials")
    # The total of before is asked for again, and nothing is left to do.
    assert len(_run(None).trials) == 3
    assert len(_run(4).trials) == 4


def _run(trials: int | None) -> sweeper.OpenStudy:
    return sweeper.run("mine", trials, executor="inline", quiet=True)


def test_paths_and_numbers_of_numpy_are_taken_and_none_is_nothing(folder: Path) -> None:
    ran = sweeper.run(
        Path("studies/mine.yaml"),
        np.int64(2),
        workload=Path("studies/workloads/small.yaml"),
        executor="inline",
        workers=np.int64(1),
        patience=np.int32(9),
        timeout=np.float32(600.0),
        until=None,
        log=None,  # as what is left out elsewhere
        quiet=True,
    )
    assert (ran.name, len(ran.trials)) == ("mine@small", 2)
    again = sweeper.resume(
        Path("studies/mine.yaml"), workload=Path("studies/workloads/small.yaml"), log=None, quiet=True
    )
    assert (again.name, len(again.trials)) == ("mine@small", 2)


def test_a_sweep_that_ended_early_is_resumed(folder: Path) -> None:
    stopped = sweeper.run("mine", 4, executor="inline", until={"overall": 0.0}, quiet=True)
    assert len(stopped.trials) < 4
    limits = {"trial_timeout": 300.0, "max_failures": 1}
    resumed = sweeper.resume("mine", workers=2, quiet=True, **limits)
    assert (resumed.trials["state"] == "complete").sum() == 4


def test_a_resumed_trial_may_take_no_longer_than_is_said(folder: Path) -> None:
    sweeper.run("mine", 2, executor="inline", until={"overall": 0.0}, quiet=True)
    ended = sweeper.resume("mine", trial_timeout=0.01, max_failures=1, quiet=True)
    assert [*ended.trials["state"]] == ["complete", "failed"]


def test_a_script_needs_no_guard(folder: Path) -> None:
    # Processes of trials would otherwise run the script again.
    write(
        folder / "script.py",
        "import sweeper\nstudy = sweeper.run('mine', 2, workers=2)\nprint(len(study.trials), 'trials')\n",
    )
    done = subprocess.run(
        [sys.executable, "script.py"],
        env={"PATH": "", "PYTHONPATH": str(ROOT), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("2 trials\n") == 1
    assert done.stdout.count("trial 0 starts") == 1


def test_what_is_printed_and_what_is_not(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sweeper.run("mine", 1, executor="inline")
    assert "trial 0 complete" in capsys.readouterr().out
    sweeper.run("mine", 2, executor="inline", quiet=True)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"trials": 0}, "trials 0: must be a whole number of at least 1"),
        ({"trials": True}, "trials True"),
        ({"trials": 2**31}, "trials 2147483648: is too large: at most 2147483647"),
        ({"name": ""}, "name '': is empty"),
        ({"workload": " "}, "workload ' ': is empty"),
        ({"executor": "cloud"}, "executor 'cloud': is not one of local, inline, ray, slurm"),
        ({"workers": 0}, "workers 0: must be a number of at least 1, or 'auto'"),
        ({"until": {"acc": 0.5}}, "until 'acc': no score of mine@small"),
        ({"until": {"overall": float("nan")}}, "until 'overall': nan is no number that a score could reach"),
        ({"until": {"overall": "0.7"}}, "until 'overall': '0.7' is no number"),
        ({"until": {"overall": 73}}, "until 'overall' 73: lies outside its bounds, 0 to 1"),
        ({"until": [("overall", 0.7)]}, "must be scores by name"),
        ({"timeout": -1}, "timeout -1: must be a number of seconds above 0"),
        ({"trial_timeout": "60"}, "trial_timeout '60': must be a number of seconds above 0"),
        ({"patience": 0}, "patience 0: must be a whole number of at least 1"),
        ({"max_failures": 1.5}, "max_failures 1.5: must be a whole number of at least 1"),
        ({"log": "wandb"}, "log 'wandb': must be a list of tools"),
        ({"log": ["wandbb"]}, "log 'wandbb': is not one of"),
        ({"sbatch": ["mem=1G"]}, "--sbatch mem=1G: goes with --executor slurm only"),
        ({"device": "cuda:0"}, "'device': no option of an executor; did you mean 'devices'"),
        ({"workload": "smal"}, "did you mean 'small'"),
        ({"workload": 7}, "workload 7: must be a name or the path of a file"),
        ({"name": Path("x")}, r"name PosixPath\('x'\): must be a text"),
        ({"storage": Path("x.db")}, r"storage PosixPath\('x.db'\): must be a URL, such as sqlite:///"),
        ({"storage": b"postgresql://u:word@h/d"}, r"storage b'postgresql://u:\*\*\*@h/d': must be a URL"),
        ({"trials": 2.0}, "trials 2.0: must be a whole number of at least 1"),
        ({"trials": "2"}, "trials '2': must be a whole number of at least 1"),
        ({"workers": True}, "workers True: must be a number of at least 1, or 'auto'"),
        ({"workers": "2"}, "workers '2': must be a number of at least 1, or 'auto'"),
        ({"workers": np.ones((2, 2))}, r"workers array\(.*\): must be a number of at least 1, or 'auto'"),
        ({"executor": ["local"]}, r"executor \['local'\]: must be a text"),
        ({"log": 5}, "log 5: must be a list of tools"),
        ({"log": [["wandb"]]}, r"log \['wandb'\]: must be a text"),
        ({"until": {7: 0.5}}, "until 7: must be a text"),
        ({"devices": 0}, "devices 0: must be a text"),
        ({"executor": "slurm", "sbatch": "mem=1G"}, r"sbatch 'mem=1G': must be a list of key=value"),
        ({"executor": "slurm", "job_time": math.inf}, "job_time inf: must be a finite number of seconds"),
        ({"executor": "slurm", "job_time": "4h"}, "job_time '4h': must be a number of seconds above 0"),
    ],
)
def test_what_is_wrong_is_one_line_and_nothing_is_begun(
    given: dict[str, object], said: str, folder: Path
) -> None:
    with pytest.raises(InputError, match=said) as error:
        sweeper.run("mine", **given)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)
    assert not (folder / ".sweeper").exists()


@pytest.mark.parametrize("study", [None, 7, b"mine", ["mine"]])
def test_a_study_is_called_by_a_text_or_a_path(study: object, folder: Path) -> None:
    said = f"study {study!r}: must be a name or the path of a file"
    for call in (sweeper.run, sweeper.resume, sweeper.open):
        if study is None and call is not sweeper.run:
            continue  # the latest
        with pytest.raises(InputError, match=f"^{re.escape(said)}$"):
            call(study)  # type: ignore[arg-type]


def test_a_study_that_has_changed_is_a_conflict(folder: Path) -> None:
    _run(1)
    study = folder / "studies/mine.yaml"
    write(study, study.read_text().replace("1.0e-4", "1.0e-3"))
    with pytest.raises(ConflictError, match="was begun with other settings"):
        _run(2)
    assert len(sweeper.run("mine", 1, name="again", executor="inline", quiet=True).trials) == 1
