"""What a script draws of long tables is what the page would hold."""

import re
from typing import Any

from .conftest import Visit

ROWS = "section:not(#trials) tbody tr"


def inside(page: Any, place: str) -> list[str]:
    """The insides of elements, without the spaces between tags."""
    found = page.locator(place).evaluate_all("all => all.map((each) => each.innerHTML)")
    return [re.sub(r"\s*(<|>)\s*", r"\1", text) for text in found]


def test_rows_beyond_those_of_the_page_are_those_that_would_stand_in_it(visit: Visit) -> None:
    whole, drawn = visit("drawn"), visit("drawn by script")
    assert drawn.locator("script[data-rest]").count() >= 3
    rows = inside(whole, ROWS)
    assert inside(drawn, ROWS) == rows
    assert any("not told apart" in row for row in rows)
    kinds = "all => all.map((each) => each.className)"
    assert drawn.locator(ROWS).evaluate_all(kinds) == whole.locator(ROWS).evaluate_all(kinds)


def test_without_scripts_a_table_says_what_it_leaves_out(visit: Visit) -> None:
    page = visit("drawn by script", java_script_enabled=False)
    assert page.locator("#arms").get_by_text("The first 1 of 2 rows. The file tables.csv").is_visible()
