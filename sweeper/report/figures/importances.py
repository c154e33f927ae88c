"""How much each setting matters for `overall`."""

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

import plotly.graph_objects as go

from ...study.settings import SHORT_NAMES, field_path, leaves
from ...study.space import Choice, Space
from ...text import one_line
from ..results import PARAM, Results, params, records
from .anova import Importances, UnfitTrialsError, importances
from .drawing import GREY, Figure, Panel, colour, drawing_of, drawn_arms, escape, legend, round_all, sample

METHODS = {"fanova": "fANOVA", "ped_anova": "PED-ANOVA"}


def importances_figure(results: Results) -> Figure:
    """Importances within each arm, and over all arms with what sets them apart as settings."""
    trials, left_out = sample(results, results.complete)
    arms = drawn_arms(results)
    rows = records(trials.drop(columns="traceback"))
    found: dict[str, Importances] = {}
    unfit = []
    for arm in arms:
        try:
            found[arm] = _over(results.space, [row for row in rows if row["arm"] == arm], {})
        except UnfitTrialsError as error:
            unfit.append(f"{one_line(arm)} ({error})")
    panels = _panels(results, found, "", "within an arm") if found else []
    if len(arms) > 1:
        try:
            # The arms' settings are told apart by their text.
            apart = toggles(results, rows)
            texts = {name: Choice(tuple(dict.fromkeys(values.values()))) for name, values in apart.items()}
            together = _over({**results.space, **texts}, rows, apart)
            panels += _panels(results, {"": together}, "-arms", "over all arms")
        except UnfitTrialsError as error:
            unfit.append(f"all arms together ({error})")
    caption = (
        "fANOVA: the share of the variance of overall over the space that a setting explains alone. "
        "PED-ANOVA: how far the best tenth of the trials differs from all in a setting. Shares of the "
        "settings shown, with Optuna; few trials make them uncertain."
    )
    if len(arms) > 1:
        caption += (
            " Settings by which arms differ count over all arms; of several that go together, the first."
        )
    if unfit:
        caption += f" Left out: {'; '.join(unfit)}."
    return Figure(
        "importances", "Importance of settings", caption + left_out, tuple(panels), legend(results, found)
    )


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
    space: Mapping[str, Space], rows: list[dict[str, Any]], apart: Mapping[str, Mapping[str, str]]
) -> Importances:
    settings = [
        params({key: value for key, value in row.items() if key.startswith(PARAM)})
        | {name: values[row["arm"]] for name, values in apart.items()}
        for row in rows
    ]
    known = {name: entry for name, entry in space.items() if settings and name in settings[0]}
    return importances(known, settings, [row["overall"] for row in rows])


def _panels(results: Results, found: Mapping[str, Importances], key: str, where: str) -> list[Panel]:
    return [
        Panel(
            f"importance-{method.replace('_', '-')}{key}", f"{title} {where}", _bars(results, found, method)
        )
        for method, title in METHODS.items()
    ]


def _bars(results: Results, found: Mapping[str, Importances], method: str) -> go.Figure:
    """Bars for each setting, the most important on top; one for each arm, or grey for all."""
    shares: dict[str, dict[str, float]] = {arm: getattr(found[arm], method) for arm in found}
    names = list(dict.fromkeys(name for own in shares.values() for name in own))
    names.sort(key=lambda name: sum(own.get(name, 0.0) for own in shares.values()))
    drawing = drawing_of(
        [
            go.Bar(
                x=round_all(own.get(name) for name in names),
                y=[escape(name) for name in names],
                orientation="h",
                name=escape(arm) if arm else "all arms",
                marker={"color": colour(results, arm) if arm else GREY},
                hoverinfo="x+y+name" if arm else "x+y",
            )
            for arm, own in reversed(shares.items())
        ],
        "share",
        "",
    )
    drawing.update_xaxes(range=[0, 1])
    drawing.update_layout(legend={"traceorder": "reversed"})
    drawing.update_yaxes(type="category")
    return drawing
