"""Properties of the batches: every row once a pass, little padding, the same from any start."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.data.batches import WINDOW, BatchStream, bucketed, by_length

lengths_of_rows = st.lists(st.integers(3, 60), min_size=1, max_size=400).map(np.array)


@given(lengths_of_rows, st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_every_row_stands_in_exactly_one_batch(lengths: np.ndarray, size: int, seed: int) -> None:
    batches = bucketed(lengths, size, np.random.default_rng(seed))
    assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
    assert max(len(batch) for batch in batches) <= size


def test_bucketing_takes_most_of_the_padding_away() -> None:
    lengths = np.random.default_rng(0).integers(5, 60, size=64 * 32)

    def padding(batches: list[np.ndarray]) -> float:
        return sum(lengths[batch].max() * len(batch) for batch in batches) / lengths.sum()

    shuffled = np.random.default_rng(1).permutation(len(lengths)).reshape(-1, 32)
    assert padding(list(shuffled)) > 1.7
    assert padding(bucketed(lengths, 32, np.random.default_rng(1))) < 1.05
    assert len(lengths) <= WINDOW * 32


def test_a_stream_can_start_anywhere() -> None:
    lengths = np.random.default_rng(0).integers(3, 20, size=103)
    whole = BatchStream(lengths, 10, (11711, 2))
    expected = [whole.batch(number) for number in range(40)]
    for start in (0, 7, 11, 12, 39):
        assert np.array_equal(BatchStream(lengths, 10, (11711, 2)).batch(start), expected[start])


def test_passes_seeds_and_tasks_have_orders_of_their_own() -> None:
    lengths = np.full(200, 9)
    stream = BatchStream(lengths, 10, (1, 0))
    first = stream.batch(0)
    assert not np.array_equal(first, stream.batch(stream.batches_per_pass))
    assert not np.array_equal(first, BatchStream(lengths, 10, (2, 0)).batch(0))
    assert not np.array_equal(first, BatchStream(lengths, 10, (1, 1)).batch(0))


@pytest.mark.parametrize("budget", [1, 64, 4096])
def test_evaluation_batches_keep_to_the_token_budget(budget: int) -> None:
    lengths = np.random.default_rng(0).integers(3, 60, size=500)
    batches = list(by_length(lengths, budget))
    assert sorted(np.concatenate(batches)) == list(range(500))
    assert all(len(batch) == 1 or lengths[batch].max() * len(batch) <= budget for batch in batches)
