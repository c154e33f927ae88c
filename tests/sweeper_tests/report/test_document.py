import pytest

from sweeper.report.document import Cell, Column, Table


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="1 cells under 2 columns"):
        Table("t", "T", (Column("a"), Column("b")), ((Cell("x"),),))


def test_a_tie_is_marked_and_its_value_is_not() -> None:
    assert Cell(".732", value=0.732, tie=True).shown == ".732†"
    assert Cell(".732", value=0.732, bold=True).shown == ".732"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_no_number_has_none(value: float | None) -> None:
    assert Cell("—", value=value).number is None


@pytest.mark.parametrize(
    ("value", "other", "written"),
    # As AVX2 and AVX-512 gave them in the report of paper-rows, and sums of 3 numbers in two orders.
    [
        (3.115242609574994e-38, 3.1152426095753955e-38, 3.11524261e-38),
        (0.015966641739516823, 0.015966641739516816, 0.01596664174),
        ((0.1 + 0.2) + 0.3, 0.1 + (0.2 + 0.3), 0.6),
    ],
)
def test_files_have_the_digits_in_which_processors_agree(value: float, other: float, written: float) -> None:
    assert value != other
    assert Cell("", value).written == Cell("", other).written == written


def test_whole_numbers_are_written_in_full() -> None:
    assert Cell("", 123456789012.0).written == 123456789012.0
