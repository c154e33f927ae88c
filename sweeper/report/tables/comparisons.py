"""The tables of arms against each other, tested. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from ...text import NONE, fixed, one_line, score, telling
from ..document import Cell, Column, Table
from ..finding import interval_text
from ..results import Results
from ..statistics.compared import Comparison
from ..statistics.comparison import Comparisons
from ..statistics.power import MOST_SEEDS, Detectable
from ..statistics.superiority import MEANINGFUL
from .cells import count_cell, difference_cell, numeric, p_cell, score_notes

RULE = (
    "95 %: on other seeds and other rows together, not adjusted for the family; of a single seed over rows "
    "alone. p rows: paired bootstrap over dev rows, these networks held fixed; beyond its last resample "
    "that of a normal distribution, and never below the least that a sign test of the rows that differ can "
    "give (of overall: of those of the task with the fewest, unless the other tasks say as much without "
    "it). p seeds: Student's paired t over training seeds that both have, Welch's where the seeds differ, "
    "these rows held fixed. p Holm: the larger of the two, adjusted for all {family}. Better or worse: p "
    "Holm below .05; with one training seed nothing is said. P(A > B): how often a run of the one scores "
    "more than one of the other, with its 95 % interval, these rows held fixed; {meaningful} counts as "
    "meaningful (Bouthillier et al., 2021)."
)

ACROSS = (
    "Across tracks: one arm encodes pairs together (a cross-encoder), the other one each sentence by itself; "
    "a verdict does not make the one a better encoder of sentences."
)


BEST, ASKED = "the best", "asked for"
"""Why an arm is compared with one that the study did not declare."""


def comparisons_table(comparisons: Comparisons) -> Table | None:
    """One row a declared pair, then one for each other arm against the best; None of no pair.

    Once configurations were confirmed at fresh seeds it speaks of those.
    """
    claims = comparisons.claims
    declared = "one name" if comparisons.results.studies else "declared"
    why = [(each, declared) for each in claims.declared] + [(each, BEST) for each in claims.undeclared]
    return pairs_table(comparisons, why) if why else None


def pairs_table(comparisons: Comparisons, why: Sequence[tuple[Comparison, str]]) -> Table:
    """One row a pair of arms.

    Args:
        comparisons: Of the study.
        why: Comparisons of those on which its claims rest, each with why it is there.
    """
    claims = comparisons.claims
    results, confirmed = claims.results, claims is not comparisons
    width = results.overall.width(results.tasks)
    rows = [
        (
            *_row(each),
            *power_cells(each.detectable, width),
            *_task_cells(each, results),
            Cell(asked + "; configurations" * (not each.of_arms) + "; across tracks" * each.across),
        )
        for each, asked in why
    ]
    if confirmed:  # the trials are those of another study, to which this one has no links
        rows = [tuple(replace(cell, trials=()) for cell in row) for row in rows]
    columns = (*_COLUMNS, *POWER_COLUMNS, *_task_columns(results), Column("why", optional=True, kept=True))
    of = "the confirmed configurations" if confirmed else "the best configurations of two arms"
    notes = [
        f"Differences between {of}, means over their seeds. "
        + RULE.format(family=_family(results, confirmed), meaningful=fixed(MEANINGFUL)),
        "Where configurations differ in searched settings, the difference is theirs and not the arms'.",
        "Could tell apart: the smallest difference that this comparison finds in 80 of 100 studies; half of "
        "it needs so many seeds on each side. Tasks: p Holm over all pairs of the same family and their "
        "tasks, a second family.",
    ]
    notes += [ACROSS] * any(each.across for each, _ in why)
    if results.studies:
        notes.append(
            "No study declared these pairs before it ran: of studies that are put together for their scores "
            "false verdicts are more frequent."
        )
    notes += _unlike(comparisons.results)
    notes += score_notes(results)
    if any(asked == BEST for _, asked in why):
        notes.append("The best was chosen by these scores: against it p is adjusted for all pairs of arms.")
    if any(asked == ASKED for _, asked in why):
        notes.append("A pair that the study does not declare: its p is adjusted for all pairs of arms.")
    notes.append(
        "The seeds are fresh, and the dev rows those on which the configurations were chosen."
        if confirmed
        else "The configurations were chosen on these dev rows: see the confirmed scores, if any."
    )
    grounds = {results.ground(one.arm): claims.rows_of(one.arm) for one in claims.compared}
    for ground, counts in grounds.items():
        told = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        notes.append(f"Dev rows{' of ' * bool(ground)}{one_line(ground)}: {told}.")
    return Table("comparisons", "Arms against each other", columns, tuple(rows), tuple(notes))


def _family(results: Results, confirmed: bool) -> str:
    if results.studies:
        return "pairs of arms of one name"
    return "pairs that the study declares" + " and of which both sides are confirmed" * confirmed


def _unlike(results: Results) -> list[str]:
    """Which declared pairs do not search the same; nothing where all do."""
    pairs = [pair for pair in results.pairs if not results.alike(*pair)]
    if not pairs:
        return []
    named = ", ".join(f"{one_line(a)} and {one_line(b)}" for a, b in pairs)
    return [f"Not searched alike, and matched only where all settings of the two are the same: {named}."]


def matched_table(comparisons: Comparisons) -> Table | None:
    """One row a declared pair by the configurations that both arms have; None where there are not two."""
    pairs = comparisons.matched
    if not pairs:
        return None
    rows = [(*_row(each), count_cell(each.configurations)) for each in pairs]
    columns = (*_COLUMNS, *numeric("configurations"))
    note = (
        "Arms on the same settings in both: a configuration's mean over the seeds that all have is one "
        "observation; one with fewer seeds than others is left out. 95 %: on other configurations and "
        "other rows together, of these seeds; P(A > B): of configurations, on these rows. p seeds: the "
        "larger one of the paired t-tests over configurations and over seeds. p Holm: adjusted for all "
        "pairs of this table. All else as in the table of comparisons."
    )
    notes = (note, *[ACROSS] * any(each.across for each in pairs))
    return Table("matched", "Arms on matched configurations", columns, tuple(rows), notes)


_COLUMNS = (
    Column("arm"),
    Column("against"),
    Column("verdict"),
    *numeric("overall", "95 %", "p rows", "p seeds", "p Holm", "P(A > B)", "seeds"),
)

POWER_COLUMNS = tuple(
    Column(heading, numeric=True, optional=True) for heading in ("could tell apart", "half of it needs")
)


def power_cells(found: Detectable | None, width: float) -> tuple[Cell, Cell]:
    """What a comparison could have told apart, and the seeds that half of it would need.

    Args:
        found: What it could; None where a side has one seed, or nothing varies.
        width: The largest difference that there can be: beyond it nothing could have been told apart.
    """
    if found is None or found.difference > width:
        return Cell(NONE), Cell(NONE)
    seeds = found.seeds_for_half
    known = count_cell(seeds) if seeds else Cell(f"> {MOST_SEEDS:,}")
    return Cell(telling(found.difference), value=found.difference), known


def _row(each: Comparison) -> tuple[Cell, ...]:
    overall = each.gaps.get("overall")
    arms = Cell(one_line(each.ours.arm)), Cell(one_line(each.theirs.arm))
    if overall is None:
        return (*arms, *[Cell(NONE)] * 7, Cell(_seeds(each.seeds)))
    chance, single = overall.superiority, each.seeds == (1, 1) and each.configurations == 1
    likely = f"{score(chance.value)} ({score(chance.low)} to {score(chance.high)})"
    return (
        *arms,
        Cell(NONE if each.verdict is None else str(each.verdict)),
        difference_cell(overall.value, trials_of(each), told=each.told()),
        Cell(interval_text(overall, told=each.told())),
        p_cell(overall.p_rows),
        p_cell(overall.p_seeds),
        p_cell(each.adjusted["overall"]),
        Cell(NONE) if single else Cell(likely, value=chance.value),
        Cell(_seeds(each.seeds)),
    )


def _task_columns(results: Results) -> tuple[Column, ...]:
    headings = (heading for name in results.tasks for heading in (name, f"p {name}"))
    return tuple(Column(heading, numeric=True, optional=True) for heading in headings)


def _task_cells(each: Comparison, results: Results) -> list[Cell]:
    cells: list[Cell] = []
    for name in results.tasks:
        if name in results.undefined(each.ours.arm) or name not in each.gaps:
            cells += [Cell(NONE), Cell(NONE)]
            continue
        amount = difference_cell(each.gaps[name].value, trials_of(each), told=each.told(name))
        cells += [amount, p_cell(each.adjusted[name])]
    return cells


def trials_of(each: Comparison) -> tuple[int, ...]:
    """The trials of both sides, by rising numbers."""
    return tuple(sorted({*each.ours.numbers, *each.theirs.numbers}))


def _seeds(seeds: Sequence[int]) -> str:
    return str(seeds[0]) if seeds[0] == seeds[1] else f"{seeds[0]}, {seeds[1]}"
