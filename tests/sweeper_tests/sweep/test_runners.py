"""Where trials can run: the options that go with each executor, and one that is added later."""

from functools import partial
from pathlib import Path

import pytest

from sweeper.cli.executor import OPTIONS
from sweeper.errors import InputError
from sweeper.study.load import load_study
from sweeper.study.study import Study
from sweeper.sweep.runners import EXECUTORS, ExecutorKind, Runner, choose_runner
from sweeper.sweep.sweep import run
from tests.sweeper_tests.instant import InstantExecutor
from tests.sweeper_tests.typed import Command, refused

RUN = ("run", "--study", "quickstart", "--trials", "2")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("--executor slurm --workers auto", "--workers auto measures this machine"),
        (
            "--workers auto --devices 0,1",
            "--workers auto measures trials on the CPU: with --devices 0,1 write how many, or leave it out",
        ),
        ("--executor slurm --sbatch gpu", "--sbatch 'gpu': write for example partition=gpu"),
        ("--job-time 1h", "--job-time 3600.0: goes with --executor slurm only\n"),
        (
            "--sbatch partition=gpu --sbatch mem=9G",
            "--sbatch partition=gpu mem=9G: goes with --executor slurm",
        ),
        ("--executor slurm --devices 0", "--devices 0: goes with --executor local only\n"),
        ("--executor inline --devices 0", "--devices 0: goes with --executor local only\n"),
        ("--ray-address head:6379", "--ray-address head:6379: goes with --executor ray only\n"),
    ],
)
def test_options_that_do_not_go_together(options: str, why: str, sweeper: Command) -> None:
    assert refused(sweeper, *RUN, *options.split()).startswith(f"Error: {why}")


@pytest.mark.parametrize("value", [3, 2.5, "3", Path("3"), 0, False], ids=repr)
def test_an_option_of_any_type_is_told_from_another_executors(
    value: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EXECUTORS, "_entries", dict(EXECUTORS))
    EXECUTORS.add("twin", ExecutorKind("without training.", lambda *_, **__: run, ("niceness",)))
    with pytest.raises(InputError, match=rf"^--niceness {value}: goes with --executor twin only$"):
        choose_runner(load_study("quickstart"), "local", None, {"niceness": value})


def test_every_option_of_an_executor_can_be_typed() -> None:
    own = [option for kind in EXECUTORS.values() for option in kind.options]
    assert sorted([*own, "executor", "workers"]) == sorted(OPTIONS)


def test_an_executor_can_be_added(sweeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def twin(study: Study, workers: int | None) -> Runner:
        assert study.name == "quickstart@demo"
        return partial(run, executor=InstantExecutor(workers or 1))

    monkeypatch.setattr(EXECUTORS, "_entries", dict(EXECUTORS))
    assert "'twin' is not one of 'local', 'inline', 'ray', 'slurm'" in refused(
        sweeper, *RUN, "--executor", "twin"
    )
    EXECUTORS.add("twin", ExecutorKind("without training.", twin))
    said = sweeper(*RUN, "--executor", "twin", "--workers", "2")
    assert said.code == 0
    assert said.out.splitlines()[-1].startswith("quickstart@demo: 2 of 2 trials · best overall")
