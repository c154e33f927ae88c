"""What every reader gets: without scripts, on a telephone, in the dark, on paper; and hostile names."""

from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from . import pages
from .conftest import Visit

NAMES = ("drawn", "drawn by script", "armful", "large", "hostile", *pages.states())
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"width": 390, "height": 844}

WHOLE = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
BEYOND = """[...document.body.querySelectorAll("*")]
  .filter((each) => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .filter((each) => !each.closest(".wide, .unseen"))
  .map((each) => each.outerHTML.slice(0, 200))"""
"""What reaches beyond the window, but in a region that scrolls by itself."""


def scroll_through(page: Any) -> None:
    """To the end, so that every figure is drawn."""
    for place in page.locator(".plot").all():
        place.scroll_into_view_if_needed()
        place.locator(".main-svg").first.wait_for()


@pytest.mark.parametrize("name", NAMES)
def test_every_page_is_drawn_and_as_wide_as_a_telephone(name: str, visit: Visit) -> None:
    page = visit(name, viewport=PHONE)
    scroll_through(page)
    assert page.evaluate(WHOLE)
    assert page.evaluate(BEYOND) == []
    assert page.locator("h1").inner_text()
    trials = page.locator("#trials tbody tr").count()
    assert trials == {
        "nothing": 1,
        "drawn by script": 7,
        "queued": 1,
        "single": 1,
        "hostile": 7,
        "drawn": 7,
        "armful": 8,
        "large": 250,
    }.get(name, 3)


def test_tables_are_there_without_scripts(visit: Visit) -> None:
    page = visit("drawn", java_script_enabled=False, viewport=PHONE)
    assert page.evaluate(WHOLE)
    assert page.locator("#arms tbody tr").count() == 2
    assert page.get_by_text("The figures need scripts").is_visible()
    assert page.locator("#trials tbody tr").count() == 7
    assert page.get_by_role("status").text_content() == "7 trials"
    assert (
        not page.locator("#trials button, #trials select, #trials input, dialog").filter(visible=True).count()
    )
    page.locator("#arms a").first.click()
    page.wait_for_url("**#trial-0")
    expect(page.locator("tr:target")).to_have_count(1)


def test_without_scripts_the_first_of_many_trials_say_where_the_rest_is(visit: Visit) -> None:
    page = visit("crowded", java_script_enabled=False)
    assert page.locator("#trials tbody tr").count() == 250
    said = page.get_by_role("status").text_content()
    assert said.startswith("The first 250 of 300 trials. The file trials.csv beside this page has them all")


def test_hostile_names_are_text(visit: Visit) -> None:
    page = visit("hostile")
    for selector in ("body > header", "#arms", "#trials tbody", "#filter-arm", ".notice"):
        assert pages.HOSTILE in page.locator(selector).text_content()
    page.evaluate("location.hash = 'trial-4'")
    assert page.get_by_role("region", name="Traceback").text_content() == pages.HOSTILE
    assert pages.HOSTILE in page.get_by_role("dialog").locator(".kind").text_content()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_label("Contains").fill(pages.HOSTILE.replace(",", ""))
    assert page.locator("img, script[src], iframe, object, link").count() == 0
    assert page.locator("script:not([type])").count() == 2


@pytest.mark.parametrize(
    ("name", "at", "scheme"),
    [
        ("drawn", "", "light"),
        ("small", "", "dark"),
        ("small", "#trial-4", "light"),
        ("small", "#trial-3", "dark"),
    ],
)
def test_axe_finds_no_violation(name: str, at: str, scheme: str, visit: Visit) -> None:
    page = visit(name, at, color_scheme=scheme)
    scroll_through(page)
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    if name == "drawn":
        # No picture holds a button, which would be out of reach for those who cannot see it.
        assert "nested-interactive" in {rule["id"] for rule in found.response["passes"]}


def test_a_wide_screen_is_for_tables_and_figures_and_prose_keeps_its_measure(visit: Visit) -> None:
    page = visit("drawn", viewport={"width": 1920, "height": 1080})
    scroll_through(page)
    assert page.evaluate(WHOLE)
    rem = 16
    boxes = "(all) => all.map((each) => each.getBoundingClientRect().toJSON())"
    wide = page.locator(".plot, #trials table").evaluate_all(boxes)
    assert max(box["right"] for box in wide) > 1920 - 6 * rem
    beside = page.locator("#figure-history, #figure-curves").evaluate_all(boxes)
    assert beside[0]["top"] == beside[1]["top"]
    prose = page.locator("p, figcaption, li").evaluate_all(boxes)
    assert max(box["width"] for box in prose) <= 66 * rem


def test_headings_go_down_a_step_at_a_time(visit: Visit) -> None:
    page = visit("drawn")
    assert page.evaluate("document.documentElement.lang") == "en"
    levels = page.locator("header h1, main h1, main h2, main h3").evaluate_all(
        "(all) => all.map((each) => +each.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    links = page.locator("nav[aria-label=Contents] a").evaluate_all("(all) => all.map((each) => each.hash)")
    for link in links:
        assert page.locator(link).count() == 1
