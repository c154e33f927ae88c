"""From where on a caution is said: a case on each side."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sweeper.report.cautions import cautions
from sweeper.report.results import Results
from sweeper.report.statistics.comparison import Comparisons
from tests.sweeper_tests.made import PARAMS, results, row, study

ONE_SEED = (
    "One training seed of B: differences between scores are those of single networks, and nothing is known "
    "about the arms."
)


def said(of: Results) -> list[str]:
    return cautions(of, Comparisons(of))


def test_a_seed_that_was_pruned_is_missed_as_one_that_failed(made: Results) -> None:
    states = made.trials["state"].where(made.trials["number"] != 1, "pruned")
    found = said(replace(made, trials=made.trials.assign(state=states)))
    left = "A: 1 run of its best configuration failed or was pruned; its mean is of those that are left."
    assert left in found
    assert left not in said(made)


def test_one_arm_with_one_seed_is_enough(made: Results) -> None:
    trials = made.trials[(made.trials["arm"] != "B") | (made.trials["seed"] == 1)]
    assert ONE_SEED in said(replace(made, trials=trials))
    assert ONE_SEED not in said(made)


@pytest.mark.parametrize(
    ("best", "epochs", "last"),
    [([3, 3, 1], 3, 2), ([3, 1, 1], 3, None), ([1, 1, 1], 1, None)],
)
def test_the_last_epoch_is_named_if_it_was_the_best_of_more_than_half(
    best: Sequence[int], epochs: int, last: int | None
) -> None:
    of = study()
    rows = [
        row(of, n, arm, (0.4, 0.7, 0.5), params=PARAMS | {"learning_rate": 1e-3 * (n + 1)})
        for n, arm in enumerate(["Baseline", "S-BERT", "S-BERT"])
    ]
    found = results(of, rows)
    found = replace(found, trials=found.trials.assign(best_epoch=best, epochs=epochs))
    lines = [line for line in said(found) if "last epoch" in line]
    assert [line[: len("In 2 of 3 trials")] for line in lines] == (
        [] if last is None else [f"In {last} of 3 trials"]
    )
    assert not [line for line in said(found) if "budget" in line], "two configurations beside one are near"
