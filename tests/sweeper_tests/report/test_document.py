import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.report.document import Cell, Column, Table
from sweeper.text import difference, duration, one_line, score, setting


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.732, ".732"), (-0.03, "-.030"), (0.0, ".000"), (-0.0004, ".000"), (0.9996, "1.000"),
        (-1.0, "-1.000"), (0.0996, ".100"), (None, "—"), (float("nan"), "—"), (12.3456, "12.346"),
    ],
)  # fmt: skip
def test_scores_are_written_as_in_the_paper(value: float | None, text: str) -> None:
    assert score(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.016, "+.016"), (-0.012, "-.012"), (0.0001, ".000"), (-0.0001, ".000"), (None, "—")]
)
def test_differences_have_a_sign(value: float | None, text: str) -> None:
    assert difference(value) == text


@given(st.floats(-1, 1))
def test_a_written_score_reads_as_the_score_rounded(value: float) -> None:
    assert float(score(value)) == pytest.approx(value, abs=0.0005 + 1e-12)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.214e-5, "3.21e-5"), (1e-5, "1e-5"), (5.67e-4, "5.67e-4"), (0.01, "0.01"), (0.3, "0.3"),
        (0.1 + 0.2, "0.3"), (32, "32"), (32.0, "32"), (0.0, "0"),
        ("mse", "mse"), (True, "true"), (None, "null"),
    ],
)  # fmt: skip
def test_settings_are_short(value: object, text: str) -> None:
    assert setting(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (4.04, "4.0 s"),
        (41.2, "41 s"),
        (59.7, "1 min 0 s"),
        (725, "12 min 5 s"),
        (11220, "3 h 7 min"),
        (None, "—"),
    ],
)
def test_durations_are_short(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@given(st.text())
def test_any_text_becomes_one_line_without_control_characters(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1
    assert one_line(text).isprintable() or not one_line(text).isascii()


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="1 cells under 2 columns"):
        Table("t", "T", (Column("a"), Column("b")), ((Cell("x"),),))


def test_a_tie_is_marked_and_its_value_is_not() -> None:
    assert Cell(".732", value=0.732, tie=True).shown == ".732†"
    assert Cell(".732", value=0.732, bold=True).shown == ".732"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_what_is_no_number_has_none(value: float | None) -> None:
    assert Cell("—", value=value).number is None
