"""Runs studies from Python, as `sweeper run` and `sweeper resume` do."""

import math
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal

from rich.console import Console

from ..errors import InputError
from ..observers.terminal import say
from ..observers.tools import TOOLS
from ..paths import Home, storage_url
from ..study.limits import LARGEST_NUMBER
from ..study.load import study_folder
from ..study.study import Study
from ..sweep.runners import AUTO, EXECUTORS, Runner, choose_runner
from ..sweep.stopping import MAX_FAILURES, Limits, score_bounds, unreachable
from ..text import nearest
from ..url import Url
from .arguments import (
    called,
    called_or_none,
    count_or_none,
    executor_options,
    is_number,
    seconds_or_none,
    text,
    text_or_none,
    texts,
    url_or_none,
    wrong,
)
from .openstudy import OpenStudy
from .training import begun_study, study_to_run, train


def run(
    study: str | Path,
    trials: int | None = None,
    *,
    workload: str | Path | None = None,
    name: str | None = None,
    executor: str = "local",
    workers: int | Literal["auto"] | None = None,
    timeout: float | None = None,
    until: Mapping[str, float] | None = None,
    patience: int | None = None,
    trial_timeout: float | None = None,
    max_failures: int = MAX_FAILURES,
    log: Collection[str] | None = None,
    storage: str | None = None,
    quiet: bool = False,
    **options: Any,
) -> OpenStudy:
    """Runs a study: samples, trains, records. Interrupt it at will; the same call goes on.

    What `sweeper run` does, in a script, a shell or a notebook; SWEEPER_HOME, SWEEPER_DATA and
    SWEEPER_STORAGE are read as there.

    Args:
        study: Name of a study, with or without @workload, or path of a study file.
        trials: Trials that it shall have in total, those already run included; None: the number that was
            asked for before, else every cell of a grid, else 10 configurations for each arm and seed.
        workload: Name or file of the workload; None for the study's own.
        name: Runs it under this name, as a study of its own.
        executor: Where its trials run: local, inline, ray or slurm.
        workers: Trials at once; "auto" for as many as train fastest together.
        timeout: Ends the sweep after so many seconds; trials under way can be resumed.
        until: Ends it when a trial of any driver has all of these scores, such as ``{"overall": .73}``.
        patience: Ends it when so many complete trials in a row, of all drivers, brought no better overall.
        trial_timeout: A trial that takes longer, in seconds, has failed.
        max_failures: Ends it after so many failures in a row of this call's own trials.
        log: Tools for which the trials are logged too: tensorboard, mlflow, wandb.
        storage: URL of the database, ``sqlite:///…`` or ``postgresql://…``.
        quiet: Whether nothing is printed while it runs.
        options: Of the executor alone: ``devices`` of local, such as ``cuda:0,cuda:1`` or ``all``;
            ``ray_address`` of ray; ``job_time`` in seconds and ``sbatch``, a list of ``key=value``, of slurm.

    Returns:
        The study as it stands afterwards; that some trials have failed raises nothing, see its `trials`.

    Raises:
        KeyboardInterrupt: If it is interrupted; every trial can be resumed.
        InputError: If an argument, a file or the data are wrong.
        ConflictError: If the study was begun with other settings.
        DatabaseError: If the database cannot be used.
    """
    asked, on = called("study", study), called_or_none("workload", workload)
    console, where = Console(quiet=quiet), url_or_none("storage", storage)
    loaded = study_to_run(asked, on, partial(say, console), where, text_or_none("name", name))
    limits = _limits(timeout, until, patience, max_failures, trial_timeout)
    runner, folder = _runner(loaded, executor, workers, options), study_folder(asked)
    total = count_or_none("trials", trials, most=LARGEST_NUMBER)
    return _trained(
        loaded, runner, limits, console=console, storage=where, trials=total, log=log, working=folder
    )


def resume(
    study: str | Path | None = None,
    *,
    workload: str | Path | None = None,
    code: str | Path | None = None,
    workers: int | Literal["auto"] | None = None,
    timeout: float | None = None,
    trial_timeout: float | None = None,
    max_failures: int = MAX_FAILURES,
    log: Collection[str] | None = None,
    storage: str | None = None,
    quiet: bool = False,
) -> OpenStudy:
    """Goes on with a study on this machine, as it was begun, to the number of trials already asked for.

    Args:
        study: A study that has run, by name or by the path of its file; None for the latest.
        workload: Name or file of the one, if the study ran on several.
        code: Study file whose own code may run, where `study` is no path of it.
        workers: As in `run`.
        timeout: As in `run`.
        trial_timeout: As in `run`.
        max_failures: As in `run`.
        log: As in `run`.
        storage: As in `run`.
        quiet: As in `run`.

    Returns:
        As in `run`.

    Raises:
        KeyboardInterrupt: As in `run`.
        InputError: As in `run`, or if there is no such study, or more than one.
        ConflictError: If the study's own code has changed.
        DatabaseError: As in `run`.
    """
    asked, on = called_or_none("study", study), called_or_none("workload", workload)
    console, where = Console(quiet=quiet), url_or_none("storage", storage)
    found = begun_study(asked, on, partial(say, console), where, called_or_none("code", code))
    runner = _runner(found, "local", workers, {})
    limits = _limits(timeout, None, None, max_failures, trial_timeout)
    return _trained(found, runner, limits, console=console, storage=where, log=log)


def _trained(
    study: Study,
    runner: Runner,
    limits: Limits,
    *,
    console: Console,
    storage: Url | None,
    trials: int | None = None,
    log: Collection[str] | None,
    working: Path = Path(),
) -> OpenStudy:
    tools = texts("log", log, "tools")
    for tool in tools:
        if tool not in TOOLS:
            raise InputError(f"log {tool!r}: is not one of {', '.join(TOOLS)}")
    scores = score_bounds(study.tasks, study.overall)
    for score, value in (limits.until or {}).items():
        if text("until", score) not in scores:
            raise InputError(f"until {score!r}: no score of {study.name}{nearest(score, scores)}")
        if misfit := unreachable(value, scores[score]):
            raise InputError(f"until {score!r} {value!r}: {misfit}")
    train(
        study,
        runner,
        limits,
        console=console,
        storage=storage,
        trials=trials,
        logs=tools,
        working=working,
    )
    return OpenStudy(study.name, storage_url(storage), Home.from_environment())


def _runner(
    study: Study, executor: str, workers: int | Literal["auto"] | None, options: Mapping[str, Any]
) -> Runner:
    kind = text_or_none("executor", executor) or "local"
    if kind not in EXECUTORS:
        raise InputError(f"executor {kind!r}: is not one of {', '.join(EXECUTORS)}")
    auto = isinstance(workers, str) and workers == "auto"
    count = AUTO if auto else count_or_none("workers", workers, "a number of at least 1, or 'auto'")
    known = [option for kind in EXECUTORS.values() for option in kind.options]
    for option in options:
        if option not in known:
            raise InputError(f"{option!r}: no option of an executor{nearest(option, known)}")
    return choose_runner(study, kind, count, executor_options(options))


def _limits(
    timeout: float | None,
    until: Mapping[str, float] | None,
    patience: int | None,
    max_failures: int | None,
    trial_timeout: float | None,
) -> Limits:
    """The limits that were given.

    Raises:
        InputError: If one is no number that could be reached.
    """
    if until is not None and not isinstance(until, Mapping):
        raise wrong("until", until, "must be scores by name, such as {'overall': 0.73}")
    for score, value in (until or {}).items():
        if not (is_number(value) and math.isfinite(value)):
            raise InputError(f"until {score!r}: {value!r} is no number that a score could reach")
    return Limits(
        seconds_or_none("timeout", timeout),
        until,
        count_or_none("patience", patience),
        count_or_none("max_failures", max_failures),
        seconds_or_none("trial_timeout", trial_timeout),
    )
