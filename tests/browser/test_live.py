"""`report --serve` in a browser, while trials come: what is new appears, and the reader's place stays."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from sweeper.errors import InputError
from sweeper.paths import Home
from sweeper.report import live
from sweeper.report.live import LivePage
from sweeper.report.serving import page_application
from sweeper.show.localserver import listen
from sweeper.store.database import Database
from sweeper.study.study import Study
from sweeper.trial import RunState, TrialRow
from sweeper.url import Url

from ..sweeper_tests.made import PARAMS, add, begin, row, study
from . import pages
from .test_look import RULES

GONE = "The server does not answer: this is what it showed last."
POINTS = "(element) => Math.max(...element.data.map((trace) => trace.x.length))"
TOP = "(element) => element.getBoundingClientRect().top"


@contextmanager
def served(page: Any) -> Iterator[str]:
    """The address of a page."""
    with listen(page_application(page), 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()
        thread.join()


def runs(of: Study, first: int, last: int) -> list[TrialRow]:
    """Complete trials of either arm in turn, each better than the one before."""
    arms = tuple(of.spec.arms)
    return [
        row(of, n, arms[n % 2], (0.4 + n / 1000, 0.7, 0.5), params=PARAMS | {"learning_rate": 1e-5 * (n + 1)})
        for n in range(first, last)
    ]


def test_a_study_from_before_its_beginning(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "SHARE", 100.0)  # a page follows the other at once
    of, storage = study(), f"sqlite:///{tmp_path}/studies.db"
    amiss: list[str] = []
    watched = LivePage(Url(storage), of.name, Home(Path("none")))
    with browser.new_context() as context:
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.on("console", lambda message: amiss.append(message.text))
        page.on("pageerror", lambda error: amiss.append(str(error)))
        with served(watched) as address, Database(storage) as database:
            page.goto(address)
            expect(page.locator("main")).to_contain_text("there is no study yet")
            axe(page)
            store = begin(database, of, 60)
            expect(page.locator("h1")).to_have_text(of.name)
            expect(page.locator(".lead")).to_have_text("No trial is complete yet.")
            add(store, of, [replace(one, state=RunState.RUNNING, scores=None) for one in runs(of, 0, 1)])
            expect(page.locator("#trials tbody tr")).to_have_count(1)
            add(store, of, runs(of, 1, 40))
            expect(page.locator("#count")).to_have_text("40 trials")
            expect(page.get_by_role("status").first).to_contain_text("ended.")
            axe(page)
            reads_on(page, lambda: add(store, of, runs(of, 40, 42)))
            reads_one(page, lambda: add(store, of, runs(of, 42, 43)))
            looks_at_figures(page, lambda: add(store, of, runs(of, 43, 60)))
            assert amiss == []
        expect(page.get_by_role("status").first).to_have_text(GONE)
        assert page.locator("#count").inner_text() == "30 of 60 trials"


def reads_on(page: Any, more: Any) -> None:
    """Leaves a reader's traces, lets two trials end, and finds all of them again."""
    page.set_viewport_size({"width": 900, "height": 600})
    trials = page.locator("#trials")
    trials.get_by_role("button", name="overall").click()  # the best first
    page.get_by_label("Contains").fill("s-bert")
    expect(page.locator("#count")).to_have_text("20 of 40 trials")
    page.get_by_label("Arm", exact=True).select_option("S-BERT")
    trials.locator(".wide").evaluate("(element) => { element.scrollLeft = 40; }")
    link = trials.get_by_role("link", name="17", exact=True)
    link.scroll_into_view_if_needed()
    link.focus()
    before = link.evaluate(TOP)
    more()
    expect(page.locator("#count")).to_have_text("21 of 42 trials")
    expect(page.get_by_role("status").first).to_have_text(re.compile("^Trials? (40, )?41 ha(s|ve) ended.$"))
    assert link.evaluate(TOP) == pytest.approx(before, abs=1)
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#trial-17"
    assert trials.locator("tbody tr th").first.inner_text() == "41"
    assert trials.locator("th[aria-sort]").inner_text().strip() == "overall"
    assert trials.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    assert page.get_by_label("Contains").input_value() == "s-bert"
    assert trials.locator(".wide").evaluate("(element) => element.scrollLeft") == 40


def reads_one(page: Any, more: Any) -> None:
    """Reads one trial in its drawer while another ends, goes on in it, and closes it."""
    page.locator("#trials").get_by_role("link", name="17", exact=True).click()
    drawer = page.get_by_role("dialog")
    drawer.get_by_text("Settings that all trials share").click()
    drawer.locator("#companion").fill("3")
    body = drawer.locator("#drawer-body")
    body.evaluate("(element) => { element.scrollTop = 200; }")
    drawer.evaluate("(element) => { element.sign = 'the same'; }")
    drawer.locator("#companion").focus()
    body.evaluate("(element) => { element.scrollTop = 200; }")
    more()
    expect(page.get_by_role("status").first).to_have_text("Trial 42 has ended.")
    assert drawer.evaluate("(element) => element.sign") == "the same"
    assert drawer.locator("details").get_attribute("open") == ""
    assert drawer.locator("#companion").input_value() == "3"
    assert page.evaluate("document.activeElement.id") == "companion"
    assert body.evaluate("(element) => element.scrollTop") == 200
    axe(page)
    drawer.locator("#companion").press("Enter")
    drawer.get_by_role("heading", name=re.compile("Trial 17 and trial 3")).wait_for()
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def looks_at_figures(page: Any, more: Any) -> None:
    """Looks at a figure while it gets more points: it is drawn anew, in its place."""
    history, section = page.locator("#plot-history"), page.locator("#figure-history")
    history.scroll_into_view_if_needed()
    history.locator(".main-svg").first.wait_for()
    points = history.evaluate(POINTS)
    history.evaluate("(element) => { element.sign = 'the same'; }")
    before = section.evaluate(TOP)
    more()
    expect(page.locator("#count")).to_have_text("30 of 60 trials")
    page.wait_for_function(f"({POINTS})(document.getElementById('plot-history')) === {points + 17}")
    assert history.evaluate("(element) => element.sign") == "the same"
    assert section.evaluate(TOP) == pytest.approx(before, abs=1)
    assert page.locator("#figure-history .plot .plot-container").count() == 1


class Given:
    """A page of so many trials, which grows when a test says so."""

    trials = 300

    def version(self) -> tuple[str, str]:
        return str(self.trials), ""

    def text(self) -> str:
        return pages.html(pages.large(self.trials), figures=(), version=str(self.trials))


def test_the_second_page_of_the_trials_and_a_score_of_several(browser: Any) -> None:
    given = Given()
    with served(given) as address, browser.new_context() as context:
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.goto(address)
        page.get_by_role("button", name="Next rows").click()
        expect(page.locator("#count")).to_have_text("300 trials, rows 251 to 300")
        page.locator("#arms a[data-trials]").first.click()
        others = page.get_by_role("dialog").get_by_role("navigation", name="Trials of one score")
        before = others.get_by_role("link").all_text_contents()
        given.trials = 301
        expect(page.locator("#count")).to_have_text("301 trials, rows 251 to 301")
        assert others.get_by_role("link").all_text_contents() == before
        assert page.evaluate("document.activeElement.id") == "drawer-title"


def test_a_page_that_cannot_be_made_is_not_asked_for_without_a_pause(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of, storage, asked = study(), f"sqlite:///{tmp_path}/studies.db", []
    watched = LivePage(Url(storage), of.name, Home(Path("none")))

    def broken(*_: object, **__: object) -> str:
        asked.append(1)
        raise InputError("published.yaml: no mapping")

    monkeypatch.setattr(live, "served_page", broken)
    with Database(storage) as database, browser.new_context() as context, served(watched) as address:
        begin(database, of, 60)
        page = context.new_page()
        page.goto(address)
        expect(page.locator("main")).to_contain_text("published.yaml: no mapping")
        page.wait_for_timeout(5000)
        assert 2 <= len(asked) <= 8


def axe(page: Any) -> None:
    found = Axe().run(page, options={"runOnly": RULES})
    assert found.violations_count == 0, found.generate_report()
