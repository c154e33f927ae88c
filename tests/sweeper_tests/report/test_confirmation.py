"""The leaders of a search at fresh seeds: which they are, and that their settings are the search's."""

from dataclasses import replace
from pathlib import Path

import pytest

from sweeper.errors import InputError
from sweeper.report.confirmation import as_arms, configuration_key, confirmation
from sweeper.report.read import read_study
from sweeper.report.results import Results, rank_configurations
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.summary import findings
from sweeper.store.database import Database
from sweeper.store.studies import find_study
from sweeper.study.load import load_study, stored_study
from sweeper.study.named import confirmation_name
from sweeper.study.study import Study
from sweeper.sweep.order import Places
from sweeper.trial import ErrorClass, RunState
from tests.sweeper_tests import made
from tests.sweeper_tests.driven import sweep

SEARCH = made.study(seeds=[1, 2], sampler={"name": "random"})


def results(places: Places, name: str) -> Results:
    with Database(places.storage, must_exist=True) as database:
        return read_study(database, find_study(database, name)).results


def confirmed(places: Places, top: int, seeds: int) -> Study:
    with Database(places.storage, must_exist=True) as database:
        earlier = database.find(confirmation_name(SEARCH.name))
        leaders = rank_configurations(read_study(database, find_study(database, SEARCH.name)).results)[:top]
        return confirmation(SEARCH, leaders, seeds, stored_study(earlier.row) if earlier else None)


def test_leaders_are_ranked_arm_by_arm(places: Places) -> None:
    sweep(SEARCH, places, 16)
    found = results(places, SEARCH.name)
    order = rank_configurations(found)
    assert len(order) == 8
    assert [{one.arm for one in order[at : at + 2]} for at in range(0, 8, 2)] == [set(found.arms)] * 4
    for arm in found.arms:
        means = [one.mean for one in order if one.arm == arm]
        assert means == sorted(means, reverse=True)
    assert order[0].mean == max(one.mean for one in order)


def test_the_leaders_train_again_with_their_own_settings_at_fresh_seeds(places: Places) -> None:
    sweep(SEARCH, places, 8)
    assert results(places, SEARCH.name).confirmation is None
    confirming = confirmed(places, top=2, seeds=3)
    assert confirming.name == "made-confirm@demo"
    assert set(confirming.spec.seeds).isdisjoint(SEARCH.spec.seeds)
    sweep(confirming, places, None)
    searched, again = results(places, SEARCH.name), results(places, confirming.name)
    assert len(again.complete) == 2 * 3
    keys = {
        number: configuration_key(config)
        for number, config in searched.complete[["number", "config"]].itertuples(index=False)
    }
    expected = {keys[one.numbers[0]] for one in rank_configurations(searched)[:2]}
    assert {configuration_key(config) for config in again.complete["config"]} == expected
    assert all(config["score_test"] for config in again.complete["config"])
    assert searched.confirmation is not None
    assert searched.confirmation.name == confirming.name
    named = {*searched.confirmation.arms}
    assert named <= {*searched.arms}
    assert {*searched.confirmation.trials["arm"]} == {*searched.confirmation.epochs["arm"]} == named


def test_more_leaders_and_seeds_add_to_a_confirmation(places: Places) -> None:
    sweep(SEARCH, places, 8)
    first = confirmed(places, top=1, seeds=2)
    sweep(first, places, None)
    second = confirmed(places, top=3, seeds=4)
    assert list(second.spec.arms)[:1] == list(first.spec.arms)
    assert second.spec.seeds[:2] == first.spec.seeds
    sweep(second, places, None)
    again = results(places, second.name)
    assert again.complete.groupby("arm").size().tolist() == [4, 4, 4]
    assert (again.complete["number"] < 2).sum() == 2


STEPPED = made.study(space={"dropout": {"low": 0.1, "high": 0.5, "step": 0.1}}, seeds=[1])
OLD = {"dropout": 0.1 + 2 * 0.1}
"""How versions up to 1.0.0 recorded 0.3 of such a range."""


def test_an_arm_that_is_confirmed_already_stays_as_it_was_written() -> None:
    found = made.results(STEPPED, [made.row(STEPPED, 0, "S-BERT", (0.4, 0.7, 0.5), params=OLD, seed=1)])
    begun = confirmation(STEPPED, rank_configurations(found), 2)
    (label,) = begun.spec.arms
    arms = {label: {**begun.spec.arms[label], "dropout": 0.3}}
    begun = replace(begun, spec=begun.spec.model_copy(update={"arms": arms}))
    assert confirmation(STEPPED, rank_configurations(found), 3, begun).spec.arms == arms


def test_a_configuration_keeps_its_name_when_an_earlier_seed_of_it_completes() -> None:
    of = made.study(arms={"A": {}, "B": {}}, space={}, seeds=[1, 2])
    rows = [
        replace(made.row(of, n, arm, (0.4, 0.7, 0.5), params={}, seed=seed), configuration=0)
        for n, (arm, seed) in enumerate([("A", 1), ("B", 1), ("A", 2), ("B", 2)])
    ]
    failed = replace(rows[0], state=RunState.FAILED, scores=None, error_class=ErrorClass.ERROR)
    begun = confirmation(of, rank_configurations(made.results(of, [failed, *rows[1:]])), 2)
    assert {*begun.spec.arms} == {"A (trial 2)", "B (trial 1)"}
    retried = confirmation(of, rank_configurations(made.results(of, rows)), 2, begun)
    assert retried.spec.arms == begun.spec.arms


def test_what_cannot_be_confirmed_says_why(places: Places) -> None:
    with pytest.raises(InputError, match="no complete trial yet"):
        confirmation(SEARCH, [], 3)
    sweep(SEARCH, places, 4)
    confirming = confirmed(places, top=1, seeds=1)
    sweep(confirming, places, None)
    with pytest.raises(InputError, match="is a confirmation already"):
        confirmation(confirming, rank_configurations(results(places, confirming.name)), 1)


def test_without_test_rows_none_are_scored() -> None:
    without = load_study("quickstart", "minilm")
    bases = [
        confirmation(
            of, rank_configurations(made.results(of, [made.row(of, 0, arm, (0.4, 0.7, 0.5))])), 2
        ).spec.base
        for of in (without, SEARCH)
        for arm in list(of.spec.arms)[:1]
    ]
    assert ["score_test" in base for base in bases] == [False, True]


def test_what_is_declared_is_confirmed_and_nothing_else() -> None:
    of = made.study(arms={"A": {}, "A (trial 0)": {}, "B": {}}, compare=[["A", "B"], ["A (trial 0)", "A"]])
    found = made.results(of, [made.row(of, n, arm, (0.4, 0.7, 0.5)) for n, arm in enumerate(of.spec.arms)])
    whole = confirmation(of, rank_configurations(found), 2)
    assert whole.spec.compare == (
        ("A (trial 0)", "B (trial 2)"),
        ("A (trial 0) (trial 1)", "A (trial 0)"),
    )
    some = confirmation(of, [one for one in rank_configurations(found) if one.arm != "A"], 2)
    assert some.spec.compare == ()


def test_fresh_seeds_stay_below_the_highest_there_is() -> None:
    of = made.study(seeds=[2**32 - 2, 2**32 - 1])
    found = made.results(of, [made.row(of, 0, "S-BERT", (0.4, 0.7, 0.5), seed=2**32 - 1)])
    assert confirmation(of, rank_configurations(found), 3).spec.seeds == (0, 1, 2)


def test_a_seed_that_the_search_was_given_since_is_not_fresh(tmp_path: Path) -> None:
    of = made.study(arms={"A": {}}, space={}, seeds=[1])
    runs = [made.row(of, n, "A", (0.4, 0.7, 0.5), params={}, seed=n + 1) for n in range(4)]
    first = confirmation(of, rank_configurations(made.results(of, runs[:1])), 2)
    [label] = first.spec.arms
    more = made.study(arms={"A": {}}, space={}, seeds=[1, 2, 3])
    with made.store(tmp_path, of, runs[:2]) as database:
        found = read_study(database, database.find(of.name) or pytest.fail())
        again = confirmation(more, rank_configurations(found.results), 2, first)
        assert (first.spec.seeds, again.spec.seeds) == ((2, 3), (2, 3, 4, 5))
        fresh = [
            made.row(first, n, label, (0.4, 0.7, 0.5), params={}, seed=seed) for n, seed in enumerate((2, 3))
        ]
        made.add(made.begin(database, first, 2), first, fresh)
        stored = read_study(database, database.find(of.name) or pytest.fail())
        confirmed = stored.results.confirmation
        assert confirmed is not None
        assert (list(confirmed.trials["seed"]), {*confirmed.epochs["number"]}, confirmed.wanted) == (
            [3],
            {1},
            1,
        )
        [line] = [line for lines in stored.lost for line in lines]
        assert line.startswith("Left out: trial 0 of made-confirm@demo, as seeds that the search trained at ")
        made.add(database.find(of.name) or pytest.fail(), of, runs[2:3])
        assert read_study(database, database.find(of.name) or pytest.fail()).results.confirmation is None


def test_a_pair_is_confirmed_by_any_of_its_configurations() -> None:
    of = made.study(arms={"A": {}, "B": {}, "C": {}}, compare=[["A", "B"], ["A", "C"]], seeds=[1])
    rows = [made.row(of, n, arm, (0.4, 0.7, 0.5), seed=1) for n, arm in enumerate("ABC")]
    labels = ("A (trial 0)", "A (trial 3)", "B (trial 1)")
    pairs = [[labels[0], labels[2]], [labels[1], labels[2]]]
    fresh = made.study(arms={label: {} for label in labels}, compare=pairs, seeds=[7])
    again = made.results(fresh, [made.row(fresh, n, arm, (0.4, 0.7, 0.5)) for n, arm in enumerate(labels)])
    found = replace(made.results(of, rows), confirmation=as_arms(again, of.spec.pairs))
    assert "Declared, but not confirmed: A against C." in findings(Comparisons(found))


def test_the_search_counts_until_each_confirmed_arm_has_scores_or_can_have_none() -> None:
    of = made.study(arms={"A": {}, "B": {}}, seeds=[1])
    search = made.results(of, [made.row(of, n, arm, (0.4, 0.7, 0.5), seed=1) for n, arm in enumerate("AB")])
    done = made.row(of, 0, "A", (0.4, 0.7, 0.5), seed=7)

    def claimed(*others: RunState) -> bool:
        rows = [
            done,
            *(made.row(of, n + 1, "BA"[n], None, seed=7, state=one) for n, one in enumerate(others)),
        ]
        found = replace(search, confirmation=made.results(of, rows, wanted=4))
        return found.claimed is found.confirmation

    assert [claimed(), claimed(RunState.RUNNING), claimed(RunState.QUEUED)] == [False] * 3
    assert claimed(RunState.FAILED), "B has failed"
    assert not claimed(RunState.RUNNING, RunState.RUNNING)
    assert claimed(RunState.FAILED, RunState.RUNNING), "A has scores, and goes on"
