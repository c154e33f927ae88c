"""What `status` says of a study, once and again and again."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from sweeper.show.status import MOST_FAILURES, overview, watch
from sweeper.store.owners import Owner
from sweeper.store.study import StudyStore
from sweeper.study.study import Study
from sweeper.trial import ErrorClass, Outcome, RunState
from tests.sweeper_tests.halfway import HERE, add


def test_counts_arms_failures_and_what_needs_attention(store: StudyStore) -> None:
    me = Owner.this_process()
    head, *lines = overview(store)
    assert head.startswith("quickstart@demo: 2 of 8 trials · 1 failed · best overall 0.625 (trial 0) · about")
    assert lines == [
        "  best by arm: Baseline 0.625 (trial 0) · S-BERT none yet",
        "  failed: 1 nan",
        "  trial 1 failed (nan) after 3 epochs · S-BERT",
        f"  trial 2 running (process {me.pid} on {me.host}): epoch 1 of 4 · Baseline",
        "  trial 3 queued, its driver is gone: epoch 0 of 4 · S-BERT",
    ]


def test_changes_are_told_with_their_day(store: StudyStore) -> None:
    row, said = store.row, "seeds: [1] -> [1, 2]"
    store.change(row.study, row.workload, digest=row.digest, space={}, descriptions=[said])
    [(moment, said)] = store.changes()
    assert said == "seeds: [1] -> [1, 2]"
    assert f"  changed {moment:%Y-%m-%d %H:%M} UTC: seeds: [1] -> [1, 2]" in overview(store)


def test_of_many_failures_the_latest_are_listed(
    store: StudyStore,
    study: Study,
) -> None:
    failed = Outcome(state=RunState.FAILED, seconds=1.0, error_class=ErrorClass.OOM, traceback="")
    for _ in range(MOST_FAILURES):
        number = add(store, study, HERE)
        store.outcomes(HERE).started(number, 1, threads=1, device="cpu", versions={})
        store.outcomes(HERE).finished(number, failed)
    lines = overview(store)
    assert f"  failed: {MOST_FAILURES} oom · 1 nan" in lines
    assert "  1 earlier trial failed too" in lines
    assert sum("failed (oom)" in line for line in lines) == MOST_FAILURES
    assert not any("failed (nan)" in line for line in lines)


def test_without_a_living_driver_no_time_is_left_to_tell(store: StudyStore) -> None:
    scores = {"overall": 0.5, "sst": 0.25}
    done = Outcome(state=RunState.COMPLETE, seconds=3.0, best_epoch=1, scores=scores)
    store.outcomes(HERE).finished(2, done)
    assert overview(store)[0].endswith("best overall 0.625 (trial 0)")


@pytest.mark.parametrize(("lease", "said"), [(60.0, " (process "), (-1.0, ", its driver is gone")])
def test_of_a_driver_that_cannot_be_seen_the_lease_tells(
    lease: float, said: str, store: StudyStore, study: Study
) -> None:
    before = str(replace(Owner.this_process(), began="00000000-1"))  # before this machine was last started
    number = add(store, study, before)
    store.leases(before, lease).renew()
    [line] = [line for line in overview(store) if line.startswith(f"  trial {number} ")]
    assert line.startswith(f"  trial {number} queued{said}")


def test_elsewhere_it_is_said_whenever_it_changes() -> None:
    out = io.StringIO()
    looks = iter([["a [1]", " b"], ["a [1]", " b"], ["a [2]"]])
    watch(lambda: next(looks, None), Console(file=out), seconds=0)
    assert out.getvalue() == "a [1]\n b\na [2]\n"


def test_on_a_terminal_it_is_drawn_in_place() -> None:
    out = io.StringIO()
    looks = iter([["first [1]"], ["second"]])
    console = Console(file=out, force_terminal=True, width=80, legacy_windows=False, color_system=None)
    watch(lambda: next(looks, None), console, seconds=0)
    assert "first [1]" in out.getvalue()
    after = out.getvalue().split("first [1]", 1)[1]
    assert "\x1b[2K" in after  # what stood there is taken away
    assert "second" in after


def test_a_study_can_change_while_it_is_watched(store: StudyStore) -> None:
    totals = iter((8, 16))

    def look() -> list[str] | None:
        wanted = next(totals, None)
        if wanted is None:
            return None
        store.set_wanted(wanted)
        return overview(store.fresh())[:1]

    out = io.StringIO()
    watch(look, Console(file=out), seconds=0)
    assert [line.split(" trials")[0] for line in out.getvalue().splitlines()] == [
        "quickstart@demo: 2 of 8",
        "quickstart@demo: 2 of 16",
    ]
