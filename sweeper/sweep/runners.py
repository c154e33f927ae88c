"""Where the trials of a study can run: what `--executor` may name, and the options that go with each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from model.registry import Registry

from ..errors import InputError
from ..url import without_secrets

if TYPE_CHECKING:
    from ..observers.tally import Tally
    from ..study.study import Study
    from .order import Order

Runner = Callable[["Order"], "Tally"]
"""Runs the missing trials of an order's study, and says how far it came."""

AUTO = 0
"""As many workers as turn out fastest."""


@dataclass(frozen=True)
class ExecutorKind:
    """A way to run trials.

    Attributes:
        help: What it is, for the user.
        runner: Makes the runner, of the study, the number of workers (`AUTO`, or None where the user does not
            say) and its own options by name (None for one that was not given).
        options: Names of the options that go with it alone.
    """

    help: str
    runner: Callable[..., Runner]
    options: tuple[str, ...] = ()


def choose_runner(study: "Study", executor: str, workers: int | None, options: Mapping[str, Any]) -> Runner:
    """What runs a study's trials where the user wants them.

    Args:
        study: Its workload says what a trial takes of a cluster.
        executor: A name in `EXECUTORS`.
        workers: Trials at once; `AUTO` for as many as turn out fastest; None where the user does not say.
        options: Options by name, those of other executors included; None where one was not given.

    Raises:
        InputError: If an option goes with another executor, Ray or a device is missing, no cluster answers,
            or none of its nodes could hold a trial.
    """
    chosen = EXECUTORS[executor]
    for option, value in options.items():
        # An option that takes several values is an empty list where it was not given.
        if value not in (None, []) and option not in chosen.options:
            given = without_secrets(" ".join(value) if isinstance(value, list) else str(value))
            owner = next(name for name, kind in EXECUTORS.items() if option in kind.options)
            raise InputError(f"--{option.replace('_', '-')} {given}: goes with --executor {owner} only")
    return chosen.runner(study, workers, **{option: options.get(option) for option in chosen.options})


def _local(_: "Study", workers: int | None, devices: str | None) -> Runner:
    """Processes of this machine: unless the user says how many, one; with devices, one on each of them."""
    from ..executors.local import LocalExecutor
    from .sweep import run

    if workers == AUTO and devices is None:
        return run
    return partial(run, executor=LocalExecutor(*at_once(workers, devices)))


def at_once(workers: int | None, devices: str | None) -> tuple[int, tuple[str, ...]]:
    """How many trials run at once on this machine, and on which devices.

    Args:
        workers: As the user says; None where the user does not.
        devices: As the user names them; None for none.

    Raises:
        InputError: If a device is missing, or the number is to be measured, which is by trials on the CPU.
    """
    if devices is None:
        return workers or 1, ()
    if workers == AUTO:
        raise InputError(
            f"--workers auto measures trials on the CPU: with --devices {devices} write how many, or leave "
            "it out for one on each"
        )
    from ..executors.devices import devices_named

    found = devices_named(devices)
    return workers or len(found), found


def _inline(_: "Study", _workers: int | None) -> Runner:
    from ..executors.inline import InlineExecutor
    from .sweep import run

    return partial(run, executor=InlineExecutor())  # one, with all threads, whatever is asked for


def _ray(study: "Study", workers: int | None, ray_address: str | None) -> Runner:
    from ..executors.ray_cluster import connect
    from .sweep import run

    connect(ray_address)
    from ..executors.ray import RayExecutor  # imports ray, whose settings `connect` has made

    return partial(run, executor=RayExecutor(study.workload.resources, workers or None), here=False)


def _slurm(_: "Study", workers: int | None, job_time: float | None, sbatch: Sequence[str] | None) -> Runner:
    from ..executors.slurm import JOB_SECONDS, Slurm, sbatch_parameters
    from .slurm import run

    if workers == AUTO:
        raise InputError("--workers auto measures this machine: for --executor slurm write how many jobs")
    asked = Slurm(workers or 1, job_time or JOB_SECONDS, sbatch_parameters(sbatch or ()))
    return partial(run, slurm=asked)


EXECUTORS: Registry[ExecutorKind] = Registry(
    "executor",
    {
        "local": ExecutorKind("one process per trial.", _local, ("devices",)),
        "inline": ExecutorKind("in this process, to debug.", _inline),
        "ray": ExecutorKind(
            "on a Ray cluster, each with the `resources` of the workload.", _ray, ("ray_address",)
        ),
        "slurm": ExecutorKind(
            "--workers jobs of a SLURM cluster, which share the database.", _slurm, ("job_time", "sbatch")
        ),
    },
)
