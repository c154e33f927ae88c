"""The replay of searches on recorded curves, on curves made so that every figure is known."""

import pytest

from benchmarks import search
from benchmarks.curves import GRIDS, Curves, missing, study
from benchmarks.search import OPTUNA, Done, figures, found, good, outcome, replayed, winner
from sweeper.study.cells import Cells

RECORDED = [name for name in GRIDS if not missing(name)]
NAME = "minilm-minutes"
EPOCHS = 5


@pytest.fixture(autouse=True)
def _made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 30 configurations the last is the best by .02 a place, from the first epoch on."""
    cells = Cells.of(study(NAME).space)
    assert cells is not None
    values = {
        (cell, seed): tuple(0.02 * cell + 0.001 * epoch for epoch in range(EPOCHS))
        for cell in range(cells.count)
        for seed in (11711, 11712)
    }
    curves = Curves(cells, (11711, 11712), values)
    monkeypatch.setattr(search, "table", lambda name: curves)
    good.cache_clear()


def test_a_configuration_is_found_when_it_is_trained_to_its_end() -> None:
    done = [Done(3, 5, 0.9), Done(7, 1, None), Done(7, 5, 0.8), Done(8, 5, 0.7)]
    assert found(done, frozenset({7})) == 11
    assert found(done, frozenset({9})) == float("inf")
    assert winner(done, 5) == 3
    assert winner(done, 4) is None
    assert winner([*done, Done(9, 5, 0.95)], 16) == 3  # the last one ends at 21


def test_random_without_pruning_goes_through_all_configurations_once() -> None:
    assert good(NAME) == {29}
    done = list(replayed(NAME, "random", "none", 4))
    assert sorted(one.cell for one in done) == list(range(30))
    assert {one.epochs for one in done} == {EPOCHS}
    assert [one.score for one in done] == pytest.approx([0.02 * one.cell + 0.004 for one in done])


def test_top_1_trains_the_records_to_their_end_and_finds_the_best() -> None:
    done = list(replayed(NAME, "random", "top 1", 4))
    cells = [one.cell for one in done]
    records = [cell for place, cell in enumerate(cells) if cell == max(cells[: place + 1])]
    assert [one.cell for one in done if one.score is not None] == records
    before = cells.index(29)
    assert found(done, good(NAME)) == before + 1 + 4 * len(records)


def test_a_search_ends_when_it_has_found_one_and_its_winners_are_ranked() -> None:
    spent, ranks = outcome(NAME, "random", "none", 4)
    cells = [one.cell for one in replayed(NAME, "random", "none", 4)]
    assert spent == EPOCHS * (1 + cells.index(29))
    assert ranks == [30 - max(cells[:5]), 30 - max(cells[:10])]


def test_optuna_searches_the_same_curves() -> None:
    spent, ranks = outcome(NAME, OPTUNA, "", 1)
    assert spent >= EPOCHS
    assert all(1 <= rank <= 30 for rank in ranks)
    assert outcome(NAME, OPTUNA, "", 1) == (spent, ranks)


def test_figures_are_those_of_orders_as_they_are() -> None:
    row = figures([(10.0 * n, [n, 1]) for n in range(1, 10)] + [(float("inf"), [50, 1])])
    assert (row["median"], row["p90"], row["never"]) == (60, float("inf"), 0.1)
    assert row["rank at 5"] == 5.5


@pytest.mark.parametrize("name", RECORDED)
def test_every_configuration_of_a_recorded_grid_is_there(name: str) -> None:
    curves = Curves.read(name)
    assert len({len(curve) for curve in curves.values.values()}) == 1
    assert all(0 < value < 1 for curve in curves.values.values() for value in curve)
    best = max(range(curves.cells.count), key=curves.means.__getitem__)
    assert curves.rank(curves.cells.params(best)) == 1
