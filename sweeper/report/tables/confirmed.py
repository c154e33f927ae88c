"""The table of confirmed scores beside those of the search. Pure."""

from collections.abc import Collection, Sequence

import pandas as pd

from ...text import one_line
from ..confirmation import configuration_key, searched_arm
from ..document import Cell, Column, Table
from ..results import Results, mean_and_deviation
from ..statistics.comparison import Comparisons
from ..tracks import tracks_note
from .cells import (
    count_cell,
    difference_cell,
    interval_cell,
    numeric,
    score_cell,
    track_cells,
    track_columns,
    undefined_notes,
)


def confirmed_table(results: Results, comparisons: Comparisons) -> Table | None:
    """One row a configuration that was trained again at fresh seeds; None if none was.

    Search scores are means over the seeds of the search, confirmed ones over the fresh seeds.
    """
    if results.confirmation is None or results.confirmation.complete.empty:
        return None
    again = results.confirmation.observations
    # While an arm waits for its fresh runs claims are the search's, whose trials have the same numbers.
    fresh = comparisons.claims
    if fresh.results is not results.confirmation:
        fresh = Comparisons(results.confirmation)
    known = {one.numbers[0]: one for one in fresh.leaders}
    keys, sought = _keys(again), _keys(results.complete)
    of = [_study_and_arm(results.confirmation, arm) for arm in again["arm"]]
    tests = _test_scores(results.confirmation)
    names = [f"test {name}" for name in results.scores] if not tests.empty else []
    rows = []
    for one in sorted(results.configurations, key=lambda one: (not one.whole, -one.mean)):
        study, arm = _study_and_arm(results, one.arm)
        # Of two arms with one configuration each has its own runs.
        mine = [
            key == sought[one.numbers[0]] and place == study and one_line(arm) in (said, searched_arm(said))
            for key, (place, said) in zip(keys.values(), of, strict=True)
        ]
        own = again[mine]
        if own.empty:
            continue
        mean, deviation = mean_and_deviation(own[one.judged_by])
        gap = None if mean is None else mean - one.mean
        leader = next((known[number] for number in own["number"] if number in known), None)
        undefined = results.confirmation.undefined(own["arm"].iloc[0], "test")
        interval = (fresh.intervals(leader) or {}).get(one.judged_by) if leader else None
        rows.append(
            (
                Cell(one_line(one.arm)),
                *track_cells(results, one.arm),
                score_cell(one.mean, one.numbers),
                count_cell(len(one.numbers)),
                score_cell(mean),
                score_cell(deviation),
                interval_cell(interval),
                count_cell(len(own)),
                difference_cell(gap),
                *_test_cells(tests[tests.index.isin(own["number"])], names, undefined),
            )
        )
    columns = (
        Column("arm"),
        *track_columns(results),
        *numeric("search", "seeds", "confirmed", "sd", "95 %", "fresh seeds", "difference", *names),
    )
    notes = _notes(results, results.confirmation, tested=bool(names))
    title = "Confirmed at fresh seeds, dev scores"
    return Table("confirmed", title, columns, tuple(rows), tuple(one_line(note) for note in notes))


def _notes(results: Results, confirmation: Results, *, tested: bool) -> list[str]:
    seeds = sorted(set(confirmation.observations["seed"]))
    notes = [
        "The best of many trials, chosen on dev, is optimistic; the same configuration at fresh seeds is "
        "less so. It got these seeds as it led: claims rest on them alone, and the search's score is shown "
        "and not tested. "
        + (
            "sd: standard deviation over the fresh seeds; 95 %: on other seeds and rows together."
            if len(seeds) > 1
            else "95 %: on other rows, of this one seed."
        ),
        f"Fresh seeds: {', '.join(map(str, seeds))}; study {confirmation.name}.",
    ]
    if tested:
        searched = (results.epochs["split"] == "test").any()
        alone = "" if searched else " for confirmed configurations alone"
        notes.append(
            f"Test rows chose nothing: they are scored{alone}, here as means over the fresh seeds. The tests "
            "of this report are over dev rows."
        )
        notes += undefined_notes(confirmation, "test")
    notes += [
        f"{arm}: in place of overall, which it lacks, the mean of {', '.join(tasks)}, which it trains alone."
        for arm, tasks in results.trained.items()
    ]
    return [*notes, *tracks_note(results)]


def _keys(trials: pd.DataFrame) -> dict[int, str]:
    """For each trial what tells its configuration from others, by number and in their order."""
    halvings = trials["halvings"] if "halvings" in trials else [0] * len(trials)
    return {
        number: configuration_key(config, int(times))
        for number, config, times in zip(trials["number"], trials["config"], halvings, strict=True)
    }


def _study_and_arm(results: Results, arm: str) -> tuple[str, str]:
    """The study of an arm, where several are reported together, and what it is called there; in one line."""
    study, own = results.studies.get(arm, ("", arm))
    return study, one_line(own)


def _test_scores(confirmation: Results) -> pd.DataFrame:
    """Scores on test rows at the best epoch: a row a trial, a column a score."""
    best = dict(zip(confirmation.complete["number"], confirmation.complete["best_epoch"], strict=True))
    metrics = {name: task.metric for name, task in confirmation.tasks.items()} | {"overall": "overall"}
    epochs = confirmation.epochs
    chosen = epochs[
        (epochs["split"] == "test")
        & (epochs["epoch"] == epochs["number"].map(best))
        & (epochs["metric"] == epochs["task"].map(metrics))
    ]
    frame = chosen.pivot_table(index="number", columns="task", values="value")
    return frame.rename(columns=lambda name: f"test {name}")


def _test_cells(scores: pd.DataFrame, names: Sequence[str], undefined: Collection[str]) -> list[Cell]:
    """The mean test scores of some trials; dashes where there are none, or none is defined."""
    return [
        score_cell(float(scores[name].mean()))
        if name in scores and scores[name].notna().any() and name.removeprefix("test ") not in undefined
        else score_cell(None)
        for name in names
    ]
