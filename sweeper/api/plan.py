"""What a study will take, before it is run: trials, hours, disk, and the difference it could tell apart."""

import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from rich.text import Text

from model.config import TrainConfig
from model.sampling import TaskSampler

from ..errors import DatabaseError, InputError, NoStudiesError
from ..report.read import read_study
from ..report.statistics.compared import Comparison
from ..report.statistics.comparison import Comparisons
from ..report.statistics.planned import DISAGREE, Foreseen, by_earlier, by_rows
from ..show.data import Surveys
from ..show.disk import in_bytes
from ..store.database import Database
from ..store.study import StudyStore
from ..study.study import Study
from ..study.trained import trained_tasks
from ..sweep.checks import prepare
from ..sweep.order import Order
from ..sweep.total import total_of
from ..sweep.workers import Bench, Speed, UnmeasuredError
from ..text import difference, one_line, plural
from ..trial import Standing

MEASURING_SECONDS = 120.0
"""How long trials are measured; arms that are not reached count as the mean of those that are."""

EVALUATED = 1 / 3
"""Time of a row that is evaluated, of one that is trained: the forward pass, a third of the arithmetic."""


@dataclass(frozen=True)
class Plan:
    """What a study will take on this machine.

    Attributes:
        study: ``<study>@<workload>``.
        trials: Trials that it shall have in total.
        left: Of those, how many are left, by arm.
        workers: Trials at once.
        speeds: What was measured of an arm with its first configuration; absent for arms not reached.
        seconds: Time of one trial of each arm that was measured.
        foreseen: The difference that it could tell apart; None where nothing says.
        seeds: Its training seeds.
        unmeasured: Why arms were not measured.
    """

    study: str
    trials: int
    left: Mapping[str, int]
    workers: int
    speeds: Mapping[str, Speed]
    seconds: Mapping[str, float]
    foreseen: Foreseen | None
    seeds: int
    unmeasured: str = ""

    @property
    def hours(self) -> float | None:
        """Wall time of the trials that are left; None where nothing was measured.

        The last ones take as long as any other, however many workers have nothing to do meanwhile.
        """
        if not self.seconds:
            return None
        mean = sum(self.seconds.values()) / len(self.seconds)
        whole = sum(count * self.seconds.get(arm, mean) for arm, count in self.left.items())
        left = sum(self.left.values())
        return whole / max(left, 1) * math.ceil(left / self.workers) / 3600

    @property
    def disk(self) -> tuple[int, int]:
        """Bytes that its runs take at most while it runs, and when it has ended: the best weights of arms."""
        run = max((speed.run_bytes for speed in self.speeds.values()), default=0)
        weights = max((speed.weights_bytes for speed in self.speeds.values()), default=0)
        kept = weights * len(self.left)
        return kept + run * self.workers, kept

    def lines(self) -> list[str]:
        """It in words."""
        left = sum(self.left.values())
        return [
            f"{self.study}: {plural(self.trials, 'trial')}, of which {left} are left",
            *self._time(),
            self._apart(),
        ]

    def _time(self) -> Iterator[str]:
        if self.hours is None:
            yield f"Time and disk are not known: {self.unmeasured or 'no trial is left'}"
            return
        took = ", ".join(f"{arm} {seconds:.0f} s" for arm, seconds in self.seconds.items())
        others = sum(1 for arm, count in self.left.items() if count and arm not in self.seconds)
        more = f"; {plural(others, 'arm')} not measured, taken for the mean" if others else ""
        at_once = f"{plural(self.workers, 'trial')} at once"
        yield f"Time: about {_hours(self.hours)} without pruning, {at_once} (a trial: {took}{more})"
        most, kept = self.disk
        yield f"Disk: up to {in_bytes(most)} while it runs, {in_bytes(kept)} of weights when it has ended"

    def _apart(self) -> str:
        if self.seeds < 2:
            return "Could tell apart: nothing, as it has one training seed"
        if self.foreseen is None:
            return "Could tell apart: not known, no earlier study here was compared on this workload"
        gap = difference(self.foreseen.difference).lstrip("+")
        basis = (
            f"by its dev rows alone, were two arms to disagree on {DISAGREE:.0%}; seeds, and tasks that are "
            "not scored by accuracy, add to it"
        )
        if self.foreseen.comparisons:
            basis = f"by {plural(self.foreseen.comparisons, 'comparison')} of earlier studies"
        of = f"a difference of {gap} in overall, with {plural(self.seeds, 'seed')} in 80 of 100 cases"
        return f"Could tell apart: {of} ({basis})"


def plan(order: Order, workers: int) -> Plan:
    """What a study will take on this machine; nothing is begun.

    Args:
        order: The study, and how far it is to go.
        workers: Trials at once.

    Raises:
        InputError: If its data or weights are missing or malformed.
        DatabaseError: If the database cannot be read.
    """
    surveys, study = prepare(order).surveys, order.study
    earlier: list[Comparison] = []
    store = None
    try:
        with Database(order.places.storage, must_exist=True, read_only=True) as database:
            store = database.find(study.name)
            trials, left = _trials(study, store, order)
            earlier = _earlier(database, study, order)
    except NoStudiesError:
        trials, left = _trials(study, None, order)
    seed = study.spec.seeds[0]
    every = {arm: study.config(arm, study.first_of(arm), seed) for arm, count in left.items() if count}
    arms = {arm: config for arm, config in every.items() if isinstance(config, TrainConfig)}
    speeds, why = _measured(arms, order, workers)
    if study.trainer:
        why = "the trainer is own code, which is not measured"
    partial = trained_tasks(study).keys()
    count = len(study.spec.arms.keys() - partial)
    family = len([pair for pair in study.spec.pairs if not {*pair} & partial]) or count * (count - 1) // 2
    seeds = len(study.spec.seeds)
    return Plan(
        study=study.name,
        trials=trials,
        left=left,
        workers=workers,
        speeds=speeds,
        seconds={arm: trial_seconds(arms[arm], speed, surveys, workers) for arm, speed in speeds.items()},
        foreseen=by_earlier(earlier, seeds, family)
        or by_rows(study.tasks, dev_rows(study, surveys), study.overall, family),
        seeds=seeds,
        unmeasured=why,
    )


def dev_rows(study: Study, surveys: Surveys) -> dict[str, int]:
    """Dev rows of each task on which trials are scored, as far as they were read."""
    return {
        name: _rows(found["dev"].rows, study.tasks[name].dev_rows)
        for name, found in surveys.items()
        if "dev" in found
    }


def trial_seconds(config: TrainConfig, speed: Speed, surveys: Surveys, workers: int) -> float:
    """Seconds of one trial: its start, its steps, and its evaluations at a third of a step's time a row.

    Args:
        config: The trial.
        speed: Of so many of its kind at once.
        surveys: What the data hold.
        workers: Trials at once.
    """
    rows = {
        name: _rows(surveys[name]["train"].rows, task.train_rows) for name, task in config.trained.items()
    }
    batches = {name: math.ceil(count / config.batch_size) for name, count in rows.items()}
    steps = TaskSampler(
        config.sampling,
        batches,
        epochs=config.epochs,
        steps_per_epoch=config.steps_per_epoch,
        seed=config.seed,
    ).steps_per_epoch
    step = workers / speed.steps
    each = config.batch_size * (len(batches) if config.sampling == "joint" else 1)
    scored = sum(_rows(surveys[name]["dev"].rows, task.dev_rows) for name, task in config.trained.items())
    scored += sum(min(config.train_sample, count) for count in rows.values())
    return speed.start_seconds + config.epochs * step * (steps + EVALUATED * scored / each)


def _rows(there: int, wanted: int | None) -> int:
    return there if wanted is None else min(there, wanted)


def _trials(study: Study, store: StudyStore | None, order: Order) -> tuple[int, dict[str, int]]:
    """How many trials it shall have, and how many are left by arm."""
    total = total_of(study, store, order)
    return total, arms_left(study, [] if store is None else store.trials.standings(), total)


def arms_left(study: Study, standings: Sequence[Standing], total: int) -> dict[str, int]:
    """How many trials are left by arm, those included that are under way.

    As they are proposed: the arm with the fewest is next, as long as its space has any.

    Args:
        study: The study.
        standings: Its trials so far.
        total: How many it shall have.
    """
    begun = Counter(one.arm for one in standings)
    done = Counter(one.arm for one in standings if one.state.final)
    room = {
        arm: total if cells is None else cells.count * len(study.spec.seeds)
        for arm, cells in study.searched.cells.items()
    }
    new = total - len(standings)
    while new > 0 and (able := [arm for arm in study.spec.arms if begun[arm] < room[arm]]):
        fewest = min(begun[arm] for arm in able)
        behind = [arm for arm in able if begun[arm] == fewest]
        # As many rounds at once as go by before another arm joins these, or one of them has ended.
        bound = min(room[arm] if arm in behind else begun[arm] for arm in able)
        rounds = min(bound - fewest, new // len(behind))
        for arm in behind if rounds else behind[:new]:
            begun[arm] += rounds or 1
        new -= rounds * len(behind) or new
    return {arm: begun[arm] - done[arm] for arm in study.spec.arms}


def _measured(arms: Mapping[str, TrainConfig], order: Order, workers: int) -> tuple[dict[str, Speed], str]:
    """The speed of the arms that are reached in time, and why the others were not measured."""
    deadline = time.monotonic() + MEASURING_SECONDS
    speeds: dict[str, Speed] = {}
    for arm, config in arms.items():
        try:
            with order.console.status(Text(f"Measuring {one_line(arm)}")):
                places, study = order.places, order.study
                cpus = study.workload.resources.cpus
                bench = Bench(config, places.home, places.data, deadline, study.sources, cpus=cpus)
                speed = bench.measure(workers)
        except UnmeasuredError as error:
            return speeds, str(error)
        if speed is None:
            return speeds, f"the time to measure, {MEASURING_SECONDS:.0f} s, was up"
        speeds[arm] = speed
    return speeds, ""


def _earlier(database: Database, study: Study, order: Order) -> list[Comparison]:
    """The declared comparisons of the studies on the same workload, as far as they can be read."""
    found: list[Comparison] = []
    for store in database.studies():
        if store.row.name.partition("@")[2] == study.workload.name:
            # Of another version, or with a damaged file beside it: no reason to know nothing of this one.
            with suppress(DatabaseError, InputError):
                found += Comparisons(read_study(database, store, order.places.home).results).declared
    return found


def _hours(hours: float) -> str:
    return f"{hours:.1f} h" if hours >= 1 else str(timedelta(seconds=math.ceil(hours * 3600)))
