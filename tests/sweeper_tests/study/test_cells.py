from itertools import product

import pytest

from sweeper.study.cells import Cells
from sweeper.study.space import Choice, FloatRange, IntRange, Space

SPACE: dict[str, Space] = {
    "a": Choice((1, True, None)),
    "b": FloatRange(low=0.1, high=0.45, step=0.1),
    "c": IntRange(low=-3, high=5, step=4),
    "d": IntRange(low=1, high=2, log=True),
}
VALUES = ((1, True, None), (0.1, 0.2, 0.3, 0.4), (-3, 1, 5), (1, 2))


def test_cells_are_the_product_of_the_values_in_its_order() -> None:
    cells = Cells.of(SPACE)
    assert cells is not None
    expected = list(product(*VALUES))
    assert cells.count == len(expected) == 72
    found = [tuple(cells.params(number).values()) for number in range(72)]
    assert found == expected
    assert [type(one[0]) for one in found] == [type(one[0]) for one in expected]
    assert [cells.index(cells.params(number)) for number in range(72)] == list(range(72))
    drawn = dict(zip(SPACE, (True, 0.1 + 2 * 0.1, 5, 2), strict=True))
    assert cells.params(cells.index(drawn)) == {**drawn, "b": 0.3}


def test_a_range_without_a_step_has_no_end() -> None:
    assert Cells.of(SPACE | {"e": FloatRange(low=0.0, high=1.0)}) is None
    none = Cells.of({})
    assert none is not None
    assert (none.count, none.params(0), none.index({})) == (1, {}, 0)


@pytest.mark.parametrize("entry", [IntRange(low=1, high=10**9), FloatRange(low=1.0, high=1e9, step=1.0)])
def test_a_point_of_a_long_range_is_found_by_arithmetic(entry: IntRange | FloatRange) -> None:
    assert entry.size == 10**9
    assert [entry.at(unit) for unit in (0.0, 0.5, 1.0)] == [1, 5 * 10**8 + 1, 10**9]
    assert entry.unit(1) == 0.5 / 10**9
