import unicodedata
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweeper.text import (
    aligned,
    brief,
    decimals_apart,
    difference,
    digits,
    duration,
    last_line,
    one_line,
    p_text,
    plural,
    score,
    setting,
    setting_line,
    some_names,
    telling,
    trial_names,
)

PARAMS: dict[str, Any] = {
    "learning_rate": 1.23456e-5,
    "loss": "mse",
    "layers": 2,
    "bound": None,
    "two\nlines": 0.1,
}


def test_columns_that_do_not_fit_stand_below() -> None:
    rows = [["", "1", "2", "3"], ["dev sst", ".5000", "-.0125", ".7500"], ["loss", "2.0", "", "not a number"]]
    wide = [
        "            1      2            3",
        "dev sst .5000 -.0125        .7500",
        "loss      2.0        not a number",
    ]
    assert aligned(rows, 34) == wide
    assert aligned(rows, 32) == [
        *(line[:20] for line in wide),
        "                   3",
        "dev sst        .7500",
        "loss    not a number",
    ]
    # A column alone is whole, whatever the width.
    assert len(aligned(rows, 5)) == 9


def test_neighbouring_trials_are_named_together() -> None:
    assert trial_names([3]) == "trial 3"
    assert trial_names([7, 2, 0, 1, 9, 8]) == "trials 0–2, 7–9"
    assert trial_names((4, 6)) == "trials 4, 6"


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


@pytest.mark.parametrize(
    ("value", "text"), [(0.016, ".016"), (-0.00004, "-.00004"), (0.00046, ".0005"), (0.0, ".000")]
)
def test_what_is_not_0_is_not_written_as_0(value: float, text: str) -> None:
    assert telling(value) == text
    assert difference(value, telling) == ("+" * (value > 0) + text)


def test_the_ends_of_an_interval_have_the_decimals_of_its_difference() -> None:
    write = partial(telling, of=-0.00046)
    assert [difference(end, write) for end in (-0.0009, -0.00001, 0.0, 0.002)] == [
        *("-.0009", ".0000", ".0000", "+.0020")
    ]


def test_two_scores_have_the_decimals_that_tell_them_apart() -> None:
    assert [decimals_apart(0.79237, other) for other in (0.8, 0.79191, 0.79236, 0.79237)] == [3, 4, 5, 3]
    with digits(2):
        assert decimals_apart(0.79237, 0.8) == 2


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
    # Reserved code points are no characters yet; spaces of other widths are ones.
    assert not any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") for sign in one_line(text))


def test_control_characters_are_spelt() -> None:
    text = "a\x1b[31m\x07\u202eb\n c\u2028d\U000e0041\udc80 é 👩‍💻"
    assert one_line(text) == "a\\x1b[31m\\x07\\u202eb c d\\U000e0041\\udc80 é 👩💻"


@pytest.mark.parametrize(
    ("write", "line"),
    [
        (setting, "learning_rate 1.23e-5, loss mse, layers 2, bound null, two lines 0.1"),
        (brief, "learning_rate 1.23e-05, loss mse, layers 2, bound null, two lines 0.1"),
    ],
)
def test_hyperparameters_in_one_line(write: Callable[[Any], str], line: str) -> None:
    assert setting_line(PARAMS, write) == line
    assert setting_line({}, write) == ""


def test_names_that_hold_a_comma_stand_between_semicolons() -> None:
    assert some_names(["A", "B"]) == "A, B"
    assert some_names(["PCGrad, SMART", "A", "B", "C", "D"]) == "PCGrad, SMART; A; B and 2 more"


def test_only_one_thing_is_singular() -> None:
    assert [plural(count, "CPU thread") for count in (0, 1, 2)] == [
        "0 CPU threads",
        "1 CPU thread",
        "2 CPU threads",
    ]


@pytest.mark.parametrize(
    ("traceback", "line"), [("Traceback\n  x\nValueError: y\n\n", "ValueError: y"), (" \n", ""), (None, "")]
)
def test_a_traceback_ends_in_what_went_wrong(traceback: str | None, line: str) -> None:
    assert last_line(traceback) == line


@pytest.mark.parametrize(
    ("p", "text"),
    [
        *((0.0004, "< .001"), (0.0232, ".023"), (0.05, ".050"), (1.0, "1.000")),
        *((0.0496, ".0496"), (0.0504, ".0504"), (0.049996, ".049996"), (0.0506, ".051")),
    ],
)
def test_a_p_beside_the_level_shows_on_which_side_it_is(p: float, text: str) -> None:
    assert p_text(p) == text
