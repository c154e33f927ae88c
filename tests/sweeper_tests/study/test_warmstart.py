"""Which configurations of earlier studies a study takes over."""

from typing import Any

import pytest

from sweeper.study.problem import SettingError
from sweeper.study.space import Choice, FloatRange, Space
from sweeper.study.warmstart import taken_over
from tests.sweeper_tests import made

SPACE: dict[str, Space] = {
    "learning_rate": FloatRange(low=1e-4, high=1e-2, log=True),
    "sts_loss": Choice(("mse", "ce")),
}


def test_the_best_of_each_in_turn_each_once() -> None:
    one = [{"learning_rate": 1e-3, "sts_loss": "ce"}, {"learning_rate": 2e-3, "sts_loss": "ce"}]
    two = [
        dict(one[1]),
        {"learning_rate": 3e-3, "sts_loss": "mse"},
        {"learning_rate": 4e-3, "sts_loss": "mse"},
    ]
    assert taken_over([one, two], SPACE, 3) == [one[0], two[0], two[1]]
    assert taken_over([one, two], SPACE, 9) == [one[0], two[0], two[1], two[2]]
    assert taken_over([one], SPACE, 9) == one


def test_values_that_the_space_does_not_hold_are_left_to_the_sampler() -> None:
    earlier: list[dict[str, Any]] = [
        {"learning_rate": 1e-1, "tasks.sts.loss": "ce"},  # the same setting by its full name
        {"learning_rate": 1e-1, "dropout": 0.3},
        {"learning_rate": 5e-3, "tasks.sts.loss": "huber"},
    ]
    assert taken_over([earlier], SPACE, 3) == [{"sts_loss": "ce"}, {"learning_rate": 5e-3}]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"sampler": {"name": "grid"}}, "a grid has every combination already"),
        ({"objective": ["sst", "sts"]}, "several objectives name no best configuration"),
        ({"warm_start": {"studies": ["a", "a"]}}, "stands in the list twice"),
        ({"warm_start": {"studies": []}}, "at least 1 item"),
        ({"warm_start": {"studies": ["a"], "top": 0}}, "greater than or equal to 1"),
    ],
)
def test_what_does_not_go_together_is_refused(fields: dict[str, Any], told: str) -> None:
    written = {
        "warm_start": {"studies": ["a"]},
        "space": {"sts_loss": ["mse", "ce"]},
        "tables": ["arms"],
    } | fields
    with pytest.raises((SettingError, ValueError), match=told):
        made.study(made.WORKLOAD, **written)
