"""Pages of made studies, as files for a browser."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from sweeper.report.document import Table
from sweeper.report.figures import Figure, study_figures
from sweeper.report.page import page
from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.tables import study_tables
from sweeper.report.tables.trials import trials_table
from sweeper.study.study import Study
from sweeper.trial import RunState, TrialRow

from ..sweeper_tests.made import PARAMS, WORKLOAD, document, results, row, study

HOSTILE = """</script><script>alert("x")</script> & <img src=x onerror='alert(1)'> "ünï→ö" ${1} {{ 7*7 }}"""
TRACEBACK = "Traceback (most recent call last):\n  File <trainer>, line 88\nRuntimeError: <b>boom</b> & more"
WARNING = "One training seed: <b>nothing</b> is known about the arms & more."
MADE = {"Commands": "sweeper run --study made\nsweeper report", "Versions": "torch <2.9>"}


def small(error: str = TRACEBACK, notice: str = WORKLOAD.notice, **fields: Any) -> Results:
    """Seven trials in every state, one failed."""
    of = study(WORKLOAD.model_copy(update={"notice": notice}), **fields)
    first, second = of.spec.arms
    other = PARAMS | {"dropout": 0.5, "learning_rate": 0.01}
    pruned = row(of, 6, first, (0.1, 0.1, 0.1), state=RunState.PRUNED)
    return results(
        of,
        [
            row(of, 0, first, (0.400, 0.700, 0.500)),
            row(of, 1, second, (0.450, 0.750, 0.600), params=PARAMS | {"learning_rate": 2e-05}),
            row(of, 2, first, (0.420, 0.690, 0.520), params=other, seed=7),
            replace(row(of, 3, second, (0.470, 0.740, 0.640), params=other), seconds=4000.0),
            row(of, 4, first, None, state=RunState.FAILED, error=error),
            row(of, 5, second, None, state=RunState.RUNNING),
            pruned,
        ],
        wanted=40,
    )


def large(trials: int) -> Results:
    """Many trials with scores at random, every tenth failed."""
    of, rng = study(), random.Random(1)  # noqa: S311
    arms = list(of.spec.arms)
    return results(of, [_at_random(of, number, arms[number % 2], rng) for number in range(trials)])


def _at_random(of: Study, number: int, arm: str, rng: random.Random) -> TrialRow:
    params = {
        "learning_rate": 10 ** rng.uniform(-5, -2),
        "dropout": rng.choice([0.1, 0.3, 0.5]),
        "weight_decay": rng.choice([0.1, 0.3]),
    }
    if number % 10 == 9:
        return row(of, number, arm, None, params=params, state=RunState.FAILED, error=f"boom {number}")
    return row(of, number, arm, [rng.random() for _ in of.tasks], params=params)


def armful() -> Results:
    """More arms than colours, a trial each; one setting over two powers of ten and one over five."""
    ranges = {"learning_rate": (1e-5, 1e-3), "weight_decay": (1e-6, 1e-1)}
    space = {name: {"low": low, "high": high, "log": True} for name, (low, high) in ranges.items()}
    of = study(WORKLOAD, arms={f"arm {n}": {} for n in range(8)}, space=space, tables=["arms"])
    return results(of, [row(of, n, arm, (0.4 + n / 100, 0.7, 0.5)) for n, arm in enumerate(of.spec.arms)])


def states() -> Mapping[str, Results]:
    """Studies that lack something that a page might take for granted."""
    of = study()
    first, second = of.spec.arms
    lone = study(arms={"Lone": {}}, space={}, tables=["arms"])
    running = [row(of, n, first, None, state=RunState.RUNNING) for n in range(2)]
    return {
        "nothing": results(of, [], wanted=4),
        "queued": results(of, [row(of, 0, second, None, state=RunState.QUEUED)], wanted=4),
        "running": results(of, [row(of, 2, second, (0.4, 0.5, 0.6)), *running], wanted=9),
        "failed": results(
            of, [row(of, n, first, None, state=RunState.FAILED, error=f"boom {n}") for n in range(3)]
        ),
        "single": results(lone, [row(lone, 0, "Lone", (0.4, 0.5, 0.6))]),
        "armless": results(of, [row(of, n, first, (0.4, 0.5 + n / 10, 0.6)) for n in range(3)]),
    }


def without_figures(of: Results) -> str:
    """The page of a study without figures: it opens ten times as fast."""
    return html(of, figures=())


def crowded(of: Results) -> str:
    """The page of a study that leaves its table of trials no room beyond the least."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sweeper.report.page.render.SIZE", 0)
        return without_figures(of)


def scripted(of: Results) -> str:
    """The page of a study of which a script draws all rows but the first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sweeper.report.page.render.ROWS", 1)
        return html(of)


def html(of: Results, figures: Sequence[Figure] | None = None, version: str | None = None) -> str:
    """The page of a study; where it has two trials, its first score cell is a tie of the first two."""
    tables = study_tables(of, ("arms", "table2", "table3"), Comparisons(of))
    return page(
        of,
        replace(
            document(of, ("A sentence of what was found.", "Another."), [_tied(tables[0], of), *tables[1:]]),
            warnings=(WARNING,),
        ),
        study_figures(of) if figures is None else figures,
        trials_table(of),
        MADE,
        version=version,
    )


def _tied(table: Table, of: Results) -> Table:
    if len(of.complete) < 2:
        return table
    rows: Sequence[Any] = table.rows
    place = [column.heading for column in table.columns].index("overall")
    cells = list(rows[0])
    cells[place] = replace(cells[place], tie=True, trials=tuple(of.complete["number"][:2]))
    return replace(table, rows=(tuple(cells), *rows[1:]))
