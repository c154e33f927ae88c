"""What every reader gets: without scripts, on a telephone, in the dark, on paper; and hostile names."""

from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from . import pages
from .conftest import Visit

NAMES = ("drawn", "large", "hostile", *pages.states())
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"width": 390, "height": 844}

WHOLE = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
COLOURS = """(selector) => {
  const style = getComputedStyle(document.querySelector(selector));
  return [style.color, getComputedStyle(document.body).backgroundColor];
}"""


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
    assert page.locator("h1").inner_text()
    trials = page.locator("#trials tbody tr").count()
    assert trials == {"nothing": 1, "queued": 1, "single": 1, "hostile": 7, "drawn": 7, "large": 250}.get(
        name, 3
    )


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
    assert page.url.endswith("#trial-0")
    assert page.locator("tr:target").count() == 1


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
    page.get_by_label("Contains").fill(pages.HOSTILE.replace(",", ""))
    assert page.locator("img, script[src], iframe, object, link").count() == 0
    assert page.locator("script:not([type])").count() == 2


def luminance(colour: str) -> float:
    """Relative luminance of ``rgb(r, g, b)``, as WCAG 2.2 defines it."""
    parts = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(text: str, ground: str) -> float:
    dark, light = sorted((luminance(text), luminance(ground)))
    return (light + 0.05) / (dark + 0.05)


def test_light_and_dark_differ_and_both_are_legible(visit: Visit) -> None:
    assert contrast("rgb(0, 0, 0)", "rgb(255, 255, 255)") == pytest.approx(21.0)
    assert contrast("rgb(118, 118, 118)", "rgb(255, 255, 255)") == pytest.approx(4.54, abs=0.005)
    grounds = set()
    for scheme in ("light", "dark"):
        page = visit("drawn", "#figure-history", color_scheme=scheme)
        page.locator("#plot-history .xtick text").first.wait_for()
        for selector in (
            "body",
            "p.lead",
            "#arms .notes",
            "#arms td",
            "nav a",
            "dt",
            "#count",
            "#trials th button",
            "figcaption",
        ):
            text, ground = page.evaluate(COLOURS, selector)
            assert contrast(text, ground) >= 4.5, (scheme, selector)
        grounds.add(ground)
        label = page.locator("#plot-history .xtick text").first.evaluate(
            "(each) => getComputedStyle(each).fill"
        )
        assert contrast(label, ground) >= 4.5
    assert len(grounds) == 2
    page.emulate_media(media="print")
    assert page.evaluate(COLOURS, "body") == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert not page.locator("nav, .filters").filter(visible=True).count()


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
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()


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
