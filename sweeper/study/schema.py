"""The JSON Schema of a study file, for editors."""

import re
from typing import Any

from model.config.trainers import settings_in_force

from .settings import EARLIER_NAMES, SHORT_NAMES, field_path
from .spec import StudySpec

Schema = dict[str, Any]

DEFINED = (
    *("AverageConfig", "DistillationConfig", "EncoderConfig", "LoraConfig", "Overall", "SmartConfig", "Task"),
    *("Share", "SplitColumn"),
)
"""The groups of settings that have a schema of their own."""

OPTIONS = "_options"
"""End of the names of groups of own code's settings."""


def study_schema() -> Schema:
    """The schema of a study file, its settings spelled out from the trainer's fields.

    Of own code it describes what is loaded. It is a little wider than what `load_study` takes: it knows no
    workload, so it cannot tell which tasks exist, nor which settings go together; and for JSON 1.0 is a whole
    number.
    """
    schema = StudySpec.model_json_schema()
    settings = settings_in_force().model_json_schema()
    definitions = {name: settings["$defs"][name] for name in DEFINED if name in settings["$defs"]}
    _loosen_task(definitions["Task"], settings["$defs"])
    names, patterns = _fields(settings["properties"], definitions)
    definitions["Settings"] = _closed(names, patterns)
    for name in ("PrunerSpec", "SamplerSpec", "WarmStart"):
        definitions[name] = schema["$defs"][name]
    del definitions["WarmStart"]["properties"]["configurations"]  # in records alone
    properties = schema["properties"]
    del properties["code"]  # in records alone
    schema["$defs"].pop("OwnCode")
    properties["base"] = _described(properties["base"]) | {"$ref": "#/$defs/Settings"}
    (arm_name,) = properties["arms"]["patternProperties"]
    properties["objective"]["anyOf"][1] |= {"minItems": 2, "uniqueItems": True}
    single = [
        {name: _single(field) for name, field in fields.items() if _single(field)}
        for fields in (names, patterns)
    ]
    properties["enqueue"]["items"] = _closed(*single)
    definitions["Space"] = _closed(
        *({name: _entry(field) for name, field in fields.items()} for fields in single)
    )
    properties["space"] = _described(properties["space"]) | {"$ref": "#/$defs/Space"}
    definitions["When"] = _closed(*({name: _need(field) for name, field in each.items()} for each in single))
    definitions["When"] |= {"minProperties": 1}
    meaning = "Settings that vary in this arm alone, or otherwise than in the others."
    own = {"description": meaning, "$ref": "#/$defs/Space"}
    arm = _closed({**names, "space": own}, patterns)
    properties["arms"]["patternProperties"] = {arm_name: arm}
    return schema | {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": definitions}


def _loosen_task(task: Schema, definitions: Schema) -> None:
    """Makes of a task what a study may say of it: single fields; the rest of it stands in the workload."""
    task.pop("required")
    fields: dict[str, list[Schema]] = {}
    for option in task["properties"]["source"]["oneOf"]:
        for name, field in definitions[option["$ref"].rpartition("/")[2]]["properties"].items():
            known = fields.setdefault(name, [])
            for kind in field.get("anyOf", [field]):
                rules = {key: rule for key, rule in kind.items() if key not in ("default", "title")}
                known += [] if rules in known else [rules]
    source = {name: kinds[0] if len(kinds) == 1 else {"anyOf": kinds} for name, kinds in fields.items()}
    task["properties"]["source"] = _closed(source, {})
    task["properties"] |= {f"source.{name}": field for name, field in source.items()}


def _closed(names: Schema, patterns: Schema) -> Schema:
    return {
        "type": "object",
        "properties": names,
        "patternProperties": patterns,
        "additionalProperties": False,
    }


def _described(field: Schema) -> Schema:
    return {"description": field["description"]} if "description" in field else {}


def _fields(top: Schema, definitions: Schema) -> tuple[Schema, Schema]:
    """Schemas of the settings by name, and of those of any task by pattern."""
    names = {name: field for name, field in top.items() if name not in ("seed", "tasks", "trainer")}
    groups = list(names.items())
    for group, field in groups:  # which grows by the groups inside of groups
        below = definitions.get(field.get("$ref", "").rpartition("/")[2], field)
        inside = {f"{group}.{name}": inner for name, inner in below.get("properties", {}).items()}
        groups += inside.items()
        names |= inside
    task = definitions["Task"]["properties"]
    names |= {short: task[field_path(short)[-1]] for short in SHORT_NAMES}
    names |= {
        old: {"type": "boolean", "deprecated": True, "description": f"Earlier name of {new}."}
        for old, new in EARLIER_NAMES.items()
        if new in top
    }
    patterns: Schema = {rf"^tasks\.\w+\.{re.escape(name)}$": field for name, field in task.items()}
    for group, field in task.items():
        if group.endswith(OPTIONS):
            inside = field["properties"].items()
            patterns |= {rf"^tasks\.\w+\.{group}\.{re.escape(name)}$": below for name, below in inside}
    weight = definitions["Overall"]["properties"]["weights"]["additionalProperties"]
    return names, patterns | {r"^tasks\.\w+$": {"$ref": "#/$defs/Task"}, r"^overall\.weights\.\w+$": weight}


def _single(field: Schema) -> Schema:
    """What a setting can be that is one value; nothing of a group or a list."""
    if "$ref" in field or field.get("type") == "object":
        return {}
    given = field.get("anyOf", [field])
    options = [option for option in given if option.get("type") != "array" and "$ref" not in option]
    if not options:
        return {}
    rules = {name: rule for name, rule in field.items() if name not in ("anyOf", "default", "title")}
    return rules if options == [field] else rules | {"anyOf": options}


def _need(field: Schema) -> Schema:
    """Schema of what a condition asks of a setting: a value, several, or for a number a comparison."""
    value = {name: rule for name, rule in field.items() if name != "description"}
    needs: list[Schema] = [value, {"type": "array", "items": value, "minItems": 1, "uniqueItems": True}]
    if any(option.get("type") in ("number", "integer") for option in value.get("anyOf", [value])):
        needs.append({"type": "string", "pattern": r"^\s*(<=|>=|<|>)\s*[-+0-9.eE]+\s*$"})
    return {"anyOf": needs}


def _entry(field: Schema) -> Schema:
    """Schema of an entry of `space`: choices of the field's type; for a number, a range; the word for one."""
    value = {name: rule for name, rule in field.items() if name != "description"}
    choices = {"type": "array", "items": value, "minItems": 1, "uniqueItems": True}
    word: Schema = {"const": "workload"}
    conditional = _closed({"values": {"anyOf": [word, choices]}, "when": {"$ref": "#/$defs/When"}}, {})
    entries: list[Schema] = [word, choices, conditional | {"required": ["values", "when"]}]
    for option in value.get("anyOf", [value]):
        if option.get("type") in ("number", "integer"):
            step: Schema = {"type": option["type"], "exclusiveMinimum": 0}
            if option["type"] == "number":
                step = {"anyOf": [step, {"type": "null"}]}
            ends = {"low": option, "high": option, "log": {"type": "boolean"}, "step": step}
            ends["prior"] = {"anyOf": [option, {"type": "null"}]}
            ends["when"] = {"$ref": "#/$defs/When"}
            entries.append(_closed(ends, {}) | {"required": ["low", "high"]})
    return _described(field) | {"anyOf": entries}
