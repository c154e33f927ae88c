"""The table of differences between arms, tested. Pure."""

from model.metrics import METRICS

from ...text import NONE, one_line, score
from ..document import Cell, Column, Table
from ..results import Results
from ..statistics.comparison import Comparison, Comparisons
from ..statistics.intervals import overall_sampling_error
from .cells import difference_cell, interval_cell, numeric, p_text


def comparisons_table(results: Results, comparisons: Comparisons) -> Table | None:
    """One row a pair of arms: each against the best one, then against the study's first; None of no pair."""
    pairs = [*comparisons.against_best, *comparisons.against_first]
    if not pairs:
        return None
    tasks = [heading for name in results.tasks for heading in (name, f"p {name}")]
    columns = (
        Column("arm"),
        Column("against"),
        *numeric("overall", "95 %", "p", "p Holm"),
        Column("verdict"),
        *numeric(*tasks, "p over seeds"),
    )
    tests = ", ".join(
        f"{name} by {METRICS[task.metric].row_test_name}" for name, task in results.tasks.items()
    )
    notes = [
        "Differences between the best configurations of two arms, means over their seeds, on the same dev "
        "rows. Interval and p of overall: paired bootstrap over dev rows; Holm: adjusted for all arms "
        "compared with the same one. A difference is a tie unless the interval leaves out 0 and p Holm is "
        "below .05.",
        f"p of a task, at the first seed that both have: {tests}. p over seeds: Wilcoxon on overall, which "
        "needs six seeds to fall below .05.",
        "The configurations were chosen on these dev rows: see the confirmed scores, if there are any.",
        _noise(results, comparisons),
    ]
    rows = tuple(_row(each, results) for each in pairs)
    return Table("comparisons", "Arms against each other", columns, rows, tuple(notes))


def _row(each: Comparison, results: Results) -> tuple[Cell, ...]:
    overall, trials = each.differences["overall"], (*each.ours.numbers, *each.theirs.numbers)
    cells = []
    for name in results.tasks:
        gap = each.differences[name].value
        cells += [difference_cell(gap, trials), _p(each.row_tests.get(name))]
    return (
        Cell(one_line(each.ours.arm)),
        Cell(one_line(each.theirs.arm)),
        difference_cell(overall.value, trials),
        interval_cell(overall.interval),
        _p(overall.p),
        _p(each.adjusted),
        Cell(str(each.verdict)),
        *cells,
        _p(each.over_seeds),
    )


def _p(value: float | None) -> Cell:
    return Cell(NONE) if value is None else Cell(p_text(value), value=float(value))


def _noise(results: Results, comparisons: Comparisons) -> str:
    """The sampling error of each dev set, at the scores of the best arm."""
    best = comparisons.compared[0]
    predictions = results.predictions(best.numbers[0]) or {}
    rows = {name: len(predictions[name].labels) for name in results.tasks}
    scores = {name: best.scores[name] for name in results.tasks}
    errors = [
        f"{name} {score(METRICS[task.metric].standard_error(scores[name], rows[name]))} ({rows[name]:,} rows)"
        for name, task in results.tasks.items()
    ]
    overall = score(overall_sampling_error(results.tasks, scores, rows))
    return (
        f"Sampling error of these dev sets (one standard error, at the scores of {one_line(best.arm)}): "
        f"overall {overall}, {', '.join(errors)}."
    )
