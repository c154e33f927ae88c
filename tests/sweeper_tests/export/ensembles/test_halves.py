"""The two halves of the dev rows: each row in one, the same ones every time."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.predictions import Predictions
from sweeper.errors import InputError
from sweeper.export.ensembles.halves import Halves, halve, rows_at
from tests.sweeper_tests.export.ensembles.drawn import ROWS, TASKS, drawn


def ids(halves: Halves, run: Mapping[str, Predictions]) -> dict[str, set[str]]:
    return {name: set(run[name].ids[places]) for name, places in halves.choosing.items()}


def permuted(run: Mapping[str, Predictions], rng: np.random.Generator) -> dict[str, Predictions]:
    found = {}
    for name, one in run.items():
        order = rng.permutation(len(one.ids))
        found[name] = Predictions(one.ids[order], one.predicted[order], one.labels[order])
    return found


@pytest.mark.parametrize("seed", range(5))
def test_the_halves_are_disjoint_hold_all_rows_and_the_classes_alike(seed: int) -> None:
    run = drawn(0)
    halves = halve(TASKS, run, seed)
    for name, rows in ROWS.items():
        one, other = halves.choosing[name], halves.scoring[name]
        assert sorted([*one, *other]) == list(range(rows))
        assert len(one) - len(other) in (0, 1)
        if TASKS[name].classes:
            for label in range(TASKS[name].classes or 0):
                of = run[name].labels == label
                assert abs(int(of[one].sum()) - int(of[other].sum())) <= 1
    parts = [rows_at(run, places) for places in (halves.choosing, halves.scoring)]
    for name, one in run.items():
        assert {*parts[0][name].ids} | {*parts[1][name].ids} == {*one.ids}
        assert not {*parts[0][name].ids} & {*parts[1][name].ids}


@given(st.integers(0, 2**32 - 1))
def test_the_halves_follow_from_seed_and_ids_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    expected = ids(halve(TASKS, drawn(0), 11711), drawn(0))
    other = permuted(drawn(1), rng)
    assert ids(halve(TASKS, other, 11711), other) == expected


def test_another_seed_gives_other_halves_and_tasks_have_their_own() -> None:
    first, second = (ids(halve(TASKS, drawn(0), seed), drawn(0)) for seed in (1, 2))
    assert all(first[name] != second[name] for name in TASKS)
    alike = {name: drawn(0)["sts"] for name in ("a", "b")}
    own = ids(halve(dict.fromkeys(alike, TASKS["sts"]), alike, 1), alike)
    assert own["a"] != own["b"]


def test_a_row_is_as_often_in_the_one_half_as_in_the_other() -> None:
    counts = {name: np.zeros(rows) for name, rows in ROWS.items()}
    for seed in range(400):
        for name, places in halve(TASKS, drawn(0), seed).choosing.items():
            counts[name][places] += 1
    for name, own in counts.items():
        # Of a class, or task, of an odd number of rows one half has one more.
        assert abs(own.mean() / 400 - 0.5) < 0.02
        assert (abs(own / 400 - 0.5) < 0.15).all(), name


def test_a_single_row_cannot_be_halved() -> None:
    run = drawn(0)
    one = replace(run["sst"], ids=run["sst"].ids[:1], labels=run["sst"].labels[:1])
    with pytest.raises(InputError, match="task sst has 1 dev row: none is left to score an ensemble on"):
        halve(TASKS, run | {"sst": one}, 1)
