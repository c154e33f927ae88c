"""A table as text for a paper or a page: what lies on the clipboard after a button was pressed."""

from typing import Any

import pytest

from sweeper.report.formats import latex, markdown
from sweeper.report.statistics.comparison import Comparisons
from sweeper.report.tables import study_tables
from sweeper.report.tables.trials import trials_table

from . import pages
from .conftest import Visit

WITHOUT = "Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined })"
REFUSED = "Clipboard.prototype.writeText = () => Promise.reject(new Error('not allowed')); 0"


HELD = """window.held = []; window.setTimeout = ((plain) => (then, delay, ...more) =>
  delay === 2000 ? held.push(then) : plain(then, delay, ...more))(setTimeout)"""
"""What a page would do in two seconds it does when it is told to: no longer does a button say what it did."""


def pasted(page: Any) -> str:
    """What a reader would paste."""
    page.evaluate("document.body.append(Object.assign(document.createElement('textarea'), { id: 'paste' }))")
    page.locator("#paste").press("Control+V")
    text = str(page.locator("#paste").input_value())
    page.locator("#paste").evaluate("(area) => area.remove()")
    return text


@pytest.mark.parametrize("hindrance", ["", WITHOUT, REFUSED])
def test_a_table_is_copied_as_latex_and_as_markdown(hindrance: str, visit: Visit) -> None:
    page = visit("small", before=HELD)
    page.evaluate(hindrance)
    of = pages.small()
    tables = {table.key: table for table in study_tables(of, ("arms",), Comparisons(of))}
    for key, table in {"best": tables["best"], "trials": trials_table(of)}.items():
        section = page.locator(f"#{key}")
        section.get_by_role("button", name="Copy LaTeX").click()
        section.locator("[data-copy=latex]", has_text="Copied").wait_for()
        assert pasted(page) == latex.table_text(table)
        section.get_by_role("button", name="Copy Markdown").focus()
        page.keyboard.press("Enter")
        section.locator("[data-copy=markdown]", has_text="Copied").wait_for()
        page.locator("#said[aria-live]", has_text="Copied").wait_for(state="attached")
        assert page.evaluate("document.activeElement.dataset.copy") == "markdown"
        assert pasted(page) == markdown.table_text(table)
    page.evaluate("held.forEach((then) => then())")
    section.get_by_text("Copy Markdown", exact=True).wait_for()


def test_a_table_of_hundreds_of_rows_is_no_text_for_a_paper(visit: Visit) -> None:
    page = visit("large")
    assert page.locator("#arms").get_by_role("button", name="Copy LaTeX").count() == 1
    assert page.locator("#trials").get_by_role("button", name="Copy LaTeX").count() == 0
