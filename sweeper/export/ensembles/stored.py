"""An ensemble of a study's trials, from what they left: no network is trained, and no weights are read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from model.overall import Overall
from model.tasks import Task

from ...paths import Home
from ...report.statistics.intervals import mean_scores
from ...runs.folder import StudyFolder
from ...runs.reading import RunReader
from ...show.best import check_arm
from ...store.study import StudyStore
from ...study.load import stored_study
from ...study.study import Study
from ...study.tracks import joint_tasks
from ...text import one_line, plural, trial_names
from .average import averaged
from .candidates import Candidate, Candidates, has_outputs, read_candidates
from .halves import Halves, Run, halve, rows_at
from .picks import MOST_PICKS, Chooser, Picks
from .scored import ScoredRows, score_rows


@dataclass(frozen=True)
class HeldOut:
    """What an ensemble is on test rows.

    Attributes:
        predictions: Of the ensemble; empty where it is not scored on any.
        scored: Its scores there; None where it has none.
        why: Why it has none, if some of its trials were scored on test rows.
    """

    predictions: Run
    scored: ScoredRows | None = None
    why: str = ""


@dataclass(frozen=True)
class StoredEnsemble:
    """An ensemble of trials, chosen on one half of the dev rows and scored on the other.

    Attributes:
        study: Name of the study.
        arm: The arm of which alone its trials are; None for all.
        notice: What is to be said beside every score on its workload; may be empty.
        tasks: Its tasks.
        overall: How `overall` follows from their scores.
        way: How it was chosen, in words.
        members: The trials in the order in which they were picked.
        picks: How often each was picked.
        best: The best single trial on the choosing half.
        candidates: From how many trials both were chosen.
        halves: Which rows chose, and which scored.
        chosen: Scores on the choosing half, of the ensemble and of the best single trial.
        scored: Those on the other half.
        tested: Those on test rows.
        predictions: What it predicts for all dev rows.
        left_out: The complete trials that took no part, with the reasons.
    """

    study: str
    arm: str | None
    notice: str
    tasks: Mapping[str, Task]
    overall: Overall
    way: str
    members: Sequence[Candidate]
    picks: Picks
    best: Candidate
    candidates: int
    halves: Halves
    chosen: tuple[Mapping[str, float], Mapping[str, float]]
    scored: ScoredRows
    tested: HeldOut
    predictions: Run
    left_out: Sequence[str]

    @property
    def track(self) -> str:
        """What is to be said where it, or the best single trial, encodes pairs together; may be empty."""
        runs = {one.run.number: one.run for one in (self.best, *self.members)}
        joint = {number: joint_tasks(run.config) for number, run in runs.items()}
        if not any(joint.values()):
            return ""
        names = trial_names([number for number, tasks in joint.items() if tasks])
        tasks = ", ".join(dict.fromkeys(one_line(task) for own in joint.values() for task in own))
        return (
            f"Pairs together: both sentences of a row of {tasks} are one sequence (a cross-encoder) in "
            f"{names}, a track of its own: no ensemble of encoders of single sentences ranks with it."
        )


@dataclass(frozen=True)
class Pool:
    """What an ensemble can be made of, read once however many are made.

    Attributes:
        store: The study.
        study: What its row holds.
        reader: Of its runs.
        arm: The arm of which alone its trials are; None for all.
        candidates: The trials.
        halves: Which rows choose, and which score.
        chooser: Chooses by the one half.
    """

    store: StudyStore
    study: Study
    reader: RunReader
    arm: str | None
    candidates: Candidates
    halves: Halves
    chooser: Chooser


def read_pool(store: StudyStore, home: Home, arm: str | None) -> Pool:
    """The trials of a study that an ensemble can be made of.

    Args:
        store: The study; it is not changed.
        home: Where the runs left their predictions.
        arm: Only the trials of this arm; None for all.

    Raises:
        InputError: If there is no such arm, there are too few trials, or too few dev rows.
        DatabaseError: If this version cannot read the study.
    """
    check_arm(store.row, arm)
    study = stored_study(store.row)
    reader = RunReader(StudyFolder(home, store.row), study.tasks)
    candidates = read_candidates(store, study, reader, arm)
    halves = halve(study.tasks, candidates.found[0].predictions, study.spec.sampler.seed)
    chooser = Chooser(study.tasks, study.overall, candidates.found, halves.choosing)
    return Pool(store, study, reader, arm, candidates, halves, chooser)


def choose_from(pool: Pool, *, top: int | None = None, seeds: bool = False) -> StoredEnsemble:
    """An ensemble of trials that were read: by forward selection with replacement, or as is asked for.

    Args:
        pool: The trials.
        top: The best so many trials.
        seeds: All seeds of the best configuration.

    Raises:
        InputError: If there are too few trials for this way.
        DatabaseError: If what they scored on test rows cannot be read.
    """
    store, study, candidates, chooser = pool.store, pool.study, pool.candidates, pool.chooser
    tasks, overall, halves = study.tasks, study.overall, pool.halves
    by_number = {one.run.number: one for one in candidates.found}
    if top is not None:
        picks, way = chooser.top(top), f"the {top} best trials"
    elif seeds:
        picks, way = chooser.seeds(), "all seeds of the best configuration"
    else:
        picks = chooser.greedy()
        made = plural(sum(picks.values()), "pick")
        way = f"greedy selection with replacement (Caruana et al., 2004), {made} of at most {MOST_PICKS}"
    members, best = [by_number[number] for number in picks], by_number[chooser.best]
    found = averaged(tasks, [one.predictions for one in members], picks.values())
    chosen, scored = (
        (rows_at(found, places), rows_at(best.predictions, places))
        for places in (halves.choosing, halves.scoring)
    )
    return StoredEnsemble(
        study=store.row.name,
        arm=pool.arm,
        notice=study.workload.notice,
        tasks=tasks,
        overall=overall,
        way=way,
        members=members,
        picks=picks,
        best=best,
        candidates=len(candidates.found),
        halves=halves,
        chosen=(mean_scores(tasks, [chosen[0]], overall), mean_scores(tasks, [chosen[1]], overall)),
        scored=score_rows(tasks, overall, *scored),
        tested=_tested(store, pool.reader, tasks, overall, members, picks, best),
        predictions=found,
        left_out=candidates.left_out,
    )


def _tested(  # noqa: PLR0917 - what is scored, and by what
    store: StudyStore,
    reader: RunReader,
    tasks: Mapping[str, Task],
    overall: Overall,
    members: Sequence[Candidate],
    picks: Picks,
    best: Candidate,
) -> HeldOut:
    """The ensemble on test rows, if each of its trials, and the best single one, has predictions of them."""
    runs: dict[int, Run] = {}
    for one in (*members, best):
        recorded = _test_scores(store, tasks, one)
        found = reader.test_predictions(one.made, recorded)
        if found is not None and has_outputs(tasks, found):
            runs[one.run.number] = found
    without = {one.run.number for one in (*members, best)} - runs.keys()
    if not runs or without:
        why = f"{trial_names(without)} left no predictions of them" if runs else ""
        return HeldOut({}, why=why)
    own = runs[best.run.number]
    if not all(
        run.keys() == own.keys() and all(run[name].same_rows(own[name]) for name in own)
        for run in runs.values()
    ):
        return HeldOut({}, why="the trials were scored on different ones")
    tested = {name: task for name, task in tasks.items() if name in own}
    ensemble = averaged(tested, [runs[one.run.number] for one in members], picks.values())
    return HeldOut(ensemble, score_rows(tested, overall, ensemble, own))


def _test_scores(store: StudyStore, tasks: Mapping[str, Task], one: Candidate) -> dict[str, float]:
    """The recorded scores on test rows at a trial's best epoch, by task."""
    wanted = {(one.made.best_epoch, "test", name, task.metric): name for name, task in tasks.items()}
    metrics = store.trials.metrics(one.made.number)
    return {wanted[key]: value for key, value in metrics.items() if key in wanted and value is not None}
