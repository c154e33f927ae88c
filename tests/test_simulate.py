"""The simulation's clock and nodes do what they say, and the real driver ends its study on them."""

import time
from pathlib import Path

import pytest

from benchmarks.nodes import Ledger, Load, Nodes
from benchmarks.simulate import FIGURES, Case, simulate
from benchmarks.virtualclock import VirtualClock
from sweeper.executors.protocol import Evaluated, Event, Finished, Job, NodeLost, Started
from tests.sweeper_tests.made import PARAMS, study


def job(number: int = 0) -> Job:
    return Job(number, study().config("S-BERT", PARAMS, 11711), Path(), None, Path(), 1)


def test_waiting_takes_no_time_and_work_takes_its_own() -> None:
    clock, said = VirtualClock(), list[tuple[str, float]]()
    began = time.perf_counter()

    def late() -> None:
        clock.sleep(7200)
        said.append(("late", clock.monotonic()))

    def early() -> None:
        clock.sleep(3600)
        until = time.perf_counter() + 0.05
        while time.perf_counter() < until:
            pass
        said.append(("early", clock.monotonic()))

    clock.run([late, early])
    (first, early_at), (second, late_at) = said
    assert (first, second) == ("early", "late")
    assert early_at >= 3600.05
    assert clock.latest == pytest.approx(late_at, abs=1)
    assert 0.05 <= clock.working <= time.perf_counter() - began < 60


def test_what_a_driver_raises_is_raised() -> None:
    def breaks() -> None:
        clock.sleep(1)
        raise KeyError("broken")

    clock = VirtualClock()
    with pytest.raises(KeyError, match="broken"):
        clock.run([lambda: clock.sleep(2), breaks])


def played(load: Load, ledger: Ledger) -> list[Event]:
    """What one trial says on one node, started again after each loss."""
    told: list[Event] = []

    def play() -> None:
        nodes = Nodes(1, load, clock, ledger, seed=3)
        nodes.submit(job())
        while Finished(0) not in told:
            heard = nodes.poll(0.5)
            told.extend(heard)
            if heard and isinstance(heard[-1], NodeLost):
                nodes.submit(job())
        nodes.end(clock.monotonic())

    clock = VirtualClock()
    clock.run([play])
    return told


def test_a_trial_takes_its_time() -> None:
    ledger = Ledger()
    told = played(Load(epochs=3, lost=0.0), ledger)
    assert [type(event) for event in told] == [Started, Evaluated, Evaluated, Evaluated, Finished]
    assert 240 <= ledger.busy <= 360
    assert sum(ledger.trained.values()) == pytest.approx(ledger.busy)
    assert ledger.nodes_lost == 0


def test_a_lost_node_costs_the_epoch_under_way_and_the_next_start() -> None:
    ledger = Ledger()
    told = played(Load(epochs=10, lost=0.05), ledger)
    epochs = [event.result.epoch for event in told if isinstance(event, Evaluated)]
    assert epochs == list(range(1, 11))
    assert ledger.nodes_lost > 0
    assert ledger.done == {0: 10}
    # All that an undisturbed trial takes, once; the rest is lost.
    whole = Ledger()
    played(Load(epochs=10, lost=0.0), whole)
    assert sum(ledger.trained.values()) == pytest.approx(whole.busy)
    assert ledger.busy > whole.busy


@pytest.mark.parametrize("case", [Case(5, 15), Case(1, 6, drivers=3)], ids=["one driver", "three drivers"])
def test_the_driver_ends_the_study(case: Case, tmp_path: Path) -> None:
    figures = simulate(case, tmp_path)
    assert figures.keys() >= FIGURES.keys()
    parts = ("efficiency", "trained_again", "waiting", "nothing_left")
    assert sum(figures[part] for part in parts) == pytest.approx(100, abs=0.1)
    assert figures["trials"] == case.trials
    assert figures["statements"] > figures["transactions"] > 0
    # Of workers that lose an epoch under way every few minutes most of the time is of use.
    assert 85 < figures["while_trials_are_left"] < 100
