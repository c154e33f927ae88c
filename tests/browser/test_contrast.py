"""Every text can be read: its contrast in light and dark, by WCAG's formula, from the colours as computed."""

from typing import Any

import pytest

from .conftest import Visit
from .contrast import Reading, contrast, parse, read
from .pointing import point_at

LEAST = 4.5
"""Of normal text, by WCAG 2.2, criterion 1.4.3."""

TEXTS = {
    *("lead", "notes", "formula", "notice", "warnings", "legend", "figcaption", "dt", "count", "take"),
    *("xtick", "ytick", "xtitle", "ytitle", "annotation", "select", "input", "tbody", "thead", "made"),
}
"""Classes, names and ids in which a report has texts, plotly's among them."""


def assert_legible(readings: list[Reading]) -> None:
    poor = [each for each in readings if each.contrast < LEAST]
    assert not poor, poor


def show_buttons(page: Any, drawing: str) -> None:
    """Points at the first point of a drawing, and waits for what that shows."""
    point_at(page, drawing)
    shown = "(group) => getComputedStyle(group).opacity === '1'"
    page.wait_for_function(shown, arg=page.locator(f"{drawing} .modebar-group").element_handle())


def test_the_formula_gives_what_is_known_of_black_white_and_grey() -> None:
    white, grey = parse("rgb(255, 255, 255)"), parse("rgb(118, 118, 118)")
    assert contrast(parse("rgb(0, 0, 0)"), white) == pytest.approx(21.0)
    assert contrast(grey, white) == pytest.approx(4.54, abs=0.005)
    assert contrast(grey, grey) == 1.0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_of_the_page_can_be_read(scheme: str, visit: Visit) -> None:
    page = visit("drawn", color_scheme=scheme)
    for place in page.locator(".plot").all():
        place.scroll_into_view_if_needed()
        place.locator(".main-svg").first.wait_for()
    readings = read(page)
    assert_legible(readings)
    assert {name for name in TEXTS if not any(name in each.where for each in readings)} == set()
    page.locator("#arms tbody a").first.hover()
    assert_legible(read(page, "#arms"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("drawing", "said"),
    [
        ("history", {"(0, 0.6167)", "trial 0", "Baseline"}),
        ("learning-sst", {"Baseline, trial 2, epoch 1: dev .390"}),
    ],
)
def test_what_a_point_says_can_be_read(drawing: str, said: set[str], scheme: str, visit: Visit) -> None:
    page = visit("drawn", f"#figure-{drawing.partition('-')[0]}", color_scheme=scheme)
    show_buttons(page, f"#plot-{drawing}")
    readings = read(page, f"#plot-{drawing}")
    assert_legible(readings)
    assert said <= {each.text for each in readings if "hoverlayer" in each.where}
    assert any("modebar-btn" in each.where for each in readings)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("trial", ["3", "4", "3-1"])
def test_every_text_of_the_drawer_can_be_read(trial: str, scheme: str, visit: Visit) -> None:
    page = visit("small", f"#trial-{trial}", color_scheme=scheme)
    page.locator("#drawer details").evaluate_all("(all) => all.forEach((each) => { each.open = true; })")
    readings = read(page, "#drawer")
    assert_legible(readings)
    assert len(readings) > 40
    assert any("text" in each.where for each in readings) == (trial != "4"), "marks of the chart"


def test_light_dark_and_paper_differ(visit: Visit) -> None:
    colours = "[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]"
    seen = {tuple(visit("small", color_scheme=scheme).evaluate(colours)) for scheme in ("light", "dark")}
    assert len(seen) == 2
    page = visit("small", color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert not page.locator("nav, .filters, .take button").filter(visible=True).count()
