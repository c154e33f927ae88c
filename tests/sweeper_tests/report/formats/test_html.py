"""Tables as HTML, read by a parser of XML."""

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from sweeper.report.document import Cell, Column, Table
from sweeper.report.formats.html import table_html
from sweeper.text import one_line
from tests.sweeper_tests.report.test_formats import HOSTILE


@given(st.lists(st.sampled_from(HOSTILE) | st.text(max_size=20), min_size=1, max_size=4))
def test_html_shows_every_text_as_it_is_and_nothing_else(texts: list[str]) -> None:
    rows = tuple((Cell(text, bold=True), Cell(".5", value=0.5, tie=True)) for text in texts)
    table = Table("arms", texts[0], (Column("arm"), Column("overall", numeric=True)), rows, (texts[-1],))
    found = ElementTree.fromstring(f"<div>{table_html(table)}</div>")  # noqa: S314 - made here
    assert {element.tag for element in found.iter()} <= {
        *("div", "table", "caption", "thead", "tbody", "tr", "th", "td", "b", "p", "small", "br")
    }
    cells = ["".join(cell.itertext()) for cell in found.iter("td")]
    assert cells[::2] == [one_line(text) for text in texts]
    assert set(cells[1::2]) == {".5†"}
    assert "".join(found.findtext("table/caption") or "") == one_line(texts[0])
