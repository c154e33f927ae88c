"""What may be said of the arms: means over seeds, their intervals, and what could not be told apart."""

from collections.abc import Iterator, Sequence

import plotly.graph_objects as go

from ...study.settings import flat
from ...text import one_line, plural, score
from ..configuration import Configuration
from ..published import of_paper, published_tables
from ..results import DRAWN_APART, Results
from ..statistics.compared import Comparison
from ..statistics.comparison import Comparisons
from ..statistics.paired import Verdict
from ..tracks import joint_arms
from .drawing import GREY, Figure, Panel, colour, drawing_of, escape, round_all

HEIGHT = 26
"""Pixels of a row."""

UNKNOWN = "diamond-open"
"""The mark of an arm of which nothing is said."""


def forest_figure(results: Results, comparisons: Comparisons) -> Figure:
    """A row an arm: the mean of its best configuration with its interval, the published figures as marks."""
    claims = comparisons.claims
    against = {each.theirs.arm for each in claims.declared}
    best = [one for place, one in enumerate(claims.leaders) if place < DRAWN_APART or one.arm in against]
    shown = [(one, interval) for one in best if one.whole and (interval := claims.intervals(one))]
    panels, marks = [], []
    if len(shown) > 1:
        rows = [_label(one) for one, _ in shown]
        traces = [
            _arm(results, claims, one, (interval["overall"].low, interval["overall"].high))
            for one, interval in shown
        ]
        marks = list(_published(claims.results, [one for one, _ in shown]))
        drawing = drawing_of([*traces, *marks], "overall", "")
        drawing.update_yaxes(type="category", categoryorder="array", categoryarray=rows[::-1])
        drawing.update_layout(height=110 + HEIGHT * len(rows))
        for one, low, high in _bands(claims):
            if _label(one) not in rows:  # of many arms not all are drawn
                continue
            place = len(rows) - 1 - rows.index(_label(one))
            drawing.add_shape(
                type="rect", x0=low, x1=high, y0=place - 0.4, y1=place + 0.4,
                fillcolor=GREY, opacity=0.25, line_width=0, layer="below",
            )  # fmt: skip
        panels = [Panel("forest", "Arms by mean overall", drawing)]
    return Figure(
        "forest",
        "What may be said",
        _caption(claims, [one for one, _ in shown], bool(marks)) + _missing(claims, len(shown)),
        tuple(panels),
        (),
    )


def _missing(claims: Comparisons, shown: int) -> str:
    """A sentence on the arms that have an overall and no row."""
    missing = sum(one.whole for one in claims.leaders) - shown
    if not missing or not shown:
        return ""
    why = f"beyond the {DRAWN_APART} best, or without predictions on the rows of most"
    return f" Not drawn: {plural(missing, 'arm')}, {why}."


def _label(one: Configuration) -> str:
    return escape(f"{one.arm} ({plural(len(one.numbers), 'seed')})")


def _arm(results: Results, claims: Comparisons, one: Configuration, ends: tuple[float, float]) -> go.Scatter:
    said = _verdict(claims, one)
    shade = colour(results, one.arm)
    middle = round_all([one.mean])
    text = f"{score(one.mean)}, 95 % {score(ends[0])} to {score(ends[1])}"
    if said is not None:
        text += f"; {said}"
    trials = (
        f"trial {one.numbers[0]}" if len(one.numbers) == 1 else f"trials {', '.join(map(str, one.numbers))}"
    )
    return go.Scatter(
        x=middle,
        y=[_label(one)],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": round_all([ends[1] - one.mean]),
            "arrayminus": round_all([one.mean - ends[0]]),
            "color": shade,
            "thickness": 2,
            "width": 5,
        },
        mode="markers",
        marker={
            "size": 11,
            "color": shade,
            "symbol": _symbol(claims, one),
            "line": {"width": 2, "color": shade},
        },
        name=escape(one.arm),
        hovertext=[f"{trials}: {text}"],
        hoverinfo="text",
    )


def _published(results: Results, leaders: list[Configuration]) -> Iterator[go.Scatter]:
    """The figures that the paper printed for the rows whose settings an arm has."""
    if not of_paper(results.tasks):
        return
    configs = dict(zip(results.complete["number"], results.complete["config"], strict=True))
    x, y, texts = [], [], []
    joint = joint_arms(results)  # the paper encodes each sentence by itself
    for one in leaders:
        if one.arm in joint:
            continue
        config = flat(configs[one.numbers[0]])
        if config.get(("tasks", "sst", "source", "kind")) == "demo":
            return
        found: dict[float, str] = {}
        for key, table in published_tables().items():
            for row in table.rows:
                if table.counts(row, config):
                    overall = row.scored(results.overall, results.tasks)["overall"]
                    found.setdefault(overall, f"published, {key.replace('table', 'Table ')}: {row.label}")
        x += list(found)
        y += [_label(one)] * len(found)
        texts += [f"{escape(text)}, {score(value)}" for value, text in found.items()]
    if x:
        yield go.Scatter(
            x=x,
            y=y,
            mode="markers",
            marker={"size": 10, "symbol": "x-thin", "line": {"width": 2, "color": GREY}},
            name="published",
            hovertext=texts,
            hoverinfo="text",
        )


def _reference(claims: Comparisons) -> list[Comparison]:
    """The declared comparisons, if all are with one arm."""
    return claims.declared if len({each.theirs.arm for each in claims.declared}) == 1 else []


def _bands(claims: Comparisons) -> Iterator[tuple[Configuration, float, float]]:
    """For each arm what it could not have been told apart from the one that all are compared with."""
    for each in _reference(claims):
        if each.detectable:
            middle, most = each.theirs.mean, each.detectable.difference
            yield each.ours, middle - most, middle + most


def _verdict(claims: Comparisons, one: Configuration) -> Verdict | None:
    return next((each.verdict for each in _reference(claims) if each.ours.arm == one.arm), None)


def _symbol(claims: Comparisons, one: Configuration) -> str:
    said, reference = _verdict(claims, one), _reference(claims)
    if said is Verdict.UNDECIDED:
        return "circle-open"
    led = bool(reference) and one.arm != reference[0].theirs.arm
    return UNKNOWN if len(one.numbers) == 1 or (said is None and led) else "circle"


def _caption(claims: Comparisons, shown: Sequence[Configuration], marks: bool) -> str:
    text = (
        "Mean overall of each arm's best configuration over its seeds. Bars: 95 % on other seeds and other "
        "rows together; of a single seed over rows alone."
    )
    reference = _reference(claims)
    if any(True for _ in _bands(claims)):
        text += (
            " Grey: means that this study could not have told apart from that of "
            f"{one_line(reference[0].theirs.arm)}, with which they are compared (80 % power). Hollow "
            "circles: not told apart from it; the other filled ones are better or worse."
        )
    if any(_symbol(claims, one) == UNKNOWN for one in shown):
        why = f"not compared with {one_line(reference[0].theirs.arm)}, or " if reference else ""
        text += f" Diamonds: {why}with one training seed, so that nothing is known about the arm."
    return text + (" Crosses: the paper's figures, one run each." if marks else "")
