"""Two trials of a study side by side: settings that differ, scores, rows where they disagree."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from model.result import JUDGES
from model.tasks import Task

from ..errors import InputError
from ..grid import Heading, fit
from ..paths import Home
from ..runs.folder import StudyFolder
from ..runs.reading import RunReader
from ..store.studies import find_made, find_trial
from ..store.study import StudyStore
from ..study.load import stored_study
from ..text import ABSENT, NONE, aligned, one_line, p_text, plural, shown, told_apart, trial_names
from ..trial import MetricKey, TrialRow
from .disagreement import Disagreement, disagreements
from .origins import configuration

SPEAKS_OF = (
    "p speaks of these two networks on these rows only, and not of arms or settings: another seed gives "
    "another network."
)

Metrics = Mapping[MetricKey, float | None]


@dataclass(frozen=True)
class Diff:
    """Two trials of a study.

    Attributes:
        study: Its name.
        tasks: Its tasks.
        trials: The two.
        metrics: The metrics of each.
        rows: What they disagree on, by task; None where the predictions of one are gone, or it has none yet.
        left_out: The files with predictions that are not used, each with the reason.
    """

    study: str
    tasks: Mapping[str, Task]
    trials: tuple[TrialRow, TrialRow]
    metrics: tuple[Metrics, Metrics]
    rows: Mapping[str, Disagreement] | None
    left_out: tuple[str, ...] = ()

    @property
    def scores(self) -> list[str]:
        """Names of the scores: ``overall``, and what is in its place where a trial has that; the tasks."""
        means = [
            name for name in JUDGES if any(task == name for one in self.metrics for _, _, task, _ in one)
        ]
        return [*(means or JUDGES[:1]), *self.tasks]

    @property
    def names(self) -> list[str]:
        """What the trials are called."""
        return [f"trial {run.number}" for run in self.trials]


def diff(store: StudyStore, first: int, second: int, home: Home) -> Diff:
    """Two trials side by side.

    Args:
        store: The study.
        first: Number of the one trial.
        second: Number of the other.
        home: Where the runs left their predictions.

    Raises:
        InputError: If it is twice the same trial, or the study has none of that number.
        DatabaseError: If this version cannot read the study.
    """
    if first == second:
        raise InputError(f"trial {first} is given twice: name two trials")
    trials = find_trial(store, first), find_trial(store, second)
    tasks = stored_study(store.row).tasks
    reader = RunReader(StudyFolder(home, store.row), tasks)
    metrics = store.trials.metrics(first), store.trials.metrics(second)
    # The file of a trial that still runs belongs to whichever epoch was the best when it is read.
    ended = all(run.state.final and run.scores for run in trials)
    ours, theirs = [reader.predictions(find_made(store, run)) if ended else None for run in trials]
    rows = None
    if ours is not None and theirs is not None:
        rows = disagreements(tasks, ours, theirs)
    return Diff(store.row.name, tasks, trials, metrics, rows, tuple(reader.left_out))


def print_diff(found: Diff, console: Console, most: int) -> None:
    """Prints it, no wider than the console.

    Args:
        found: The two trials.
        console: Where to.
        most: How many rows are shown of each kind of disagreement on a task.
    """
    width = console.width
    parts = (_heads(found), _settings(found), _scores(found), _epochs(found, width), _rows(found, most))
    for lines in parts:
        for line in lines:
            if isinstance(line, str):
                console.print(Text(shown(line)))
            else:
                cells = [[Text(one_line(cell)) for cell in row] for row in line.rows]
                console.print(fit(line.headings, cells, width)[0])
        console.print()


@dataclass(frozen=True)
class _Table:
    headings: Sequence[Heading]
    rows: Sequence[Sequence[str]]


_Lines = Iterator[str | _Table]


def _heads(found: Diff) -> _Lines:
    yield found.study
    for run in found.trials:
        how = f"{run.state} ({run.error_class})" if run.error_class else str(run.state)
        yield one_line(f"trial {run.number}: {how} · {run.arm} · seed {run.seed}")
        if run.reused_from is not None:
            yield f"  not trained: it has the result of trial {run.reused_from}"


def _settings(found: Diff) -> _Lines:
    one, other = map(configuration, found.trials)
    paths = list(dict.fromkeys([*one, *other]))
    differ = [path for path in paths if one.get(path, ABSENT) != other.get(path, ABSENT)]
    if not differ:
        yield f"All {len(paths)} settings are equal."
        return
    rows = [
        (".".join(path), *told_apart([one.get(path, ABSENT), other.get(path, ABSENT)])) for path in differ
    ]
    yield _Table([Heading(name) for name in ("setting", *found.names)], rows)
    yield f"Equal: {plural(len(paths) - len(differ), 'setting')}."


def _scores(found: Diff) -> _Lines:
    one, other = (run.scores or {} for run in found.trials)
    for run in found.trials:
        if not run.scores:
            yield f"Trial {run.number} has no final scores: it is {run.state}."
    if not one and not other:
        return
    columns = [Heading(name, numeric=True) for name in (*found.names, "difference")]
    best = (_count(run.best_epoch) for run in found.trials)
    rows = [("best epoch", *best, "")]
    rows += [(name, *_compared(one.get(name), other.get(name))) for name in found.scores]
    yield _Table([Heading("dev scores"), *columns], rows)


def _epochs(found: Diff, width: int) -> _Lines:
    """Dev scores of both and their difference, a column for each epoch."""
    epochs = sorted({epoch for metrics in found.metrics for epoch, *_ in metrics})
    if not epochs:
        yield "Neither trial has finished an epoch."
        return
    names = {name: found.tasks[name].metric if name in found.tasks else name for name in found.scores}
    wide = max(map(len, names))
    rows = [["", *map(str, epochs)]]
    for name, metric in names.items():
        cells = [
            _compared(*(metrics.get((epoch, "dev", name, metric)) for metrics in found.metrics))
            for epoch in epochs
        ]
        for what, line in zip((*found.names, "difference"), zip(*cells, strict=True), strict=True):
            rows.append([f"{name.ljust(wide)} {what}", *line])
    yield "Dev scores by epoch:"
    yield from aligned(rows, width)


def _compared(one: float | None, other: float | None) -> tuple[str, str, str]:
    values = [NONE if value is None else f"{value:.4f}" for value in (one, other)]
    gap = NONE if one is None or other is None else f"{one - other:+.4f}"
    return values[0], values[1], gap[1:] if gap in ("+0.0000", "-0.0000") else gap


def _count(value: int | None) -> str:
    return NONE if value is None else str(value)


def _rows(found: Diff, most: int) -> _Lines:
    yield from found.left_out
    if found.rows is None:
        yield "The rows where they disagree are not known: the predictions of one are gone, or not made yet."
        return
    for name in found.tasks:
        each = found.rows.get(name)
        without = [run.number for run in found.trials if name not in (run.scores or {})]
        if without:
            yield f"{name}: not trained in {trial_names(without)}."
            continue
        if each is None:
            yield f"{name}: the two trials were scored on different dev rows, which cannot be compared."
            continue
        yield f"{name}: {_counts(each, found.names)}"
        yield _row_test(each)
        rows = list(_shown(each, found.names, most))
        if rows:
            last = "right" if each.of_classes else "nearer"
            columns = (Heading(text, numeric=True) for text in ("label", *found.names))
            yield _Table([Heading("row"), *columns, Heading(last)], rows)
        yield ""
    yield SPEAKS_OF


def _row_test(each: Disagreement) -> str:
    p = each.p()
    if p is None:
        return f"p of equal scores: {each.metric.row_test_name}"
    return f"p of equal scores, {each.metric.row_test_name}: {p_text(p)}"


def _counts(each: Disagreement, names: Sequence[str]) -> str:
    """In how many rows each of the two is right, or nearer to the label."""
    one, other = names
    total = f"of {plural(len(each.ours.labels), 'row')}"
    if each.of_classes:
        both, ours = len(each.right(True, True)), len(each.right(True, False))
        theirs, neither = len(each.right(False, True)), len(each.right(False, False))
        alone = f"{one} alone in {ours}, {other} alone in {theirs}"
        return f"both right in {both}, {alone}, neither in {neither} {total}"
    nearer = each.nearer()
    ours, theirs, alike = (int(sum(mask)) for mask in (nearer > 0, nearer < 0, nearer == 0))
    return f"{one} nearer to the label in {ours}, {other} in {theirs}, both alike in {alike} {total}"


def _shown(each: Disagreement, names: Sequence[str], most: int) -> Iterator[Sequence[str]]:
    """The first rows that one alone got right, or those whose errors differ most."""
    if each.of_classes:
        for name, who in zip(names, ((True, False), (False, True)), strict=True):
            for row in each.right(*who)[:most]:
                yield *_row(each, row), name
        return
    nearer = each.nearer()
    for row in each.apart()[:most]:
        yield *_row(each, row), f"{names[0] if nearer[row] > 0 else names[1]} by {abs(nearer[row]):.3f}"


def _row(each: Disagreement, row: Any) -> tuple[str, str, str, str]:
    label, *predicted = each.ours.labels[row], each.ours.predicted[row], each.theirs.predicted[row]
    form = ".0f" if each.of_classes else ".3f"
    one, other = (f"{value:{form}}" for value in predicted)
    return str(each.ours.ids[row]), f"{label:g}", one, other
