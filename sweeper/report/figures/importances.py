"""How much each setting matters for `overall`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ...study.settings import SHORT_NAMES, field_path, leaves
from ...study.space import Choice, Space
from ...text import one_line
from ..configuration import PARAM, Trial
from ..results import Results, records
from .anova import Importances, UnfitTrialsError, chance, importances
from .drawing import GREY, Figure, Panel, colour, drawing_of, escape, legend, remark_arms, round_all

METHODS = {"fanova": "fANOVA", "ped_anova": "PED-ANOVA"}


PALE = 0.3
"""Opacity of a bar that chance alone may make."""

OF_ARM, OF_ALL = 40, 80
"""Trials that count at most, within an arm and over all: more take long, and move no share by much."""


@dataclass(frozen=True)
class _Measured:
    """Importances of a group of trials, and what chance alone would give."""

    found: Importances
    level: Importances


def importances_figure(results: Results) -> Figure:
    """Importances within each arm, and over all arms with what sets them apart as settings."""
    trials, arms = results.observations.drop(columns="traceback"), results.told_apart
    own = {arm: _some(trials[trials["arm"] == arm], OF_ARM) for arm in arms}
    rows = _some(trials, OF_ALL)
    within, unfit = _within(results, own)
    more = max(map(len, own.values()), default=0) == OF_ARM or len(rows) == OF_ALL
    panels = _panels(results, within, "", "within an arm") if within else []
    if len(arms) > 1:
        try:
            panels += _panels(results, {"": _together(results, rows)}, "-arms", "over all arms")
        except UnfitTrialsError as error:
            unfit.append(f"all arms together ({error})")
    caption = (
        "fANOVA: the share of the variance of overall over the space that a setting explains alone. "
        "PED-ANOVA: how far the best tenth of the trials differs from all in a setting. Shares of the "
        "settings shown, with Optuna. Strokes: what a setting that does nothing stays below in 95 of 100 "
        "studies, by shuffled scores; a pale bar is below it."
    )
    if len(arms) > 1:
        caption += (
            " Settings by which arms differ count over all arms; of several that go together, the first."
        )
    if results.spaces:
        caption += " A setting that does not apply to all of these trials has no share."
    caption += remark_arms(results, "only drawn together")
    if more:
        caption += (
            f" Of more than {OF_ARM} trials of an arm, or {OF_ALL} of all, those at even distances count."
        )
    if unfit:
        caption += f" Left out: {'; '.join(unfit)}."
    return Figure("importances", "Importance of settings", caption, tuple(panels), legend(results, within))


def _some(trials: pd.DataFrame, most: int) -> list[Trial]:
    """So many trials at most, at even distances."""
    places = np.linspace(0, len(trials) - 1, min(len(trials), most)).round().astype(int)
    return records(trials.iloc[places])


def _within(results: Results, own: Mapping[str, list[Trial]]) -> tuple[dict[str, _Measured], list[str]]:
    """Importances in each arm that has the trials for them; why the others have not."""
    found: dict[str, Importances] = {}
    unfit = []
    for arm in own:
        try:
            found[arm] = importances(*_over(results, results.entries(arm), own[arm], {}))
        except UnfitTrialsError as error:
            unfit.append(f"{one_line(arm)} ({error})")
    # Chance depends on how many trials there are: arms with about as many are shuffled in turns.
    of = {arm: _over(results, results.entries(arm), own[arm], {}) for arm in found}
    sizes = {arm: (len(own[arm]).bit_length(), tuple(of[arm][0])) for arm in found}
    levels = {}
    for arm, size in sizes.items():
        if size not in levels:
            levels[size] = chance(of[arm][0], [of[one][1:] for one in found if sizes[one] == size])
    return {arm: _Measured(one, levels[sizes[arm]]) for arm, one in found.items()}, unfit


def _together(results: Results, rows: list[dict[str, Any]]) -> _Measured:
    # The arms' settings are told apart by their text.
    apart = toggles(results, rows)
    texts = {name: Choice(tuple(dict.fromkeys(values.values()))) for name, values in apart.items()}
    known, settings, scores = _over(results, {**results.space, **texts}, rows, apart)
    return _Measured(importances(known, settings, scores), chance(known, [(settings, scores)]))


def toggles(results: Results, rows: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """What sets the arms apart: settings with one value in each arm but not in all, as text, by arm.

    Of settings that split the arms in the same way only the first is kept: no number of trials could tell
    them apart.

    Args:
        results: The study.
        rows: Trials of at least two arms, with their configurations.
    """
    searched = {field_path(name) for name in results.space} | {("seed",)}
    short = {path: name for name, path in SHORT_NAMES.items()}
    seen: dict[str, dict[str, set[str]]] = {}
    arms = list(dict.fromkeys(row["arm"] for row in rows))
    # Within an arm only a batch that was halved for want of memory differs; a few trials show that.
    few = [row for arm in arms for row in islice((row for row in rows if row["arm"] == arm), 10)]
    for row in few:
        for leaf in leaves(row["config"]):
            if leaf.path not in searched:
                name = ".".join(leaf.path)
                by_arm = seen.setdefault(short.get(name, name), {})
                by_arm.setdefault(row["arm"], set()).add(json.dumps(leaf.value))
    splits: dict[tuple[int, ...], dict[str, dict[str, str]]] = {}
    for name, by_arm in seen.items():
        texts = [by_arm.get(arm, {"absent"}) for arm in arms]
        if any(len(values) > 1 for values in texts):
            continue
        values = [min(text) for text in texts]
        split = tuple(values.index(value) for value in values)
        if any(split):
            splits.setdefault(split, {name: dict(zip(arms, values, strict=True))})
    return {name: values for kept in splits.values() for name, values in kept.items()}


def _over(
    results: Results,
    space: Mapping[str, Space],
    rows: Sequence[dict[str, Any]],
    apart: Mapping[str, Mapping[str, str]],
) -> tuple[dict[str, Space], list[dict[str, Any]], list[float]]:
    """The settings that all of some trials have, their values, and the scores."""
    settings = [
        results.params({key: value for key, value in row.items() if key.startswith(PARAM) or key == "arm"})
        | {name: values[row["arm"]] for name, values in apart.items()}
        for row in rows
    ]
    everywhere = set.intersection(*map(set, settings)) if settings else set()
    known = {name: entry for name, entry in space.items() if name in everywhere}
    return known, settings, [row["overall"] for row in rows]


def _panels(results: Results, found: Mapping[str, _Measured], key: str, where: str) -> list[Panel]:
    return [
        Panel(
            f"importance-{method.replace('_', '-')}{key}", f"{title} {where}", _bars(results, found, method)
        )
        for method, title in METHODS.items()
    ]


def _bars(results: Results, found: Mapping[str, _Measured], method: str) -> go.Figure:
    """Bars for each setting, the most important on top; one for each arm, or grey for all."""
    shares: dict[str, dict[str, float]] = {arm: getattr(found[arm].found, method) for arm in found}
    levels: dict[str, dict[str, float]] = {arm: getattr(found[arm].level, method) for arm in found}
    names = list(dict.fromkeys(name for own in shares.values() for name in own))
    names.sort(key=lambda name: sum(own.get(name, 0.0) for own in shares.values()))
    bars = [
        go.Bar(
            x=round_all(own.get(name) for name in names),
            y=[escape(name) for name in names],
            orientation="h",
            name=escape(arm) if arm else "all arms",
            marker={
                "color": colour(results, arm) if arm else GREY,
                "opacity": [
                    1.0 if own.get(name, 0.0) > levels[arm].get(name, 1.0) else PALE for name in names
                ],
            },
            hoverinfo="x+y+name" if arm else "x+y",
        )
        for arm, own in reversed(shares.items())
    ]
    distinct = {tuple(levels[arm].get(name) for name in names) for arm in found}
    strokes = [
        go.Scatter(
            x=round_all(level),
            y=[escape(name) for name in names],
            mode="markers",
            marker={"symbol": "line-ns", "size": 18, "line": {"width": 2, "color": GREY}},
            name="95 % of chance",
            hoverinfo="x+name",
        )
        for level in sorted(distinct, key=str)
    ]
    drawing = drawing_of([*bars, *strokes], "share", "")
    drawing.update_xaxes(range=[0, 1])
    drawing.update_layout(legend={"traceorder": "reversed"})
    drawing.update_yaxes(type="category")
    return drawing
