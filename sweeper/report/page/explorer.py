"""What the page's trial explorer knows: cells, settings and epochs of all trials, in columns. Pure.

A study of 10,000 trials has to fit, so that every column is written once and repeated texts are numbered.
"""

import math
from typing import Any

import pandas as pd

from ...study.settings import flat
from ...text import ABSENT, told_apart
from ..document import Table
from ..results import Results

Packed = list[str] | dict[str, list[Any]]
"""Texts in their order; or ``of``, the distinct ones, and ``at``, the place of each, if they are several."""

STEPS = 10_000
"""Metrics of an epoch are whole numbers of this part of one: four decimals, without the point."""

TRACEBACKS = 2_000_000
"""Characters that all tracebacks together may take; beyond, only the end of each is kept."""


def explorer_data(results: Results, table: Table) -> dict[str, Any]:
    """All that the page shows of single trials.

    Args:
        results: The study.
        table: Its table of all trials, by number.

    Returns:
        study, empty where they are several; trials, their numbers; arm, state and failure (class of error),
        packed; columns, those of the table: heading, numeric, texts (packed), values (only where a text does
        not tell its number in full);
        bold and tie, pairs of row and column; settings, those that differ between trials by their path,
        packed, and shared, those that do not; facts by their names, packed; traceback, packed, and whether it
        is cut; epochs (see ``_epochs``).
    """
    trials = results.trials.sort_values("number")
    settings = _settings(trials["config"])
    tracebacks, cut = _tracebacks(trials["traceback"])
    marks = {
        mark: [
            (i, j) for i, row in enumerate(table.rows) for j, cell in enumerate(row) if getattr(cell, mark)
        ]
        for mark in ("bold", "tie")
    }
    return {
        "study": "" if results.studies else results.name,
        "trials": trials["number"].tolist(),
        "arm": pack(trials["arm"].tolist()),
        "state": pack(trials["state"].tolist()),
        "failure": pack(_texts(trials["error_class"])),
        "columns": _columns(table),
        **marks,
        "settings": {path: pack(texts) for path, texts in settings.items() if len(set(texts)) > 1},
        "shared": {path: texts[0] for path, texts in settings.items() if len(set(texts)) == 1},
        "facts": _facts(trials),
        "traceback": pack(tracebacks),
        "cut": cut,
        "epochs": _epochs(results, trials["number"]),
    }


def pack(texts: list[str]) -> Packed:
    """Texts as they take the least room."""
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    if len(places) == 1:
        return {"of": list(places)}
    if 2 * len(places) > len(texts):
        return texts
    return {"of": list(places), "at": [places[text] for text in texts]}


def _columns(table: Table) -> list[dict[str, Any]]:
    columns = []
    for place, column in enumerate(table.columns):
        cells = [row[place] for row in table.rows]
        found: dict[str, Any] = {
            "heading": column.heading,
            "numeric": column.numeric,
            "texts": pack([cell.text for cell in cells]),
        }
        if any(cell.value is not None and cell.text != f"{cell.value:.17g}" for cell in cells):
            found["values"] = [_number(cell.value) for cell in cells]
        columns.append(found)
    return columns


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), 6)


def _settings(configs: "pd.Series[Any]") -> dict[str, list[str]]:
    """Every setting of the configurations as text, by its path; a dash where a configuration lacks it."""
    found: dict[str, list[Any]] = {}
    for place, config in enumerate(configs):
        for path, value in flat(config).items():
            values = found.setdefault(".".join(path), [])
            values += [ABSENT] * (place - len(values))
            values.append(value)
    return {
        path: told_apart(values + [ABSENT] * (len(configs) - len(values)))
        for path, values in sorted(found.items())
    }


def _devices(trials: pd.DataFrame) -> list[str]:
    """The device of each trial, with its precision where that is not fp32."""
    precisions = [config.get("precision", "fp32") for config in trials["config"]]
    return [
        f"{device}, {precision}" if device and precision != "fp32" else device
        for device, precision in zip(_texts(trials["device"]), precisions, strict=True)
    ]


def _facts(trials: pd.DataFrame) -> dict[str, Packed]:
    """How each trial ran, by the names that a reader sees; empty texts where nothing is known."""
    facts = {
        "device": _devices(trials),
        "CPU threads": _texts(trials["threads"]),
        "peak memory": [f"{mb:,.0f} MiB" if mb == mb else "" for mb in trials["peak_memory_mb"]],  # noqa: PLR0124 (NaN)
        "attempts": _texts(trials["attempts"]),
        "micro-batch halved": ["" if times == 0 else f"{times} ×" for times in trials["halvings"]],
        "result of trial": _texts(trials["reused_from"]),
        "epochs": _texts(trials["epochs"]),
        "started": [
            "" if pd.isna(moment) else f"{moment:%Y-%m-%d %H:%M} UTC" for moment in trials["started"]
        ],
    }
    return {name: pack(texts) for name, texts in facts.items() if any(texts)}


def _texts(values: "pd.Series[Any]") -> list[str]:
    return ["" if pd.isna(value) else str(value) for value in values]


def _tracebacks(values: "pd.Series[Any]") -> tuple[list[str], bool]:
    texts = [text.rstrip() for text in _texts(values)]
    distinct = set(texts)
    if sum(map(len, distinct)) <= TRACEBACKS:
        return texts, False
    # The last lines say what went wrong; `sweeper show` has the rest.
    room = TRACEBACKS // len(distinct)
    return [text if len(text) <= room else "… " + text[-room:] for text in texts], True


def _epochs(results: Results, numbers: "pd.Series[Any]") -> dict[str, Any]:
    """Scores and losses by epoch.

    Returns:
        steps; counts, how many epochs each trial has; epoch, the epochs of all trials in a row; series:
        split, task, metric, values, one an epoch, ``steps`` to one, None for what is not a number.
    """
    metrics = {name: task.metric for name, task in results.tasks.items()} | {"overall": "overall"}
    frame = results.epochs[results.epochs["task"].isin(list(metrics))]
    told = frame[(frame["metric"] == frame["task"].map(metrics)) | (frame["metric"] == "loss")]
    wide = told.pivot(index=["number", "epoch"], columns=["split", "task", "metric"], values="value")
    order = ["overall", *results.tasks]
    keys = sorted(
        (tuple(key) for key in wide.columns), key=lambda key: (key[2] == "loss", key[0], order.index(key[1]))
    )
    counts = wide.groupby(level="number").size().reindex(numbers, fill_value=0)
    scaled = (wide * STEPS).round()
    return {
        "steps": STEPS,
        "counts": counts.tolist(),
        "epoch": wide.index.get_level_values("epoch").tolist(),
        "series": [
            {
                "split": split,
                "task": task,
                "metric": metric,
                "values": [
                    int(value) if math.isfinite(value) else None for value in scaled[split, task, metric]
                ],
            }
            for split, task, metric in keys
        ],
    }
