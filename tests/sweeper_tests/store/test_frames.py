"""Which trials ran side by side, against every pair of their intervals."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sweeper.store.frames import trials_frame
from sweeper.trial import TrialRow
from tests.sweeper_tests.made import BEGUN, row, study

MADE = row(study(), 0, "S-BERT", (0.1, 0.2, 0.3))
INTERVALS = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 20), st.integers(1, 8)), max_size=8)


def trial(number: int, machine: str, start: int, minutes: int) -> TrialRow:
    began = BEGUN + timedelta(minutes=start)
    return replace(
        MADE, number=number, machine=machine, started=began, finished=began + timedelta(minutes=minutes)
    )


@settings(max_examples=50, deadline=None)
@given(INTERVALS)
def test_company_is_a_trial_on_the_same_machine_at_the_same_time(given_: list[tuple[str, int, int]]) -> None:
    rows = [trial(number, *one) for number, one in enumerate(given_)]
    minutes = [
        {(machine, minute) for minute in range(start, start + long)} for machine, start, long in given_
    ]
    expected = [
        any(mine & others for other, others in enumerate(minutes) if other != number)
        for number, mine in enumerate(minutes)
    ]
    assert trials_frame(rows, {})["side_by_side"].tolist() == expected


def test_what_has_not_begun_or_is_from_before_is_not_known() -> None:
    begun = trial(0, "a", 0, 5)
    waiting, old = replace(begun, number=1, started=None), replace(begun, number=2, machine=None)
    # One that runs is there as long as its lease, which its driver renews.
    lease = BEGUN + timedelta(minutes=4)
    running = replace(
        begun, number=3, started=BEGUN + timedelta(minutes=3), finished=None, lease_expires=lease
    )
    later = trial(4, "a", 6, 1)
    found = trials_frame([begun, waiting, old, running, later], {})["side_by_side"].tolist()
    assert found == [True, None, None, True, False]
