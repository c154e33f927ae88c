"""Who is in an ensemble: beside the same rules written down once more, and blind to the rows that score."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from model.overall import Overall
from model.predictions import Predictions
from sweeper.errors import InputError
from sweeper.export.ensembles.candidates import Candidate
from sweeper.export.ensembles.halves import Halves, halve, rows_at
from sweeper.export.ensembles.picks import MOST_PICKS, Chooser, Picks
from tests.sweeper_tests.export.ensembles.drawn import (
    STUDY,
    TASKS,
    drawn,
    peer_ensemble,
    peer_scores,
    trial,
)

FIRST, SECOND = STUDY.spec.arms
TRIALS = 12
HALVES = halve(TASKS, drawn(0), 11711)


def candidates(
    runs: Sequence[Mapping[str, Predictions]] | None = None, reused: Mapping[int, int] | None = None
) -> list[Candidate]:
    """Three seeds of each of two configurations of each of two arms."""
    given = [drawn(number) for number in range(TRIALS)] if runs is None else runs
    rows = [
        trial(number, FIRST if number < 6 else SECOND, number % 3, dropout=0.1 if number % 6 < 3 else 0.5)
        for number in range(len(given))
    ]
    made = [rows[(reused or {}).get(one.number, one.number)] for one in rows]
    return [Candidate(row, by, dict(run), b"rows") for row, by, run in zip(rows, made, given, strict=True)]


def chooser(found: Sequence[Candidate], halves: Halves = HALVES) -> Chooser:
    return Chooser(TASKS, Overall(), found, halves.choosing)


def choosing(found: Sequence[Candidate], halves: Halves = HALVES) -> list[Mapping[str, Predictions]]:
    return [rows_at(one.predictions, halves.choosing) for one in found]


def overall(runs: Sequence[Mapping[str, Predictions]], picks: Mapping[int, int]) -> float:
    """What some of the runs score together, by scikit-learn and SciPy."""
    return peer_scores(peer_ensemble([runs[number] for number in picks], list(picks.values())))["overall"]


def test_the_best_are_those_of_the_choosing_half() -> None:
    found = candidates()
    scores = [peer_scores(run)["overall"] for run in choosing(found)]
    order = sorted(range(TRIALS), key=lambda number: -scores[number])
    assert chooser(found).best == order[0]
    for count in (2, 5, TRIALS):
        assert chooser(found).top(count) == dict.fromkeys(order[:count], 1)
    assert order != sorted(range(TRIALS), key=lambda number: -peer_scores(drawn(number))["overall"])
    with pytest.raises(InputError, match="--top 13: only 12 networks"):
        chooser(found).top(TRIALS + 1)


def test_the_seeds_are_those_of_the_best_mean_among_the_configurations_with_most() -> None:
    found = candidates()
    scores = [peer_scores(run)["overall"] for run in choosing(found)]
    best = max(range(0, TRIALS, 3), key=lambda first: np.mean(scores[first : first + 3]))
    assert chooser(found).seeds() == dict.fromkeys(range(best, best + 3), 1)
    fewer = [one for one in found if one.run.number != best]
    rest = max(
        (first for first in range(0, TRIALS, 3) if first != best),
        key=lambda first: np.mean(scores[first : first + 3]),
    )
    assert chooser(fewer).seeds() == dict.fromkeys(range(rest, rest + 3), 1)
    with pytest.raises(InputError, match="--seeds: no configuration has two seeds"):
        chooser(found[::3]).seeds()


def greedy_peer(runs: Sequence[Mapping[str, Predictions]]) -> list[int]:
    """Caruana's forward selection as a list of picks, each scored from the start."""
    picks: list[int] = []
    best = -np.inf
    while len(picks) < MOST_PICKS:
        scores = []
        for number in range(len(runs)):
            tried = [*picks, number]
            scores.append(overall(runs, {one: tried.count(one) for one in dict.fromkeys(tried)}))
        if max(scores) <= best + 1e-9:
            break
        best = max(scores)
        picks.append(int(np.argmax(scores)))
    return picks


@pytest.mark.parametrize("shift", range(3))
def test_greedy_picks_are_those_of_the_rule_written_once_more(shift: int) -> None:
    found = candidates([drawn(100 * shift + number, skill=1.0 + number / 10) for number in range(6)])
    expected = greedy_peer(choosing(found))
    assert chooser(found).greedy() == {one: expected.count(one) for one in expected}
    assert len(expected) > 1


@pytest.mark.parametrize("shift", range(4))
def test_greedy_is_never_worse_than_the_best_trial_on_the_choosing_half(shift: int) -> None:
    found = candidates([drawn(1000 + 100 * shift + number) for number in range(TRIALS)])
    picks, runs = chooser(found).greedy(), choosing(found)
    score, singles = overall(runs, picks), [peer_scores(run)["overall"] for run in runs]
    assert 1 <= sum(picks.values()) <= MOST_PICKS
    assert score >= max(singles) - 1e-9
    # Nor does a pick more improve on it.
    if sum(picks.values()) < MOST_PICKS:
        more = (overall(runs, {**picks, number: picks.get(number, 0) + 1}) for number in range(TRIALS))
        assert max(more) <= score + 1e-9


def test_alike_networks_alone_are_one_pick() -> None:
    found = candidates([drawn(0)] * 4)
    assert chooser(found).greedy() == {0: 1}


def blind(found: Sequence[Candidate], halves: Halves, rng: np.random.Generator) -> list[Candidate]:
    """The same trials, with labels and predictions of the scoring half dealt anew."""
    return [
        replace(
            one,
            predictions={
                name: replace(
                    own,
                    labels=_dealt(own.labels, halves.scoring[name], np.random.default_rng(len(name))),
                    predicted=_dealt(own.predicted, halves.scoring[name], rng),
                    scores=None if own.scores is None else _dealt(own.scores, halves.scoring[name], rng),
                )
                for name, own in one.predictions.items()
            },
        )
        for one in found
    ]


def _dealt(values: np.ndarray, places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    found = values.copy()
    found[places] = rng.permutation(values[places])
    return found


def chosen(one: Chooser) -> tuple[int, Picks, Picks, Picks]:
    return one.best, one.top(3), one.seeds(), one.greedy()


@pytest.mark.parametrize("seed", range(3))
def test_the_rows_that_score_have_no_say_in_who_is_chosen(seed: int) -> None:
    found, halves = candidates(), halve(TASKS, drawn(0), seed)
    expected = chosen(chooser(found, halves))
    other = blind(found, halves, np.random.default_rng(seed))
    assert any(
        not np.array_equal(other[0].predictions[name].labels, found[0].predictions[name].labels)
        for name in TASKS
    )
    assert chosen(chooser(other, halves)) == expected
    # The choosing half has one: with the roles exchanged others are chosen.
    exchanged = Halves(halves.scoring, halves.choosing)
    assert chosen(chooser(other, exchanged)) != chosen(chooser(found, exchanged))


def test_a_network_that_two_trials_have_counts_once() -> None:
    runs = [drawn(number) for number in range(6)]
    runs[5] = runs[0]
    found = candidates(runs, reused={5: 0})
    assert 5 not in chooser(found).top(5)
    with pytest.raises(InputError, match="--top 6: only 5 networks"):
        chooser(found).top(6)
    # Among the seeds of a configuration it stands for its own trial.
    assert {*chooser(found[3:]).seeds()} == {3, 4, 5}
