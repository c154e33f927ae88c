"""When each trial ran, and beside which others."""

import heapq
from collections.abc import Iterable

import pandas as pd
import plotly.graph_objects as go

from ...text import NONE, duration
from ...trial import RunState
from ..results import Results
from .drawing import DRAWN, GREY, Figure, Key, Panel, drawing_of, escape, round_all

SHADES = {
    RunState.COMPLETE: "#009e73",
    RunState.PRUNED: GREY,
    RunState.FAILED: "#d55e00",
    RunState.RUNNING: "#56b4e9",
    RunState.QUEUED: "#e69f00",
}


def timeline_figure(results: Results) -> Figure:
    """A bar from start to end for every trial that was started, in lanes of the drivers' workers."""
    begun = results.trials.dropna(subset="started").sort_values(["started", "number"])
    shown = begun.tail(DRAWN)
    panels: tuple[Panel, ...] = ()
    drawn = [state for state in SHADES if (shown["state"] == state.value).any()]
    if len(shown):
        panels = (Panel("timeline", "Trials by time and worker", _bars(place_in_lanes(shown), drawn)),)
    caption = (
        "Each bar is a trial from its first start to its end, pauses included; side by side are trials that "
        "ran at once. Results taken over from identical trials took no time and are not shown."
    )
    if shown["finished"].isna().any():
        caption += " A bar without an end goes up to the last moment known of any trial."
    if len(shown) < len(begun):
        caption += f" Drawn are the latest {len(shown):,} of {len(begun):,} trials."
    legend = tuple(Key(str(state), SHADES[state], "square") for state in drawn)
    return Figure("timeline", "Time line of workers", caption, panels, legend)


def place_in_lanes(trials: pd.DataFrame) -> pd.DataFrame:
    """The trials with ``begin`` and ``end`` in seconds since the first start, and their ``lane`` from 0.

    A trial without an end is drawn up to the last moment known of any. Each driver has its own lanes; a trial
    goes to the first that is free.

    Args:
        trials: Started trials, in the order of their starts.
    """
    first = trials["started"].min()
    last = (
        max(trials["started"].max(), trials["finished"].max()) if trials["finished"].notna().any() else None
    )
    begin = (trials["started"] - first).dt.total_seconds()
    end = (trials["finished"].fillna(last or trials["started"].max()) - first).dt.total_seconds()
    frame = trials.assign(begin=begin, end=end.where(end > begin, begin), driver=trials["driver"].fillna(0))
    lanes: dict[int, int] = {}
    used = 0
    for _, own in frame.groupby("driver", sort=True):
        packed = _pack(zip(own["begin"], own["end"], strict=True))
        lanes |= {number: used + lane for number, lane in zip(own["number"], packed, strict=True)}
        used += max(packed) + 1
    return frame.assign(lane=frame["number"].map(lanes))


def _pack(spans: Iterable[tuple[float, float]]) -> list[int]:
    """The lowest free lane for each span, in the order of their beginnings."""
    free: list[int] = []
    busy: list[tuple[float, int]] = []
    lanes = []
    for begin, end in spans:
        while busy and busy[0][0] <= begin:
            heapq.heappush(free, heapq.heappop(busy)[1])
        lane = heapq.heappop(free) if free else len(busy)
        heapq.heappush(busy, (end, lane))
        lanes.append(lane)
    return lanes


def _bars(trials: pd.DataFrame, states: list[RunState]) -> go.Figure:
    span = float(trials["end"].max())
    unit, name = (1, "seconds") if span < 180 else (60, "minutes") if span < 10_800 else (3600, "hours")
    traces = []
    for state in states:
        own = trials[trials["state"] == state.value]
        traces.append(
            go.Bar(
                base=round_all(own["begin"] / unit),
                x=round_all((own["end"] - own["begin"]) / unit),
                y=own["lane"].tolist(),
                orientation="h",
                width=0.8,
                name=state.value,
                marker={"color": SHADES[state], "line": {"width": 0.5, "color": GREY}},
                hovertext=[
                    escape(f"trial {number}, {arm}, {state}" + (f", {duration(seconds)}" if ended else ""))
                    for number, arm, seconds, ended in zip(
                        *(own["number"], own["arm"], own["end"] - own["begin"], own["finished"].notna()),
                        strict=True,
                    )
                ],
                hoverinfo="text",
            )
        )
    drawing = drawing_of(traces, f"{name} since the first start", "worker")
    lanes = trials.drop_duplicates("lane").sort_values("lane")
    several = lanes.loc[lanes["driver"] > 0, "driver"].nunique() > 1  # 0: of none, as after Ctrl-C
    place = lanes.groupby("driver").cumcount() + 1
    texts = [f"{d or NONE}.{n}" if several else str(n) for d, n in zip(lanes["driver"], place, strict=True)]
    step = -(-len(texts) // 16)
    drawing.update_yaxes(
        tickvals=lanes["lane"].tolist()[::step], ticktext=texts[::step], autorange="reversed", showgrid=False
    )
    drawing.update_yaxes(title={"text": "driver and worker" if several else "worker"})
    drawing.update_layout(barmode="overlay")
    return drawing
