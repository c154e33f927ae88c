"""A table on a screen of some width: what does not fit is wrapped, left out or stacked, never cut."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from rich import box
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_GAP = 2
_NARROW = 1
_INDENT = 2
_FOLDED = 20
"""Words of headings and of mere text, such as names of settings, may be folded beyond so many signs."""


@dataclass(frozen=True)
class Heading:
    """What stands over a column.

    The first column and those of words right after it are the label of a row.

    Attributes:
        text: The heading.
        numeric: Whether it holds numbers, which stand to the right.
        optional: Whether it may be left out where there is no room.
    """

    text: str
    numeric: bool = False
    optional: bool = False


def fit(
    headings: Sequence[Heading], rows: Sequence[Sequence[Text]], width: int, *, rule: bool = True
) -> tuple[RenderableType, tuple[str, ...]]:
    """A table that is at most so wide, in which no number and no word of a label is cut.

    Text is wrapped at spaces. Where that is not enough, optional columns are left out, the last one first,
    then columns stand closer; where that is not enough either, each row becomes a block: its label, then
    headings with their values.

    Args:
        headings: Those of the columns, at least one.
        rows: A cell for each column; an empty label is that of the row above.
        width: Columns of the screen.
        rule: Whether a line stands under the headings.

    Returns:
        The table, and the headings of the columns that were left out.
    """
    labels = _labels(headings)
    least = [_least(each, [row[at] for row in rows], at < labels) for at, each in enumerate(headings)]
    for places, gap in _choices(headings):
        spare = width - sum(least[at] for at in places) - gap * (len(places) - 1)
        if spare >= 0:
            columns = [headings[at] for at in places]
            cells = [[row[at] for at in places] for row in rows]
            widths = _widened([least[at] for at in places], spare, columns, cells)
            left_out = tuple(each.text for at, each in enumerate(headings) if at not in places)
            return _table(columns, cells, widths, gap, rule), left_out
    return _stack(headings, rows, labels, width), ()


def _labels(headings: Sequence[Heading]) -> int:
    """How many columns are the label of a row."""
    found = (at for at, each in enumerate(headings) if at and (each.numeric or each.optional))
    return next(found, len(headings))


def _choices(headings: Sequence[Heading]) -> Iterator[tuple[list[int], int]]:
    """The columns that may be shown together, and the gap between them: all of them, then fewer."""
    places = list(range(len(headings)))
    yield places, _GAP
    for at in reversed(range(1, len(headings))):
        if headings[at].optional:
            places = [each for each in places if each != at]
            yield places, _GAP
    yield places, _NARROW


def _least(heading: Heading, cells: Sequence[Text], label: bool) -> int:
    """The width below which something that must stay whole would be cut."""
    if heading.numeric:
        longest = max(map(_wide, cells), default=1)
    else:
        longest = max((cell_len(word) for cell in cells for word in cell.plain.split()), default=1)
        longest = longest if label else min(longest, _FOLDED)
    return max([longest, 1, *(min(cell_len(word), _FOLDED) for word in heading.text.split())])


def _wide(cell: Text) -> int:
    return cell_len(cell.plain)


def _widened(
    least: Sequence[int], spare: int, headings: Sequence[Heading], rows: Sequence[Sequence[Text]]
) -> list[int]:
    """Widths that use up what room there is: first for cells, from the left, then for headings."""
    widths = list(least)
    cells = [max((_wide(row[at]) for row in rows), default=1) for at in range(len(headings))]
    for wished in (cells, [cell_len(each.text) for each in headings]):
        for at, wish in enumerate(wished):
            more = min(max(wish - widths[at], 0), spare)
            widths[at] += more
            spare -= more
    return widths


def _table(
    headings: Sequence[Heading],
    rows: Sequence[Sequence[Text]],
    widths: Sequence[int],
    gap: int,
    rule: bool,
) -> Table:
    shown = Table(
        box=box.SIMPLE_HEAD if rule else None,
        # What the rule's style puts between two columns is a part of the gap.
        padding=(0, gap - 1 if rule else gap, 0, 0),
        pad_edge=False,
        show_edge=False,
    )
    for each, width in zip(headings, widths, strict=True):
        justify: Literal["left", "right"] = "right" if each.numeric else "left"
        shown.add_column(Text(each.text), width=width, justify=justify, overflow="fold")
    for row in rows:
        shown.add_row(*row)
    return shown


def _stack(headings: Sequence[Heading], rows: Sequence[Sequence[Text]], labels: int, width: int) -> Group:
    lines: list[RenderableType] = []
    above = [Text()] * labels
    for row in rows:
        # What a label leaves empty because it stands above would be lost between blocks.
        above = [own if own.plain else before for own, before in zip(row[:labels], above, strict=True)]
        lines.append(Text(" · ").join(_pair(headings[at], above[at], named=at > 0) for at in range(labels)))
        pairs = [_pair(headings[at], row[at]) for at in range(labels, len(headings)) if row[at].plain]
        lines += [Padding(line, (0, 0, 0, _INDENT), expand=False) for line in _filled(pairs, width - _INDENT)]
    return Group(*lines)


def _pair(heading: Heading, cell: Text, *, named: bool = True) -> Text:
    if not heading.text or not (named or heading.numeric):
        return cell
    return Text.assemble((heading.text, "dim"), " ", cell)


def _filled(pairs: Sequence[Text], width: int) -> Iterator[Text]:
    """Lines of as many pairs as fit; a pair that is longer has its own, which is wrapped at its spaces."""
    line: list[Text] = []
    for pair in pairs:
        joined = Text(" · ").join([*line, pair])
        if line and _wide(joined) > width:
            yield Text(" · ").join(line)
            line = []
        line.append(pair)
    if line:
        yield Text(" · ").join(line)
