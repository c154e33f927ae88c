"""The tables of the pages that follow from the program: every key of a study, every option of a command."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer

from model.config import Task, TrainConfig
from model.metrics import METRICS
from sweeper.cli import app
from sweeper.study.spec import StudySpec
from sweeper.study.workload import WorkloadFile

from . import evidence

FOLDER = Path(__file__).parent
Schema = Mapping[str, Any]
_BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
_TYPES = {"string": "text", "integer": "whole number", "object": "mapping", "boolean": "true or false"}
_MARK = re.compile(r"(<!-- made: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(page: str) -> str:
    """A page with its made parts as the program is now; each stands between ``made: KEY`` and ``end``.

    Those of the findings stay as they are where the report is not, as in a source distribution.
    """
    parts = study_parts() | {"commands": commands(), "metrics": metrics()} | findings()
    return _MARK.sub(
        lambda found: f"{found[1]}\n{part}\n{found[3]}" if (part := parts[found[2]]) else found[0], page
    )


def findings() -> dict[str, str]:
    """The tables of ``findings.md``, by key; empty ones where the report is not."""
    made = {
        "claims": (evidence.CLAIM_HEAD, evidence.claims),
        "other pairs": (evidence.PAIR_HEAD, evidence.others),
        "costs": (evidence.COST_HEAD, evidence.costs),
        "published rows": (evidence.ROW_HEAD, evidence.rows),
    }
    there = evidence.REPORT.is_file()
    return {key: _table(head, lines()) if there else "" for key, (head, lines) in made.items()}


def study_parts() -> dict[str, str]:
    """The tables of ``study-file.md``, by key."""
    settings = TrainConfig.model_json_schema()
    sources = ("DemoSource", "FilesSource", "HubSource", "Share", "SplitColumn")
    models = {"study": StudySpec.model_json_schema(), "workload": WorkloadFile.model_json_schema()}
    models |= {"range": models["study"]["$defs"]["FloatRange"], "settings": settings}
    models |= {"task": settings["$defs"]["Task"]}
    models |= {name.removesuffix("Source").lower(): settings["$defs"][name] for name in sources}
    known = {name: one for model in models.values() for name, one in model.get("$defs", {}).items()}
    head = ("key", "value", "default", "meaning")
    return {key: _table(head, _rows(model, known)) for key, model in models.items()}


def metrics() -> str:
    """The table of metrics: what each is for, its form in `overall`, where it is not defined, its test."""
    head = ("metric", "what it is", "in `overall`", "not defined", "paired test")
    rows = []
    for name, metric in METRICS.items():
        labels = {"classes": 2} if metric.labels == "classes" else {"range": (0, 5)}
        task = Task.model_validate(_TASK | labels | {"metric": name})
        value, where = metric.undefined or (None, "")
        undefined = "—" if value is None else f"{where}: counts as {value:g}"
        term = _code(task.scorer.term("x"))
        rows.append((_code(name), metric.description, term, undefined, metric.row_test_name))
    return _table(head, rows)


_TASK = {"kind": "single", "source": {"kind": "demo", "task": "sst"}, "text": ("a",), "label": "b"}


def commands() -> str:
    """A section for each command: what it does, its arguments and its options."""
    return "\n\n".join(_sections(typer.main.get_command(app), "sweeper"))


def _rows(model: Schema, definitions: Schema, group: str = "") -> Iterator[tuple[str, ...]]:
    for name, field in model["properties"].items():
        below = definitions.get(field.get("$ref", "").rpartition("/")[2], {})
        if "properties" in below:
            yield from _rows(below, definitions, f"{group}{name}.")
        else:
            required = name in model.get("required", ())
            default = "required" if required else _code(json.dumps(field["default"], ensure_ascii=False))
            meaning = field.get("description", "").replace("<", "&lt;")
            yield _code(group + name), _values(field), default, meaning


def _values(field: Schema) -> str:
    """What may stand in a field: ``whole number ≥ 1 or null``."""
    options = field.get("anyOf") or field.get("oneOf")
    if options:
        return " or ".join(dict.fromkeys(map(_values, options)))
    if "enum" in field or "const" in field:
        names = field["enum"] if "enum" in field else [field["const"]]
        return ", ".join(map(_code, names)) or "name of own code"
    if "prefixItems" in field:
        numbers = field["prefixItems"][0]["type"] == "number"
        return f"{len(field['prefixItems'])} {'numbers' if numbers else 'texts'} in brackets"
    if field.get("type") == "array":
        return f"list of: {_values(field['items'])}"
    bounds = "".join(f" {sign} {field[name]}" for name, sign in _BOUNDS.items() if name in field)
    kind = field.get("type", "object")
    return _TYPES.get(kind, kind) + bounds


def _sections(command: Any, path: str) -> Iterator[str]:
    if hasattr(command, "commands"):
        for name, below in command.commands.items():
            yield from _sections(below, f"{path} {name}")
        return
    context = typer.Context(command)
    rows = [(_written(option, context), option.help, _default(option)) for option in command.params]
    table = _table(("argument or option", "meaning", "default"), rows)
    yield f"### `{path}`\n\n{command.help.strip()}" + (f"\n\n{table}" if rows else "")


def _written(option: Any, context: typer.Context) -> str:
    """How an option is written, as ``--help`` shows it: ``--trials N``."""
    if option.param_type_name == "argument":
        optional = not option.required and not option.metavar.startswith("[")
        return _code(f"[{option.metavar}]" if optional else option.metavar)
    return _code(option.get_help_record(context)[0])


def _default(option: Any) -> str:
    if option.required:
        return "required"
    return "—" if option.default in (None, False) else _code(option.default)


def _table(head: tuple[str, ...], rows: Any) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _code(text: Any) -> str:
    return f"`{text}`"
