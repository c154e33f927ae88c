"""Sorting, filtering and leafing through the table of all trials."""

from typing import Any

import pytest
from playwright.sync_api import expect

from . import pages
from .conftest import Visit

COLUMNS = {
    "trial": "number",
    "arm": "arm",
    "state": "state",
    "seed": "seed",
    "overall": "overall",
    "sst": "sst",
    "best epoch": "best_epoch",
    "time": "seconds",
    "learning_rate": "params.learning_rate",
    "dropout": "params.dropout",
}
"""Headings of the table, and columns of the frame of trials that they stand for."""


def column(page: Any, heading: str) -> list[str]:
    """What the table shows under a heading, from the top."""
    headings = [each.strip() for each in page.locator("#trials thead th").all_text_contents()]
    cells = page.locator(f"#trials tbody tr > :nth-child({headings.index(heading) + 1})")
    return [str(text) for text in cells.all_text_contents()]


def numbers(page: Any) -> list[int]:
    return [int(text) for text in column(page, "trial")]


def press(page: Any, heading: str) -> Any:
    button = page.locator("#trials thead").get_by_role("button", name=heading, exact=True)
    button.click()
    return button.locator("xpath=..")


def expected(values: dict[int, Any], descending: bool) -> list[int]:
    """Trials in order: those without a value last, equals by number."""
    known = sorted((n for n in values if values[n] is not None), key=lambda n: values[n], reverse=descending)
    if descending:
        known = sorted(sorted(known), key=lambda n: values[n], reverse=True)
    return known + [n for n in values if values[n] is None]


def test_each_column_sorts_both_ways(visit: Visit) -> None:
    trials, page = pages.small().trials.set_index("number", drop=False), visit("small")
    assert page.locator("#trials th[aria-sort]").all_text_contents() == ["trial"]
    for heading, name in COLUMNS.items():
        values = trials[name].astype(object).where(trials[name].notna(), None).to_dict()
        orders = set()
        for _ in range(2):
            order = press(page, heading).get_attribute("aria-sort")
            assert page.locator("#trials th[aria-sort]").count() == 1
            assert numbers(page) == expected(values, descending=order == "descending"), (heading, order)
            orders.add(order)
        assert orders == {"ascending", "descending"}


def test_sorting_by_keyboard_keeps_the_focus(visit: Visit) -> None:
    page = visit("small")
    page.locator("#trials thead button", has_text="overall").focus()
    page.keyboard.press("Enter")
    assert numbers(page)[0] == 3
    assert page.evaluate("document.activeElement.textContent") == "overall"
    page.keyboard.press("Space")
    assert numbers(page)[0] == 6


FILTERS = [
    ("S-BERT", "", "", [1, 3, 5]),
    ("", "failed", "", [4]),
    ("Baseline", "complete", "", [0, 2]),
    ("", "", "dropout 0.5", [2, 3]),
    ("", "", "DROPOUT=0.5, seed: 7", [2]),
    ("", "", "2e-5", [1]),
    ("", "", "tasks.para.head sbert", [1, 3, 5]),
    ("Baseline", "running", "", []),
    ("", "", "no such setting", []),
    ("", "", " , ", [0, 1, 2, 3, 4, 5, 6]),
]
"""Arm, state, free text, and the trials of the small study that are like that."""


def test_filters(visit: Visit) -> None:
    page = visit("small")
    status = page.get_by_role("status")
    assert status.text_content() == "7 trials"
    first = page.locator("#trials tbody tr > :first-child")
    for arm, state, words, found in FILTERS:
        page.get_by_label("Arm", exact=True).select_option(arm)
        page.get_by_label("State", exact=True).select_option(state)
        page.get_by_label("Contains").fill(words)
        # What is typed counts a moment after the last letter.
        expect(status).to_have_text("7 trials" if len(found) == 7 else f"{len(found)} of 7 trials")
        expect(first).to_have_text(list(map(str, found)) or ["No trial is like that."])


@pytest.mark.parametrize("words", ["lr=1e-3: long", "lr = 1e-3:  LONG", "lr 1e-3"])
def test_signs_in_a_name_are_found_as_they_are_typed(visit: Visit, words: str) -> None:
    page = visit("signs")
    page.get_by_label("Contains").fill(words)
    expect(page.get_by_role("status")).to_have_text("3 of 7 trials")


def test_a_filter_keeps_the_order(visit: Visit) -> None:
    page = visit("small")
    press(page, "overall")
    page.get_by_label("State", exact=True).select_option("complete")
    assert numbers(page) == [3, 1, 2, 0]


def test_rows_are_those_that_are_there_without_scripts(visit: Visit) -> None:
    rows = """[...document.querySelectorAll("#trials tr")]
        .map((row) => [...row.cells].map((cell) => cell.textContent))"""
    marks = "[...document.querySelectorAll('#trials tbody b')].map((mark) => mark.textContent)"
    plain, scripted = visit("small", java_script_enabled=False), visit("small")
    assert plain.evaluate(rows) == scripted.evaluate(rows)
    assert plain.evaluate(marks) == scripted.evaluate(marks)
    assert len(plain.evaluate(marks)) == 1


def test_many_trials_are_shown_a_page_at_a_time(visit: Visit) -> None:
    page = visit("large")
    status, later = page.get_by_role("status"), page.get_by_role("button", name="Next rows")
    assert status.text_content() == "620 trials, rows 1 to 250"
    assert page.get_by_role("button", name="Previous rows").is_disabled()
    later.click()
    assert numbers(page) == list(range(250, 500))
    later.click()
    assert status.text_content() == "620 trials, rows 501 to 620"
    assert numbers(page) == list(range(500, 620))
    assert later.is_disabled()
    press(page, "overall")
    scores = [float(text) for text in column(page, "overall")]
    assert scores == sorted(scores, reverse=True)
    assert status.text_content() == "620 trials, rows 1 to 250"
    page.get_by_label("State", exact=True).select_option("failed")
    assert status.text_content() == "62 of 620 trials"
    assert not later.is_visible()
