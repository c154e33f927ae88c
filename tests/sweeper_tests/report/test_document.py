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
