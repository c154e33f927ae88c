"""An ensemble on the terminal: its members, what it scores, and what that may be taken for."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from model.tasks import Task

from ...grid import Heading, fit
from ...report.statistics.intervals import Interval
from ...text import NONE, brief, difference, one_line, plural, score, setting_line, shown
from .halves import Places
from .scored import ScoredRows
from .stored import StoredEnsemble

Cells = Sequence[Sequence[str]]

FIXED = (
    "Intervals are 95 %, bootstrap over these rows, and hold the networks fixed: they say nothing of other "
    "seeds, or of arms."
)
SEEN = (
    "Each trial's best epoch, and what the search proposed, were chosen on all dev rows: both scores may be "
    "too high."
)


def print_ensemble(found: StoredEnsemble, console: Console) -> None:
    """Prints it, no wider than the console."""
    for part in (_members(found), _chosen(found), _scored(found), _tested(found)):
        lines = list(part)
        for line in lines:
            if isinstance(line, str):
                console.print(Text(shown(line)))
            else:
                headings, rows = line
                cells = [[Text(one_line(cell)) for cell in row] for row in rows]
                console.print(fit(headings, cells, console.width)[0])
        if lines:
            console.print()
    for line in filter(None, (_selection(found), found.track, one_line(found.notice))):
        console.print(Text(shown(line)))


_Lines = Iterator[str | tuple[Sequence[Heading], Cells]]


def _members(found: StoredEnsemble) -> _Lines:
    of = "" if found.arm is None else f" of arm {one_line(found.arm)}"
    yield f"{found.study}: {found.way}, of {plural(found.candidates, 'trial')}{of}"
    yield found.overall.words(found.tasks)
    picks = sum(found.picks.values())
    headings = [Heading("member"), Heading("arm"), Heading("weight", numeric=True)]
    headings += [Heading("seed", numeric=True), Heading("hyperparameters", optional=True)]
    yield (
        headings,
        [
            (
                f"trial {one.run.number}",
                one.run.arm,
                f"{found.picks[one.run.number]} of {picks}",
                str(one.run.seed),
                setting_line(one.run.params, brief) or NONE,
            )
            for one in found.members
        ],
    )
    if [*found.picks] == [found.best.run.number]:
        yield f"No trial improves on trial {found.best.run.number} alone, the best single one."


def _chosen(found: StoredEnsemble) -> _Lines:
    yield f"On the rows that chose, {_listed(_sizes(found.halves.choosing))}, where both are too high:"
    ours, theirs = found.chosen
    undefined = [
        name
        for name, places in found.halves.choosing.items()
        if not found.tasks[name].scorer.defined(found.predictions[name].labels[places])
    ]
    rows = [
        (name, NONE, NONE, NONE)
        if name in undefined
        else (name, score(ours[name]), score(theirs[name]), difference(ours[name] - theirs[name]))
        for name in ("overall", *found.tasks)
    ]
    yield _headings(found), rows


def _scored(found: StoredEnsemble) -> _Lines:
    yield f"On the other rows, {_listed(found.scored.rows)}:"
    yield _headings(found), _rows(found.scored, whole=True)
    yield from _notes(found.scored)


def _tested(found: StoredEnsemble) -> _Lines:
    scored = found.tested.scored
    if scored is not None:
        yield f"On test rows, {_listed(scored.rows)}:"
        yield _headings(found), _rows(scored, whole=len(scored.tasks) == len(found.tasks))
        yield from _notes(scored)
    elif found.tested.why:
        yield f"On test rows it is not scored: {found.tested.why}."


def _selection(found: StoredEnsemble) -> str:
    chosen, scored = (
        sum(_sizes(places).values()) for places in (found.halves.choosing, found.halves.scoring)
    )
    return (
        f"Members and the best single trial were chosen on {chosen:,} dev rows and scored on {scored:,} "
        f"others, which are the same whatever trials there are. {SEEN} {FIXED}"
    )


def _headings(found: StoredEnsemble) -> list[Heading]:
    names = ("ensemble", f"best single: trial {found.best.run.number}", "difference")
    return [Heading("score"), *(Heading(name, numeric=True) for name in names)]


def _rows(scored: ScoredRows, whole: bool) -> Cells:
    """A row a score; without `overall` where not all of the tasks have such rows."""
    rows: list[Sequence[str]] = []
    for name in ("overall", *scored.tasks) if whole else scored.tasks:
        if name in scored.undefined:
            rows.append((name, NONE, NONE, NONE))
            continue
        sides = zip(scored.scores, scored.intervals, strict=True)
        gap = scored.gaps[name]
        cells = [f"{score(own[name])} {_between(intervals[name], score)}" for own, intervals in sides]
        rows.append((name, *cells, f"{difference(gap.value)} {_between(gap.interval, difference)}"))
    return rows


def _between(interval: Interval, write: Callable[[float], str]) -> str:
    return f"[{write(interval.low)}, {write(interval.high)}]"


def _notes(scored: ScoredRows) -> Iterator[str]:
    for name, task in scored.tasks.items():
        if name in scored.undefined and task.scorer.undefined is not None:
            value, where = task.scorer.undefined
            yield f"{name} has no score on these labels ({where}); it counts as {value:g}."
    if lower := _errors(scored.tasks):
        yield f"The lower the better: {', '.join(lower)}."


def _errors(tasks: Mapping[str, Task]) -> list[str]:
    return [name for name, task in tasks.items() if not task.scorer.higher_is_better]


def _sizes(places: Places) -> dict[str, int]:
    return {name: len(own) for name, own in places.items()}


def _listed(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in rows.items())
