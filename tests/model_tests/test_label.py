"""When two labels are the same, however they are written."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.label import key_of

MANY = 2**53


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ((1, 1.0, "1", "1.0", " 1 ", "+1", "01", "1e0", np.int64(1), np.float32(1), Decimal("1.0")), "1"),
        ((0, -0.0, "-0", "0.0"), "0"),
        ((1.5, "1.5", "1.50", Decimal("1.5")), "1.5"),
        ((True, "true", " TRUE "), "true"),
        ((MANY, float(MANY), str(MANY), f"{MANY}.0"), str(MANY)),
        ((1e300, "1e300"), str(int(1e300))),
        (("0" * 5000 + "7",), "7"),
        (("1_0",), "1_0"),
        (("inf",), "inf"),
        ((None,), ""),
    ],
)
def test_what_is_the_same_has_one_key(values: tuple[object, ...], key: str) -> None:
    assert {key_of(value) for value in values} == {key}


@pytest.mark.parametrize("write", [int, str, np.int64, Decimal, lambda number: f" 0{number}"])
def test_whole_numbers_that_are_one_as_floats_are_told_apart(write: object) -> None:
    assert callable(write)
    assert [key_of(write(MANY + more)) for more in range(3)] == [str(MANY + more) for more in range(3)]


@given(st.integers(-(10**300), 10**300))
def test_a_whole_number_is_its_digits(number: int) -> None:
    assert key_of(number) == key_of(str(number)) == str(number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_has_the_key_of_its_text(number: float) -> None:
    assert key_of(number) == key_of(repr(number)) or abs(number) > MANY
