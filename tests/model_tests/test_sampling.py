"""Which tasks take part in which step: coverage, shares, and the same plan from any start."""

from collections import Counter

import numpy as np
import pytest

from model.sampling import Sampling, TaskSampler

BATCHES = {"small": 10, "middle": 40, "large": 160}
METHODS: list[Sampling] = ["joint", "round_robin", "proportional", "square_root", "annealed"]


def sampler(method: Sampling, steps: int | None = None, epochs: int = 5, seed: int = 1) -> TaskSampler:
    return TaskSampler(method, BATCHES, epochs=epochs, steps_per_epoch=steps, seed=seed)


def counts(given: TaskSampler, epoch: int) -> Counter[str]:
    return Counter(name for turns in given.epoch(epoch) for name, _ in turns)


@pytest.mark.parametrize("method", METHODS)
def test_batches_of_a_task_are_numbered_without_a_gap_over_all_epochs(method: Sampling) -> None:
    given = sampler(method, steps=60)
    turns = [turn for epoch in range(1, 6) for step in given.epoch(epoch) for turn in step]
    for name in BATCHES:
        numbers = [number for task, number in turns if task == name]
        assert numbers == list(range(len(numbers)))


@pytest.mark.parametrize("method", METHODS)
def test_an_epoch_is_planned_without_the_ones_before_it(method: Sampling) -> None:
    one, other = sampler(method), sampler(method)
    for epoch in (1, 2, 3):
        one.epoch(epoch)
    assert one.epoch(4) == other.epoch(4)


def test_joint_steps_hold_every_task_and_pass_once_over_the_largest() -> None:
    steps = sampler("joint").epoch(2)
    assert len(steps) == 160
    assert all([name for name, _ in turns] == list(BATCHES) for turns in steps)
    assert steps[0] == tuple((name, 160) for name in BATCHES)


def test_other_methods_take_one_task_a_step_and_as_many_steps_as_there_are_batches() -> None:
    for method in METHODS[1:]:
        steps = sampler(method).epoch(1)
        assert len(steps) == 210
        assert all(len(turns) == 1 for turns in steps)


def test_round_robin_takes_turns_across_epochs() -> None:
    given = sampler("round_robin", steps=4)
    names = [turns[0][0] for epoch in (1, 2, 3) for turns in given.epoch(epoch)]
    assert names == [*BATCHES] * 4


@pytest.mark.parametrize(
    ("method", "epoch", "exponent"),
    [
        ("proportional", 1, 1.0),
        ("square_root", 3, 0.5),
        ("annealed", 1, 1.0),
        ("annealed", 3, 0.6),
        ("annealed", 5, 0.2),
    ],
)
def test_random_methods_draw_in_their_proportions(method: Sampling, epoch: int, exponent: float) -> None:
    given = sampler(method, steps=20_000)
    sizes = np.array(list(BATCHES.values()), dtype=float) ** exponent
    expected = sizes / sizes.sum()
    assert list(given.shares(epoch).values()) == pytest.approx(expected)
    drawn = counts(given, epoch)
    observed = np.array([drawn[name] for name in BATCHES]) / 20_000
    assert np.abs(observed - expected).max() < 4 * np.sqrt(0.25 / 20_000)


def test_another_seed_draws_another_order() -> None:
    assert sampler("proportional").epoch(1) != sampler("proportional", seed=2).epoch(1)
