"""One trial in full: by mouse, by keyboard, by its address, from scores and from points of figures."""

import re
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from . import pages
from .conftest import Visit
from .pointing import point_at
from .test_look import RULES

FOCUS = "document.activeElement.getAttribute('href') ?? document.activeElement.id"


def drawer(page: Any) -> Any:
    return page.get_by_role("dialog")


def closed(page: Any) -> None:
    """Waits until a drawer that was closed has left the address, which is a moment later."""
    page.wait_for_url(lambda url: "#" not in url)


def test_by_mouse_and_back(visit: Visit) -> None:
    page = visit("small")
    page.locator("#trials").get_by_role("link", name="3", exact=True).click()
    dialog = drawer(page)
    expect(dialog.get_by_role("heading", level=2)).to_have_text("Trial 3")
    page.wait_for_url("**#trial-3")
    assert page.evaluate(FOCUS) == "drawer-title"
    text = dialog.inner_text()
    for line in (
        "S-BERT · complete",
        "seed\n11711",
        "overall\n.677",
        "time\n1 h 6 min",
        "peak memory\n321 MiB",
    ):
        assert line in text
    for line in ("device\ncpu", "dropout\n0.5", "learning_rate\n0.01", "sweeper show made@demo 3"):
        assert line in text
    assert "batch_size" not in text
    dialog.get_by_text("Settings that all trials share").click()
    expect(dialog.get_by_text("batch_size")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    assert page.evaluate(FOCUS) == "#trial-3"
    closed(page)
    page.locator("#trials").get_by_role("link", name="3", exact=True).click()
    dialog.wait_for()
    page.mouse.click(20, 450)  # beside the drawer
    dialog.wait_for(state="hidden")


def test_by_keyboard_and_back(visit: Visit) -> None:
    page = visit("small")
    page.locator("#trials").get_by_role("link", name="0", exact=True).focus()
    page.keyboard.press("Enter")
    drawer(page).wait_for()
    inside = "document.activeElement === document.body || !!document.activeElement.closest('#drawer')"
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate(inside)
    page.keyboard.press("Escape")
    expect(drawer(page)).to_be_hidden()
    assert page.evaluate(FOCUS) == "#trial-0"


def test_scores_by_epoch_are_those_recorded(visit: Visit) -> None:
    page = visit("small", "#trial-3")
    recorded = pages.small().epochs
    own = recorded[recorded["number"] == 3].set_index(["split", "task", "metric", "epoch"])["value"]
    rows = drawer(page).locator("table tr").all()
    shown = {row.locator("th").first.inner_text(): row.locator("td").all_inner_texts() for row in rows[1:]}
    assert shown["dev overall"] == [f"{own['dev', 'overall', 'overall', epoch]:.4f}" for epoch in (1, 2, 3)]
    assert shown["train sts pearson"] == [
        f"{own['train', 'sts', 'pearson', epoch]:.4f}" for epoch in (1, 2, 3)
    ]
    assert shown["train sst loss"] == ["1.5000"] * 3
    assert len(shown) == 8
    chart = drawer(page).get_by_role("img", name="Scores by epoch")
    assert chart.locator("polyline").count() == 7
    heights = [
        float(point.split(",")[1])
        for point in chart.locator("polyline").first.get_attribute("points").split()
    ]
    assert heights[1] < heights[0] == heights[2]  # the second epoch is the best, and up is better


def test_by_address_with_the_failure(visit: Visit) -> None:
    page = visit("small", "#trial-4")
    assert drawer(page).get_by_role("heading", level=2).text_content() == "Trial 4"
    assert drawer(page).get_by_role("region", name="Traceback").text_content() == pages.TRACEBACK
    page.keyboard.press("Escape")
    closed(page)
    page.evaluate("location.hash = 'trial-5'")
    expect(drawer(page)).to_contain_text("S-BERT · running")
    page.go_back()
    drawer(page).wait_for(state="hidden")


def test_an_address_of_no_trial_opens_nothing(visit: Visit) -> None:
    assert not drawer(visit("small", "#trial-99")).is_visible()
    assert not drawer(visit("small", "#trials")).is_visible()


def test_a_trial_far_down_has_an_address_too(visit: Visit) -> None:
    page = visit("large", "#trial-619")
    assert "boom 619" in drawer(page).inner_text()


def test_a_score_of_several_trials_leads_to_each(visit: Visit) -> None:
    page = visit("small")
    link = page.locator("#arms a[data-trials]")
    assert link.get_attribute("aria-label") == ".623, not told apart from the best, trials 0–1"
    assert link.locator("sup").inner_text().startswith("†")
    link.click()
    dialog = drawer(page)
    expect(dialog.get_by_role("heading", level=2)).to_have_text("Trial 0")
    others = dialog.get_by_role("navigation", name="Trials of one score")
    assert others.get_by_role("link").all_text_contents() == ["0", "1"]
    others.get_by_role("link", name="1").click()
    dialog.get_by_role("heading", level=2, name="Trial 1", exact=True).wait_for()
    assert others.locator("[aria-current]").text_content() == "1"
    page.keyboard.press("Escape")
    closed(page)
    page.locator("#arms a[href='#trial-3']").first.click()
    dialog.get_by_role("heading", name="Trial 3").wait_for()
    expect(others).to_be_hidden()


def test_two_trials_side_by_side(visit: Visit) -> None:
    page = visit("small", "#trial-3")
    dialog = drawer(page)
    other = dialog.get_by_label("Compare with trial")
    for number, said in (("99", "There is no trial 99."), ("3", "That is this trial.")):
        other.fill(number)
        other.press("Enter")
        expect(dialog.get_by_role("status")).to_have_text(said)
    other.fill("1")
    other.press("Enter")
    dialog.get_by_role("heading", name="Trial 3 and trial 1").wait_for()
    page.wait_for_url("**#trial-3-1")
    assert page.evaluate(FOCUS) == "drawer-title"
    settings = table(dialog, "Settings that differ")
    assert settings == {
        "setting": ["trial 3", "trial 1"],
        "dropout": ["0.5", "0.3"],
        "learning_rate": ["0.01", "2e-5"],
    }
    assert re.search(r"Equal: \d+ settings\.", dialog.inner_text())
    own = pages.small().epochs.set_index(["number", "split", "task", "metric", "epoch"])["value"]
    scores = table(dialog, "Dev scores by epoch")
    assert len(scores) == 13
    for task, metric in (("overall", "overall"), ("sts", "pearson")):
        one, two = ([own[n, "dev", task, metric, epoch] for epoch in (1, 2, 3)] for n in (3, 1))
        assert scores[f"{task}, trial 3"] == [f"{value:.4f}" for value in one]
        assert scores[f"{task}, trial 1"] == [f"{value:.4f}" for value in two]
        gaps = [round(a, 4) - round(b, 4) for a, b in zip(one, two, strict=True)]
        assert scores[f"{task}, difference"] == [f"{gap:+.4f}" for gap in gaps]
    assert dialog.get_by_role("img", name="Scores by epoch").locator("polyline").count() == 8
    assert table(dialog, "Result and run")["overall"] == [".677", ".667"]
    assert "sweeper diff made@demo 3 1" in dialog.inner_text()
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
    dialog.get_by_role("link", name="Trial 1").click()
    dialog.get_by_role("heading", name="Trial 1", exact=True).wait_for()
    page.go_back()
    page.go_back()
    dialog.get_by_role("heading", name="Trial 3", exact=True).wait_for()
    page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")


def test_a_second_trial_without_epochs_or_of_no_number(visit: Visit) -> None:
    dialog = drawer(visit("small", "#trial-3-5"))
    assert dialog.get_by_role("heading", level=2).text_content() == "Trial 3 and trial 5"
    scores = table(dialog, "Dev scores by epoch")
    assert scores["sst, trial 5"] == scores["sst, difference"] == ["—"] * 3
    for address in ("#trial-3-99", "#trial-3-3"):
        assert drawer(visit("small", address)).get_by_role("heading", level=2).text_content() == "Trial 3"
    assert not drawer(visit("small", "#trial-99-3")).is_visible()


def table(dialog: Any, name: str) -> dict[str, list[str]]:
    """The texts of each row of a table, by its heading."""
    rows = dialog.get_by_role("region", name=name).locator("tr").all()
    return {
        row.locator("th").first.inner_text(): row.locator("td, th:not(:first-child)").all_inner_texts()
        for row in rows
    }


def test_a_point_of_a_figure_leads_to_its_trial(visit: Visit) -> None:
    page = visit("drawn", "#figure-tradeoff")
    point_at(page, "#plot-tradeoff-sst-para")
    page.mouse.down()
    page.mouse.up()
    drawer(page).wait_for()
    page.wait_for_url(re.compile("#trial-[02]$"))
