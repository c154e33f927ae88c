import math
from typing import Any

import pytest

from sweeper.trial import ErrorClass, Outcome, RunState

SCORES = {"overall": 0.5, "sst": 0.4}


@pytest.mark.parametrize(
    "parts",
    [
        {"state": RunState.COMPLETE, "best_epoch": 1, "scores": SCORES},
        {"state": RunState.PRUNED},
        {"state": RunState.PRUNED, "best_epoch": 1, "scores": SCORES},
        {"state": RunState.FAILED, "error_class": ErrorClass.OOM},
        {"state": RunState.FAILED, "error_class": ErrorClass.ERROR, "traceback": "…"},
        {"state": RunState.FAILED, "error_class": ErrorClass.NAN, "best_epoch": 1, "scores": SCORES},
    ],
)
def test_possible_outcomes(parts: dict[str, Any]) -> None:
    assert Outcome(seconds=1.0, **parts).state.final


@pytest.mark.parametrize(
    "parts",
    [
        {"state": RunState.QUEUED},
        {"state": RunState.RUNNING, "best_epoch": 1, "scores": SCORES},
        {"state": RunState.COMPLETE},
        {"state": RunState.COMPLETE, "scores": SCORES},
        {"state": RunState.COMPLETE, "best_epoch": 1},
        {"state": RunState.COMPLETE, "best_epoch": 1, "scores": {"sst": 0.4}},
        {"state": RunState.COMPLETE, "best_epoch": 1, "scores": {"overall": math.nan}},
        {"state": RunState.COMPLETE, "best_epoch": 1, "scores": SCORES, "error_class": ErrorClass.OOM},
        {"state": RunState.COMPLETE, "best_epoch": 1, "scores": SCORES, "traceback": "…"},
        {"state": RunState.FAILED},
        {"state": RunState.FAILED, "traceback": "…"},
    ],
)
def test_impossible_outcomes(parts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Outcome(seconds=1.0, **parts)


def test_final_states() -> None:
    assert [state for state in RunState if not state.final] == [RunState.QUEUED, RunState.RUNNING]
