"""A headless Chromium, and visits to pages that fail on any error or request."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect, sync_playwright

from . import pages

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]

Visit = Callable[..., Any]

expect.set_options(timeout=60_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("there is no Chromium on this machine")
    with sync_playwright() as driver:
        # Playwright gives each launch a new profile.
        browser = driver.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Addresses of pages by their names."""
    folder = tmp_path_factory.mktemp("pages")
    named = {
        "description": pages.HOSTILE,
        "notice": pages.HOSTILE,
        "arms": {pages.HOSTILE: {}, "$\\_ö_{x}%": {"batch_size": 4}},
    }
    written = {
        "small": pages.without_figures(pages.small()),
        "signs": pages.without_figures(pages.small(arms={"short": {}, "lr=1e-3: long": {"batch_size": 4}})),
        "large": pages.without_figures(pages.large(620)),
        "crowded": pages.crowded(pages.large(300)),
        "armful": pages.html(pages.armful()),
        "drawn": pages.html(pages.small()),
        "drawn by script": pages.scripted(pages.small()),
        "hostile": pages.html(pages.small(error=pages.HOSTILE, **named)),
        **{name: pages.html(of) for name, of in pages.states().items()},
    }
    for name, text in written.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: Path(folder / f"{name}.html").as_uri() for name in written}


@pytest.fixture
def visit(browser: Any, site: dict[str, str]) -> Iterator[Visit]:
    """Opens a page, with a script before its own.

    At the end there must have been no error, no dialog of a script, and no request.
    """
    contexts, amiss = [], []

    def open_page(name: str, at: str = "", before: str = "", **options: Any) -> Any:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        context.set_default_timeout(60_000)
        context.add_init_script(before)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: amiss.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: amiss.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (amiss.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: _note(request.url, site[name], amiss))
        page.goto(site[name] + at)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert amiss == []


def _note(address: str, own: str, amiss: list[str]) -> None:
    if address.partition("#")[0] != own:
        amiss.append(f"request: {address[:200]}")
