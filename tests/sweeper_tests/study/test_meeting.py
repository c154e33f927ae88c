"""Values that can meet in a rule are tried together, and no others."""

from typing import Any

import pytest

from sweeper.study.meeting import TRIED, _allotted
from sweeper.study.problem import SettingError
from tests.sweeper_tests import made


def refusal(**fields: Any) -> str:
    with pytest.raises(SettingError) as caught:
        made.study(made.WORKLOAD, **fields)
    return str(caught.value)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        # Neither value breaks a rule by itself.
        (
            {"gradient": ["sum", "pcgrad"], "sampling": ["joint", "annealed"]},
            "gradient pcgrad joins the tasks",
        ),
        ({"encoder.hidden_size": [64, 96], "encoder.attention_heads": [4, 64]}, "hidden_size 96"),
        ({"tasks.sst.head": ["mlp", "linear"], "tasks.sst.head_layers": [None, 1]}, "head_layers 1 is for"),
        ({"tasks.para.head": ["sbert", "mlp"], "tasks.para.concatenation": [None, "uv"]}, "concatenation uv"),
        # One is the arm's, or the queue's.
        ({"gradient": ["sum", "pcgrad"]}, "gradient pcgrad joins the tasks"),
    ],
)
def test_two_values_that_no_configuration_can_have_are_refused(fields: dict[str, Any], said: str) -> None:
    arms = {"A": {}, "B": {"sampling": "annealed"}} if len(fields) == 1 else {"A": {}}
    assert said in refusal(arms=arms, space=fields)


def test_a_queued_value_within_a_range_is_tried_in_every_arm_that_differs_around_it() -> None:
    arms = {"A": {"encoder.attention_heads": 2}, "B": {"encoder.attention_heads": 4}}
    space = {"encoder.hidden_size": {"low": 16, "high": 64}}
    made.study(made.WORKLOAD, arms=arms, space=space, enqueue=[{"encoder.hidden_size": 20}])
    said = refusal(arms=arms, space=space, enqueue=[{"encoder.hidden_size": 22}])
    assert "arm 'B'" in said
    assert "hidden_size 22 is not a multiple of attention_heads 4" in said


def test_who_wants_few_trials_gets_them_and_the_others_share_what_is_left() -> None:
    assert _allotted([2, 10**9, 3, 10**9]) == [2, (TRIED - 5) // 2, 3, (TRIED - 5) - (TRIED - 5) // 2]
    assert _allotted([]) == []
